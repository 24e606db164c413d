"""Roles, and whom their trust policies let in.

"Request temporary security credentials" and "Methods to assume a role" (IAM guide). Only the trust
side is judged: in AWS a principal of another account, or one that the trust policy names by its
account only, needs an Allow in a policy of its own as well, and IAM is not enforced here.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from typing import Any

from moto.iam.models import iam_backends
from moto.sts.exceptions import STSClientError, STSValidationError

from local_aws.policies import ALLOW, Access, decide

_ARN = re.compile(r"arn:(?P<partition>[a-z-]+):iam::(?P<account>\d{12}):role/(?P<path>.+)")
_SESSION_NAME = re.compile(r"[\w+=,.@-]{2,64}", re.ASCII)
_EXTERNAL_ID = re.compile(r"[\w+=,.@:/-]{2,1224}", re.ASCII)
SHORTEST, LONGEST = 900, 43200
DEFAULT_SECONDS = 3600


def account_of(arn: str) -> str:
    """The account of a role's ARN. Raises the error of STS for another text."""
    found = _ARN.fullmatch(arn)
    if found is None:
        raise STSValidationError(f"{arn} is invalid")
    return found["account"]


def find_role(arn: str) -> Any:
    """moto's role, or None."""
    found = _ARN.fullmatch(arn)
    # To look into a BackendDict makes the account.
    if found is None or found["account"] not in iam_backends:
        return None
    roles = iam_backends[found["account"]][found["partition"]].roles
    return next((role for role in list(roles.values()) if role.arn == arn), None)


def lets_in(role: Any, access: Access, actions: list[str]) -> bool:
    """Whether the role's trust policy allows all of `actions` to who asks."""
    text = _text_of(role)
    return all(
        decide(text, Access(action, access.resource, access.principals, access.keys, access.kinds))
        == ALLOW
        for action in actions
    )


def condition_keys(role: Any) -> set[str]:
    """The keys, in lower case, that the conditions of the role's trust policy ask for."""
    statements = json.loads(_text_of(role)).get("Statement", [])
    return {
        key.lower()
        for statement in (statements if isinstance(statements, list) else [statements])
        for entries in statement.get("Condition", {}).values()
        for key in entries
    }


def check_request(parameters: Mapping[str, str | None], seconds: int) -> None:
    """Refuse names, external ids and durations that STS does not take ("AssumeRole")."""
    for name, pattern in (
        ("RoleSessionName", _SESSION_NAME),
        ("SourceIdentity", _SESSION_NAME),
        ("ExternalId", _EXTERNAL_ID),
    ):
        value = parameters.get(name)
        if value is not None and pattern.fullmatch(value) is None:
            raise _invalid(value, name, f"satisfy regular expression pattern: {pattern.pattern}")
    if seconds < SHORTEST:
        raise _invalid(
            seconds, "DurationSeconds", f"have value greater than or equal to {SHORTEST}"
        )
    if seconds > LONGEST:
        raise _invalid(seconds, "DurationSeconds", f"have value less than or equal to {LONGEST}")


def check_duration(role: Any, seconds: int, *, chained: bool) -> None:
    """Refuse a session that is longer than the role or the chaining of roles allows."""
    if chained and seconds > DEFAULT_SECONDS:
        raise STSValidationError(
            "The requested DurationSeconds exceeds the 1 hour session limit for roles assumed by "
            "role chaining"
        )
    longest = int(getattr(role, "max_session_duration", None) or DEFAULT_SECONDS)
    if seconds > longest:
        raise STSValidationError(
            "The requested DurationSeconds exceeds the MaxSessionDuration set for this role."
        )


def access_denied(message: str) -> STSClientError:
    """STS's answer to who is not let in."""
    return STSClientError("AccessDenied", message)


def _text_of(role: Any) -> str:
    document = role.assume_role_policy_document
    return document if isinstance(document, str) else json.dumps(document)


def _invalid(value: object, name: str, constraint: str) -> STSValidationError:
    member = name[0].lower() + name[1:]
    return STSValidationError(
        f"1 validation error detected: Value '{value}' at '{member}' failed to satisfy constraint: "
        f"Member must {constraint}"
    )
