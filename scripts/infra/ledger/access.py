"""Opening an environment's ledger: beside a run of Terraform, or by itself."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.backend import Backend, load_backend
from infra.environments import Environment, load_environment
from infra.ledger.client import Ledger, open_ledger
from infra.ledger.recording import Recorder
from infra.ledger.witness import Witness
from infra.progress import Progress
from infra.repository import Repository
from infra.sessions import Entered, Session, choose_target, enter


@dataclass(frozen=True)
class OpenedLedger:
    """A ledger, and where it is."""

    ledger: Ledger
    environment: Environment
    target: str


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


@contextlib.contextmanager
def session_recorder(session: Session) -> Iterator[Recorder]:
    """What writes a session's run into the ledger of its environment."""
    with session_ledger(session) as ledger:
        yield Recorder(ledger, session.terraform.directory, session.terraform.binary)


@contextlib.contextmanager
def entered_ledger(
    repository: Repository,
    environment: Environment,
    backend: Backend,
    target: str,
    entered: Entered,
) -> Iterator[Ledger]:
    """The ledger of an environment whose account was entered."""
    with open_ledger(
        environment,
        backend,
        local=target == "local",
        variables=entered.run.variables,
        witness=_witness(repository, environment, target, entered.instance),
    ) as ledger:
        yield ledger


@contextlib.contextmanager
def open_environments_ledger(
    repository: Repository, name: str, override: str | None, progress: Progress
) -> Iterator[OpenedLedger]:
    """The ledger of an environment, without Terraform. Raises the errors of entering an account."""
    environment = load_environment(repository, name)
    backend = load_backend(environment)
    target = choose_target(environment, override)
    nothing = Path(os.devnull)
    entered = enter(repository, environment, backend, target, nothing, nothing, progress)
    with entered_ledger(repository, environment, backend, target, entered) as ledger:
        yield OpenedLedger(ledger, environment, target)


def _witness(
    repository: Repository, environment: Environment, target: str, instance: str
) -> Witness:
    return Witness(repository.private / "ledger", environment.name, target, instance)
