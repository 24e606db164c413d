"""Gate no-drift: what runs in the target is what its state says."""

from __future__ import annotations

from infra.gates.context import GateContext
from infra.gates.gate import Gate
from infra.gates.results import Outcome
from infra.gates.settings import Settings


def _check(context: GateContext, _settings: Settings) -> Outcome:
    lines = list(context.drift())
    if lines:
        things = "1 thing differs" if len(lines) == 1 else f"{len(lines)} things differ"
        return Outcome(
            False,
            f"{context.target.name} has drifted: {things} from its state.",
            {"findings": lines},
        )
    return Outcome(True, f"{context.target.name} is as its state says.")


GATE = Gate(
    "no-drift", "Nothing in the target environment was changed outside of Terraform.", _check
)
