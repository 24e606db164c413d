"""The environment that a release comes from, entered without Terraform."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.backend import Backend, load_backend
from infra.clients import Clients, clients
from infra.environments import Environment, load_environment
from infra.errors import InfraError
from infra.ledger.access import entered_ledger
from infra.ledger.client import Ledger
from infra.progress import Progress
from infra.repository import Repository
from infra.sessions import choose_target, enter
from infra.stored_state import StoredState, read_stored_state
from infra.targets import RunEnvironment


@dataclass(frozen=True)
class Place:
    """An environment whose account was entered."""

    environment: Environment
    backend: Backend
    target: str
    run: RunEnvironment
    clients: Clients
    ledger: Ledger

    def state(self) -> StoredState:
        """The state as it is stored now."""
        return read_stored_state(self.clients, self.backend)


@contextlib.contextmanager
def open_place(
    repository: Repository, name: str, override: str | None, progress: Progress
) -> Iterator[Place]:
    """Enter an environment's account, and open its ledger. Raises what entering raises."""
    environment = load_environment(repository, name)
    backend = load_backend(environment)
    target = choose_target(environment, override)
    nothing = Path(os.devnull)
    entered = enter(repository, environment, backend, target, nothing, nothing, progress)
    with entered_ledger(repository, environment, backend, target, entered) as ledger:
        made = clients(environment, target, entered.run)
        yield Place(environment, backend, target, entered.run, made, ledger)


def running_digest(make: Clients, state: StoredState) -> str | None:
    """The digest of the image that a service runs, None for none. Raises InfraError."""
    from botocore.exceptions import BotoCoreError, ClientError

    arn = state.output("service_arn")
    if not arn:
        return None
    try:
        found = make("apprunner").describe_service(ServiceArn=arn)["Service"]
    except (BotoCoreError, ClientError) as error:
        raise InfraError(
            f"What the service runs can't be found out ({type(error).__name__})."
            " Nothing was changed.",
            hint="Check the credentials and the network, and run the command again.",
        ) from error
    source = found.get("SourceConfiguration", {}).get("ImageRepository", {})
    return str(source.get("ImageIdentifier", "")).partition("@")[2] or None
