"""An account of its own in the test's local cloud."""

from __future__ import annotations

from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import accounts
from infra.environments import Environment
from infra.local_cloud import Endpoint

REGION = "eu-west-1"


@dataclass(frozen=True)
class Account:
    """One account. It is empty until the test puts something in it."""

    environment: Environment
    endpoint: Endpoint
    credentials: accounts.Credentials

    @property
    def account_id(self) -> str:
        """Twelve digits."""
        return self.environment.account_id

    def client(self, service: str) -> Any:
        """A boto3 client that sees this account alone."""
        return accounts.client(service, self.environment, self.endpoint, self.credentials)


def enter(account_id: str, endpoint: Endpoint, directory: Path) -> Account:
    """Enter an account as a run of the infra command does."""
    environment = Environment(
        name=f"t{account_id}",
        account_id=account_id,
        region=REGION,
        target="local",
        promotes_from=None,
        directory=directory,
    )
    credentials = accounts.assume_role(environment, endpoint)
    return Account(environment, endpoint, credentials)
