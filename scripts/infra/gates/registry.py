"""All gates, by name."""

from __future__ import annotations

from collections.abc import Mapping

from infra.gates import (
    alarms_ok,
    change_window,
    clean_tree,
    equivalence,
    load_test,
    no_drift,
    policy,
    pushed,
)
from infra.gates.gate import Gate

GATES: Mapping[str, Gate] = {
    gate.name: gate
    for gate in (
        clean_tree.GATE,
        pushed.GATE,
        policy.GATE,
        equivalence.GATE,
        change_window.GATE,
        no_drift.GATE,
        alarms_ok.GATE,
        load_test.GATE,
    )
}
