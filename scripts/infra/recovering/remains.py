"""Looking at all that an interrupted run may have left in one environment. Nothing is changed."""

from __future__ import annotations

import contextlib
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from infra import processes
from infra.broken_locks import PROC, StateLock, holder, read_lock
from infra.errors import InfraError, LocalCloudError, StateCorruptError, StateLockedError
from infra.ledger.client import Ledger
from infra.ledger.records import Entry, Kind, MalformedError, Mark, parse
from infra.ledger.store import Stored
from infra.promotion.lock import SUFFIX
from infra.promotion.trail import CLOSING
from infra.recovering.half_made import HalfMade, half_made
from infra.recovering.processes_left import Worker, workers
from infra.recovering.unsaved import PUSH, Unsaved, find_unsaved, verdict
from infra.recovery import lost_at
from infra.repository import Repository
from infra.sessions import environment_root, unfinished_file
from infra.state_lock import HOLDER, who
from infra.stored_state import StateObject, StoredState, parsed_state, read_object
from infra.visits import Visit

LOOK_BACK = 100
"""How many of the newest records are read. A promotion writes about twenty."""

BEGUN = (Kind.APPLY_STARTED, Kind.DESTROY_STARTED)
ENDED = (Kind.APPLIED, Kind.APPLY_FAILED, Kind.DESTROYED, Kind.DESTROY_FAILED)


@dataclass(frozen=True)
class Remains:
    """What was found.

    there: the stored object; stored: what it says, None where it can't be read. mark: the state as
    the ledger has it. dead: whether the lock's holder is known to be no more. change_lock,
    change_dead: the same of the lock of promotions and rollbacks. run: the record of an apply or
    destroy that has no end; promotion: the same of a promotion or rollback. scratch: what killed
    commands left under .local/plans. unfinished: the word of a run that lost the local cloud, None
    where there is none. half_made: what Terraform would replace (see `half_made`).
    """

    environment: str
    there: StateObject = field(default_factory=StateObject)
    stored: StoredState | None = field(default_factory=StoredState)
    mark: Mark | None = None
    unsaved: Unsaved | None = None
    lock: StateLock | None = None
    dead: bool = False
    change_lock: StateLock | None = None
    change_dead: bool = False
    workers: tuple[Worker, ...] = ()
    run: Entry | None = None
    promotion: Entry | None = None
    scratch: tuple[Path, ...] = ()
    unfinished: Path | None = None
    half_made: HalfMade = field(default_factory=HalfMade)


def look(visited: Visit, ledger: Ledger) -> Remains:
    """Look at everything. Raises InfraError, LedgerUnavailableError.

    StateLockedError where a run is at work, which is nothing to recover from.
    """
    environment, backend = visited.environment, visited.backend
    unsaved = find_unsaved(environment.directory)
    found = workers(visited.data)
    at_work = [item for item in found if item.kind == "terraform" and not item.orphan]
    if at_work:
        raise StateLockedError(
            f"A run is at work in {environment.name} on this machine: process {at_work[0].pid}.",
            hint="Wait for it, or end it with Ctrl-C. Nothing was changed.",
        )
    there = read_object(visited.clients, backend)
    stored: StoredState | None
    try:
        stored = parsed_state(there.body, f"s3://{backend.bucket}/{backend.key}")
    except StateCorruptError:
        stored = None
    chain = _chain(ledger.latest(LOOK_BACK))
    mark = chain[0].record.mark if chain else None
    goes_on = unsaved is not None and verdict(unsaved, there, stored, mark) == PUSH
    root = environment_root(environment, backend, visited.target)
    word = unfinished_file(visited.repository, root)
    lock = read_lock(visited.clients, backend)
    change = read_lock(visited.clients, backend, SUFFIX)
    return Remains(
        environment=environment.name,
        there=there,
        stored=stored,
        mark=mark,
        unsaved=unsaved,
        lock=lock,
        dead=lock is not None and is_dead(lock, visited.data, visited.target, found, word),
        change_lock=change,
        change_dead=change is not None
        and is_dead(change, visited.data, visited.target, found, word),
        workers=found,
        run=_open(chain, BEGUN, ENDED),
        promotion=_open(chain, (Kind.PROMOTION_STARTED,), CLOSING),
        scratch=tuple(left_folders(visited.repository)),
        unfinished=word if visited.target == "local" and word.exists() else None,
        half_made=_half_made(unsaved.state if unsaved and goes_on else stored, visited),
    )


def _half_made(state: StoredState | None, visited: Visit) -> HalfMade:
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return HalfMade() if state is None else half_made(state, visited.clients)
    except (BotoCoreError, ClientError) as error:
        raise InfraError(
            f"The account does not say what is there: {str(error).rstrip('.')}.",
            hint="Check the credentials and the network. Nothing was changed.",
        ) from error


def is_dead(lock: StateLock, data: Path, target: str, found: Sequence[Worker], word: Path) -> bool:
    """Whether the holder of a lock is known to be no more. Not to know it is no.

    word: of a run that lost the local cloud: who held a lock before that lost it as well.
    """
    since = lock.since
    if target == "local" and since is not None and word.exists():
        # A damaged word says nothing of when.
        with contextlib.suppress(LocalCloudError):
            if since <= lost_at(word):
                return True
    if lock.who != who() or holder(lock, data, target) is not None:
        return False
    if HOLDER.search(lock.info) is not None:
        return True
    # Terraform's own lock does not name its process. Whose work can be seen is one Terraform that
    # infra started, and in the local cloud, which belongs to this checkout, any other.
    if not PROC.is_dir() or any(worker.kind == "terraform" for worker in found):
        return False
    return target == "local" or not _typed_terraform()


def left_folders(repository: Repository) -> list[Path]:
    """Folders with plans of commands that are no more; each begins with its process's id."""
    parent = repository.private / "plans"
    if not parent.is_dir():
        return []
    return sorted(
        folder
        for folder in parent.iterdir()
        if (owner := folder.name.partition("-")[0]).isdecimal()
        and not processes.is_running(int(owner))
    )


def _typed_terraform() -> bool:
    """Whether any Terraform is at work on this machine, perhaps on the same state."""
    for folder in PROC.glob("[0-9]*"):
        try:
            words = (folder / "cmdline").read_bytes().split(b"\0")
        except OSError:
            continue
        if words and Path(words[0].decode(errors="replace")).name == "terraform":
            return True
    return False


def _chain(stored: Sequence[Stored]) -> list[Entry]:
    """The records that can be read, newest first; `infra ledger verify` tells of the others."""
    found = []
    for item in stored:
        try:
            found.append(parse(item.text or ""))
        except MalformedError:
            continue
    return found


def _open(chain: Sequence[Entry], begins: Sequence[str], ends: Sequence[str]) -> Entry | None:
    """The newest beginning, unless an end follows it. chain: newest first."""
    for entry in chain:
        if entry.record.kind in begins:
            return entry
        if entry.record.kind in ends:
            return None
    return None
