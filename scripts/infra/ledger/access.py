"""Opening an environment's ledger: beside a run of Terraform, or by itself."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from dataclasses import dataclass

from infra.environments import Environment, load_environment
from infra.ledger.client import Ledger, open_ledger
from infra.ledger.recording import Recorder
from infra.ledger.store import Stored
from infra.ledger.witness import Witness
from infra.progress import Progress
from infra.repository import Repository
from infra.sessions import Session
from infra.visits import Visit, visit


@dataclass(frozen=True)
class OpenedLedger(Visit):
    """An environment that was entered, and its ledger."""

    ledger: Ledger


@contextlib.contextmanager
def session_ledger(session: Session) -> Iterator[Ledger]:
    """The ledger of a session's environment, ready to be written."""
    with open_ledger(
        session.environment,
        session.backend,
        local=session.target == "local",
        variables=session.run.variables,
        witness=_witness(session.repository, session.environment, session.target, session.instance),
        prepare=True,
    ) as ledger:
        yield ledger


def session_history(session: Session, limit: int) -> tuple[Stored, ...]:
    """The newest records of a session's environment, newest first; nothing is made or changed.

    Raises LedgerUnavailableError.
    """
    with open_ledger(
        session.environment,
        session.backend,
        local=session.target == "local",
        variables=session.run.variables,
        witness=_witness(session.repository, session.environment, session.target, session.instance),
    ) as ledger:
        return ledger.latest(limit)


@contextlib.contextmanager
def session_recorder(session: Session) -> Iterator[Recorder]:
    """What writes a session's run into the ledger of its environment."""
    with session_ledger(session) as ledger:
        yield Recorder(ledger, session.terraform.directory, session.terraform.binary)


@contextlib.contextmanager
def visited_ledger(visited: Visit) -> Iterator[Ledger]:
    """The ledger of an environment whose account was entered."""
    with open_ledger(
        visited.environment,
        visited.backend,
        local=visited.target == "local",
        variables=visited.run.variables,
        witness=_witness(
            visited.repository, visited.environment, visited.target, visited.entered.instance
        ),
    ) as ledger:
        yield ledger


@contextlib.contextmanager
def open_environments_ledger(
    repository: Repository, name: str, override: str | None, progress: Progress
) -> Iterator[OpenedLedger]:
    """The ledger of an environment, without Terraform. Raises the errors of entering an account."""
    visited = visit(repository, load_environment(repository, name), override, progress)
    with visited_ledger(visited) as ledger:
        yield OpenedLedger(
            visited.repository,
            visited.environment,
            visited.backend,
            visited.target,
            visited.entered,
            ledger,
        )


def _witness(
    repository: Repository, environment: Environment, target: str, instance: str
) -> Witness:
    return Witness(repository.private / "ledger", environment.name, target, instance)
