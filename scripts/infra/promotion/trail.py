"""What a promotion or rollback has done already, by the records of its environment."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Any

from infra.ledger.records import Entry, Kind
from infra.promotion.chains import Chain, details, release_id

PROMOTION = "promotion"
ROLLBACK = "rollback"
CLOSING = (Kind.PROMOTED, Kind.PROMOTION_FAILED, Kind.ROLLED_BACK)


@dataclass(frozen=True)
class Trail:
    """One promotion or rollback. start: its first record. after: all records that follow it."""

    start: Entry
    after: Chain

    @property
    def change(self) -> str:
        """Its id."""
        return str(details(self.start).get("change"))

    @property
    def direction(self) -> str:
        """PROMOTION or ROLLBACK."""
        return str(details(self.start).get("direction"))

    @property
    def release(self) -> str:
        """The id of the release that it brings."""
        return str(details(self.start).get("release"))

    def told(self, name: str) -> Any:
        """What the first record says besides."""
        return details(self.start).get(name)

    @property
    def closed(self) -> Entry | None:
        """The record that ends it, None while it is open."""
        return next(
            (
                entry
                for entry in self.after
                if entry.record.kind in CLOSING
                and self.change in (details(entry).get("change"), details(entry).get("of"))
            ),
            None,
        )

    def gated(self, identity: str) -> bool:
        """Whether the gates of this plan are recorded as passed."""
        return any(
            entry.record.kind == Kind.GATE
            and self._own(entry)
            and entry.record.fields.get("plan") == identity
            and entry.record.fields.get("result") == "passed"
            for entry in self.after
        )

    def approved(self, identity: str, now: datetime) -> Entry | None:
        """The approval of this plan, unless it has expired."""
        for entry in reversed(self.after):
            if (
                entry.record.kind == Kind.APPROVED
                and self._own(entry)
                and entry.record.fields.get("plan") == identity
                and datetime.fromisoformat(str(details(entry).get("expires"))) > now
            ):
                return entry
        return None

    @property
    def begun(self) -> Entry | None:
        """The newest record by which an apply of the release began."""
        return self._newest(Kind.APPLY_STARTED)

    @property
    def applied(self) -> Entry | None:
        """The newest record by which the release was applied."""
        return self._newest(Kind.APPLIED)

    @property
    def verified(self) -> Entry | None:
        """The record by which it was verified after it was applied."""
        return self._verdict(Kind.VERIFIED)

    @property
    def unhealthy(self) -> Entry | None:
        """The record by which it was found unhealthy after it was applied."""
        return self._verdict(Kind.UNHEALTHY)

    def _own(self, entry: Entry) -> bool:
        return details(entry).get("change") == self.change

    def _newest(self, kind: Kind) -> Entry | None:
        for entry in reversed(self.after):
            if entry.record.kind == kind and release_id(entry) == self.release:
                return entry
        return None

    def _verdict(self, kind: Kind) -> Entry | None:
        applied = self.applied
        for entry in reversed(self.after):
            if (
                applied is not None
                and entry.record.kind == kind
                and entry.record.sequence > applied.record.sequence
                and details(entry).get("release") == self.release
            ):
                return entry
        return None


def trails(chain: Chain) -> list[Trail]:
    """All promotions and rollbacks of an environment, oldest first."""
    return [
        Trail(entry, chain[entry.record.sequence :])
        for entry in chain
        if entry.record.kind == Kind.PROMOTION_STARTED
    ]


def last_trail(chain: Chain, change: str | None = None) -> Trail | None:
    """The newest promotion or rollback, or the newest with this id."""
    for trail in reversed(trails(chain)):
        if change in (None, trail.change):
            return trail
    return None
