"""The gates that ask one thing: drift, alarms and the clock."""

from __future__ import annotations

from datetime import UTC, date, datetime
from typing import Any

import pytest

from harness.gates import findings, result
from infra.errors import LocalCloudError
from infra.gates import Status

OFFICE = {
    "days": ["mon", "tue", "wed", "thu", "fri"],
    "from": "09:00",
    "until": "17:00",
    "timezone": "Europe/Berlin",
}
NIGHT = {"days": ["fri"], "from": "22:00", "until": "04:00"}


def gone() -> list[str]:
    raise LocalCloudError("The local cloud is gone.")


def test_no_drift_passes() -> None:
    found = result("no-drift", drift=list)
    assert (found.status, found.text) == (Status.PASSED, "prod is as its state says.")


def test_drift_is_refused_with_every_line() -> None:
    found = result("no-drift", drift=lambda: ["aws_sns_topic.a: name", "aws_s3_bucket.b: gone"])
    assert found.status is Status.FAILED
    assert found.text == "prod has drifted: 2 things differ from its state."
    assert findings(found) == ["aws_sns_topic.a: name", "aws_s3_bucket.b: gone"]


def test_alarms_that_are_ok_pass() -> None:
    assert result("alarms-ok", alarms=list).status is Status.PASSED


@pytest.mark.mode(46, "gate alarms-ok")
def test_an_alarm_that_is_not_ok_is_refused_by_name() -> None:
    found = result("alarms-ok", alarms=lambda: ["b", "a"])
    assert (found.status, found.text) == (Status.FAILED, "2 alarms are not OK in prod.")
    assert findings(found) == ["a", "b"]


@pytest.mark.parametrize(("gate", "asks"), [("no-drift", "drift"), ("alarms-ok", "alarms")])
def test_what_can_not_be_asked_is_refused(gate: str, asks: str) -> None:
    found = result(gate, **{asks: gone})
    assert (found.status, found.refused) == (Status.ERROR, True)
    assert "The local cloud is gone." in found.text


# 2026-11-25 is a Wednesday; Berlin is an hour ahead of UTC then, and two in summer.
@pytest.mark.parametrize(
    ("settings", "moment", "open_"),
    [
        ({}, "2026-11-25T00:00", True),
        ({}, "2026-11-29T23:59", True),
        (OFFICE, "2026-11-25T07:59", False),
        (OFFICE, "2026-11-25T08:00", True),
        (OFFICE, "2026-11-25T15:59", True),
        (OFFICE, "2026-11-25T16:00", False),
        (OFFICE, "2026-07-01T07:00", True),
        (OFFICE, "2026-07-01T15:00", False),
        (OFFICE, "2026-11-28T10:00", False),
        (OFFICE | {"days": ["sat"]}, "2026-11-28T10:00", True),
        (NIGHT, "2026-11-27T21:59", False),
        (NIGHT, "2026-11-27T22:00", True),
        (NIGHT, "2026-11-28T03:59", True),
        (NIGHT, "2026-11-28T04:00", False),
        (NIGHT, "2026-11-28T23:00", False),
        (NIGHT, "2026-11-27T03:00", False),
        ({"from": "20:00"}, "2026-11-25T23:59", True),
        ({"from": "20:00"}, "2026-11-25T19:59", False),
        ({"freeze": [date(2026, 11, 25)]}, "2026-11-25T10:00", False),
        ({"freeze": [date(2026, 11, 25)]}, "2026-11-26T00:00", True),
        ({"freeze": ["2026-11-25"]}, "2026-11-25T23:59", False),
        ({"freeze": ["2026-11-20/2026-11-25"]}, "2026-11-25T10:00", False),
        ({"freeze": ["2026-11-20/2026-11-25"]}, "2026-11-20T00:00", False),
        ({"freeze": ["2026-11-20/2026-11-24"]}, "2026-11-25T10:00", True),
        ({"freeze": ["2026-11-26"], "timezone": "Asia/Tokyo"}, "2026-11-25T15:00", False),
        ({"freeze": ["2026-11-26"], "timezone": "Asia/Tokyo"}, "2026-11-25T14:59", True),
    ],
)
def test_the_window_is_open_on_its_days_and_hours_only(
    settings: dict[str, Any], moment: str, open_: bool
) -> None:
    now = datetime.fromisoformat(moment).replace(tzinfo=UTC)
    found = result("change-window", settings, now=now)
    assert found.status is (Status.PASSED if open_ else Status.FAILED)


def test_a_closed_window_says_what_time_it_is_and_when_it_opens() -> None:
    found = result("change-window", OFFICE, now=datetime(2026, 11, 28, 10, 0, tzinfo=UTC))
    assert found.text == (
        "sat 2026-11-28 11:00 Europe/Berlin is outside of the change window"
        " (mon, tue, wed, thu, fri 09:00 to 17:00)."
    )
    assert found.details["now"] == "2026-11-28T11:00+01:00"


def test_a_freeze_says_which() -> None:
    found = result("change-window", {"freeze": ["2026-11-20/2026-11-30"]})
    assert "is in a freeze (2026-11-20/2026-11-30)" in found.text
