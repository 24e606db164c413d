"""Ledgers, read whole: no record is believed while one is wrong."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from infra.environments import Environment
from infra.errors import LedgerUnavailableError, NotVerifiedError
from infra.ledger.client import Ledger
from infra.ledger.records import Entry, parse
from infra.ledger.signing import Checker
from infra.ledger.verification import verify

LEDGER = "ledger"
SHOWN_FINDINGS = 5

Chain = tuple[Entry, ...]
"""The records of a ledger, oldest first, all of them in place and signed."""


def sound_chain(ledger: Ledger, environment: Environment) -> Chain:
    """All records of a ledger.

    Raises NotVerifiedError, which names what is wrong with it, and LedgerUnavailableError.
    """
    snapshot = ledger.everything()
    try:
        checker = Checker(list(snapshot.keys.values()))
    except ValueError as error:
        raise LedgerUnavailableError(
            f"The key of the ledger of {environment.name} can't be used."
        ) from error
    found = verify(
        snapshot.stored,
        checker.signed,
        environment.name,
        environment.account_id,
        ledger.witness.seen(),
    )
    if found.findings:
        shown = tuple(finding.text for finding in found.findings[:SHOWN_FINDINGS])
        raise NotVerifiedError(
            f"The ledger of {environment.name} is not sound, so it proves nothing."
            " Nothing was changed.",
            details=shown,
            hint=f"infra ledger verify {environment.name}",
            causes=(LEDGER,),
        )
    placed = [item for item in snapshot.stored if item.sequence is not None]
    ordered = sorted(placed, key=lambda item: item.sequence or 0)
    return tuple(parse(item.text or "") for item in ordered)


def details(entry: Entry) -> Mapping[str, Any]:
    """The details of a record."""
    found = entry.record.fields.get("details")
    return found if isinstance(found, dict) else {}


def release_id(entry: Entry) -> str:
    """The id of the release that was pinned when a record was written, "" for none."""
    found = entry.record.fields.get("release")
    return str(found.get("id") or "") if isinstance(found, dict) else ""


def result(entry: Entry) -> str:
    """How what is recorded ended."""
    return str(entry.record.fields.get("result"))
