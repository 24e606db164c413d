"""What happened, what to do about it, and what nobody but a person can do: pure functions."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any

from infra.ledger.records import Kind
from infra.recovering import unsaved as verdicts
from infra.recovering.remains import Remains
from infra.recovering.unsaved import Unsaved, verdict
from infra.untrusted import visible


class StepKind(StrEnum):
    """What a step does."""

    STOP = "stop-processes"
    UNLOCK = "break-lock"
    UNLOCK_CHANGE = "break-promotion-lock"
    PUSH = "save-state"
    ASIDE = "put-aside"
    DROP = "remove-copy"
    KEEP = "keep-half-made"
    DELETE = "delete-failed"
    CLOSE = "close-record"
    SWEEP = "remove-plans"


@dataclass(frozen=True)
class Finding:
    """Something that was found. kind: a stable code. text: one or two plain sentences."""

    kind: str
    text: str


@dataclass(frozen=True)
class Step:
    """Something to do. text: says it to a person, as an order."""

    kind: StepKind
    text: str


@dataclass(frozen=True)
class Left:
    """What a person has to do. command: the next one, "" where there is none."""

    text: str
    command: str = ""


@dataclass(frozen=True)
class Decision:
    """All of it, in the order in which it is told and done."""

    findings: tuple[Finding, ...]
    steps: tuple[Step, ...]
    left: tuple[Left, ...]

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return {
            "found": [asdict(item) for item in self.findings],
            "steps": [asdict(item) for item in self.steps],
            "left": [asdict(item) for item in self.left],
        }


def decide(found: Remains) -> Decision:
    """What to do about what was found. The order of the steps is that in which they are safe.

    Whoever may still write is stopped first. The lock goes before the state is saved, since saving
    takes it. The records come last, as they say how it ended.
    """
    made = _Making(found)
    made.processes()
    made.lock()
    made.change_lock()
    made.unsaved()
    made.stored()
    made.half_made()
    made.records()
    made.rest()
    return Decision(tuple(made.findings), tuple(made.steps), tuple(made.left))


class _Making:
    """A decision in the making."""

    def __init__(self, found: Remains) -> None:
        self.found = found
        self.findings: list[Finding] = []
        self.steps: list[Step] = []
        self.left: list[Left] = []

    @property
    def blocked(self) -> bool:
        """Whether a lock stays that nobody here may break."""
        return self.found.lock is not None and not self.found.dead and not self._stops

    @property
    def _stops(self) -> bool:
        """Whether a Terraform is stopped first, which gives its lock back by itself."""
        return any(item.kind == "terraform" and item.orphan for item in self.found.workers)

    def processes(self) -> None:
        orphans = [item for item in self.found.workers if item.orphan]
        if not orphans:
            return
        names = ", ".join(f"{item.kind} (process {item.pid})" for item in orphans)
        self.findings.append(
            Finding(
                "orphans", f"Still at work, though the run that started it is no more: {names}."
            )
        )
        self.steps.append(
            Step(
                StepKind.STOP,
                "Stop them as Ctrl-C does, and wait: Terraform saves its state first.",
            )
        )

    def lock(self) -> None:
        lock, name = self.found.lock, self.found.environment
        if lock is None:
            return
        who, since = visible(lock.who or "somebody"), visible(lock.created or "then")
        said = f"The state is locked by {who} since {since}"
        if self._stops:
            self.findings.append(Finding("lock", f"{said}: by the Terraform that is stopped now."))
        elif self.found.dead:
            text = f"{said}, for {visible(lock.operation or 'a run')}; that run is no more."
            self.findings.append(Finding("stale-lock", text))
            self.steps.append(Step(StepKind.UNLOCK, f"Break the lock {visible(lock.id)}."))
        else:
            text = f"{said}, and whether that run is still at work can't be seen from here."
            self.findings.append(Finding("lock", text))
            self.left.append(
                Left("The state is locked. Only a person can know whether it may be broken.",
                     f"infra unlock {name}")
            )  # fmt: skip

    def change_lock(self) -> None:
        lock, name = self.found.change_lock, self.found.environment
        if lock is None:
            return
        who, since = visible(lock.who or "somebody"), visible(lock.created or "then")
        said = f"{who} locked {name} since {since} for {visible(lock.operation or 'a promotion')}"
        if self.found.change_dead:
            text = f"{said}; that run is no more."
            self.findings.append(Finding("stale-promotion-lock", text))
            step = Step(StepKind.UNLOCK_CHANGE, f"Break the lock of promotions {visible(lock.id)}.")
            self.steps.append(step)
        else:
            text = f"{said}, and whether that run is still at work can't be seen from here."
            self.findings.append(Finding("promotion-lock", text))
            self.left.append(
                Left("Promotions are locked. Only a person can know whether that may be broken.",
                     f"infra unlock {name} --promotion")
            )  # fmt: skip

    def unsaved(self) -> None:
        unsaved = self.found.unsaved
        if unsaved is None:
            return
        stored, mark = self.found.stored, self.found.mark
        what = verdict(unsaved, self.found.there, stored, mark)
        self.findings.append(Finding("unsaved-state", _unsaved(unsaved, what, self.found)))
        name = unsaved.path.name
        if what == verdicts.SAVED:
            self.steps.append(Step(StepKind.DROP, f"Remove {name}: the bucket has the same."))
        elif what == verdicts.PUSH and not self.blocked:
            assert unsaved.state is not None  # noqa: S101
            serial = max(1, unsaved.state.serial)
            text = f"Save {name} as serial {serial} of the state, then remove it."
            self.steps.append(Step(StepKind.PUSH, text))
        elif what in (verdicts.PUSH, verdicts.KEPT):
            told = (
                "it can be saved once the lock is gone"
                if what == verdicts.PUSH
                else "what is stored can't be read, so nothing says that it goes on from there"
            )
            self.left.append(
                Left(f"{name} stays where it is, readable for you alone: {told}.",
                     f"infra recover {self.found.environment}")
            )  # fmt: skip
        else:
            text = f"Move {name} to .local/unsaved, where only you can read it. It is not saved."
            self.steps.append(Step(StepKind.ASIDE, text))
            self.left.append(
                Left(f"What {name} says is not in the state. Look at it before you remove it.")
            )

    def stored(self) -> None:
        name = self.found.environment
        if self.found.stored is None:
            size = len(self.found.there.body)
            text = f"What is stored as the state can't be read ({size} bytes)."
            self.findings.append(Finding("state-corrupt", text))
            if not any(step.kind == StepKind.PUSH for step in self.steps):
                self.left.append(
                    Left("The state has to be brought back.", f"infra state versions {name}")
                )

    def half_made(self) -> None:
        found = self.found.half_made
        if self.blocked:
            return
        if found.keep:
            named, what = _named(found.keep)
            text = f"A run ended before it was through with {named}. Terraform would replace"
            self.findings.append(Finding("half-made", f"{text} {what}."))
            text = f"Keep {what}: the next apply does what is missing."
            self.steps.append(Step(StepKind.KEEP, text))
        if found.failed:
            named, what = _named([item.address for item in found.failed])
            text = f"AWS could not make {named}. It never ran, and blocks its name."
            self.findings.append(Finding("failed", text))
            text = f"Delete {what} in AWS: the next apply makes {what} anew."
            self.steps.append(Step(StepKind.DELETE, text))
        if found.unready:
            named, _what = _named(found.unready)
            self.findings.append(Finding("unready", f"AWS is still making or deleting {named}."))
            self.left.append(
                Left("AWS is at work, which can take it some minutes. Look again then.",
                     f"infra recover {self.found.environment}")
            )  # fmt: skip

    def records(self) -> None:
        run, promotion, name = self.found.run, self.found.promotion, self.found.environment
        if run is not None and not self.blocked:
            verb = "destroy" if run.record.kind == Kind.DESTROY_STARTED else "apply"
            who = str(run.record.fields.get("user") or run.record.fields.get("actor"))
            text = (
                f"By the ledger {who} began an {verb} at {run.record.time}"
                if verb == "apply"
                else f"By the ledger {who} began a {verb} at {run.record.time}"
            )
            self.findings.append(
                Finding("open-run", f"{text}, and nothing says how it ended (record"
                                    f" {run.record.sequence}).")
            )  # fmt: skip
            self.steps.append(
                Step(StepKind.CLOSE, "Write into the ledger that it was interrupted.")
            )
        if promotion is not None:
            details: Mapping[str, Any] = promotion.record.fields.get("details") or {}
            text = f"A promotion or rollback was begun at {promotion.record.time} and is open."
            self.findings.append(Finding("open-promotion", text))
            source = details.get("source")
            again = f"infra promote {source} {name}" if source else f"infra rollback {name}"
            self.left.append(Left("The promotion goes on where it was.", again))

    def rest(self) -> None:
        if self.found.scratch:
            count = len(self.found.scratch)
            noun = "plan" if count == 1 else "plans"
            text = f"{count} {noun} of commands that are no more, under .local/plans."
            self.findings.append(Finding("left-plans", text))
            self.steps.append(Step(StepKind.SWEEP, f"Remove the {noun}: they hold secrets."))
        if self.found.unfinished is not None:
            text = "A run lost the local cloud while it was at work."
            self.findings.append(Finding("lost-cloud", text))


def _named(addresses: Sequence[str]) -> tuple[str, str]:
    """The addresses in a sentence, and the pronoun that stands for them."""
    named = ", ".join(visible(address) for address in addresses)
    return named, "it" if len(addresses) == 1 else "them"


def _unsaved(unsaved: Unsaved, what: str, found: Remains) -> str:
    """What became of the state that Terraform could not save."""
    said = f"An earlier run could not save its state; it left {unsaved.path.name} at"
    said = f"{said} {unsaved.written_at}"
    state = unsaved.state
    if state is None or what == verdicts.UNREADABLE:
        return f"{said}, which can't be read: it was cut short."
    objects = "1 resource" if state.count == 1 else f"{state.count} resources"
    told = f"{said}, with serial {state.serial} and {objects}"
    stored = found.stored
    if what == verdicts.SAVED:
        return f"{told}. The same is stored by now."
    if what == verdicts.FOREIGN:
        return f"{told}. It is of another state than the one that is stored: the lineages differ."
    if stored is None:
        return f"{told}. What is stored can't be read."
    if what == verdicts.PUSH and not state.lineage:
        return f"{told}. It is the first one: nothing is stored."
    if what == verdicts.OLDER:
        return f"{told}. What is stored is as new or newer: serial {stored.serial}."
    return f"{told}. What is stored is older: serial {stored.serial}."
