"""An environment whose account was entered, for what needs no Terraform."""

from __future__ import annotations

import functools
import os
from dataclasses import dataclass
from pathlib import Path

from infra.backend import Backend, load_backend
from infra.clients import Clients, clients
from infra.environments import Environment
from infra.progress import Progress
from infra.repository import Repository
from infra.sessions import Entered, choose_target, enter
from infra.stored_state import StoredState, read_stored_state
from infra.targets import RunEnvironment


@dataclass(frozen=True)
class Visit:
    """An environment, where it is, and the way in."""

    repository: Repository
    environment: Environment
    backend: Backend
    target: str
    entered: Entered

    @property
    def run(self) -> RunEnvironment:
        """The process environment of a run in the account."""
        return self.entered.run

    @property
    def data(self) -> Path:
        """The TF_DATA_DIR of the environment's own root module, which a session works with."""
        return self.repository.terraform_data(f"{self.environment.name}-{self.target}")

    @functools.cached_property
    def clients(self) -> Clients:
        """The clients of the account."""
        return clients(self.environment, self.target, self.run)

    def state(self) -> StoredState:
        """The state as it is stored now. Raises InfraError."""
        return read_stored_state(self.clients, self.backend)


def visit(
    repository: Repository, environment: Environment, override: str | None, progress: Progress
) -> Visit:
    """Enter an environment's account. Raises the errors of entering it."""
    backend = load_backend(environment)
    target = choose_target(environment, override)
    nothing = Path(os.devnull)
    entered = enter(repository, environment, backend, target, nothing, nothing, progress)
    return Visit(repository, environment, backend, target, entered)
