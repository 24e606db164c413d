"""The way from a release to its proof: pin, plan, gates, approval, image, apply, verification.

A promotion and a rollback go the same way. Until the apply begins, whatever ends it leaves the
environment and its pin as they were. An interrupted one goes on where its records say that it is.
"""

from __future__ import annotations

import contextlib
import signal
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime

from infra import identity as identities
from infra import kept_plans, reconciliation, verification
from infra.errors import (
    ApplyFailedError,
    ApprovalMissingError,
    GateRefusedError,
    InfraError,
    InterruptedRunError,
    PlanChangedError,
    TerraformError,
)
from infra.gates import GateResult
from infra.kept_plans import KeptPlan
from infra.ledger.records import Kind, Scalar
from infra.plans import PlanSummary
from infra.promotion.approvals import Approved, Approver, Person, Question
from infra.promotion.bench import Bench
from infra.promotion.evidence import Evidence
from infra.promotion.journal import Note, content, restore
from infra.promotion.steps import FAILED, KNOWN
from infra.promotion.trail import ROLLBACK, Trail
from infra.releases import Release, write_pin
from infra.verification import Verification

UNTOUCHED = "The environment and its pin are as they were."


@dataclass(frozen=True)
class Goal:
    """What is to be brought about.

    change: the id of the promotion or rollback. of: the promotion that a rollback takes back, ""
    where a person asked for it. command: what to run again after an interruption.
    """

    change: str
    direction: str
    release: Release
    basis: Evidence | None
    command: str
    of: str = ""

    def details(self) -> dict[str, Scalar]:
        """What each record of it says."""
        said: dict[str, Scalar] = {"change": self.change, "release": self.release.id}
        return {**said, "of": self.of} if self.of else said


@dataclass(frozen=True)
class Means:
    """How a change gets through: what each step calls.

    gates: run on a plan, telling each result at once. image: has the image where it must be, and
    says what was done. wanted: the identity that the plan must have, "" for any. dry_run: stop
    before the approval.
    """

    gates: Callable[[KeptPlan, Callable[[GateResult], None]], Sequence[GateResult]]
    image: Callable[[], str]
    approve: Approver
    wanted: str = ""
    dry_run: bool = False


@dataclass(frozen=True)
class Brought:
    """What was applied. identity: of the plan, "" where there was nothing to apply."""

    identity: str
    summary: PlanSummary
    approved: Approved | None = None


def bring(bench: Bench, goal: Goal, trail: Trail | None, means: Means) -> Brought:
    """Pin the release, plan, pass the gates, have the plan approved, and apply exactly that plan.

    trail: what an earlier run of the same change did. Raises the errors of each step; until the
    apply begins, everything is then as it was.
    """
    before = _remembered(bench, goal)
    try:
        with bench.steps.step("pin", f"Pinning {goal.release.id}") as step:
            write_pin(bench.repository, bench.environment, goal.release)
            note = bench.journal.read() or Note(goal.change, before)
            note = bench.journal.write(
                Note(goal.change, before, content(bench.pin) or "", note.identity)
            )
            step.found(f"{goal.release.id} in {bench.pin.parent.name}")
        brought = _planned_and_applied(bench, goal, trail, means, note.identity)
    except BaseException as error:
        if not _may_have_changed(bench, error):
            restore(bench.pin, before)
            _tell_untouched(error)
            if _is_final(error):
                bench.journal.clear()
        if isinstance(error, KeyboardInterrupt | InterruptedRunError):
            raise _interrupted(bench, goal, error) from error
        raise
    if means.dry_run:
        restore(bench.pin, before)
        bench.journal.clear()
    return brought


def prove(bench: Bench, goal: Goal) -> Verification:
    """See whether the environment runs the release well, and write that down."""
    name = bench.environment.name
    with bench.steps.step("verify", f"Verifying {name}") as step:
        try:
            found = verification.verify_environment(
                bench.session,
                verification.settings(bench.environment, bench.session.target),
                bench.steps.progress,
                taken_back=goal.direction == ROLLBACK,
            )
            verification.record_verification(bench.ledger, bench.session, found)
        except (KeyboardInterrupt, InterruptedRunError) as error:
            raise _interrupted(bench, goal, error) from error
        failed = [check for check in found.checks if check.status != "passed"]
        if failed:
            step.found(f"{failed[0].name}: {failed[0].text}", FAILED)
        else:
            step.found(f"{len(found.checks)} checks passed, runs {found.running_digest}")
    for check in failed[1:]:
        bench.steps.note(f"{check.name}: {check.text}")
    return found


@contextlib.contextmanager
def terminable(command: str) -> Iterator[None]:
    """Take SIGTERM like Ctrl-C for the block, and say after either how to go on.

    Raises InterruptedRunError.
    """
    main = threading.current_thread() is threading.main_thread()
    before = signal.signal(signal.SIGTERM, signal.default_int_handler) if main else None
    try:
        yield
    except KeyboardInterrupt as error:
        raise InterruptedRunError(
            "Stopped between two steps; none was cut short.", hint=_going_on(command)
        ) from error
    except InterruptedRunError as error:
        if command not in error.hint:
            error.hint = _going_on(command)
        raise
    finally:
        if main:
            signal.signal(signal.SIGTERM, before)


def _going_on(command: str) -> str:
    return f"The same command goes on from here, and does nothing twice:\n{command}"


def _remembered(bench: Bench, goal: Goal) -> str | None:
    """What the pin was before this change, or before one that was killed and left its own there."""
    note, now = bench.journal.read(), content(bench.pin)
    left = note is not None and note.written != "" and note.written == now
    before = note.before if note is not None and left else now
    identity = note.identity if note is not None and note.change == goal.change else ""
    bench.journal.write(Note(goal.change, before, (now or "") if left else "", identity))
    return before


def _planned_and_applied(
    bench: Bench, goal: Goal, trail: Trail | None, means: Means, kept: str
) -> Brought:
    begun = trail.begun if trail is not None else None
    plan = _planned(bench, kept if begun is None else "", means.wanted)
    if plan is None:
        if not means.dry_run:
            said = begun.record.fields.get("plan") if begun is not None else None
            bench.recorder.unchanged(destroy=False, plan=str(said) if said else None)
        return Brought("", PlanSummary())
    name, summary = plan.manifest.identity, identities.summary(plan.plan)
    _gated(bench, goal, trail, means, plan)
    if means.dry_run:
        return Brought(name, summary)
    approved = _approved(bench, goal, trail, means, name, summary)

    def ready() -> None:
        with bench.steps.step("copy", "Having the image where it must be") as step:
            step.found(means.image())

    with bench.steps.step("apply", f"Applying {name}") as step:
        done = reconciliation.apply_reviewed(
            bench.session,
            bench.steps.progress,
            name,
            _approved_before,
            bench.recorder,
            ready,
        )
        counts = ", ".join(f"{count} {verb}" for verb, count in done.counts.items() if count)
        step.found(f"planned again, the same plan; {counts or 'only outputs changed'}")
    return Brought(name, summary, approved)


def _planned(bench: Bench, kept: str, wanted: str) -> KeptPlan | None:
    """The plan under the pin, kept for a review; None where there is nothing to do."""
    session, steps = bench.session, bench.steps
    with steps.step("plan", f"Planning {bench.environment.name}") as step:
        plan = _kept(bench, kept)
        if plan is not None:
            step.found(f"{plan.manifest.identity}, kept since {plan.manifest.created_at}", KNOWN)
        else:
            found = reconciliation.plan_with_identity(
                session, steps.progress, keep=True, ledger=bench.ledger
            )
            if found.folder is None:
                step.found("nothing would change")
                return None
            plan = reconciliation.load_plan(session, found.identity)
            bench.journal.identified(found.identity)
            counts = ", ".join(
                f"{count} to {action}" for action, count in plan.manifest.counts.items() if count
            )
            step.found(f"{found.identity}: {counts or 'only outputs'}")
        if wanted and wanted.strip().lower() != plan.manifest.identity:
            name = bench.environment.name
            raise PlanChangedError(
                f"The plan of {name} is not {wanted}, but {plan.manifest.identity}."
                " Nothing was changed.",
                hint=f"Look at it as it is now: infra show {plan.manifest.identity}",
            )
    return plan


def _kept(bench: Bench, identity: str) -> KeptPlan | None:
    """The plan that an earlier run of this promotion kept, where it is still good.

    Raises PlanTamperedError where somebody edited its files.
    """
    if not identity or identity not in {
        folder.name for folder in kept_plans.kept(bench.repository)
    }:
        return None
    plan = reconciliation.load_plan(bench.session, identity)
    now = datetime.now(UTC)
    expired = datetime.fromisoformat(plan.manifest.expires_at) <= now
    return None if expired or (plan.folder / kept_plans.APPLIED).is_file() else plan


def _gated(bench: Bench, goal: Goal, trail: Trail | None, means: Means, plan: KeptPlan) -> None:
    """Run the gates. Raises GateRefusedError unless all of them hold."""
    identity = plan.manifest.identity
    with bench.steps.step("gates", "Asking the gates") as step:
        results = means.gates(plan, lambda item: bench.steps.progress.step(f"Gate {item.name}"))
        refused = [item for item in results if item.refused]
        known = trail is not None and trail.gated(identity)
        if not means.dry_run and (refused or not known):
            bench.write(
                Kind.GATE,
                "refused" if refused else "passed",
                goal.release,
                {**goal.details(), "gates": {item.name: item.status.value for item in results}},
                reason=GateRefusedError.reason if refused else "",
                plan=identity,
            )
        names = ", ".join(item.name for item in results)
        step.found(f"all {len(results)} hold: {names}" if results else "none is declared")
        if refused:
            step.found(", ".join(item.name for item in refused))
            raise GateRefusedError(
                f"{'A gate does' if len(refused) == 1 else f'{len(refused)} gates do'} not hold:"
                f" {', '.join(item.name for item in refused)}. Nothing was changed.",
                details=tuple(line for item in refused for line in _told(item)),
                hint="Mend that, and run the command again.",
            )
    for item in results:
        bench.steps.note(f"{item.name}: {item.text}")


def _told(item: GateResult) -> list[str]:
    found = item.details.get("findings")
    more = [f"  {line}" for line in found[:10]] if isinstance(found, list) else []
    return [f"{item.name}: {item.text}", *more]


def _approved(
    bench: Bench,
    goal: Goal,
    trail: Trail | None,
    means: Means,
    identity: str,
    summary: PlanSummary,
) -> Approved:
    """The approval of exactly this plan: the recorded one, or a new one."""
    with bench.steps.step("approval", "Asking for an approval") as step:
        before = trail.approved(identity, datetime.now(UTC)) if trail is not None else None
        if before is not None:
            said = before.record.fields["details"]
            step.found(f"by {said['approver']}, as record {before.record.sequence} says", KNOWN)
            return _recorded(said)
        bench.steps.progress.end()
        approved = means.approve(
            Question(bench.environment, bench.session.target, identity, summary, bench.actor())
        )
        bench.write(
            Kind.APPROVED,
            "approved",
            goal.release,
            {
                **goal.details(),
                "method": approved.method,
                "approver": approved.by.user,
                "approver_arn": approved.by.arn,
                "expires": approved.expires,
            },
            plan=identity,
        )
        step.found(f"{identity} by {approved.by.user or approved.by.arn} ({approved.method})")
    return approved


def _recorded(said: Mapping[str, str]) -> Approved:
    """The approval that a record tells of."""
    return Approved(said["method"], Person(said["approver_arn"], said["approver"]), said["expires"])


def _approved_before(_summary: PlanSummary) -> None:
    """The same plan was approved before the lock was taken."""


def _may_have_changed(bench: Bench, error: BaseException) -> bool:
    """Whether the environment may differ from what it was when the command began."""
    if not bench.recorder.begun:
        return False
    return not isinstance(error, TerraformError) or isinstance(error, ApplyFailedError)


def _is_final(error: BaseException) -> bool:
    """Whether an error ends the change, so that the next run begins a new one."""
    return isinstance(error, Exception) and not isinstance(
        error, InterruptedRunError | ApprovalMissingError
    )


def _tell_untouched(error: BaseException) -> None:
    if isinstance(error, InfraError) and not isinstance(error, InterruptedRunError):
        error.details += (UNTOUCHED,)


def _interrupted(bench: Bench, goal: Goal, error: BaseException) -> InterruptedRunError:
    name = bench.environment.name
    if not bench.recorder.begun:
        said = f"Stopped before anything in {name} was changed; its pin is as it was."
    elif isinstance(error, InfraError):
        said = error.message
    else:
        said = f"Stopped after {goal.release.id} was applied in {name}; it is not verified yet."
    return InterruptedRunError(said, hint=_going_on(goal.command))
