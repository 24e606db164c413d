"""The clock that metrics and alarms go by. It can be put forward, so that nobody has to wait.

Everything else in the local cloud goes by the time of the machine.
"""

from __future__ import annotations

import time
from datetime import UTC, datetime


class Clock:
    """The time of the machine, and what somebody added to it. Times are seconds since 1970."""

    def __init__(self) -> None:
        self.ahead = 0.0

    def now(self) -> float:
        return time.time() + self.ahead

    def advance(self, seconds: float) -> None:
        self.ahead += seconds

    def reset(self) -> None:
        self.ahead = 0.0


clock = Clock()


def utc(moment: float) -> datetime:
    """A moment as moto keeps it: in UTC, without saying so."""
    return datetime.fromtimestamp(moment, UTC).replace(tzinfo=None)


def seconds(moment: datetime) -> float:
    """A moment as moto keeps it, as seconds since 1970."""
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()
