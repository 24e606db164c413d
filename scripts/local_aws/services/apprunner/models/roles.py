"""Whether App Runner could assume a role.

"How App Runner works with IAM" (developer guide): an access role must trust
build.apprunner.amazonaws.com and an instance role tasks.apprunner.amazonaws.com. Conditions in a
trust policy are not evaluated: AWS documents none for these two principals.
"""

from __future__ import annotations

import json
from typing import Any

from moto.iam.models import Role, iam_backends

from local_aws.services.apprunner.exceptions import InvalidRequestError
from local_aws.services.apprunner.models.naming import Place

ACCESS = ("access", "build.apprunner.amazonaws.com")
INSTANCE = ("instance", "tasks.apprunner.amazonaws.com")
_ACTIONS = {"sts:assumerole", "sts:*", "*"}


def check_assumable(place: Place, arn: str, role_kind: tuple[str, str]) -> None:
    """Raise unless the role exists in this account and trusts the principal of its kind."""
    kind, principal = role_kind
    role = find_role(place, arn)
    if role is None or not _trusts(role.assume_role_policy_document, principal):
        raise InvalidRequestError(
            f"Error in assuming {kind} role {arn}. The role must exist and its trust policy "
            f"must allow {principal} to assume it."
        )


def find_role(place: Place, arn: str) -> Role | None:
    """The role of this account, if it exists."""
    roles = iam_backends[place.account][place.partition].roles.values()
    return next((role for role in list(roles) if role.arn == arn), None)


def _trusts(document: Any, principal: str) -> bool:
    policy = json.loads(document) if isinstance(document, str) else document
    return any(
        statement.get("Effect") == "Allow"
        and principal in _many(_service_principals(statement))
        and _ACTIONS & {str(action).lower() for action in _many(statement.get("Action", []))}
        for statement in _many(policy.get("Statement", []))
    )


def _service_principals(statement: dict[str, Any]) -> Any:
    principal = statement.get("Principal", {})
    return principal.get("Service", []) if isinstance(principal, dict) else []


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
