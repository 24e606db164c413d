"""From a plan's JSON and what surrounds it to a report. Nothing is asked of anybody here."""

from __future__ import annotations

import secrets
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import datetime
from typing import Any, NoReturn

from infra.environments import Environment
from infra.errors import InfraError
from infra.gates import GateContext, cost, run_gates
from infra.gates.changes import changes
from infra.gates.results import UncheckedError
from infra.graphs import plan_graph
from infra.identity import Key, canonical, summary
from infra.plan_report import entries
from infra.plan_report.model import Policy, Report, Surroundings
from infra.repository import Repository

POLICY = "policy"
"""The one gate that looks at nothing but the plan."""

RELEASE = "release"
"""The output that says what was released."""


@dataclass(frozen=True)
class _NoRelease:
    """Policies do not ask for it."""

    id: str = ""


def build(
    repository: Repository, document: Mapping[str, Any], surroundings: Surroundings
) -> Report:
    """Make the report. document: the plan's JSON as Terraform prints it, {} for no changes.

    All values come from the canonical plan, in which a secret is a hash; a key of its own is thrown
    away afterwards, so that not even the hashes can be compared. Of the JSON itself only
    names are used, and the release that an output says is there.
    """
    plan = canonical(document, Key(secrets.token_bytes(32)))
    found = summary(plan)
    context = _context(repository, surroundings.environment, plan, surroundings.made_at)
    price, problem = _cost(context)
    return Report(
        about=surroundings,
        entries=entries.entries(found),
        outputs=entries.outputs(found),
        drifted=[entries.name(address) for address in found.drifted],
        counts=found.counts,
        policy=_policy(context),
        cost=price,
        cost_problem=problem,
        graph=plan_graph(document, found, surroundings.environment.directory, repository.root),
        released=_released(document),
        others=[name for name in surroundings.environment.gates if name != POLICY],
    )


def _policy(context: GateContext) -> Policy:
    gates = context.target.gates
    only = {POLICY: gates.get(POLICY)}
    (result,) = run_gates(replace(context, target=replace(context.target, gates=only)))
    return Policy(result, POLICY in gates)


def _cost(context: GateContext) -> tuple[cost.Estimate | None, str]:
    try:
        return cost.estimate(context, list(changes(context))), ""
    except UncheckedError as error:
        return None, error.message
    except (AttributeError, KeyError, TypeError, ValueError):
        return None, "The plan can't be priced: a resource in it is not as expected."


def _released(document: Mapping[str, Any]) -> Mapping[str, Any] | None:
    """What runs now, as the outputs had it before this plan."""
    output = (document.get("output_changes") or {}).get(RELEASE) or {}
    value = output.get("before")
    hidden = output.get("before_sensitive") or output.get("after_sensitive")
    return value if isinstance(value, Mapping) and not hidden else None


def _context(
    repository: Repository, environment: Environment, plan: Mapping[str, Any], now: datetime
) -> GateContext:
    """The plan by itself, in the place of a promotion."""
    return GateContext(
        repository=repository,
        source=environment,
        target=environment,
        release=_NoRelease(),
        summary=summary(plan),
        plan=plan,
        source_clients=_nobody,
        target_clients=_nobody,
        drift=_unknown,
        alarms=_unknown,
        source_state=_unknown,
        source_url=_unknown,
        target_url=_unknown,
        now=now,
    )


def _unknown() -> NoReturn:
    raise InfraError("A report looks at nothing but the plan.")


def _nobody(_service: str) -> NoReturn:
    _unknown()
