"""One run of the live tests, and the tags by which what it made is known.

A run has a name that nothing else has. Everything that it makes has that name in its own, and three
tags: the run, who started it, and when it may be swept. The time is absolute, so that whoever reads
it need not know when the run began.
"""

from __future__ import annotations

import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

RUN_TAG = "live_test_run"
OWNER_TAG = "live_test_owner"
EXPIRES_TAG = "live_test_expires"

PREFIX = "live-"
NAME_PATTERN = re.compile(r"live-[0-9]{8}-[0-9]{4}-[0-9a-f]{6}")
"""A run's name: day and minute of its begin (UTC) and six random digits. With an account id behind
it, it still fits into the name of a bucket (63), and by itself into that of a service (32)."""

LIFETIME = timedelta(hours=2)
"""How long what a run made may be there, unless the caller says otherwise. A run takes minutes."""

_STAMP = "%Y-%m-%dT%H:%M:%SZ"
_NOT_IN_TAGS = re.compile(r"[^\w .:/=+@-]")
_OWNER_LENGTH = 128


@dataclass(frozen=True)
class Run:
    """A run. expires: with a time zone."""

    name: str
    owner: str
    expires: datetime

    @property
    def tags(self) -> Mapping[str, str]:
        """What everything of it is tagged with."""
        return {
            RUN_TAG: self.name,
            OWNER_TAG: _NOT_IN_TAGS.sub("-", self.owner)[:_OWNER_LENGTH] or "unknown",
            EXPIRES_TAG: stamp(self.expires),
        }


def new_run(owner: str, now: datetime, lifetime: timedelta = LIFETIME) -> Run:
    """A run that begins now."""
    begun = now.astimezone(UTC)
    name = f"{PREFIX}{begun:%Y%m%d-%H%M}-{secrets.token_hex(3)}"
    return Run(name, owner, begun + lifetime)


def stamp(time: datetime) -> str:
    """A time as tags have it: UTC, to the second."""
    return time.astimezone(UTC).strftime(_STAMP)


def expiry(tags: Mapping[str, str]) -> datetime | None:
    """When something may be swept; None where its tags don't say so as `stamp` does."""
    try:
        return datetime.strptime(tags.get(EXPIRES_TAG, ""), _STAMP).replace(tzinfo=UTC)
    except ValueError:
        return None
