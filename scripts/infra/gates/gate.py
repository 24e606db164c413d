"""What a gate is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field

from infra.gates.context import GateContext
from infra.gates.results import Outcome
from infra.gates.settings import Section, Settings


@dataclass(frozen=True)
class Gate:
    """A named check.

    meaning: one sentence that says what holds when it passes. check: it may raise anything, which
    means that the gate could not be checked.
    """

    name: str
    meaning: str
    check: Callable[[GateContext, Settings], Outcome]
    section: Section = field(default_factory=Section)
