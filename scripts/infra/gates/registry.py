"""All gates, by name."""

from __future__ import annotations

from collections.abc import Mapping

from infra.gates import alarms_ok, no_drift
from infra.gates.gate import Gate

GATES: Mapping[str, Gate] = {
    gate.name: gate
    for gate in (
        no_drift.GATE,
        alarms_ok.GATE,
    )
}
