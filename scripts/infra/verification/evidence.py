"""The record of a verification: the evidence that a promotion asks for."""

from __future__ import annotations

from infra.ledger.client import Ledger
from infra.ledger.recording import claimed_user, pinned_release, tool_versions
from infra.ledger.records import Entry, Event, Kind
from infra.sessions import Session
from infra.verification.checks import Verification


def record_verification(ledger: Ledger, session: Session, found: Verification) -> Entry:
    """Write down what was found. Raises LedgerUnavailableError."""
    directory, binary = session.terraform.directory, session.terraform.binary
    return ledger.append(
        Event(
            kind=Kind.VERIFIED if found.passed else Kind.UNHEALTHY,
            result="succeeded" if found.passed else "failed",
            reason=found.reason,
            release=pinned_release(directory),
            tools=tool_versions(directory, binary),
            details=found.details(),
            user=claimed_user(),
        )
    )
