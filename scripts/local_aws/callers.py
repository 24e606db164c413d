"""Who signed a request, as far as its access key and session token tell.

Signatures are not checked: a key id names its owner, and a session's key needs its token as well.

The entry credentials, whose key is called `local`, are those of a user of the management account.
They open nothing but OrganizationAccountAccessRole, the role that AWS Organizations puts into each
member account ("Accessing member accounts in an organization", Organizations user guide).
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any
from urllib.parse import parse_qs

from moto.core.utils import utcnow
from moto.iam.models import iam_backends
from moto.sts.models import sts_backends
from moto.utilities.utils import PARTITION_NAMES

MANAGEMENT_ACCOUNT = "000000000000"
ENTRY_KEY = "local"
ENTRY_ROLE = "OrganizationAccountAccessRole"

_SIGNER = re.compile(r"(?:Credential=|^AWS )\s*(?P<key>[^/:,\s]+)")


class UnknownKeyError(Exception):
    """No account has this access key, it is turned off, or the session token is another's."""


class ExpiredError(Exception):
    """The session is over."""


@dataclass(frozen=True)
class Signature:
    """What a request says of its signer; without a key it is anonymous."""

    access_key: str | None
    token: str | None

    @classmethod
    def of(cls, authorization: str, token: str | None, query: str) -> Signature:
        """Read it from the Authorization header, or from the query of a presigned address."""
        found = _SIGNER.search(authorization)
        if found is not None:
            return cls(found["key"], token)
        named = parse_qs(query)
        key = next((named[n][0] for n in ("X-Amz-Credential", "AWSAccessKeyId") if n in named), "")
        # Version 4 and version 2 of presigned addresses.
        sent = named.get("X-Amz-Security-Token") or named.get("x-amz-security-token")
        return cls(key.split("/")[0] or None, sent[0] if sent else token)


@dataclass(frozen=True)
class Caller:
    """A principal. `names`: all that a policy may call it by; `role_arn`: for a session."""

    account: str
    arn: str
    user_id: str
    kind: str
    partition: str = "aws"
    role_arn: str | None = None
    source_identity: str | None = None
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def is_entry(self) -> bool:
        return self.account == MANAGEMENT_ACCOUNT

    @property
    def names(self) -> frozenset[str]:
        root = f"arn:{self.partition}:iam::{self.account}:root"
        return frozenset({self.account, root, self.arn, self.role_arn or self.arn})

    def keys(self, region: str) -> dict[str, str | None]:
        """The condition keys that are in every request ("Global condition keys", IAM guide)."""
        return {
            "aws:principalarn": self.role_arn or self.arn,
            "aws:principalaccount": self.account,
            "aws:principaltype": self.kind,
            "aws:principalisawsservice": "false",
            "aws:userid": self.user_id,
            "aws:username": self.arn.rsplit("/", 1)[-1] if self.kind == "User" else None,
            "aws:sourceidentity": self.source_identity,
            "aws:sourceip": "127.0.0.1",
            "aws:sourcevpc": None,
            "aws:sourcevpce": None,
            "aws:sourcearn": None,
            "aws:sourceaccount": None,
            "aws:securetransport": "true",
            "aws:viaawsservice": "false",
            "aws:multifactorauthpresent": None,
            "aws:requestedregion": region,
            **{f"aws:principaltag/{name.lower()}": value for name, value in self.tags.items()},
        }


ENTRY = Caller(
    MANAGEMENT_ACCOUNT, f"arn:aws:iam::{MANAGEMENT_ACCOUNT}:user/local", "AIDALOCAL", "User"
)


def find(signature: Signature) -> Caller | None:
    """The caller, or None for an anonymous one. Raises UnknownKeyError, ExpiredError."""
    if signature.access_key is None:
        return None
    if signature.access_key == ENTRY_KEY:
        return ENTRY
    for account, partitions in list(iam_backends.items()):
        for partition in PARTITION_NAMES:
            key = partitions[partition].access_keys.get(signature.access_key)
            if key is None:
                continue
            if key.user_name is None:
                return _session(account, partition, signature)
            user = partitions[partition].users.get(key.user_name)
            if user is None or key.status != "Active":
                raise UnknownKeyError
            return Caller(account, user.arn, user.id, "User", partition)
    raise UnknownKeyError


def _session(account: str, partition: str, signature: Signature) -> Caller:
    sts = sts_backends[account][partition]
    session: Any = sts.get_assumed_role_from_access_key(str(signature.access_key))
    if session is None or session.session_token != signature.token:
        raise UnknownKeyError
    if session.expiration <= utcnow():
        raise ExpiredError
    return Caller(
        account,
        session.arn,
        session.user_id,
        "AssumedRole",
        partition,
        session.role_arn,
        getattr(session, "source_identity", None),
    )


def signature_of(response: Any) -> Signature:
    """The signature of the request that moto's `response` object answers."""
    headers = response.headers
    return Signature.of(
        headers.get("Authorization", ""),
        headers.get("X-Amz-Security-Token"),
        response.parsed_url.query or "",
    )


def of(response: Any) -> Caller | None:
    """The caller of the request that moto's `response` object answers."""
    return find(signature_of(response))
