"""Bringing a former version of a state back, and taking a state for the last known one."""

from __future__ import annotations

from dataclasses import dataclass, field

from infra.broken_locks import read_lock, refuse_while_held
from infra.errors import InfraError, StateForeignError, UsageError
from infra.ledger.client import Ledger
from infra.ledger.recording import claimed_user
from infra.ledger.records import Event, Kind, Mark, Scalar
from infra.ledger.repairs import repair
from infra.ledger.writing import ACCEPTED
from infra.state_writing import write_state
from infra.states.comparison import StateDifference, compare
from infra.states.versions import SHOWN, Version, find_version, list_versions, with_serial
from infra.stored_state import StateObject, StoredState, parsed_state, read_object
from infra.visits import Visit


@dataclass(frozen=True)
class Restoration:
    """What a restore would do.

    there: the object that is stored now. current: what it says, None where it can't be read or is
    not there. serial: of the state that is to be written. difference: what the state would say then
    that it does not say now.
    """

    there: StateObject
    current: StoredState | None
    version: Version
    serial: int
    difference: StateDifference
    content: bytes = field(repr=False)


def prepare(visited: Visit, wanted: str, mark: Mark | None) -> Restoration:
    """Look at what a restore would do; nothing is changed. mark: of the state, by the ledger.

    Raises StateForeignError for a version of another lineage, UsageError for one that can't be
    brought back or is there already, StateLockedError while somebody is seen to be at work.
    """
    make, backend = visited.clients, visited.backend
    lock = read_lock(make, backend)
    if lock is not None:
        refuse_while_held(lock, visited.data, visited.target)
    there = read_object(make, backend)
    version = find_version(make, backend, wanted)
    if version.state is None:
        raise UsageError(
            f"Version {version.id} can't be brought back: it is {version.content}.",
            hint=f"infra state versions {visited.environment.name}",
        )
    near = list_versions(make, backend, SHOWN)
    current = _current(there)
    _refuse_another(visited, version.state, current, mark, near)
    if version.body == there.body:
        raise UsageError(
            f"That is the state that is stored now: serial {version.state.serial}.",
            hint="Nothing was changed.",
        )
    serials = [item.state.serial for item in near if item.state is not None]
    serials += [mark.serial] if mark is not None else []
    serial = max([version.state.serial, *serials]) + 1
    return Restoration(
        there=there,
        current=current,
        version=version,
        serial=serial,
        difference=compare(current or StoredState(), version.state),
        content=with_serial(version.body, serial),
    )


def restore(visited: Visit, ledger: Ledger, made: Restoration) -> str:
    """Write it, as a new version under the state lock, with a record before and after.

    Returns what is wrong with the lock afterwards, "" for nothing. Raises LedgerUnavailableError
    before anything is changed, StateLockedError, InfraError.
    """
    assert made.version.state is not None  # noqa: S101
    details: dict[str, Scalar] = {
        "version": made.version.id,
        "from_serial": made.version.state.serial,
        "to_serial": made.serial,
    }
    with repair(ledger, {"restore": details}):
        return write_state(visited, made.content, made.there, "infra state restore")


def accept(visited: Visit, ledger: Ledger) -> Mark:
    """Take the stored state for the one that is meant, whatever the ledger knew before.

    Raises InfraError where there is none that can be read, LedgerUnavailableError.
    """
    backend = visited.backend
    body = read_object(visited.clients, backend).body
    state = parsed_state(body, f"s3://{backend.bucket}/{backend.key}")
    if not state.lineage:
        raise UsageError(
            f"{visited.environment.name} has no state that could be taken for the right one.",
            hint=f"infra state versions {visited.environment.name}",
        )
    ledger.append(
        Event(
            kind=Kind.STATE_REPAIRED,
            result="succeeded",
            details={ACCEPTED: True},
            user=claimed_user(),
        )
    )
    return Mark(state.lineage, state.serial, state.count)


def _current(there: StateObject) -> StoredState | None:
    try:
        state = parsed_state(there.body, "the state")
    except InfraError:
        return None
    return state if state.lineage else None


def _refuse_another(
    visited: Visit,
    wanted: StoredState,
    current: StoredState | None,
    mark: Mark | None,
    near: list[Version],
) -> None:
    """Raise StateForeignError unless the version is of the lineage that the environment has."""
    known = [
        *([current.lineage] if current is not None else []),
        *([mark.lineage] if mark is not None else []),
        *(item.state.lineage for item in near if item.state is not None),
    ]
    if known and known[0] != wanted.lineage:
        raise StateForeignError(
            f"That version is of another state: its lineage is {wanted.lineage}, that of"
            f" {visited.environment.name} is {known[0]}.",
            hint="Nothing was changed. Who wants it all the same uses Terraform itself:"
            " terraform state push -force",
        )
