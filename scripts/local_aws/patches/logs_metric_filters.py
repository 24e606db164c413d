"""CloudWatch Logs: a metric filter that is put a second time.

AWS ("PutMetricFilter", CloudWatch Logs API reference): it creates or updates the filter of this
name in the log group. moto 5.2.5 keeps the old one and adds another. Fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.logs.metric_filters import MetricFilters

from local_aws.patches import wrap


def apply() -> None:
    """Let a filter take the place of the one before."""
    wrap(MetricFilters, "add_filter", _add_filter)


def _add_filter(
    original: Callable[..., None], self: Any, name: str, pattern: str, group: str, metrics: Any
) -> None:
    self.metric_filters[:] = [
        kept
        for kept in self.metric_filters
        if (kept["filterName"], kept["logGroupName"]) != (name, group)
    ]
    original(name, pattern, group, metrics)
