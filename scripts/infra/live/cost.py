"""What a run of the live tests costs at most, before it makes anything.

The prices are those of the gate `policy` (infra/gates/prices.yaml): list prices by the month. AWS
counts all of them by the hour or less, so a run costs its share of the month until it expires, even
if nobody destroys it and it is swept on time. What is paid by use comes on top; the tests use so
little that it rounds to nothing.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import Any

from infra.errors import BudgetExceededError, UsageError
from infra.gates.changes import planned_changes
from infra.gates.cost import Estimate, estimate_plan, load_prices
from infra.gates.results import UncheckedError

LIMIT_USD = 0.50
"""What a run may cost, unless the caller says otherwise: ten times what one with a service does."""


@dataclass(frozen=True)
class RunCost:
    """usd: at most, until the run expires. hours: how long that is."""

    usd: float
    hours: float
    estimate: Estimate

    @property
    def text(self) -> str:
        """The cost as a sentence."""
        told = (
            f"It costs at most ${self.usd:.4f}, if all of it stays for {self.hours:g} hours"
            f" (list prices of {self.estimate.region}), and less than a cent for what it uses."
        )
        if self.estimate.unpriced:
            told += f" No price is known of {', '.join(self.estimate.unpriced)}."
        return told


def run_cost(plan: Mapping[str, Any], lifetime: timedelta) -> RunCost:
    """What a plan's resources cost until they expire. plan: as `terraform show -json` prints it.

    Raises UsageError where the plan can't be priced.
    """
    try:
        found = estimate_plan(plan, list(planned_changes(plan)))
        month = float(load_prices()["hours_per_month"])
    except (UncheckedError, KeyError) as error:
        raise UsageError(f"The run can't be priced: {error}", hint="Nothing was made.") from error
    hours = lifetime.total_seconds() / 3600
    return RunCost(found.monthly_usd * hours / month, hours, found)


def check_budget(cost: RunCost, limit_usd: float) -> None:
    """Raise BudgetExceededError where a run may cost more than the limit, or nobody knows."""
    if cost.usd > limit_usd:
        raise BudgetExceededError(
            f"The run may cost ${cost.usd:.4f}, and the limit is ${limit_usd:.2f}.",
            details=(cost.text,),
            hint="Let it expire sooner, or raise the limit with BUDGET. Nothing was made.",
        )
    if cost.estimate.unpriced:
        raise BudgetExceededError(
            f"Nobody knows what {', '.join(cost.estimate.unpriced)} costs.",
            hint="Write its price into scripts/infra/gates/prices.yaml. Nothing was made.",
        )
