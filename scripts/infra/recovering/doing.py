"""Doing the steps of a recovery, with a record before and after."""

from __future__ import annotations

import contextlib
import shutil
from collections.abc import Callable
from dataclasses import dataclass

from infra.broken_locks import break_lock
from infra.errors import InfraError, InterruptedRunError
from infra.ledger.client import Ledger
from infra.ledger.recording import FAILED, claimed_user
from infra.ledger.records import Event, Kind, Scalar
from infra.ledger.repairs import repair
from infra.recovering import unsaved as verdicts
from infra.recovering.half_made import delete, kept
from infra.recovering.processes_left import stop
from infra.recovering.remains import Remains, look
from infra.recovering.steps import Decision, Step, StepKind, decide
from infra.recovering.unsaved import named, put_aside, verdict
from infra.state_writing import write_state
from infra.stored_state import read_object
from infra.visits import Visit

RECORDED = (
    StepKind.UNLOCK,
    StepKind.UNLOCK_CHANGE,
    StepKind.PUSH,
    StepKind.ASIDE,
    StepKind.KEEP,
    StepKind.DELETE,
    StepKind.CLOSE,
)


@dataclass(frozen=True)
class Done:
    """What was done, a sentence each, and the last look, by which the rest is told.

    stale: the addresses of which the state does not say what is there now.
    """

    sentences: tuple[str, ...]
    decision: Decision
    stale: tuple[str, ...] = ()


def recover(
    visited: Visit,
    ledger: Ledger,
    found: Remains,
    on_step: Callable[[str], None] = lambda _text: None,
) -> Done:
    """Do what `decide` says about what was found, in its order.

    on_step: hears of each step before it is done. Raises LedgerUnavailableError before anything is
    changed, StateLockedError, InfraError; what was done until then stays done.
    """
    sentences = []
    decision = decide(found)
    if any(step.kind == StepKind.STOP for step in decision.steps):
        on_step("Stopping what is still at work")
        sentences += [_stopped(visited, found)]
        # It may have saved its state or left it in a file, and given back the lock.
        found = look(visited, ledger)
        decision = decide(found)
    rest = [step for step in decision.steps if step.kind != StepKind.STOP]
    recorded = any(step.kind in RECORDED for step in rest)
    around = repair(ledger, {"steps": _named(rest)}) if recorded else contextlib.nullcontext()
    with around:
        for step in rest:
            on_step(step.text.rstrip("."))
            sentences.append(_do(step, visited, ledger, found))
        if found.unfinished is not None:
            found.unfinished.unlink(missing_ok=True)
    settled = any(step.kind in (StepKind.KEEP, StepKind.DELETE) for step in rest)
    return Done(tuple(sentences), decision, found.half_made.settled if settled else ())


def _stopped(visited: Visit, found: Remains) -> str:
    for worker in found.workers:
        if worker.orphan and not stop(worker):
            raise InfraError(
                f"Process {worker.pid} ({worker.kind}) does not end.",
                hint="It may be waiting for AWS. Run the command again later; nothing else was"
                " changed.",
            )
    return f"Stopped what was still at work in {visited.environment.name}."


def _do(step: Step, visited: Visit, ledger: Ledger, found: Remains) -> str:
    """Do one step; return what was done as a sentence."""
    if step.kind in (StepKind.UNLOCK, StepKind.UNLOCK_CHANGE):
        lock = found.lock if step.kind == StepKind.UNLOCK else found.change_lock
        assert lock is not None  # noqa: S101
        break_lock(visited.clients, visited.backend, lock, ledger)
        return f"Broke the lock {lock.id}."
    if step.kind == StepKind.PUSH:
        return _push(visited, found)
    if step.kind in (StepKind.DROP, StepKind.ASIDE):
        assert found.unsaved is not None  # noqa: S101
        if step.kind == StepKind.DROP:
            found.unsaved.path.unlink(missing_ok=True)
            return f"Removed {found.unsaved.path.name}."
        place = put_aside(found.unsaved, visited.repository, visited.environment.name)
        return f"Moved {found.unsaved.path.name} to {place}."
    if step.kind == StepKind.KEEP:
        return _keep(visited, found)
    if step.kind == StepKind.DELETE:
        for item in found.half_made.failed:
            delete(item, visited.clients)
        count = len(found.half_made.failed)
        noun = "resource" if count == 1 else "resources"
        return f"Deleted {count} {noun} that AWS could not make."
    if step.kind == StepKind.CLOSE:
        return _close(ledger, found)
    for folder in found.scratch:
        shutil.rmtree(folder, ignore_errors=True)
    return "Removed the plans that killed commands left."


def _push(visited: Visit, found: Remains) -> str:
    unsaved = found.unsaved
    assert unsaved is not None and unsaved.state is not None  # noqa: S101
    # Decided once more on what is written, so that no caller can leave it out.
    if verdict(unsaved, found.there, found.stored, found.mark) != verdicts.PUSH:
        raise InfraError(f"{unsaved.path} does not go on from what is stored.")
    problem = write_state(visited, named(unsaved), found.there, "infra recover")
    unsaved.path.unlink(missing_ok=True)
    told = f" {problem}" if problem else ""
    return f"Saved the state, serial {max(1, unsaved.state.serial)}, and removed the file.{told}"


def _keep(visited: Visit, found: Remains) -> str:
    # Read anew: an earlier step may have saved it.
    there = read_object(visited.clients, visited.backend)
    body = kept(there.body, found.half_made.keep)
    problem = write_state(visited, body, there, "infra recover")
    count = len(found.half_made.keep)
    told = f" {problem}" if problem else ""
    noun = "resource that was" if count == 1 else "resources that were"
    return f"Kept {count} {noun} half made.{told}"


def _close(ledger: Ledger, found: Remains) -> str:
    assert found.run is not None  # noqa: S101
    record = found.run.record
    fields = record.fields
    ledger.append(
        Event(
            kind=FAILED[record.kind == Kind.DESTROY_STARTED],
            result="interrupted",
            reason=InterruptedRunError.reason,
            release=fields.get("release"),
            plan=fields.get("plan"),
            details={"recovered": {"record": record.sequence}},
            user=claimed_user(),
        )
    )
    return f"Wrote into the ledger that the run of record {record.sequence} was interrupted."


def _named(steps: list[Step]) -> dict[str, Scalar]:
    return {step.kind.value: True for step in steps}
