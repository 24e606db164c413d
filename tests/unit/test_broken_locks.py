"""Only the lock that somebody has looked at is removed."""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra import broken_locks
from infra.backend import Backend
from infra.broken_locks import StateLock, break_lock, holder, read_lock, refuse_while_held
from infra.errors import LedgerUnavailableError, StateLockedError
from infra.ledger.records import Event, Kind
from infra.state_lock import who

BACKEND = Backend("bucket", "dev/terraform.tfstate", "eu-west-1", ("1",))
DATA = Path("/checkout/.local/terraform/dev-local")


class MissingError(Exception):
    """What S3 says of what is not there."""


class S3:
    """A bucket with one lock. taken_over: by whom, in the moment before it is removed."""

    class exceptions:  # noqa: N801
        NoSuchKey = MissingError
        NoSuchBucket = MissingError

    def __init__(self, identifier: str = "one", taken_over: str = "") -> None:
        self.identifier = identifier
        self.taken_over = taken_over

    def get_object(self, **_place: Any) -> Any:
        if not self.identifier:
            raise MissingError
        body = json.dumps({"ID": self.identifier, "Who": "jo@laptop", "Created": "x"}).encode()
        return {"Body": _Body(body), "ETag": f'"{self.identifier}"'}

    def delete_object(self, *, IfMatch: str, **place: Any) -> None:  # noqa: N803
        assert place == {"Bucket": "bucket", "Key": "dev/terraform.tfstate.tflock"}
        self.identifier = self.taken_over or self.identifier
        if IfMatch != f'"{self.identifier}"':
            raise ClientError({"Error": {"Code": "PreconditionFailed"}}, "DeleteObject")
        self.identifier = ""


class _Body:
    def __init__(self, body: bytes) -> None:
        self._body = body

    def read(self) -> bytes:
        return self._body


class Ledger:
    """What was written into it. broken: nothing can be."""

    def __init__(self, *, broken: bool = False) -> None:
        self.events: list[Event] = []
        self._broken = broken

    def append(self, event: Event) -> None:
        if self._broken:
            raise LedgerUnavailableError("no")
        self.events.append(event)

    def latest(self, _limit: int) -> tuple[Any, ...]:
        """Nothing that anybody else wrote."""
        return ()

    @property
    def results(self) -> list[str]:
        assert all(event.kind == Kind.UNLOCKED for event in self.events)
        return [event.result for event in self.events]


def seen(s3: S3) -> StateLock:
    """The lock that somebody looks at."""
    found = read_lock(lambda _service: s3, BACKEND)
    assert found is not None
    return found


def test_a_lock_is_removed_with_a_record_before_and_after() -> None:
    s3, ledger = S3(), Ledger()
    break_lock(lambda _service: s3, BACKEND, seen(s3), ledger)  # type: ignore[arg-type]
    assert s3.identifier == ""
    assert ledger.results == ["started", "succeeded"]
    assert read_lock(lambda _service: s3, BACKEND) is None


@pytest.mark.parametrize("now", ["two", ""])
def test_a_lock_that_changed_hands_meanwhile_stays(now: str) -> None:
    s3, ledger = S3(), Ledger()
    looked_at = seen(s3)
    s3.identifier = now
    with pytest.raises(StateLockedError):
        break_lock(lambda _service: s3, BACKEND, looked_at, ledger)  # type: ignore[arg-type]
    assert s3.identifier == now
    assert ledger.results == ["started", "failed"]


def test_a_lock_that_changes_hands_in_the_last_moment_stays() -> None:
    s3, ledger = S3(taken_over="two"), Ledger()
    with pytest.raises(StateLockedError):
        break_lock(lambda _service: s3, BACKEND, seen(s3), ledger)  # type: ignore[arg-type]
    assert s3.identifier == "two"
    assert ledger.results == ["started", "failed"]


def test_what_can_not_be_recorded_is_not_done() -> None:
    s3 = S3()
    ledger: Any = Ledger(broken=True)
    with pytest.raises(LedgerUnavailableError):
        break_lock(lambda _service: s3, BACKEND, seen(s3), ledger)
    assert s3.identifier == "one"


def lock(*, who_has_it: str, info: str = "", created: datetime | None = None) -> StateLock:
    taken = (created or datetime.now(UTC)).isoformat()
    return StateLock("state.tflock", "one", "apply", who_has_it, taken, info, "etag")


def test_the_process_that_a_lock_names_is_its_holder_while_it_lives() -> None:
    named = f"infra, held by process {os.getpid()}"
    assert holder(lock(who_has_it=who(), info=named), DATA, "local") == os.getpid()
    with pytest.raises(StateLockedError, match=f"process {os.getpid()}"):
        refuse_while_held(lock(who_has_it=who(), info=named), DATA, "local")
    assert holder(lock(who_has_it="jo@laptop", info=named), DATA, "local") is None
    # Somebody else who works on the same machine.
    jo = f"jo@{who().rpartition('@')[2]}"
    assert holder(lock(who_has_it=jo, info=named), DATA, "local") == os.getpid()


def test_a_process_that_only_has_the_same_number_is_not(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    # As Linux has it: a folder for each process, as old as the process.
    (tmp_path / str(os.getpid())).mkdir()
    monkeypatch.setattr(broken_locks, "PROC", tmp_path)
    named = f"infra, held by process {os.getpid()}"
    long_ago = datetime(2020, 1, 1, tzinfo=UTC)
    assert holder(lock(who_has_it=who(), info=named, created=long_ago), DATA, "local") is None
    assert holder(lock(who_has_it=who(), info=named), DATA, "local") == os.getpid()


def test_the_lock_of_terraform_itself_belongs_to_whatever_terraform_is_at_work(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    elsewhere = Path("/other/.local/terraform/dev-local")
    started = {
        "11": (DATA, "terraform-provider-aws"),
        "12": (elsewhere, "terraform\0-chdir=/x\0apply"),
        "13": (DATA, "terraform\0-chdir=/x\0apply"),
    }
    for number, (data, words) in started.items():
        folder = tmp_path / number
        folder.mkdir()
        (folder / "environ").write_text(f"PATH=/bin\0TF_DATA_DIR={data}\0")
        (folder / "cmdline").write_text(words)
    monkeypatch.setattr(broken_locks, "PROC", tmp_path)
    assert holder(lock(who_has_it=who()), DATA, "local") == 13
    assert holder(lock(who_has_it=who()), elsewhere, "local") == 12
    assert holder(lock(who_has_it=who()), Path("/x/staging-local"), "local") is None
    # Another checkout may work on the same state in AWS.
    assert holder(lock(who_has_it=who()), Path("/x/dev-local"), "aws") in (12, 13)
    assert holder(lock(who_has_it="jo@laptop"), DATA, "local") is None


@pytest.mark.parametrize(
    ("created", "year"),
    [("2026-11-25T08:00:00.123456789Z", 2026), ("2026-11-25T08:00:00Z", 2026), ("soon", None)],
)
def test_when_a_lock_was_taken_is_read_as_terraform_writes_it(
    created: str, year: int | None
) -> None:
    since = StateLock("state.tflock", "one", "apply", "jo", created, "", "etag").since
    assert (since.year if since else None) == year
