"""Gates: small named checks that must all hold before a promotion is approved.

An environment declares its gates in environment.yaml. A gate that can't be checked is refused like
one that failed. docs/adr/0017-gates.md says why they are as they are, docs/gates.md what they do.

    context.py       what a gate may look at
    results.py       what it answers
    settings.py      the checked settings of environment.yaml
    registry.py      all gates by name, one module each
    running.py       the declared gates of an environment, one after the other
"""

from infra.gates.context import GateContext, ServiceAddress
from infra.gates.gate import Gate
from infra.gates.registry import GATES
from infra.gates.results import GateResult, Outcome, Status
from infra.gates.running import Declared, declared, run_gates

__all__ = [
    "GATES",
    "Declared",
    "Gate",
    "GateContext",
    "GateResult",
    "Outcome",
    "ServiceAddress",
    "Status",
    "declared",
    "run_gates",
]
