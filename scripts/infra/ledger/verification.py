"""What is wrong with a chain of records: each finding names the record and what was done to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from infra.ledger.records import GENESIS, Entry, MalformedError, parse
from infra.ledger.store import Stored
from infra.ledger.witness import Seen
from infra.untrusted import line

SHORT = 40
LATEST = timedelta(minutes=15)
"""How long after its own time a record may have reached S3."""


class Problem(StrEnum):
    """What was done to a record."""

    MISSING = "missing"
    DELETED = "deleted"
    OVERWRITTEN = "overwritten"
    UNREADABLE = "unreadable"
    STRAY = "stray"
    FOREIGN = "foreign"
    MISPLACED = "misplaced"
    EDITED = "edited"
    UNSIGNED = "unsigned"
    FORGED = "forged"
    UNLINKED = "unlinked"
    TIME = "time"
    REWRITTEN = "rewritten"


@dataclass(frozen=True)
class Finding:
    """sequence: the record's place, None for an object that is in none. text: one sentence."""

    sequence: int | None
    problem: Problem
    text: str


@dataclass(frozen=True)
class Verification:
    """What was looked at, and what is wrong with it. head: the last record, if there is one."""

    count: int
    head: Entry | None
    findings: tuple[Finding, ...]


def verify(
    chain: Sequence[Stored],
    is_signed: Callable[[Entry], bool],
    environment: str,
    account: str | None,
    seen: Seen | None = None,
) -> Verification:
    """Look at every record of a chain.

    account: None where nobody can say it. seen: the newest record that this checkout saw before.
    """
    placed = sorted(
        (item for item in chain if item.sequence is not None), key=lambda item: item.sequence or 0
    )
    findings: list[Finding] = [
        Finding(None, Problem.STRAY, f"{item.key} is no place of a record.")
        for item in chain
        if item.sequence is None
    ]
    expected = 1
    previous: Entry | None = None
    hashes: dict[int, str] = {}
    for stored in placed:
        number = stored.sequence or 0
        if number > expected:
            findings.append(_missing(expected, number - 1))
            previous = None
        elif number < expected:
            findings.append(Finding(number, Problem.MISPLACED, f"Record {number} is there twice."))
        expected = number + 1
        if stored.deleted:
            findings.append(
                Finding(number, Problem.DELETED, f"Record {number} was deleted; S3 says so.")
            )
        if stored.text is None:
            previous = None
            continue
        entry = None
        try:
            entry = parse(stored.text)
        except MalformedError as error:
            findings.append(
                Finding(number, Problem.UNREADABLE, f"Record {number} can't be read: {error}.")
            )
        if entry is not None:
            findings.extend(_of_one(stored, entry, is_signed, environment, account))
            findings.extend(_of_link(number, entry, previous))
            hashes[number] = entry.record.hash
        if stored.versions > 1:
            text = f"Record {number} was written {stored.versions} times; S3 kept what it was."
            findings.append(Finding(number, Problem.OVERWRITTEN, text))
        previous = entry
    if seen is not None and hashes.get(seen.sequence) != seen.hash:
        findings.append(_not_as_seen(seen, present=seen.sequence in hashes))
    return Verification(len(hashes), previous, tuple(findings))


def _of_one(
    stored: Stored,
    entry: Entry,
    is_signed: Callable[[Entry], bool],
    environment: str,
    account: str | None,
) -> Iterator[Finding]:
    """The first thing that is wrong with a record by itself; what follows from it is not told."""
    number, record = stored.sequence or 0, entry.record
    if record.hash != entry.stated_hash:
        text = f"Record {number} was edited: its content does not have the hash that it states."
        yield Finding(number, Problem.EDITED, text)
    elif not entry.signature:
        yield Finding(number, Problem.UNSIGNED, f"Record {number} has no signature.")
    elif not is_signed(entry):
        text = f"Record {number} is forged: no key of the ledger made its signature."
        yield Finding(number, Problem.FORGED, text)
    elif record.environment != environment or account not in (None, record.account):
        text = (
            f"Record {number} is one of {line(record.environment, SHORT)} in account"
            f" {line(record.account, SHORT)}."
        )
        yield Finding(number, Problem.FOREIGN, text)
    elif record.sequence != number:
        text = f"In place {number} stands record {record.sequence}."
        yield Finding(number, Problem.MISPLACED, text)
    elif _too_far(record.time, stored.received):
        text = f"Record {number} says {record.time}, but S3 received it at {stored.received}."
        yield Finding(number, Problem.TIME, text)


def _of_link(number: int, entry: Entry, previous: Entry | None) -> Iterator[Finding]:
    if entry.record.sequence != number:
        return
    if number == 1 and entry.record.previous != GENESIS:
        yield Finding(1, Problem.UNLINKED, "Record 1 names a record before it.")
    if previous is None or previous.record.sequence != number - 1:
        return
    if entry.record.previous != previous.stated_hash:
        text = f"Record {number} follows another record {number - 1} than the one that is there."
        yield Finding(number, Problem.UNLINKED, text)
    if entry.record.time < previous.record.time:
        text = f"Record {number} is older than record {number - 1}."
        yield Finding(number, Problem.TIME, text)


def _missing(first: int, last: int) -> Finding:
    what = f"Record {first} is" if first == last else f"Records {first} to {last} are"
    return Finding(first, Problem.MISSING, f"{what} missing.")


def _not_as_seen(seen: Seen, *, present: bool) -> Finding:
    what = "is another one now" if present else "is missing now"
    text = f"Record {seen.sequence}, which this checkout saw before, {what}."
    return Finding(seen.sequence, Problem.REWRITTEN if present else Problem.MISSING, text)


def _too_far(stated: str, received: str) -> bool:
    if not received:
        return False
    try:
        return abs(datetime.fromisoformat(stated) - datetime.fromisoformat(received)) > LATEST
    except ValueError:
        return True
