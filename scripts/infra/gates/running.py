"""Running the gates that an environment declares."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.environments import Environment
from infra.errors import EnvironmentFileError, InfraError
from infra.gates.context import GateContext
from infra.gates.gate import Gate
from infra.gates.registry import GATES
from infra.gates.results import GateResult, Status
from infra.gates.settings import Settings, suggestion


@dataclass(frozen=True)
class Declared:
    """A gate that an environment declares, with all its settings."""

    gate: Gate
    settings: Settings


def declared(environment: Environment, gates: Mapping[str, Gate] = GATES) -> list[Declared]:
    """The gates of an environment, in the order of its file.

    Raises EnvironmentFileError for an unknown gate and for a setting that can't be.
    """
    place = f"environments/{environment.name}/environment.yaml: gates"
    found = []
    for name, raw in environment.gates.items():
        if name not in gates:
            raise EnvironmentFileError(
                f"{place} has an unknown gate: {name}.",
                hint=suggestion(name, gates) + f"The gates are {', '.join(gates)}.",
            )
        found.append(Declared(gates[name], gates[name].section.read(f"{place}.{name}", raw)))
    return found


def run_gates(
    context: GateContext,
    on_result: Callable[[GateResult], None] = lambda _result: None,
    gates: Mapping[str, Gate] = GATES,
) -> list[GateResult]:
    """Run all gates that the target declares, also after one that refused.

    on_result: hears of each result at once. Raises EnvironmentFileError before any gate runs.
    """
    results = []
    for item in declared(context.target, gates):
        results.append(_run(item, context))
        on_result(results[-1])
    return results


def _run(item: Declared, context: GateContext) -> GateResult:
    begun = time.monotonic()
    try:
        outcome = item.gate.check(context, item.settings)
    except Exception as error:
        status, text, details = Status.ERROR, *_inability(error)
    else:
        status = Status.PASSED if outcome.passed else Status.FAILED
        text, details = outcome.text, dict(outcome.details)
    return GateResult(item.gate.name, status, text, details, round(time.monotonic() - begun, 3))


def _inability(error: Exception) -> tuple[str, dict[str, object]]:
    """Why a gate could not be checked. What we didn't write ourselves may quote a secret."""
    if isinstance(error, InfraError):
        told = f"It could not be checked: {error.message}"
        return told, {"reason": error.reason, "hint": error.hint}
    return f"It could not be checked ({type(error).__name__}).", {"reason": "unexpected"}
