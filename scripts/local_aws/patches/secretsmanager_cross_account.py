"""Secrets Manager: secrets of other accounts.

AWS ("Access Secrets Manager secrets from a different account", user guide): a secret named by its
whole ARN answers as far as its resource policy allows, else AccessDeniedException. moto 5.2.5 keeps
the policy and does not know secrets of other accounts. That the key of the secret must let the
caller in too is not checked. Fit for upstream.
"""

from __future__ import annotations

from typing import Any

from moto.secretsmanager.models import secretsmanager_backends
from moto.secretsmanager.responses import SecretsManagerResponse

from local_aws.reach import Border, Policy, guard


def apply() -> None:
    """Ask the secret's policy."""
    guard(SecretsManagerResponse, Border("secretsmanager", _secrets, _policy))


def _secrets(response: Any) -> list[str]:
    one, many = response._get_param("SecretId"), response._get_param("SecretIdList")
    return [name for name in [one, *(many or [])] if name and name.startswith("arn:")]


def _policy(arn: str) -> Policy:
    _, _, _, region, account, _ = arn.split(":", 5)
    if account not in secretsmanager_backends:
        return None
    secrets = list(secretsmanager_backends[account][region].secrets.values())
    found = next((secret for secret in secrets if getattr(secret, "arn", None) == arn), None)
    return getattr(found, "policy", None)
