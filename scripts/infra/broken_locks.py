"""Breaking the state lock of a run that is no more.

A lock is an object beside the state, KEY.tflock for the state itself, KEY.promotion-lock for its
promotions and rollbacks, and its text says who made it. A run that was
killed at the wrong moment leaves it behind, and everybody waits for somebody who never comes.
"""

from __future__ import annotations

import os
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path

from infra import json_text, processes
from infra.backend import Backend
from infra.clients import Clients
from infra.errors import InfraError, LedgerUnavailableError, StateLockedError
from infra.ledger.client import Ledger
from infra.ledger.recording import claimed_user
from infra.ledger.records import Event, Kind, MalformedError, Scalar, parse
from infra.state_lock import HOLDER, who
from infra.untrusted import visible

CHANGED_HANDS = ("PreconditionFailed", "ConditionalRequestConflict", "NoSuchKey")
LONGEST = 200
LOOK_BACK = 10
MOST_BYTES = 16_384
STATE = ".tflock"
"""What Terraform appends to the key of a state for its lock (`use_lockfile` of the S3 backend)."""
SLACK_SECONDS = 5.0
PROC = Path("/proc")
DATA = b"TF_DATA_DIR="


@dataclass(frozen=True)
class StateLock:
    """A lock as its object describes it.

    key, etag: of the object, so that no other one is removed.
    """

    key: str
    id: str
    operation: str
    who: str
    created: str
    info: str
    etag: str

    @property
    def since(self) -> datetime | None:
        """When it was taken, None where that can't be read. Terraform writes nanoseconds."""
        text = re.sub(r"(\.\d{6})\d*", r"\1", self.created).replace("Z", "+00:00")
        try:
            found = datetime.fromisoformat(text)
        except ValueError:
            return None
        return found if found.tzinfo else found.replace(tzinfo=UTC)

    def document(self) -> dict[str, str]:
        """As JSON."""
        return {
            "key": self.key,
            "id": self.id,
            "operation": self.operation,
            "who": self.who,
            "created": self.created,
            "info": self.info,
        }


def read_lock(make: Clients, backend: Backend, suffix: str = STATE) -> StateLock | None:
    """A lock of a state, None where nobody holds it. Raises InfraError."""
    from botocore.exceptions import BotoCoreError, ClientError

    s3 = make("s3")
    key = f"{backend.key}{suffix}"
    try:
        answer = s3.get_object(Bucket=backend.bucket, Key=key)
        body = answer["Body"].read()
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket):
        return None
    except (BotoCoreError, ClientError) as error:
        raise InfraError(
            f"The lock s3://{backend.bucket}/{key} can't be read: {error}.",
            hint="Check the credentials and the network. Nothing was changed.",
        ) from error
    said = _fields(body)
    return StateLock(
        key=key,
        id=said.get("ID", ""),
        operation=said.get("Operation", ""),
        who=said.get("Who", ""),
        created=said.get("Created", ""),
        info=said.get("Info", ""),
        etag=str(answer["ETag"]),
    )


def holder(lock: StateLock, data: Path, target: str) -> int | None:
    """The process on this machine that holds the lock, as far as that can be known.

    A lock of ours names its process. Terraform's own locks do not: there it is whatever Terraform
    can be seen at work on this root module, whoever of this machine's users the lock names.
    data: the TF_DATA_DIR of the root module. None also for a holder on another machine.
    """
    if lock.who.rpartition("@")[2] != who().rpartition("@")[2]:
        return None
    named = HOLDER.search(lock.info)
    if named is not None:
        pid = int(named[1])
        return pid if processes.is_running(pid) and not _is_younger(pid, lock) else None
    return next(_at_work(data, target), None)


def refuse_while_held(lock: StateLock, data: Path, target: str) -> None:
    """Raise StateLockedError where the holder is known to be at work."""
    pid = holder(lock, data, target)
    if pid is not None:
        raise StateLockedError(
            f"The run that holds the lock is at work on this machine: process {pid}.",
            details=described(lock),
            hint="Wait for it, or end it with Ctrl-C: it gives the lock back by itself."
            " Nothing was changed.",
        )


def break_lock(make: Clients, backend: Backend, lock: StateLock, ledger: Ledger) -> None:
    """Remove this lock of the backend and no other, with a record before and after.

    Raises StateLockedError when it is another one by now, LedgerUnavailableError, InfraError.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    _record(ledger, lock, "started")
    try:
        now = read_lock(make, backend, lock.key.removeprefix(backend.key))
        if now is None or now.id != lock.id or now.etag != lock.etag:
            raise _changed(lock, now, ledger)
        make("s3").delete_object(Bucket=backend.bucket, Key=lock.key, IfMatch=lock.etag)
    except ClientError as error:
        if error.response["Error"]["Code"] in CHANGED_HANDS:
            failure: InfraError = _changed(lock, None, ledger)
        else:
            failure = InfraError(f"The lock can't be removed: {error}.", hint="It is still there.")
        _record(ledger, lock, "failed", failure.reason)
        raise failure from error
    except (BotoCoreError, InfraError) as error:
        failed = error if isinstance(error, InfraError) else InfraError(f"{error}.")
        _record(ledger, lock, "failed", failed.reason)
        raise failed from error
    _record(ledger, lock, "succeeded")


def described(lock: StateLock) -> tuple[str, ...]:
    """Who holds it since when, one fact a line."""
    since = lock.since
    rows = {
        "ID": lock.id,
        "Operation": lock.operation,
        "Who": lock.who,
        "Since": lock.created + (f" ({_ago(since)})" if since else ""),
        "Info": lock.info,
    }
    return tuple(f"{name + ':':<11}{value}" for name, value in rows.items() if value)


def _record(ledger: Ledger, lock: StateLock, result: str, reason: str = "") -> None:
    said: Mapping[str, Scalar] = {k: v[:LONGEST] for k, v in lock.document().items()}
    ledger.append(
        Event(
            kind=Kind.UNLOCKED,
            result=result,
            reason=reason,
            details={"lock": said},
            user=claimed_user(),
        )
    )


def _changed(lock: StateLock, now: StateLock | None, ledger: Ledger) -> InfraError:
    if now is None:
        return StateLockedError(
            f"The lock {lock.id} is gone: its holder gave it back, or somebody broke it.",
            details=_who_broke(lock, ledger),
            hint="Nothing was removed.",
        )
    return StateLockedError(
        f"The lock {lock.id} is gone, and somebody else has taken another one.",
        details=described(now),
        hint="Nothing was removed.",
    )


def _who_broke(lock: StateLock, ledger: Ledger) -> tuple[str, ...]:
    """Who broke it and when, as far as the ledger can say."""
    try:
        newest = [parse(item.text or "") for item in ledger.latest(LOOK_BACK)]
    except (LedgerUnavailableError, MalformedError):
        return ()
    for entry in newest:
        record = entry.record
        details = record.fields.get("details")
        said = details.get("lock") if isinstance(details, Mapping) else None
        who = str(record.fields.get("user") or record.fields.get("actor"))
        # The record of the removal comes after it, and that of the intention is there before.
        verb = {"succeeded": "broke", "started": "began to break"}.get(
            str(record.fields.get("result"))
        )
        ours = verb != "broke" and who == claimed_user()
        if not isinstance(said, Mapping) or said.get("id") != lock.id:
            continue
        if record.kind == Kind.UNLOCKED and verb and not ours:
            return (f"{visible(who)} {verb} it at {record.time} (record {record.sequence})",)
    return ()


def _fields(body: bytes) -> dict[str, str]:
    try:
        found = json_text.load(body, most=MOST_BYTES)
    except ValueError:
        return {}
    if not isinstance(found, dict):
        return {}
    return {k: v for k, v in found.items() if isinstance(v, str)}


def _ago(since: datetime) -> str:
    minutes = int((datetime.now(UTC) - since).total_seconds()) // 60
    if minutes < 1:
        return "less than a minute ago"
    if minutes < 120:
        return f"{minutes} minute{'s' if minutes != 1 else ''} ago"
    return f"{minutes // 60} hours ago"


def _is_younger(pid: int, lock: StateLock) -> bool:
    """A process that began after the lock was taken only has the number of the one that took it."""
    since = lock.since
    try:
        began = (PROC / str(pid)).stat().st_ctime
    except OSError:
        return False
    return since is not None and began > since.timestamp() + SLACK_SECONDS


def _at_work(data: Path, target: str) -> Iterator[int]:
    """Terraform's processes on a root module, where the system shows them (Linux)."""
    for folder in PROC.glob("[0-9]*"):
        try:
            variables = (folder / "environ").read_bytes().split(b"\0")
            words = (folder / "cmdline").read_bytes()
        except OSError:
            continue
        found = [word for word in variables if word.startswith(DATA)]
        # Not the provider, which may be kept up between two runs.
        if not found or b"-chdir=" not in words:
            continue
        place = Path(os.fsdecode(found[0].removeprefix(DATA)))
        # In AWS another checkout may work on the same state; a local cloud is of one checkout.
        if place == data or (target == "aws" and place.name == data.name):
            yield int(folder.name)
