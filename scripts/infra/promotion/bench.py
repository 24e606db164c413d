"""The environment that a release goes to: entered, with Terraform, ledger and clients at hand."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from infra.clients import Clients, clients
from infra.environments import Environment
from infra.errors import LedgerUnavailableError
from infra.ledger.access import session_ledger
from infra.ledger.client import Ledger
from infra.ledger.recording import Recorder, Run, claimed_user, tool_versions
from infra.ledger.records import Entry, Event, Kind, Scalar
from infra.plans import PlanSummary
from infra.promotion.approvals import Person
from infra.promotion.journal import Journal
from infra.promotion.steps import Steps
from infra.releases import Release
from infra.repository import Repository
from infra.sessions import Session
from infra.stored_state import StoredState, read_stored_state
from infra.trees import RELEASE_FILE, proof


class WatchedRecorder(Recorder):
    """Writes down what a run does. begun: whether an apply was begun, so that things may differ."""

    begun = False

    @contextlib.contextmanager
    def running(
        self, summary: PlanSummary, *, destroy: bool, plan: str | None = None
    ) -> Iterator[Run]:
        """As in Recorder."""
        with super().running(summary, destroy=destroy, plan=plan) as run:
            self.begun = True
            yield run


@dataclass(frozen=True)
class Bench:
    """All that a promotion works with in the environment that it changes."""

    session: Session
    ledger: Ledger
    recorder: WatchedRecorder
    clients: Clients
    steps: Steps
    journal: Journal

    @property
    def repository(self) -> Repository:
        """The checkout."""
        return self.session.repository

    @property
    def environment(self) -> Environment:
        """The environment."""
        return self.session.environment

    @property
    def pin(self) -> Path:
        """The file that pins its release."""
        return self.environment.directory / RELEASE_FILE

    def state(self) -> StoredState:
        """Its state, as it is stored now."""
        return read_stored_state(self.clients, self.session.backend)

    def proof(self, environment: Environment) -> dict[str, str]:
        """What an environment's files in this checkout are, for a comparison with its evidence."""
        return proof(self.repository, environment, str(self.session.terraform.binary.version))

    def actor(self) -> Person:
        """Who runs this command."""
        arn = str(self.clients("sts").get_caller_identity()["Arn"])
        return Person(arn, claimed_user())

    def write(
        self,
        kind: Kind,
        result: str,
        release: Release,
        details: Mapping[str, Scalar | Mapping[str, Scalar]],
        *,
        reason: str = "",
        plan: str | None = None,
    ) -> Entry:
        """Write a record. Raises LedgerUnavailableError."""
        return self.ledger.append(
            Event(
                kind=kind,
                result=result,
                reason=reason,
                release=release.pin(),
                plan=plan,
                tools=tool_versions(
                    self.session.terraform.directory, self.session.terraform.binary
                ),
                details=details,
                user=claimed_user(),
            )
        )

    def write_if_possible(
        self,
        kind: Kind,
        result: str,
        release: Release,
        details: Mapping[str, Scalar | Mapping[str, Scalar]],
        *,
        reason: str = "",
    ) -> None:
        """Write a record of a failure, which must not hide behind one of the ledger's."""
        with contextlib.suppress(LedgerUnavailableError):
            self.write(kind, result, release, details, reason=reason)


@contextlib.contextmanager
def open_bench(session: Session, steps: Steps) -> Iterator[Bench]:
    """Open the ledger of a session's environment, and what else is needed."""
    with session_ledger(session) as ledger:
        yield Bench(
            session=session,
            ledger=ledger,
            recorder=WatchedRecorder(ledger, session.terraform.directory, session.terraform.binary),
            clients=clients(session.environment, session.target, session.run),
            steps=steps,
            journal=Journal(session.repository, session.environment.name, session.target),
        )
