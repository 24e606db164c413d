"""How App Runner names things.

ARN formats: "Actions, resources, and condition keys for AWS App Runner", service authorization
reference.
"""

from __future__ import annotations

import secrets
import string
import uuid
from dataclasses import dataclass

_LETTERS = string.ascii_lowercase + string.digits


@dataclass(frozen=True)
class Place:
    """An account in a region."""

    partition: str
    region: str
    account: str

    def arn(self, kind: str, *parts: str | int) -> str:
        path = "/".join(str(part) for part in (kind, *parts))
        return f"arn:{self.partition}:apprunner:{self.region}:{self.account}:{path}"

    def host(self) -> str:
        """A new domain name of App Runner's, without a scheme."""
        label = "".join(secrets.choice(_LETTERS) for _ in range(10))
        return f"{label}.{self.region}.awsapprunner.com"


def resource_id() -> str:
    """32 hexadecimal digits."""
    return uuid.uuid4().hex


def operation_id() -> str:
    """A UUID."""
    return str(uuid.uuid4())
