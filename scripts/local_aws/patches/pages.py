"""Pages of lists that moto answers whole.

AWS: ListRolePolicies (`MaxItems`, `Marker`), DescribeAlarms (`MaxRecords`, `NextToken`, over all
kinds of alarms together) and DescribeRepositories (`maxResults`, `nextToken`) answer no more than
was asked for, and a token for the rest. moto 5.2.5 ignores the size and answers everything. Fit for
upstream.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Callable, Sequence
from typing import Any

from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr.responses import ECRResponse
from moto.iam.responses import IamResponse

from local_aws.patches import wrap


class TokenError(ServiceException):
    """A token that no page gave. In a class of ours: moto reads the service off the module."""


def apply() -> None:
    """Answer page by page."""
    wrap(IamResponse, "list_role_policies", _list_role_policies)
    wrap(CloudWatchResponse, "describe_alarms", _describe_alarms)
    wrap(ECRResponse, "describe_repositories", _describe_repositories)


def _list_role_policies(original: Callable[..., Any], self: IamResponse) -> ActionResult:
    size, token = self._get_param("MaxItems"), self._get_param("Marker")
    result, rest = _page(original().result, ["PolicyNames"], size or 100, token, "ValidationError")
    more = {"IsTruncated": True, "Marker": rest} if rest else {"IsTruncated": False}
    return ActionResult({**result, **more})


def _describe_alarms(original: Callable[..., Any], self: CloudWatchResponse) -> ActionResult:
    size, token = self._get_param("MaxRecords"), self._get_param("NextToken")
    whole: Any = original().result
    result, rest = _page(whole, sorted(whole), size or 50, token, "InvalidNextToken")
    return ActionResult({**result, "NextToken": rest} if rest else result)


def _describe_repositories(original: Callable[..., Any], self: ECRResponse) -> ActionResult:
    size, token = self._get_param("maxResults"), self._get_param("nextToken")
    code = "InvalidParameterException"
    result, rest = _page(original().result, ["repositories"], size or 100, token, code)
    return ActionResult({**result, "nextToken": rest} if rest else result)


def _page(
    whole: Any, members: Sequence[str], size: int | str, token: str | None, code: str
) -> tuple[dict[str, Any], str | None]:
    """One page out of the lists under `members`, one after the other, and the token of the rest.

    code: of the error for a token that is none.
    """
    start = _start(token, code)
    end = start + int(size)
    result, before = dict(whole), 0
    for member in members:
        items = list(whole[member])
        result[member] = items[max(start - before, 0) : max(end - before, 0)]
        before += len(items)
    rest = base64.urlsafe_b64encode(str(end).encode()).decode() if end < before else None
    return result, rest


def _start(token: str | None, code: str) -> int:
    if not token:
        return 0
    try:
        text = base64.urlsafe_b64decode(token).decode("ascii")
    except (binascii.Error, ValueError):
        text = ""
    if not text.isdigit():
        raise TokenError(code, f"The token '{token}' is invalid.")
    return int(text)
