"""CloudWatch Logs: log groups of other accounts.

AWS ("CloudWatch cross-account observability", CloudWatch user guide; "PutSubscriptionFilter", Logs
API reference): a log group has no policy that opens it, and what sends logs elsewhere needs a
destination of the other account. moto 5.2.5 takes the caller's group of the same name for a foreign
ARN, and lets a subscription write into a group of any account. Fit for upstream.
"""

from __future__ import annotations

from typing import Any

from moto.logs.responses import LogsResponse

from local_aws.reach import Border, guard

_NAMES = ("destinationArn", "logGroupArn", "logGroupIdentifier", "logGroupName", "resourceArn")


def apply() -> None:
    """Refuse ARNs of other accounts."""
    guard(LogsResponse, Border("logs", _groups))


def _groups(response: Any) -> list[str]:
    many = response._get_param("logGroupIdentifiers") or []
    named = [response._get_param(name) for name in _NAMES]
    return [name for name in [*named, *many] if isinstance(name, str) and ":logs:" in name]
