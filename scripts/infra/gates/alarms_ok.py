"""Gate alarms-ok: no alarm of the target is raised, missing or without data."""

from __future__ import annotations

from infra.gates.context import GateContext
from infra.gates.gate import Gate
from infra.gates.results import Outcome
from infra.gates.settings import Settings


def _check(context: GateContext, _settings: Settings) -> Outcome:
    names = sorted(context.alarms())
    if names:
        told = "1 alarm is" if len(names) == 1 else f"{len(names)} alarms are"
        return Outcome(False, f"{told} not OK in {context.target.name}.", {"findings": names})
    return Outcome(True, f"All alarms of {context.target.name} are OK.")


GATE = Gate("alarms-ok", "All alarms of the target environment exist and are OK.", _check)
