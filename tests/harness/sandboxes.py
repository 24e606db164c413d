"""Where a run of the live tests is made: in a sandbox account of the local cloud, or of AWS."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.accounts import REGION, Account
from harness.clock import advance
from harness.places import ROOT
from infra.clients import Clients, clients
from infra.environments import Environment
from infra.errors import UsageError
from infra.live import sandbox
from infra.live.settings import Image, Settings
from infra.progress import Progress
from infra.repository import Repository
from infra.sessions import Entered
from local_aws.stub_images import stub_images

AWS_PAUSE_SECONDS = 5.0
PATIENCE_SECONDS = 900.0
"""S3 may take five minutes until it sends the events of a bucket that was just told to."""

KEPT_REPOSITORY = "kept"
"""The repository that is in the sandbox account before any run; the local cloud's stub is in it."""

BEFORE = [f"repository: {KEPT_REPOSITORY}"]
"""What is in a sandbox account of the local cloud before a run, and after it."""


@dataclass(frozen=True)
class Place:
    """Where a run is made. enter: with Terraform's CLI configuration and TF_DATA_DIR.

    let_time_pass: for what AWS does by itself within minutes. image: for a service, or None.
    account: of the local cloud.
    """

    environment: Environment
    settings: Settings
    enter: Callable[[Path, Path], Entered]
    clients: Clients
    let_time_pass: Callable[[], None] = lambda: None
    image: Mapping[str, str] | None = None
    account: Account | None = None

    @property
    def is_local(self) -> bool:
        """Whether it is the local cloud."""
        return self.environment.target == "local"


def local_place(account: Account) -> Place:
    """An empty account of the tests' local cloud, with a repository as a sandbox account has it."""
    settings = Settings(account.account_id, REGION, owner="tests")
    described = sandbox.describe(Repository(ROOT), account.account_id, REGION, "local")
    account.client("ecr").create_repository(repositoryName=KEPT_REPOSITORY)

    def enter(configuration: Path, data: Path) -> Entered:
        return sandbox.enter_local(described, account.endpoint, configuration, data)

    made = clients(described, "local", enter(Path(), Path()).run)
    return Place(
        described,
        settings,
        enter,
        made,
        let_time_pass=lambda: advance(account.endpoint, 60),
        image=_image(made, Image("", KEPT_REPOSITORY, stub_images()[0].digest)),
        account=account,
    )


def aws_place(settings: Settings, progress: Progress) -> Place:
    """The sandbox account. Raises InfraError where it is none, or the credentials are another's."""
    repository = Repository(ROOT)
    described = sandbox.describe(repository, settings.account, settings.region, "aws")

    def enter(configuration: Path, data: Path) -> Entered:
        return sandbox.enter(repository, described, configuration, data, progress)

    made = clients(described, "aws", enter(Path(), Path()).run)
    image = None if settings.image is None else _image(made, settings.image)
    return Place(
        described,
        settings,
        enter,
        made,
        let_time_pass=lambda: time.sleep(AWS_PAUSE_SECONDS),
        image=image,
    )


def _image(make: Clients, image: Image) -> Mapping[str, str]:
    from botocore.exceptions import ClientError

    try:
        listed = make("ecr").describe_repositories(repositoryNames=[image.repository])
    except ClientError as error:
        raise UsageError(
            f"The sandbox account has no repository {image.repository}.",
            hint="The image of a live test must be in the account before it. Nothing was made.",
        ) from error
    (found,) = listed["repositories"]
    if image.url not in ("", found["repositoryUri"]):
        raise UsageError(f"{image.url} is not in the sandbox account.", hint="Nothing was made.")
    return {
        "digest": image.digest,
        "repository_arn": found["repositoryArn"],
        "repository_url": found["repositoryUri"],
    }


def comes_true(place: Place, true: Callable[[], bool]) -> bool:
    """Wait for what AWS does by itself; in the local cloud its clock is put forward."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        place.let_time_pass()
        if true():
            return True
    return False
