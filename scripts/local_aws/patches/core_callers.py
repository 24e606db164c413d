"""Whose account a request acts in.

AWS: that of the principal whose access key signed it ("Request context", IAM guide), and of a
presigned address as well. moto 5.2.5: an `x-moto-account-id` header wins over the key, a key that
nobody has leads into a default account, and so does every presigned address of version 4. Fit for
upstream in part: moto's users count on the header and on unknown keys.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import BaseResponse

from local_aws import callers
from local_aws.patches import wrap


def apply() -> None:
    """Go by the key alone."""
    wrap(BaseResponse, "get_access_key", _get_access_key)
    wrap(BaseResponse, "get_current_account", _get_current_account)


def _get_access_key(original: Callable[..., Any], self: BaseResponse) -> str:
    return callers.signature_of(self).access_key or str(original())


def _get_current_account(original: Callable[..., Any], self: BaseResponse) -> str:
    del original
    caller = callers.of(self)
    # Who is anonymous has no account, and nothing is in that of the entry credentials.
    return caller.account if caller else callers.MANAGEMENT_ACCOUNT
