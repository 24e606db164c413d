"""Gate change-window: it is a time at which the team wants changes."""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta, tzinfo
from zoneinfo import ZoneInfo

from infra.gates.context import GateContext
from infra.gates.gate import Gate
from infra.gates.results import Outcome
from infra.gates.settings import Section, Setting, Settings, list_of, text

DAYS = ("mon", "tue", "wed", "thu", "fri", "sat", "sun")
END_OF_DAY = "24:00"


def _check(context: GateContext, settings: Settings) -> Outcome:
    now = context.now.astimezone(_zone(settings["timezone"]))
    shown = f"{DAYS[now.weekday()]} {now:%Y-%m-%d %H:%M} {settings['timezone']}"
    details = {**{k: _plain(v) for k, v in settings.items()}, "now": now.isoformat("T", "minutes")}
    for frozen in settings["freeze"]:
        first, last = _range(frozen)
        if first <= now.date() <= last:
            return Outcome(False, f"{shown} is in a freeze ({_plain(frozen)}).", details)
    window = f"{', '.join(settings['days'])} {settings['from']} to {settings['until']}"
    if not _within(now, settings):
        return Outcome(False, f"{shown} is outside of the change window ({window}).", details)
    return Outcome(True, f"{shown} is in the change window ({window}).", details)


def _within(now: datetime, settings: Settings) -> bool:
    """Whether a window that begins today, or began yesterday, is open. Its day is the first one."""
    begin = time.fromisoformat(settings["from"])
    last = settings["until"] == END_OF_DAY
    end = time.max if last else time.fromisoformat(settings["until"])
    today, clock = DAYS[now.weekday()], now.time().replace(tzinfo=None)
    yesterday = DAYS[(now - timedelta(days=1)).weekday()]
    if begin < end:
        return today in settings["days"] and begin <= clock and (last or clock < end)
    return (today in settings["days"] and clock >= begin) or (
        yesterday in settings["days"] and clock < end
    )


def _is_time(value: str) -> bool:
    return re.fullmatch(r"([01][0-9]|2[0-3]):[0-5][0-9]", value) is not None


def _zone(name: str) -> tzinfo:
    return UTC if name == "UTC" else ZoneInfo(name)


def _is_zone(name: str) -> bool:
    try:
        _zone(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _range(value: date | str) -> tuple[date, date]:
    """One date, or two with a slash between them; YAML reads a single one as a date by itself."""
    if isinstance(value, date):
        return value, value
    first, _, last = value.partition("/")
    return date.fromisoformat(first), date.fromisoformat(last or first)


def _is_range(value: object) -> bool:
    if isinstance(value, datetime) or not isinstance(value, date | str):
        return False
    try:
        first, last = _range(value)
    except ValueError:
        return False
    return first <= last


def _plain(value: object) -> object:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _complaint(settings: Settings) -> str:
    if settings["from"] == settings["until"]:
        return "from and until are the same, so the window is never open"
    return "" if settings["days"] else "days is empty, so the window is never open"


GATE = Gate(
    "change-window",
    "It is within the hours in which the team wants changes, and no freeze.",
    _check,
    Section(
        {
            "days": Setting(
                list_of(f"a list of {', '.join(DAYS)}", lambda item: item in DAYS),
                list(DAYS),
                "on which days a window begins",
            ),
            "from": Setting(
                text('a time in quotes, such as "09:00"', _is_time), "00:00", "when it begins"
            ),
            "until": Setting(
                text(
                    'a time in quotes, such as "17:00", or "24:00"',
                    lambda value: value == END_OF_DAY or _is_time(value),
                ),
                END_OF_DAY,
                "when it ends; before `from`: on the next day",
            ),
            "timezone": Setting(
                text("a time zone of the IANA database, such as Europe/Berlin", _is_zone),
                "UTC",
                "whose clock counts",
            ),
            "freeze": Setting(
                list_of('dates such as 2026-12-24, or "2026-12-24/2027-01-02"', _is_range),
                [],
                "dates without any window",
            ),
        },
        _complaint,
    ),
)
