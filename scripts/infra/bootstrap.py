"""Setting an account up: its state bucket, and who may deploy (see bootstrap/README.md)."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable, Iterator
from pathlib import Path

from infra import state_bucket
from infra.backend import Backend
from infra.environments import Environment
from infra.errors import RepositoryError
from infra.progress import Progress
from infra.repository import Repository
from infra.sessions import Root, Session, open_session
from infra.state_bucket import StateBucket
from infra.targets import RunEnvironment
from infra.terraform.runner import LOCK_TIMEOUT_SECONDS

STATE_KEY = "bootstrap/terraform.tfstate"
"""Where its own state is, as bootstrap/backend.tf says."""

BucketApproval = Callable[[Environment, str, StateBucket], None]
"""Receives the environment, the target and the bucket before it is made; raises to stop."""


@contextlib.contextmanager
def open_bootstrap(
    repository: Repository,
    name: str,
    override: str | None,
    progress: Progress,
    approve_bucket: BucketApproval,
    lock_timeout: int = LOCK_TIMEOUT_SECONDS,
) -> Iterator[Session]:
    """Prepare the root module `bootstrap` for the account of an environment.

    Its state is in the bucket that it describes, so the bucket is made first where it is missing.
    Raises StateBucketError, what `approve_bucket` raises, and what open_session raises.
    """

    def root(environment: Environment, backend: Backend, target: str) -> Root:
        bucket = state_bucket.state_bucket(environment, backend)

        def prepare(run: RunEnvironment) -> None:
            progress.step("Looking for the state bucket")
            if state_bucket.run("exists", bucket, run.variables):
                return
            progress.end()
            approve_bucket(environment, target, bucket)
            progress.step(f"Making the state bucket {bucket.name}")
            state_bucket.run("make", bucket, run.variables)

        return Root(
            directory=_directory(repository),
            data=f"bootstrap-{environment.name}-{target}",
            backend=backend_arguments(environment, backend),
            variables={"TF_VAR_environment": environment.name},
            prepare=prepare,
        )

    with open_session(repository, name, override, progress, lock_timeout, root) as session:
        yield session


def backend_arguments(environment: Environment, backend: Backend) -> tuple[str, ...]:
    """What bootstrap/backend.tf leaves open, as arguments of `terraform init`."""
    return (
        f"-backend-config=bucket={backend.bucket}",
        f"-backend-config=region={backend.region}",
        f"-backend-config=allowed_account_ids={json.dumps([environment.account_id])}",
    )


def _directory(repository: Repository) -> Path:
    if not repository.bootstrap.is_dir():
        raise RepositoryError(
            "This checkout has no folder bootstrap/.", hint="Restore it from git."
        )
    return repository.bootstrap
