"""ECR: repositories of other registries.

AWS ("Private repository policies in Amazon ECR", ECR user guide): registryId names the account
whose repository is meant; the repository's policy must allow the action to the caller. moto 5.2.5
looks into the caller's own registry whatever registryId says. A call on a whole foreign registry,
such as DescribeRepositories without names, is refused. Fit for upstream.
"""

from __future__ import annotations

from typing import Any

from moto.ecr.models import ecr_backends
from moto.ecr.responses import ECRResponse

from local_aws.reach import Border, Policy, guard


def apply() -> None:
    """Ask the repository's policy."""
    guard(ECRResponse, Border("ecr", _repositories, _policy))


def _repositories(response: Any) -> list[str]:
    tagged = response._get_param("resourceArn")
    registry = response._get_param("registryId")
    if not registry:
        return [tagged] if tagged else []
    one, many = response._get_param("repositoryName"), response._get_param("repositoryNames")
    prefix = f"arn:{response.partition}:ecr:{response.region}:{registry}:repository/"
    return [prefix + name for name in many or [one or "*"]]


def _policy(arn: str) -> Policy:
    _, _, _, region, account, name = arn.split(":", 5)
    backend = ecr_backends[account][region] if account in ecr_backends else None
    repository = backend.repositories.get(name.removeprefix("repository/")) if backend else None
    return repository.policy if repository else None
