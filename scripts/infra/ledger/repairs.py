"""The records before and after somebody puts a state right by hand."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping

from infra.errors import InfraError, InterruptedRunError
from infra.ledger.client import Ledger
from infra.ledger.recording import claimed_user
from infra.ledger.records import Event, Kind, Scalar


@contextlib.contextmanager
def repair(ledger: Ledger, details: Mapping[str, Mapping[str, Scalar]]) -> Iterator[None]:
    """Record that the block begins, and how it ends.

    Raises LedgerUnavailableError, at the beginning before the block has run.
    """

    def say(result: str, reason: str = "") -> None:
        ledger.append(
            Event(
                kind=Kind.STATE_REPAIRED,
                result=result,
                reason=reason,
                details=details,
                user=claimed_user(),
            )
        )

    say("started")
    try:
        yield
    except BaseException as error:
        say("failed", _reason(error))
        raise
    say("succeeded")


def _reason(error: BaseException) -> str:
    if isinstance(error, InfraError):
        return error.reason
    return "bug" if isinstance(error, Exception) else InterruptedRunError.reason
