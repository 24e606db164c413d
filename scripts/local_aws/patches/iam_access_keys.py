"""IAM: the last use of an access key.

AWS ("GetAccessKeyLastUsed", IAM API reference): of keys of the caller's account. moto 5.2.5 answers
for those of all accounts. Fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.iam.exceptions import NotFoundException
from moto.iam.models import IAMBackend

from local_aws.patches import wrap


def apply() -> None:
    """Answer for the account's own keys."""
    wrap(IAMBackend, "get_access_key_last_used", _get_access_key_last_used)


def _get_access_key_last_used(
    original: Callable[..., Any], self: IAMBackend, access_key_id: str
) -> Any:
    if access_key_id not in self.access_keys:
        raise NotFoundException(f"The Access Key with id {access_key_id} cannot be found")
    return original(access_key_id)
