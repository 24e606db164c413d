"""One apply of the modules that say who may do what; the tests read the policies back."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

import pytest

from harness.accounts import Account
from harness.applied import resident
from harness.deployed import Role, read_resource_policies, read_role
from harness.terraform import make_root
from infra.iam.document import Policy

CONFIGURATION = (Path(__file__).parent / "deployed.tf").read_text(encoding="utf-8")
ROLES = {
    "plan": "trending-now-staging-plan",
    "apply": "trending-now-staging-apply",
    "push": "trending-now-staging-push",
    "dev plan": "trending-now-dev-plan",
    "dev apply": "trending-now-dev-apply",
    "prod plan": "trending-now-prod-plan",
    "prod apply": "trending-now-prod-apply",
    "access": "trending-now-staging-access",
    "instance": "trending-now-staging-instance",
    "pipeline": "trending-now-staging-data-pipeline",
    "scientist": "trending-now-staging-data-scientist",
    "opened scientist": "trending-now-staging-opened-data-scientist",
}


@dataclass(frozen=True)
class Deployed:
    """What stands in the account: roles and resource policies by the tests' short names."""

    account: Account
    roles: dict[str, Role]
    resources: dict[str, Policy]


@pytest.fixture(scope="session")
def deployed(
    new_account: Callable[[], Account], tmp_path_factory: pytest.TempPathFactory
) -> Deployed:
    """All environments in one account, so that reaching across would be a matter of names."""
    account = new_account()
    root = make_root(tmp_path_factory.mktemp("iam"), "deployed", CONFIGURATION, account)
    with resident(root) as attached:
        attached.init()
        attached.apply()
        outputs = attached.outputs()
    return Deployed(
        account=account,
        roles={short: read_role(account, name) for short, name in ROLES.items()},
        resources=read_resource_policies(account, outputs),
    )


@pytest.fixture(scope="session")
def deployed_account(deployed: Deployed) -> Account:
    """The account that all of it stands in."""
    return deployed.account


@pytest.fixture(scope="session")
def roles(deployed: Deployed) -> dict[str, Role]:
    """The roles by their short names."""
    return deployed.roles


@pytest.fixture(scope="session")
def resource_policies(deployed: Deployed) -> dict[str, Policy]:
    """The policies of "bucket", "key", "raw" and "topic"."""
    return deployed.resources
