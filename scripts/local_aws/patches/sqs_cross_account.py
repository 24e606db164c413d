"""SQS: queues of other accounts.

AWS ("Basic examples of Amazon SQS policies", SQS developer guide): the address of a queue names its
account, and a queue of another account takes what its policy allows, else AccessDenied. Some
operations no policy opens. moto 5.2.5 reads the name only and takes the caller's queue of that
name. Fit for upstream.
"""

from __future__ import annotations

from typing import Any
from urllib.parse import urlsplit

from moto.sqs.models import sqs_backends
from moto.sqs.responses import SQSResponse

from local_aws.reach import Border, Policy, guard

# "Amazon SQS API permissions": those that cannot be granted across accounts.
_CLOSED = frozenset(
    {
        "AddPermission",
        "CreateQueue",
        "DeleteQueue",
        "ListQueueTags",
        "ListQueues",
        "RemovePermission",
        "SetQueueAttributes",
        "TagQueue",
        "UntagQueue",
    }
)


def apply() -> None:
    """Ask the queue's policy."""
    guard(SQSResponse, Border("sqs", _queues, _policy, code="AccessDenied", closed=_CLOSED))


def _queues(response: Any) -> list[str]:
    address = urlsplit(str(response._get_param("QueueUrl") or "")).path.strip("/")
    owner, _, name = address.rpartition("/")
    owner = owner or str(response._get_param("QueueOwnerAWSAccountId") or "")
    name = name or str(response._get_param("QueueName") or "")
    if not owner.isdigit():
        return []
    return [f"arn:{response.partition}:sqs:{response.region}:{owner}:{name}"]


def _policy(arn: str) -> Policy:
    _, _, _, region, account, name = arn.split(":", 5)
    backend = sqs_backends[account][region] if account in sqs_backends else None
    queue = backend.queues.get(name) if backend else None
    return queue.policy if queue else None
