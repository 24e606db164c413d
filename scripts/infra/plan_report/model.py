"""What a report is made of."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from enum import StrEnum
from typing import Any

from infra.environments import Environment
from infra.gates.cost import Estimate
from infra.gates.results import GateResult
from infra.graphs.model import Graph
from infra.ledger.store import Stored
from infra.plan_report.entries import Entry, Line
from infra.plans import Action


class Verdict(StrEnum):
    """What a reviewer has to do."""

    NOTHING = "nothing"
    ROUTINE = "routine"
    LOOK = "look"
    REFUSED = "refused"


@dataclass(frozen=True)
class Surroundings:
    """What a plan's JSON doesn't say.

    identity: "" where there is none, and problem then says why. kept: whether it can be applied by
    its identity. release: what the environment's files pin, None for none. history: the newest
    records of the ledger, or None, and history_problem then says why. warnings: Terraform's, in a
    line each.
    """

    environment: Environment
    target: str
    made_at: datetime
    identity: str = ""
    kept: bool = False
    problem: str = ""
    release: Mapping[str, Any] | None = None
    history: Sequence[Stored] | None = None
    history_problem: str = ""
    versions: Mapping[str, str] = field(default_factory=dict)
    warnings: Sequence[str] = ()


@dataclass(frozen=True)
class Policy:
    """What the gate `policy` says of the plan. declared: whether the environment asks for it."""

    result: GateResult
    declared: bool


@dataclass(frozen=True)
class Report:
    """All that a reviewer is told. No value in it is a secret, and no text is harmful to show.

    released: what runs now, as far as the state says it. cost: None where it can't be told, and
    cost_problem then says why. others: the gates that a promotion asks besides.
    """

    about: Surroundings
    entries: Sequence[Entry]
    outputs: Sequence[Line]
    drifted: Sequence[str]
    counts: Mapping[Action, int]
    policy: Policy
    cost: Estimate | None
    cost_problem: str
    graph: Graph
    released: Mapping[str, Any] | None = None
    others: Sequence[str] = ()

    @property
    def risky(self) -> list[Entry]:
        """What is destroyed, replaced or forgotten, in that order."""
        return [entry for entry in self.entries if entry.risky]

    @property
    def empty(self) -> bool:
        """Nothing would change."""
        return not self.entries and not self.outputs
