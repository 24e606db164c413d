"""The environment that a release comes from, entered without Terraform."""

from __future__ import annotations

import contextlib
import json
import os
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra.backend import Backend, load_backend
from infra.clients import Clients, clients
from infra.environments import Environment, load_environment
from infra.errors import InfraError
from infra.ledger.access import entered_ledger
from infra.ledger.client import Ledger
from infra.progress import Progress
from infra.repository import Repository
from infra.sessions import choose_target, enter
from infra.targets import RunEnvironment


@dataclass(frozen=True)
class State:
    """What a state says of itself. lineage is "" and serial 0 where there is none."""

    lineage: str = ""
    serial: int = 0
    outputs: Mapping[str, Any] | None = None

    def output(self, name: str) -> Any:
        """The value of an output, None where there is none."""
        return ((self.outputs or {}).get(name) or {}).get("value")


@dataclass(frozen=True)
class Place:
    """An environment whose account was entered."""

    environment: Environment
    backend: Backend
    target: str
    run: RunEnvironment
    clients: Clients
    ledger: Ledger

    def state(self) -> State:
        """The state as it is stored now."""
        return read_state(self.clients, self.backend)


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


def read_state(make: Clients, backend: Backend) -> State:
    """Lineage, serial and outputs of a state. Raises InfraError when S3 does not give it."""
    from botocore.exceptions import BotoCoreError, ClientError

    s3 = make("s3")
    try:
        body = s3.get_object(Bucket=backend.bucket, Key=backend.key)["Body"].read()
        document = json.loads(body) if body else {}
    except s3.exceptions.NoSuchKey:
        return State()
    except (BotoCoreError, ClientError, ValueError) as error:
        raise InfraError(
            f"The state s3://{backend.bucket}/{backend.key} can't be read"
            f" ({type(error).__name__}). Nothing was changed.",
            hint="Check the credentials and the network, and run the command again.",
        ) from error
    return State(
        str(document.get("lineage") or ""),
        int(document.get("serial") or 0),
        document.get("outputs") or {},
    )
