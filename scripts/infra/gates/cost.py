"""What a plan changes in the monthly bill, by the list prices in prices.yaml.

What has no price there is named, and not taken for free.
"""

from __future__ import annotations

import functools
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import yaml

from infra.gates.changes import Change
from infra.gates.context import GateContext
from infra.gates.results import UncheckedError

PRICES = Path(__file__).with_name("prices.yaml")
SCALING = "aws_apprunner_auto_scaling_configuration_version"
UNITS_PER_VCPU = 1024
MB_PER_GB = 1024


@dataclass(frozen=True)
class Estimate:
    """The difference that a plan makes. by_use, unpriced: types of what is not in it."""

    monthly_usd: float
    by_use: tuple[str, ...]
    unpriced: tuple[str, ...]
    region: str

    @property
    def text(self) -> str:
        """The estimate as a part of a sentence."""
        amount = f"{'+' if self.monthly_usd >= 0 else '-'}${abs(self.monthly_usd):,.2f}"
        told = f"about {amount} a month by list prices of {self.region}, without what is used"
        if self.unpriced:
            told += f" and without {', '.join(self.unpriced)}, whose prices are not known"
        return told

    def document(self) -> dict[str, Any]:
        """The estimate for JSON."""
        return {
            "monthly_usd": self.monthly_usd,
            "region": self.region,
            "paid_by_use": list(self.by_use),
            "without_price": list(self.unpriced),
        }


def estimate(context: GateContext, planned: Sequence[Change]) -> Estimate:
    """What a promotion's plan adds to a month, or takes from it. Raises UncheckedError."""
    return estimate_plan(context.plan, planned)


def estimate_plan(plan: Mapping[str, Any], planned: Sequence[Change]) -> Estimate:
    """What any plan adds to a month, or takes from it. Raises UncheckedError."""
    prices = load_prices()
    changed = [change for change in planned if not change.stays]
    before, after = (_instances(plan, changed, when) for when in ("before", "after"))
    total = sum(
        _monthly(prices, change.kind, change.after, after)
        - _monthly(prices, change.kind, change.before, before)
        for change in changed
    )
    total += _scaled(plan, prices, planned, before, after)
    kinds = {change.kind for change in changed}
    known = {
        *prices["by_resource"], *prices["by_use"], *prices["free"],
        "aws_apprunner_service", "aws_cloudwatch_metric_alarm", "aws_wafv2_web_acl",
    }  # fmt: skip
    return Estimate(
        monthly_usd=round(total, 2),
        by_use=tuple(sorted(kinds & set(prices["by_use"]))),
        unpriced=tuple(sorted(kinds - known)),
        region=prices["region"],
    )


@functools.cache
def load_prices() -> Mapping[str, Any]:
    """The table. Raises UncheckedError."""
    try:
        found = yaml.safe_load(PRICES.read_text(encoding="utf-8"))
    except (OSError, UnicodeDecodeError, yaml.YAMLError) as error:
        raise UncheckedError(f"The table of prices can't be read: {error}.") from error
    if not isinstance(found, Mapping):
        raise UncheckedError("The table of prices holds no keys.")
    return found


def _monthly(prices: Mapping[str, Any], kind: str, values: Any, instances: int) -> float:
    if not isinstance(values, Mapping):
        return 0.0
    if kind == "aws_apprunner_service":
        return instances * _instance(prices, values)
    if kind == "aws_cloudwatch_metric_alarm":
        queries = values.get("metric_query") or []
        metrics = sum(bool(query.get("metric")) for query in queries) or 1
        return float(metrics * prices["alarm_metric"]["usd"])
    if kind == "aws_wafv2_web_acl":
        price = prices["web_acl"]
        return float(price["usd"] + len(values.get("rule") or []) * price["rule_usd"])
    return float(prices["by_resource"].get(kind, {}).get("usd", 0.0))


def _instance(prices: Mapping[str, Any], values: Mapping[str, Any]) -> float:
    """One App Runner instance for a month. Raises UncheckedError."""
    price = prices["app_runner"]
    try:
        (size,) = values["instance_configuration"]
        vcpu, gigabytes = int(size["cpu"]) / UNITS_PER_VCPU, int(size["memory"]) / MB_PER_GB
    except (KeyError, TypeError, ValueError) as error:
        raise UncheckedError("The size of the App Runner service can't be read.") from error
    hourly = vcpu * price["vcpu_hour"] + gigabytes * price["gb_hour"]
    return float(hourly * prices["hours_per_month"])


def _instances(plan: Mapping[str, Any], changed: Sequence[Change], when: str) -> int:
    """How many instances run at least, by the plan, else by the variables, else 1."""
    for change in changed:
        values = getattr(change, when)
        if change.kind == SCALING and isinstance(values, Mapping):
            return int(values.get("min_size") or 1)
    scaling = plan.get("variables", {}).get("scaling")
    least = scaling.get("min_instances") if isinstance(scaling, Mapping) else None
    return int(least or 1)


def _scaled(
    plan: Mapping[str, Any],
    prices: Mapping[str, Any],
    planned: Sequence[Change],
    before: int,
    after: int,
) -> float:
    """What more instances cost of a service that itself stays as it is.

    The plan has no values of it then, so its size is taken from the variables.
    """
    stays = any(change.kind == "aws_apprunner_service" and change.stays for change in planned)
    size = plan.get("variables", {}).get("service")
    if not stays or before == after or not isinstance(size, Mapping):
        return 0.0
    return (after - before) * _instance(prices, {"instance_configuration": [size]})
