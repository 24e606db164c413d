"""Pages of a list, as `MaxResults` and `NextToken` ask for them."""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from typing import Any

from local_aws.services.apprunner.exceptions import InvalidRequestError


def page(
    member: str, items: Sequence[Any], request: Mapping[str, Any], default: int
) -> dict[str, Any]:
    """One page of `items` under `member`, with a token when there is more."""
    start = _start(member, request.get("NextToken"))
    end = start + int(request.get("MaxResults") or default)
    answer: dict[str, Any] = {member: list(items[start:end])}
    if end < len(items):
        answer["NextToken"] = base64.urlsafe_b64encode(f"{member} {end}".encode()).decode()
    return answer


def _start(member: str, token: str | None) -> int:
    """Where the page begins. A token is good for the list that gave it, and no other."""
    if not token:
        return 0
    try:
        listed, _, start = base64.urlsafe_b64decode(token).decode("ascii").partition(" ")
    except (binascii.Error, ValueError):
        raise InvalidRequestError("NextToken is invalid.") from None
    if listed != member or not start.isdigit():
        raise InvalidRequestError("NextToken is invalid.")
    return int(start)
