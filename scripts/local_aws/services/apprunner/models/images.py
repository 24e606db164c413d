"""Whether a deployment could run its image.

AWS pulls the image with the access role, starts it and checks its health. Here the image must be in
the local cloud's ECR, the role must be allowed to pull it, and its manifest must not have the
annotation `local-cloud.health` with the value `unhealthy`, nor may `local-cloud.unhealthy-in` name
the service's account. ECR Public has no counterpart here: its images are taken as they are given.
"""

from __future__ import annotations

import json
import re

from moto.ecr.exceptions import ImageNotFoundException
from moto.ecr.models import Image, Repository, ecr_backends

from local_aws.services.apprunner.models.access import forbidden
from local_aws.services.apprunner.models.naming import Place
from local_aws.services.apprunner.models.roles import find_role
from local_aws.services.apprunner.models.service import Service
from local_aws.stub_images import HEALTH, UNHEALTHY_IN

_REFERENCE = re.compile(
    r"(?P<account>\d{12})\.dkr\.ecr\.(?P<region>[a-z0-9-]+)\.[a-z.]+/(?P<repository>[^:@]+)"
    r"(:(?P<tag>[^@]+))?(@(?P<digest>.+))?"
)


def image_problem(place: Place, service: Service) -> str | None:
    """Why a deployment of the service fails, in a sentence, or None."""
    source = service.configuration.source
    identifier = source.get("ImageRepository", {}).get("ImageIdentifier", "")
    reference = _REFERENCE.fullmatch(identifier)
    if reference is None:
        return None
    arn = source["AuthenticationConfiguration"]["AccessRoleArn"]
    problem = _pull_problem(place, arn, reference)
    if problem:
        return f"Failed to pull the image {identifier}: {problem}"
    image = _image(_repository(reference), reference)
    illness = _illness(image, place) if image is not None else None
    if illness:
        return (
            f"The health check failed: the manifest of {identifier} has the annotation {illness}."
        )
    return None


def _pull_problem(place: Place, arn: str, reference: re.Match[str]) -> str | None:
    role = find_role(place, arn)
    if role is None:
        return f"the access role {arn} does not exist."
    repository = _repository(reference)
    if repository is None:
        return (
            f"account {reference['account']} has no repository {reference['repository']} "
            f"in {reference['region']}."
        )
    action = forbidden(place, role, repository)
    if action is not None:
        return f"the access role {arn} is not allowed {action} on {repository.arn}."
    if _image(repository, reference) is None:
        return "the repository has no such image."
    return None


def _repository(reference: re.Match[str]) -> Repository | None:
    regions = ecr_backends[reference["account"]]
    if reference["region"] not in regions:
        return None
    repositories = regions[reference["region"]].repositories
    found: Repository | None = repositories.get(reference["repository"])
    return found


def _image(repository: Repository | None, reference: re.Match[str]) -> Image | None:
    if repository is None:
        return None
    tag, digest = reference["tag"], reference["digest"]
    try:
        return repository._get_image(tag or (None if digest else "latest"), digest)
    except ImageNotFoundException:
        return None


def _illness(image: Image, place: Place) -> str | None:
    """The annotation that says that the image is ill here."""
    annotations = json.loads(image.image_manifest).get("annotations") or {}
    if annotations.get(HEALTH) == "unhealthy":
        return f"{HEALTH}=unhealthy"
    accounts = str(annotations.get(UNHEALTHY_IN) or "")
    return f"{UNHEALTHY_IN}={accounts}" if place.account in accounts.split(",") else None
