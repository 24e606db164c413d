"""What an alarm makes of its data points.

AWS ("Configuring how CloudWatch alarms treat missing data", CloudWatch user guide): CloudWatch
looks back some periods farther than `EvaluationPeriods`. If it finds as many real data points as
it needs, the newest of them decide, however old they are. Only what it lacks then is filled in as
TreatMissingData says. The guide's examples look back two periods farther; so does this.
"""

from __future__ import annotations

import operator
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from local_aws.alarms.series import Series

ALARM, OK, NO_DATA = "ALARM", "OK", "INSUFFICIENT_DATA"
FARTHER = 2

_TESTS: Mapping[str, Callable[[float, float], bool]] = {
    "GreaterThanThreshold": operator.gt,
    "GreaterThanOrEqualToThreshold": operator.ge,
    "LessThanThreshold": operator.lt,
    "LessThanOrEqualToThreshold": operator.le,
}


@dataclass(frozen=True)
class Rule:
    """When data points breach, how many must, and what a missing one counts as."""

    operator: str
    threshold: float
    periods: int
    datapoints: int
    missing: str

    @property
    def is_understood(self) -> bool:
        """Whether there is a threshold: an anomaly detection band is not understood."""
        return self.operator in _TESTS

    def state(self, series: Series, current: str) -> str:
        """The state that the data give, which may be the current one."""
        breaches = [_TESTS[self.operator](v, self.threshold) for v in series if v is not None]
        newest = breaches[-self.periods :]
        lacking = self.periods - len(newest)
        breaching = sum(newest)
        if self.missing == "breaching":
            breaching += lacking
        elif lacking and self.missing in ("ignore", "missing"):
            return self._undecided(series, newest, lacking, current)
        return ALARM if breaching >= self.datapoints else OK

    def _undecided(self, series: Series, newest: list[bool], lacking: int, current: str) -> str:
        """The state when data are missing and count as neither good nor bad."""
        if not newest:
            return current if self.missing == "ignore" else NO_DATA
        if sum(newest) >= self.datapoints:
            return ALARM
        if sum(newest) + lacking < self.datapoints:
            return OK
        return ALARM if self.missing == "missing" and self._is_lasting(series) else current

    def _is_lasting(self, series: Series) -> bool:
        """Whether a breach is old enough and nothing good came after it."""
        recent = series[-self.periods :]
        bad = [v is not None and _TESTS[self.operator](v, self.threshold) for v in recent]
        good = [v is not None and not b for v, b in zip(recent, bad, strict=True)]
        return any(
            bad[place] and not any(good[place:])
            for place in range(len(recent) - self.datapoints + 1)
        )
