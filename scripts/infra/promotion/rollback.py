"""The way back: to a release that the environment itself has verified before."""

from __future__ import annotations

import contextlib
import secrets
from datetime import UTC, datetime
from typing import NoReturn

from infra import images
from infra.environments import load_environment
from infra.errors import (
    ApprovalMissingError,
    ImageMissingError,
    InfraError,
    InterruptedRunError,
    NotVerifiedError,
    PromotionRefusedError,
    RollbackFailedError,
    RolledBackError,
    UnhealthyError,
)
from infra.ledger.records import Entry, Kind
from infra.promotion import approvals
from infra.promotion.approvals import Approved, Question
from infra.promotion.bench import Bench
from infra.promotion.chains import Chain, details, release_id, sound_chain
from infra.promotion.change import Brought, Goal, Means, bring, prove, terminable
from infra.promotion.entry import entered, locked
from infra.promotion.evidence import Evidence, evidence
from infra.promotion.gating import rollback_gates
from infra.promotion.requests import (
    ALREADY,
    REHEARSED,
    ROLLED_BACK,
    ChooseApprover,
    Outcome,
    Request,
)
from infra.promotion.steps import Steps
from infra.promotion.trail import ROLLBACK, Trail, last_trail
from infra.releases import Release, load_release, write_pin
from infra.repository import Repository

VERDICTS = (Kind.VERIFIED, Kind.UNHEALTHY)


def roll_back(
    repository: Repository, request: Request, choose: ChooseApprover, steps: Steps
) -> Outcome:
    """Bring an environment back to the release before, or to another one that it verified.

    Raises PromotionRefusedError and its like with nothing changed, RollbackFailedError, and what an
    apply raises.
    """
    # Before its name is told as that of a step.
    load_environment(repository, request.target)
    with terminable(request.command), contextlib.ExitStack() as stack:
        with steps.step("enter", f"Entering {request.target}") as step:
            bench = entered(stack, repository, request, steps)
            step.found(f"account {bench.environment.account_id}, target {bench.session.target}")
        wanted = request.release or "the release before"
        locked(stack, bench, "rollback", f"rollback to {wanted}", dry_run=request.dry_run)
        return _rolled_back(bench, request, choose)


def previous_release(chain: Chain, current: str, before: int | None = None) -> Entry | None:
    """The newest record that verified another release than the current one.

    before: look only at records before this one. A release that was found unhealthy after it was
    verified does not count.
    """
    judged: set[str] = set()
    for entry in reversed(chain[: before - 1 if before else None]):
        release = str(details(entry).get("release"))
        if entry.record.kind not in VERDICTS or release in judged:
            continue
        judged.add(release)
        if entry.record.kind == Kind.VERIFIED and release not in (current, "None"):
            return entry
    return None


def take_back(bench: Bench, goal: Goal) -> NoReturn:
    """Take a promotion back whose verification failed. Nobody is asked.

    Raises RolledBackError when the release before runs again, RollbackFailedError when it does not,
    and UnhealthyError when there was none before.
    """
    name, bad = bench.environment.name, goal.release
    with bench.steps.step("before", "Looking for the release before") as step:
        chain = sound_chain(bench.ledger, bench.environment)
        started = last_trail(chain, goal.change)
        began = started.start.record.sequence if started is not None else None
        before = previous_release(chain, "", began)
        same = before is not None and details(before).get("release") == bad.id
        found = None if same else before
        step.found(str(details(before).get("release")) if before else "there is none")
    if found is None:
        bench.write_if_possible(
            Kind.PROMOTION_FAILED, "failed", bad, goal.details(), reason=UnhealthyError.reason
        )
        bench.journal.clear()
        if same:
            raise UnhealthyError(
                f"{name} had {bad.id} before and was healthy; with this code it is not.",
                details=(
                    "Another release would run with the same code, so nothing was taken back.",
                ),
                hint=f"infra verify {name} says what is wrong. Revert the change of the code, and"
                f" bring that here as you brought this: {goal.command}",
            )
        raise UnhealthyError(
            f"{bad.id} is applied in {name}, but not healthy there, and {name} has verified no"
            " release before it that it could go back to.",
            details=(
                f"{name} still has {bad.id} pinned and applied; nothing was taken back.",
                "If its service was created just now and failed, AWS lets it only be deleted.",
            ),
            hint=f"infra verify {name} says what is wrong. Promote a release that is healthy.",
        )
    back = Goal(
        f"{goal.change}-back",
        ROLLBACK,
        load_release(bench.repository, str(details(found).get("release"))),
        evidence(name, str(details(found).get("release")), found),
        goal.command,
        of=goal.change,
    )
    trail = last_trail(chain, back.change)
    try:
        if trail is None:
            _start(bench, back)
        means = Means(
            gates=lambda _plan, _tell: (),
            image=lambda: _there(bench, back.release),
            approve=_automatic,
        )
        _carry_out(bench, back, trail, means)
    except InterruptedRunError:
        raise
    except InfraError as error:
        bench.write_if_possible(
            Kind.PROMOTION_FAILED,
            "failed",
            back.release,
            back.details(),
            reason=RollbackFailedError.reason,
        )
        raise RollbackFailedError(
            f"{bad.id} is not healthy in {name}, and going back to {back.release.id} failed:"
            f" {error.message}",
            details=error.details,
            hint=f"A person is needed now. infra verify {name} says what runs;"
            f" infra rollback {name} --to {back.release.id} tries again.",
        ) from error
    raise RolledBackError(
        f"{bad.id} is not healthy in {name}, so it was taken back: {name} runs"
        f" {back.release.id} again, and that is verified.",
        details=(f"Image {back.release.image_digest}.",),
        hint=f"infra history {name} has the whole story. Mend the release, and promote a new one.",
    )


def _rolled_back(bench: Bench, request: Request, choose: ChooseApprover) -> Outcome:
    name = bench.environment.name
    with bench.steps.step("ledger", f"Reading the ledger of {name}") as step:
        chain = sound_chain(bench.ledger, bench.environment)
        step.found(f"{len(chain)} records, all in place and signed")
    done = _done(bench, chain, request)
    if done is not None:
        release = load_release(bench.repository, done.release)
        write_pin(bench.repository, bench.environment, release)
        bench.journal.clear()
        return Outcome(ALREADY, done.change, name, release)
    newest = last_trail(chain)
    trail = newest if newest is not None and _is_own(newest, request) else None
    if request.dry_run and trail is not None and trail.applied is not None:
        raise PromotionRefusedError(
            f"{trail.release} is applied in {name} already, and waits for its verification.",
            hint="Run the command without --dry-run: it goes on from there.",
        )
    basis, release = _chosen(bench, chain, trail.release if trail else request.release)
    change = trail.change if trail is not None else secrets.token_hex(8)
    goal = Goal(change, ROLLBACK, release, basis, request.command)
    means = Means(
        gates=rollback_gates(bench, release),
        image=lambda: _there(bench, release),
        approve=choose(bench),
        wanted=request.wanted,
        dry_run=request.dry_run,
    )
    try:
        with bench.steps.step("image", "Looking for the image") as step:
            step.found(_there(bench, release))
        if request.dry_run:
            brought = bring(bench, goal, trail, means)
            return Outcome(REHEARSED, change, name, release, basis, brought)
        if trail is None:
            _give_up(bench, newest, release)
            _start(bench, goal)
        brought_back = _carry_out(bench, goal, trail, means)
    except (InterruptedRunError, ApprovalMissingError):
        raise
    except InfraError as error:
        if not request.dry_run:
            refused = error.exit_code == PromotionRefusedError.exit_code
            bench.write_if_possible(
                Kind.PROMOTION_FAILED,
                "refused" if refused else "failed",
                release,
                goal.details(),
                reason=error.reason,
            )
        raise
    return Outcome(ROLLED_BACK, change, name, release, basis, brought_back)


def _carry_out(bench: Bench, goal: Goal, trail: Trail | None, means: Means) -> Brought | None:
    """Apply, verify and record. Raises RollbackFailedError where it is not healthy."""
    brought: Brought | None = None
    if trail is None or trail.applied is None:
        brought = bring(bench, goal, trail, means)
    else:
        # Another checkout, such as that of a job in CI, still pins what was before.
        write_pin(bench.repository, bench.environment, goal.release)
    if trail is None or trail.verified is None:
        found = prove(bench, goal)
        if not found.passed:
            failed = [
                f"{item.name}: {item.text}" for item in found.checks if item.status != "passed"
            ]
            raise RollbackFailedError(
                f"{goal.release.id} is applied in {bench.environment.name} again, but not healthy.",
                details=tuple(failed),
                hint=f"A person is needed now: infra verify {bench.environment.name}",
            )
    with bench.steps.step("record", "Writing it down") as step:
        entry = bench.write(Kind.ROLLED_BACK, "succeeded", goal.release, goal.details())
        step.found(f"record {entry.record.sequence} of {bench.environment.name}")
    # The very last: without it the same command would go back by one release more.
    bench.journal.clear()
    return brought


def _is_own(newest: Trail, request: Request) -> bool:
    """Whether an open rollback is the one that is asked for."""
    return (
        newest.closed is None
        and newest.direction == ROLLBACK
        and not newest.told("of")
        and request.release in (None, newest.release)
    )


def _done(bench: Bench, chain: Chain, request: Request) -> Trail | None:
    """The rollback that was asked for, where an interrupted run had just ended it."""
    newest, note = last_trail(chain), bench.journal.read()
    if newest is None or newest.closed is None or newest.direction != ROLLBACK:
        return None
    if newest.closed.record.kind != Kind.ROLLED_BACK or newest.told("of"):
        return None
    unaware = note is not None and note.change == newest.change
    return newest if unaware and request.release in (None, newest.release) else None


def _chosen(bench: Bench, chain: Chain, wanted: str | None) -> tuple[Evidence, Release]:
    """The release to go back to, and the record that proves it."""
    name = bench.environment.name
    applied = next((e for e in reversed(chain) if e.record.kind == Kind.APPLIED), None)
    current = release_id(applied) if applied is not None else ""
    if wanted is None:
        found = previous_release(chain, current)
        said = f"{name} has verified no release before {current or 'the one that it runs'}."
    else:
        found = next(
            (
                entry
                for entry in reversed(chain)
                if entry.record.kind == Kind.VERIFIED and details(entry).get("release") == wanted
            ),
            None,
        )
        said = f"{name} has never verified {wanted}."
    if found is None:
        raise NotVerifiedError(
            f"{said} Nothing was changed.",
            hint=f"infra history {name} shows what it verified.",
            causes=("never",),
        )
    release = load_release(bench.repository, str(details(found).get("release")))
    if details(found).get("digest") != release.image_digest:
        raise NotVerifiedError(
            f"{name} verified another image than {release.id} has. Nothing was changed.",
            causes=("digest",),
        )
    return evidence(name, release.id, found), release


def _there(bench: Bench, release: Release) -> str:
    name = bench.environment.name
    repository = str(bench.state().output("repository_name") or "")
    if not repository or not images.exists(bench.clients("ecr"), repository, release.image_digest):
        raise ImageMissingError(
            f"The registry of {name} has no image {release.image_digest} any more.",
            hint=f"Choose another release: infra rollback {name} --to RELEASE",
        )
    return f"{release.image_digest} is in the registry of {name}"


def _start(bench: Bench, goal: Goal) -> None:
    told = {"direction": ROLLBACK, "evidence_hash": goal.basis.hash if goal.basis else ""}
    bench.write(Kind.PROMOTION_STARTED, "started", goal.release, {**goal.details(), **told})


def _give_up(bench: Bench, newest: Trail | None, release: Release) -> None:
    """Write down that an open promotion of something else is given up."""
    if newest is not None and newest.closed is None:
        said = {"change": newest.change, "release": newest.release}
        bench.write(Kind.PROMOTION_FAILED, "abandoned", release, said, reason="abandoned")


def _automatic(question: Question) -> Approved:
    """What a failed verification needs: no person, but a record of that."""
    return Approved("automatic", question.asker, approvals.until(datetime.now(UTC)))
