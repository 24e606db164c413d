"""The data points of a metric: one value for each period, or None where there is no data."""

from __future__ import annotations

import math
import re
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from moto.cloudwatch.models import (
    CloudWatchBackend,
    MetricAggregatedDatum,
    MetricDatum,
    MetricDatumBase,
)

from local_aws.clock import seconds

_PLAIN = ("Average", "Maximum", "Minimum", "SampleCount", "Sum")

Series = list[float | None]
"""Values by period, the newest last."""


class NotUnderstoodError(ValueError):
    """CloudWatch may know this; the local cloud does not."""


@dataclass(frozen=True)
class Wanted:
    """A metric, and how its data become a value for each period."""

    namespace: str
    name: str
    dimensions: Mapping[str, str]
    statistic: str
    period: int


def read(backend: CloudWatchBackend, wanted: Wanted, end: float, periods: int) -> Series:
    """The values of the last periods before `end`."""
    start = end - periods * wanted.period
    places: list[list[MetricDatumBase]] = [[] for _ in range(periods)]
    for datum in list(backend.metric_data):
        moment = seconds(datum.timestamp)
        if start <= moment < end and _is(datum, wanted):
            places[int((moment - start) // wanted.period)].append(datum)
    return [_statistic(data, wanted.statistic) for data in places]


def _is(datum: MetricDatumBase, wanted: Wanted) -> bool:
    return (datum.namespace, datum.name) == (wanted.namespace, wanted.name) and {
        d.name: d.value for d in datum.dimensions
    } == wanted.dimensions


def _statistic(data: Sequence[MetricDatumBase], statistic: str) -> float | None:
    if statistic not in _PLAIN and not re.fullmatch(r"p\d+(\.\d+)?", statistic):
        raise NotUnderstoodError(f"the statistic {statistic}")
    if not data:
        return None
    values = [datum.value for datum in data if isinstance(datum, MetricDatum)]
    sets = [datum for datum in data if isinstance(datum, MetricAggregatedDatum)]
    if statistic.startswith("p"):
        return _percentile(values, float(statistic[1:])) if values else None
    total = sum(values) + sum(item.sum for item in sets)
    count = len(values) + sum(item.sample_count for item in sets)
    if statistic == "Average":
        return total / count if count else None
    return {
        "Sum": total,
        "SampleCount": count,
        "Minimum": min([*values, *(item.min for item in sets)]),
        "Maximum": max([*values, *(item.max for item in sets)]),
    }[statistic]


def _percentile(values: Iterable[float], percent: float) -> float:
    """The smallest value that is not less than `percent` of the values."""
    ordered = sorted(values)
    return ordered[max(0, math.ceil(percent / 100 * len(ordered)) - 1)]
