"""KMS: keys of other accounts.

AWS ("Allowing users in other accounts to use a KMS key", KMS developer guide): a key named by its
ARN can be used from another account as far as its policy allows, and not be administered; what is
not allowed is AccessDeniedException. moto 5.2.5 knows keys of the caller's account only. Aliases of
other accounts, and ciphertexts of foreign keys without a KeyId, are refused here. Fit for upstream.
"""

from __future__ import annotations

from typing import Any

from moto.kms.models import kms_backends
from moto.kms.responses import KmsResponse

from local_aws.reach import Border, Policy, guard

# "Cross-account use: No" in the KMS API reference.
_CLOSED = frozenset(
    {
        "CancelKeyDeletion",
        "CreateAlias",
        "DisableKey",
        "DisableKeyRotation",
        "EnableKey",
        "EnableKeyRotation",
        "GetKeyPolicy",
        "ListKeyPolicies",
        "ListResourceTags",
        "PutKeyPolicy",
        "ScheduleKeyDeletion",
        "TagResource",
        "UntagResource",
        "UpdateAlias",
        "UpdateKeyDescription",
    }
)


def apply() -> None:
    """Ask the key's policy."""
    guard(KmsResponse, Border("kms", _keys, _policy, closed=_CLOSED))


def _keys(response: Any) -> list[str]:
    named = (response._get_param(n) for n in ("KeyId", "TargetKeyId", "DestinationKeyId"))
    return [key for key in named if isinstance(key, str) and key.startswith("arn:")]


def _policy(arn: str) -> Policy:
    _, _, _, region, account, name = arn.split(":", 5)
    backend = kms_backends[account][region] if account in kms_backends else None
    key = backend.keys.get(name.removeprefix("key/")) if backend else None
    return key.policy if key else None
