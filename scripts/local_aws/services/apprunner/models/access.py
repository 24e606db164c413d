"""Whether an access role may pull an image.

"How App Runner works with IAM" and "Image-based service" (developer guide): App Runner pulls with
the access role, which must be allowed what AWSAppRunnerServicePolicyForECRAccess allows; for a
repository of another account its policy must allow it as well. Evaluated as in "Policy evaluation
logic" (IAM guide): policies of the role, its boundary, and the policy of the repository.

A boundary that doesn't exist limits nothing: in the local cloud an environment is applied without
the bootstrap that makes it.
"""

from __future__ import annotations

from collections.abc import Iterator

from moto.ecr.models import Repository
from moto.iam.models import ManagedPolicy, Role, iam_backends

from local_aws.policies import ALLOW, DENY, Access, decide
from local_aws.services.apprunner.models.naming import Place

LOGIN = "ecr:GetAuthorizationToken"
PULL = ("ecr:BatchGetImage", "ecr:DescribeImages", "ecr:GetDownloadUrlForLayer")


def forbidden(place: Place, role: Role, repository: Repository) -> str | None:
    """The first action of a pull that the role may not do, or None."""
    if not _may(place, role, LOGIN, "*", None):
        return LOGIN
    refused = (a for a in PULL if not _may(place, role, a, repository.arn, repository))
    return next(refused, None)


def _may(
    place: Place, role: Role, action: str, resource: str, repository: Repository | None
) -> bool:
    access = Access(
        action=action,
        resource=resource,
        principals=frozenset({role.arn, place.account, _root(place)}),
        keys={
            "aws:principalaccount": place.account,
            "aws:principalarn": role.arn,
            "aws:requestedregion": repository.region_name if repository else place.region,
            "aws:resourceaccount": repository.account_id if repository else place.account,
            "aws:securetransport": "true",
        },
    )
    own = {decide(policy, access) for policy in _policies(role)}
    boundary = _boundary(place, role)
    limit = ALLOW if boundary is None else decide(boundary, access)
    shared = decide(repository.policy, access) if repository and repository.policy else None
    if DENY in {*own, limit, shared} or limit != ALLOW:
        return False
    if repository is not None and repository.account_id != place.account:
        return ALLOW in own and shared == ALLOW
    return ALLOW in own or (shared == ALLOW and _names(repository, role, access))


def _names(repository: Repository | None, role: Role, access: Access) -> bool:
    """Whether the repository's policy allows it to the role itself and not only to its account."""
    policy = repository.policy if repository else None
    alone = Access(access.action, access.resource, frozenset({role.arn}), access.keys)
    return policy is not None and decide(policy, alone) == ALLOW


def _policies(role: Role) -> Iterator[str]:
    yield from role.policies.values()
    yield from (_document(policy) for policy in role.managed_policies.values())


def _boundary(place: Place, role: Role) -> str | None:
    policies = iam_backends[place.account][place.partition].managed_policies
    found = policies.get(role.permissions_boundary_arn or "")
    return None if found is None else _document(found)


def _document(policy: ManagedPolicy) -> str:
    """The version that is in force."""
    versions = {version.version_id: version.document for version in policy.versions}
    return versions[policy.default_version_id]


def _root(place: Place) -> str:
    return f"arn:{place.partition}:iam::{place.account}:root"
