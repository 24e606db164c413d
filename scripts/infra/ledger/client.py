"""The ledger of an environment, as the rest of infra sees it."""

from __future__ import annotations

import contextlib
import json
import sys
from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from infra import processes
from infra.backend import Backend
from infra.environments import Environment
from infra.errors import LedgerUnavailableError
from infra.ledger.clerk import Place
from infra.ledger.records import Entry, Event, MalformedError, Mark, parse
from infra.ledger.store import Stored
from infra.ledger.witness import Witness
from infra.processes import Conversation

APPEND_SECONDS = 120.0
READ_SECONDS = 600.0


@dataclass(frozen=True)
class Snapshot:
    """All of a ledger, and the public keys of its account as PEM by ARN."""

    stored: tuple[Stored, ...]
    keys: Mapping[str, str]


class Ledger:
    """Reads and appends, through a clerk."""

    def __init__(self, place: Place, clerk: Conversation, witness: Witness) -> None:
        self.place = place
        self.witness = witness
        self._clerk = clerk

    def append(self, event: Event) -> Entry:
        """Write a record; a Ctrl-C waits for it.

        Raises LedgerUnavailableError: then the record is not known to be there.
        """
        with processes.interrupts_held():
            answer = self._ask({"do": "append", "event": event.document()}, APPEND_SECONDS)
            entry = parse(answer["entry"])
            # What can't be remembered is no reason to stop: the record is written.
            with contextlib.suppress(Exception):
                self.witness.remember(entry)
        return entry

    def latest(self, limit: int) -> tuple[Stored, ...]:
        """The newest records, newest first."""
        return _stored(self._ask({"do": "latest", "limit": limit}, READ_SECONDS))

    def facts(self, identities: str = "") -> Mapping[str, Any]:
        """What is stored as the state, and what should be (see `infra.guards.state`).

        identities: the key of the identities' key, which is read as well; "" for none.
        """
        question = {"do": "facts", "identities": identities}
        try:
            answer: Mapping[str, Any] = self._ask(question, APPEND_SECONDS)
        except LedgerUnavailableError as error:
            return {"unread": error.message, "error": error.message.rstrip(".")}
        return answer

    def mark(self) -> Mark | None:
        """Which state there should be, by the newest record; None where none was noted."""
        newest = self.latest(1)
        try:
            return parse(newest[0].text or "").record.mark if newest else None
        except MalformedError:
            return None

    def get(self, sequence: int) -> Stored:
        """What stands in one place."""
        return _stored(self._ask({"do": "get", "sequence": sequence}, READ_SECONDS))[0]

    def everything(self) -> Snapshot:
        """All records and keys, for a verification or an export."""
        answer = self._ask({"do": "everything"}, READ_SECONDS)
        return Snapshot(_stored(answer), answer["keys"])

    def _ask(self, question: Mapping[str, Any], seconds: float) -> Any:
        try:
            answer = json.loads(self._clerk.ask(json.dumps(question), seconds))
        except (OSError, TimeoutError, ValueError) as error:
            raise LedgerUnavailableError(
                f"The ledger of {self.place.environment} does not answer.",
                hint="Check the credentials and the network, and run the command again.",
            ) from error
        if "error" in answer:
            raise LedgerUnavailableError(answer["error"]["message"], hint=answer["error"]["hint"])
        return answer


@contextlib.contextmanager
def open_ledger(
    environment: Environment,
    backend: Backend,
    *,
    local: bool,
    variables: Mapping[str, str],
    witness: Witness,
    prepare: bool = False,
) -> Iterator[Ledger]:
    """Have a clerk for the block.

    variables: the process environment of the run. prepare: get ready to write at once, while other
    things are done. Nothing is waited for and nothing fails before the ledger is used.
    """
    place = Place(
        environment.name,
        environment.account_id,
        backend.region,
        backend.bucket,
        local=local,
        state=backend.key,
    )
    arguments = [sys.executable, "-m", "infra.ledger.clerk", json.dumps(asdict(place))]
    clerk = Conversation(
        [*arguments, "--prepare"] if prepare else arguments,
        # The same code as here, also where another checkout is the one that is installed.
        environment={**variables, "PYTHONPATH": str(Path(__file__).parents[2])},
    )
    try:
        yield Ledger(place, clerk, witness)
    finally:
        clerk.end()


def _stored(answer: Mapping[str, Any]) -> tuple[Stored, ...]:
    return tuple(Stored(**item) for item in answer["stored"])
