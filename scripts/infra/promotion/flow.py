"""A promotion: a release goes from the environment that proved it to the next one."""

from __future__ import annotations

import contextlib
import secrets
from collections.abc import Mapping

from infra import images
from infra.environments import load_environment
from infra.errors import (
    ApprovalMissingError,
    ImageMissingError,
    InfraError,
    InterruptedRunError,
    PromotionRefusedError,
    UsageError,
)
from infra.ledger.access import OpenedLedger, open_environments_ledger
from infra.ledger.records import Entry, Kind
from infra.promotion import rollback
from infra.promotion.bench import Bench
from infra.promotion.chains import Chain, result, sound_chain
from infra.promotion.change import Brought, Goal, Means, bring, prove, terminable
from infra.promotion.entry import entered, locked
from infra.promotion.evidence import Evidence, evidence_of, proves
from infra.promotion.gating import drift_before, promotion_gates
from infra.promotion.requests import ALREADY, PROMOTED, REHEARSED, ChooseApprover, Outcome, Request
from infra.promotion.running import running_digest
from infra.promotion.steps import KNOWN, Steps
from infra.promotion.trail import PROMOTION, Trail, last_trail, trails
from infra.releases import Release, load_release, pinned_release_id, write_pin
from infra.repository import Repository
from infra.stored_state import StoredState

HARMLESS = (Kind.PLAN_REVIEWED, Kind.GATE, Kind.APPROVED, Kind.VERIFIED, Kind.PROMOTION_FAILED)
"""Records after a promotion that leave it as it is."""


def promote(
    repository: Repository, request: Request, choose: ChooseApprover, steps: Steps
) -> Outcome:
    """Bring a release from one environment to the next.

    choose: how the plan gets approved. Raises PromotionRefusedError and its like with nothing
    changed, RolledBackError, RollbackFailedError, UnhealthyError and what an apply raises.
    """
    release = _requested(repository, request)
    with terminable(request.command), contextlib.ExitStack() as stack:
        with steps.step("enter", f"Entering {request.source} and {request.target}") as step:
            source = stack.enter_context(
                open_environments_ledger(
                    repository, request.source, request.override, steps.progress
                )
            )
            bench = entered(stack, repository, request, steps)
            accounts = (source.environment.account_id, bench.environment.account_id)
            step.found(f"accounts {accounts[0]} and {accounts[1]}, target {bench.session.target}")
        told = f"promotion of {release.id} from {request.source}"
        locked(stack, bench, "promotion", told, dry_run=request.dry_run)
        return _promoted(source, bench, release, request, choose)


def _requested(repository: Repository, request: Request) -> Release:
    source = load_environment(repository, request.source)
    target = load_environment(repository, request.target)
    if target.promotes_from != source.name:
        raise UsageError(
            f"{target.name} takes releases from {target.promotes_from or 'no environment'},"
            f" not from {source.name}.",
            hint=f"environments/{target.name}/environment.yaml says so: promotes_from.",
        )
    wanted = request.release or pinned_release_id(repository, source)
    if wanted is None:
        raise UsageError(
            f"{source.name} pins no release that could be promoted.",
            hint=f"Pin one there, apply and verify it; or name one: {request.command} --release ID",
        )
    return load_release(repository, wanted)


def _promoted(
    source: OpenedLedger, bench: Bench, release: Release, request: Request, choose: ChooseApprover
) -> Outcome:
    """From the evidence to the last record, or from where an earlier run stopped."""
    name = bench.environment.name
    with bench.steps.step("ledger", f"Reading the ledger of {name}") as step:
        chain = sound_chain(bench.ledger, bench.environment)
        newest = last_trail(chain)
        trail = _own(newest, chain, release)
        step.found(f"{len(chain)} records, all in place and signed")
        if trail is not None:
            step.found(f"{len(chain)} records; goes on with {trail.change}", KNOWN)
    done = _done(chain, release, bench.proof(bench.environment)) if trail is None else None
    if done is not None:
        if not request.dry_run:
            write_pin(bench.repository, bench.environment, release)
            bench.journal.clear()
        return Outcome(ALREADY, done.change, name, release)
    applied = trail is not None and trail.applied is not None
    if request.dry_run and applied:
        raise PromotionRefusedError(
            f"{release.id} is applied in {name} already, and waits for its verification.",
            hint="Run the command without --dry-run: it goes on from there.",
        )
    change = trail.change if trail is not None else secrets.token_hex(8)
    brought: Brought | None = None
    basis: Evidence | None = None
    if applied:
        # Another checkout, such as that of a job in CI, still pins what was before.
        write_pin(bench.repository, bench.environment, release)
    else:
        try:
            basis = _evidence(source, bench, release)
            goal = Goal(change, PROMOTION, release, basis, request.command)
            _in_registry(source, bench, release)
            if trail is None and not request.dry_run:
                _start(bench, goal, newest)
            brought = bring(bench, goal, trail, _means(source, bench, release, request, choose))
        except (InterruptedRunError, ApprovalMissingError):
            raise
        except InfraError as error:
            if not request.dry_run:
                _record_failure(bench, release, change, error)
            raise
        if request.dry_run:
            return Outcome(REHEARSED, change, name, release, basis, brought)
    goal = Goal(change, PROMOTION, release, basis, request.command)
    if not _is_healthy(bench, goal, trail):
        rollback.take_back(bench, goal)
    with bench.steps.step("record", "Writing it down") as step:
        entry = bench.write(Kind.PROMOTED, "succeeded", release, goal.details())
        bench.journal.clear()
        step.found(f"record {entry.record.sequence} of {name}")
    return Outcome(PROMOTED, change, name, release, basis, brought)


def _own(newest: Trail | None, chain: Chain, release: Release) -> Trail | None:
    """The open promotion of this release that is to be gone on with."""
    if newest is not None and newest.told("of"):
        newest = last_trail(chain, str(newest.told("of")))
    if newest is None or newest.closed is not None:
        return None
    return newest if (newest.direction, newest.release) == (PROMOTION, release.id) else None


def _done(chain: Chain, release: Release, proof: Mapping[str, str]) -> Trail | None:
    """The promotion that brought this release, where nothing came after it.

    proof: of the environment in this checkout. With other code than what was verified there, the
    same release is a promotion of its own.
    """
    for trail in reversed(trails(chain)):
        ended = trail.closed
        if ended is None or ended.record.kind == Kind.PROMOTION_FAILED:
            continue
        if ended.record.kind != Kind.PROMOTED or trail.release != release.id:
            return None
        after = chain[ended.record.sequence :]
        same = trail.verified is not None and proves(trail.verified, proof)
        return trail if same and all(_is_harmless(entry) for entry in after) else None
    return None


def _is_harmless(entry: Entry) -> bool:
    return entry.record.kind in HARMLESS or result(entry) == "unchanged"


def _is_healthy(bench: Bench, goal: Goal, trail: Trail | None) -> bool:
    """By the record of an earlier run, or by a verification now."""
    if trail is not None and trail.verified is not None:
        return True
    if trail is not None and trail.unhealthy is not None:
        return False
    return prove(bench, goal).passed


def _evidence(source: OpenedLedger, bench: Bench, release: Release) -> Evidence:
    name = source.environment.name
    with bench.steps.step("evidence", f"Looking at what {name} proves") as step:
        chain = sound_chain(source.ledger, source.environment)
        state = source.state()
        found = evidence_of(
            chain,
            name,
            release,
            bench.proof(source.environment),
            state,
            running_digest(source.clients, state),
        )
        step.found(f"{release.id} {found.text}, and it runs there")
    return found


def _in_registry(source: OpenedLedger, bench: Bench, release: Release) -> None:
    """See that the image can be copied, before anything is done for it."""
    name = bench.environment.name
    with bench.steps.step("image", "Looking for the image") as step:
        holding = _repository(bench.state())
        if holding is None:
            raise PromotionRefusedError(
                f"{name} has no image repository yet: nothing was applied there.",
                hint=f"Its first apply makes all but the service: infra apply {name}",
            )
        held = _repository(source.state())
        if held is None or not images.exists(source.clients("ecr"), held, release.image_digest):
            raise ImageMissingError(
                f"The registry of {source.environment.name} has no image {release.image_digest}."
                " Nothing was changed.",
                hint="Push it again, or promote a release whose image is there.",
            )
        there = images.exists(bench.clients("ecr"), holding, release.image_digest)
        step.found(f"in the registry of {name} already" if there else f"to be copied to {name}")


def _start(bench: Bench, goal: Goal, newest: Trail | None) -> None:
    """Write down that it begins, and that an open one of something else is given up."""
    if newest is not None and newest.closed is None:
        said = {"change": newest.change, "release": newest.release}
        bench.write(Kind.PROMOTION_FAILED, "abandoned", goal.release, said, reason="abandoned")
    basis = goal.basis
    told = {"direction": goal.direction}
    if basis is not None:
        told |= {"source": basis.environment, "evidence_hash": basis.hash}
        bench.write(
            Kind.PROMOTION_STARTED,
            "started",
            goal.release,
            {**goal.details(), **told, "evidence_sequence": basis.sequence},
        )


def _means(
    source: OpenedLedger, bench: Bench, release: Release, request: Request, choose: ChooseApprover
) -> Means:
    state = source.state()
    differing = drift_before(bench)
    return Means(
        gates=promotion_gates(bench, source.environment, source.clients, state, release, differing),
        image=lambda: _copied(source, bench, release),
        approve=choose(bench),
        wanted=request.wanted,
        dry_run=request.dry_run,
    )


def _copied(source: OpenedLedger, bench: Bench, release: Release) -> str:
    copied = images.copy_image(
        source.clients("ecr"),
        _repository(source.state()) or "",
        bench.clients("ecr"),
        _repository(bench.state()) or "",
        release.image_digest,
        images.release_tag(release.image_digest),
    )
    return f"{release.image_digest} {'copied' if copied else 'was there already'}"


def _repository(state: StoredState) -> str | None:
    name = state.output("repository_name")
    return str(name) if name else None


def _record_failure(bench: Bench, release: Release, change: str, error: InfraError) -> None:
    refused = isinstance(error, PromotionRefusedError) or error.exit_code == 10
    bench.write_if_possible(
        Kind.PROMOTION_FAILED,
        "refused" if refused else "failed",
        release,
        {"change": change, "release": release.id},
        reason=error.reason,
    )
