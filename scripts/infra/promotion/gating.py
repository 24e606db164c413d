"""What the gates of a promotion are given to look at."""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from typing import Any

from infra import alarms, drift, identity, service_url
from infra.clients import Clients
from infra.environments import Environment
from infra.errors import InfraError
from infra.gates import GateContext, GateResult, ServiceAddress, run_gates
from infra.kept_plans import KeptPlan
from infra.progress import Progress
from infra.promotion.bench import Bench
from infra.releases import Release
from infra.repository import Repository
from infra.sessions import open_session
from infra.stored_state import StoredState

DRIFT = "no-drift"
EMERGENCY = ("policy",)
"""The gates that a rollback must pass too: it must be possible at night, in a freeze and while
alarms ring, but it must not destroy what is protected."""

Gates = Callable[[KeptPlan, Callable[[GateResult], None]], Sequence[GateResult]]


Taken = Collection[tuple[str, str]]
"""The types and import ids of what a plan takes into the state."""

Differing = Callable[[Taken], Sequence[str]]
"""One line for each thing that is not as the state says, and that the plan does not take in."""


def drift_before(bench: Bench) -> Differing:
    """The drift of the target as it is before the release is pinned, if a gate asks for it.

    With the new pin a plan would tell the release from drift no more. Looked for at once.
    """
    if DRIFT not in bench.environment.gates:
        return lambda _taken: ()
    with bench.steps.step("drift", f"Looking for drift in {bench.environment.name}") as step:
        try:
            found = drift.drift_of(bench.session, bench.steps.progress, bench.ledger)
        except InfraError as error:
            # The gate itself says that it could not be checked.
            step.found(error.message)
            return _raising(error)
        # What the files say and nobody has applied is what a promotion brings, and no drift.
        report = replace(found, pending=(), outputs=())
        count = len(report.lines())
        things = "1 thing differs" if count == 1 else f"{count} things differ"
        step.found(things if count else "nothing differs from the state")

    def differing(taken: Taken) -> Sequence[str]:
        # What a promotion that was cut off had made is no stranger: this one goes on with it.
        strangers = [item for item in report.unmanaged if (item.kind, item.id) not in taken]
        return replace(report, unmanaged=tuple(strangers)).lines()

    return differing


def promotion_gates(
    bench: Bench,
    source: Environment,
    source_clients: Clients,
    source_state: StoredState,
    release: Release,
    differing: Differing,
) -> Gates:
    """The gates that the target declares."""

    def gates(plan: KeptPlan, tell: Callable[[GateResult], None]) -> Sequence[GateResult]:
        context = _context(
            bench,
            plan,
            release,
            source=source,
            source_clients=source_clients,
            source_state=source_state,
            differing=differing,
        )
        return run_gates(context, tell)

    return gates


def rollback_gates(bench: Bench, release: Release) -> Gates:
    """Those that also an emergency must pass; the environment vouches for itself."""

    def gates(plan: KeptPlan, tell: Callable[[GateResult], None]) -> Sequence[GateResult]:
        own = bench.environment
        kept = {name: value for name, value in own.gates.items() if name in EMERGENCY}
        context = _context(
            bench,
            plan,
            release,
            source=own,
            source_clients=bench.clients,
            source_state=bench.state(),
            differing=lambda _taken: (),
        )
        return run_gates(replace(context, target=replace(own, gates=kept)), tell)

    return gates


def _context(
    bench: Bench,
    plan: KeptPlan,
    release: Release,
    *,
    source: Environment,
    source_clients: Clients,
    source_state: StoredState,
    differing: Differing,
) -> GateContext:
    repository, target = bench.repository, bench.session.target
    progress = bench.steps.progress
    state = bench.state()
    return GateContext(
        repository=repository,
        source=source,
        target=bench.environment,
        release=release,
        summary=identity.summary(plan.plan),
        plan=plan.plan,
        source_clients=source_clients,
        target_clients=bench.clients,
        drift=lambda: differing(_taken_in(plan)),
        alarms=lambda: alarms.not_ok(bench.clients("cloudwatch"), alarm_names(state)),
        source_state=lambda: _shown_state(repository, source, target, progress),
        source_url=lambda: _address(bench, source_state, source),
        target_url=lambda: _address(bench, state, bench.environment),
        now=datetime.now(UTC),
    )


def alarm_names(state: StoredState) -> list[str]:
    """The names of all alarms, as the outputs have them."""
    names = state.output("alarm_names") or []
    return sorted(names.values() if isinstance(names, Mapping) else names)


def _shown_state(
    repository: Repository, source: Environment, target: str, progress: Progress
) -> Mapping[str, Any]:
    """`terraform show -json` of the source; it needs a session of its own."""
    with open_session(repository, source.name, target, progress) as session:
        return session.terraform.state()


def _address(bench: Bench, state: StoredState, environment: Environment) -> ServiceAddress:
    url = state.output("service_url")
    if not url:
        raise InfraError(f"{environment.name} has no service.")
    found = service_url.address_of(bench.session.target, bench.session.run, str(url))
    return found.url, found.headers


def _taken_in(plan: KeptPlan) -> Taken:
    changes = plan.plan.get("resource_changes") or []
    imported = [(raw["type"], raw["change"].get("importing") or {}) for raw in changes]
    return {(kind, str(found["id"])) for kind, found in imported if "id" in found}


def _raising(error: InfraError) -> Differing:
    def differing(_taken: Taken) -> Sequence[str]:
        raise error

    return differing
