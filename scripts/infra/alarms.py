"""The alarms of an environment: are they there, and are they quiet?"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

MOST_AT_ONCE = 100
OK = "OK"
NO_DATA = "INSUFFICIENT_DATA"


@dataclass(frozen=True)
class Alarm:
    """An alarm. state: as CloudWatch has it, "" for one that is missing.

    may_lack_data: it was made to show a gap as a gap (treat_missing_data = "missing"), so that
    having no data says nothing.
    """

    name: str
    state: str
    may_lack_data: bool = False

    @property
    def ok(self) -> bool:
        """Nothing is known against what it watches."""
        return self.state == OK or (self.state == NO_DATA and self.may_lack_data)

    @property
    def sentence(self) -> str:
        """What is wrong with it."""
        if not self.state:
            return f"{self.name} does not exist"
        if self.state == NO_DATA:
            return f"{self.name} has no data yet"
        return f"{self.name} is in state {self.state}"


def not_ok(cloudwatch: Any, names: Iterable[str]) -> list[str]:
    """What is wrong with the alarms of these names, one a line. Raises botocore's errors."""
    return [alarm.sentence for alarm in read(cloudwatch, names) if not alarm.ok]


def read(cloudwatch: Any, names: Iterable[str]) -> list[Alarm]:
    """The alarms of these names, also those that do not exist. Raises botocore's errors."""
    wanted = sorted(set(names))
    found: dict[str, Alarm] = {}
    for start in range(0, len(wanted), MOST_AT_ONCE):
        for raw in _described(cloudwatch, wanted[start : start + MOST_AT_ONCE]):
            found[raw["AlarmName"]] = Alarm(
                raw["AlarmName"], raw["StateValue"], raw.get("TreatMissingData") == "missing"
            )
    return [found.get(name, Alarm(name, "")) for name in wanted]


def _described(cloudwatch: Any, names: Sequence[str]) -> list[Mapping[str, Any]]:
    pages = cloudwatch.get_paginator("describe_alarms").paginate(
        AlarmNames=list(names), AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    return [
        alarm
        for page in pages
        for kind in ("MetricAlarms", "CompositeAlarms")
        for alarm in page.get(kind, [])
    ]
