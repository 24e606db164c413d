"""One more record at the end of the chain, whoever else writes.

A place can be written once (If-None-Match). Who finds it taken looks again for the end and tries
the next one. An answer can be lost after the record was written, so before each new attempt the
place is looked at: the record in it may be our own.
"""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any, Protocol

from infra.errors import LedgerUnavailableError
from infra.ledger.records import GENESIS, MAX_BYTES, SCHEMA, Entry, MalformedError, Record, parse
from infra.ledger.store import Stored

ATTEMPTS = 40
LONGEST_WAIT_SECONDS = 0.4
ACCEPTED = "accepted"
"""The detail that says of a state which does not go on from the last one that it is meant."""


class Places(Protocol):
    """What is needed of a store."""

    def newest(self) -> tuple[Stored | None, datetime]: ...

    def get(self, sequence: int) -> Stored: ...

    def put(self, sequence: int, text: str) -> bool: ...


def append(
    places: Places,
    sign: Callable[[Record], Entry],
    is_signed: Callable[[Entry], bool],
    about: Mapping[str, str],
    event: Mapping[str, Any],
    pause: Callable[[float], None] = time.sleep,
    mark: Mapping[str, Any] | None = None,
) -> Entry:
    """Write an event at the end of the chain.

    about: environment, account and actor. mark: which state there is now, as `Mark.document`. The
    newest record always says the last one that was known.

    Raises LedgerUnavailableError when the end of the chain is not to be trusted, or always taken,
    and botocore's errors when nothing can be written.
    """
    from botocore.exceptions import HTTPClientError

    for attempt in range(ATTEMPTS):
        stored, now = places.newest()
        head = None if stored is None else _trusted(stored, is_signed, about)
        known = _known(head, mark, event)
        state = {"state": known} if known else {}
        entry = sign(Record({**about, **event, **state, **_place(head, now)}))
        text = entry.text()
        if len(text) > MAX_BYTES:
            raise LedgerUnavailableError("The record is too long for the ledger.")
        lost: HTTPClientError | None = None
        try:
            if places.put(entry.record.sequence, text):
                return entry
        except HTTPClientError as error:
            lost = error
        written = _ours(places.get(entry.record.sequence), entry)
        if written is not None:
            return written
        if lost is not None and attempt >= 2:
            raise lost
        pause(random.uniform(0, min(0.02 * 2**attempt, LONGEST_WAIT_SECONDS)))  # noqa: S311
    raise LedgerUnavailableError(
        f"Others wrote into the ledger at each of {ATTEMPTS} attempts.",
        hint="Run the command again. Nothing was changed.",
    )


def _known(
    head: Entry | None, mark: Mapping[str, Any] | None, event: Mapping[str, Any]
) -> Mapping[str, Any] | None:
    """The mark that a record gets: never an older state or another one, unless a person said so."""
    before = None if head is None else head.record.mark
    if before is None or mark is None:
        return mark if before is None else before.document()
    goes_on = mark["lineage"] == before.lineage and mark["serial"] >= before.serial
    accepted = (event.get("details") or {}).get(ACCEPTED) is True
    return mark if goes_on or accepted else before.document()


def _place(head: Entry | None, now: datetime) -> dict[str, Any]:
    stamp = now.astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
    if head is None:
        return {"schema": SCHEMA, "sequence": 1, "previous": GENESIS, "time": stamp}
    return {
        "schema": SCHEMA,
        "sequence": head.record.sequence + 1,
        "previous": head.stated_hash,
        "time": max(stamp, head.record.time),
    }


def _trusted(stored: Stored, is_signed: Callable[[Entry], bool], about: Mapping[str, str]) -> Entry:
    """The end of the chain, which a new record vouches for by its link."""
    try:
        entry = parse(stored.text or "")
        sound = (
            entry.record.sequence == stored.sequence
            and entry.record.environment == about["environment"]
            and entry.stated_hash == entry.record.hash
            and is_signed(entry)
        )
    except MalformedError:
        sound = False
    if not sound:
        raise LedgerUnavailableError(
            f"The newest record of the ledger is not sound ({stored.key}); nothing is added to it.",
            hint=f"`infra ledger verify {about['environment']}` says what is wrong with it."
            " Nothing was changed.",
        )
    return entry


def _ours(stored: Stored, entry: Entry) -> Entry | None:
    """The record in a place, when it is the one that we tried to write there."""
    try:
        found = parse(stored.text or "")
    except MalformedError:
        return None
    return found if found.record.id == entry.record.id else None
