"""What a build does after a commit, rehearsed in the local cloud: it pushes an image."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from infra import accounts, registries, stub_images
from infra.backend import load_backend
from infra.environments import Environment, load_environment
from infra.errors import RegistryError
from infra.repository import Repository
from infra.sessions import local_cloud


@dataclass(frozen=True)
class PushedImage:
    """An image in an environment's repository. reference: by digest, as a service names it."""

    environment: Environment
    repository: str
    tag: str
    digest: str
    reference: str
    labels: Mapping[str, str]


def push_image(
    checkout: Repository,
    name: str,
    labels: Mapping[str, str],
    *,
    unhealthy: bool,
    unhealthy_in: Sequence[str] = (),
    repository: str | None = None,
    tag: str | None = None,
    on_step: Callable[[str], None] = lambda _message: None,
) -> PushedImage:
    """Build a new stub image, and push it to the environment's repository in the local cloud.

    unhealthy_in: the environments in whose accounts alone the image is to be ill.
    repository: its name, needed where there is more than one. tag: in place of release-<digest>.
    Raises RegistryError, LocalCloudError, and what a wrong environment raises.
    """
    # Imported late, as in accounts.
    from botocore.exceptions import BotoCoreError, ClientError

    environment = load_environment(checkout, name)
    ill = [load_environment(checkout, other).account_id for other in unhealthy_in]
    backend = load_backend(environment)
    endpoint = local_cloud(checkout).ensure_started().endpoint
    credentials = accounts.enter_account(
        environment, backend, endpoint, checkout.private / "accounts", on_step
    )
    ecr = accounts.client("ecr", environment, endpoint, credentials)
    image = stub_images.build(labels, unhealthy=unhealthy, unhealthy_in=ill)
    tag = tag or image.release_tag
    try:
        found = registries.choose(ecr, environment, repository)
        on_step(f"Pushing an image to {found['repositoryName']}")
        stub_images.push(ecr, found["repositoryName"], image, tag)
    except ClientError as error:
        raise RegistryError(f"ECR refuses it: {error.response['Error']['Message']}") from error
    except BotoCoreError as error:
        raise RegistryError(f"The image can't be pushed: {error}.") from error
    return PushedImage(
        environment=environment,
        repository=found["repositoryName"],
        tag=tag,
        digest=image.digest,
        reference=f"{found['repositoryUri']}@{image.digest}",
        labels=image.labels,
    )
