"""SNS: topics of other accounts.

AWS ("Using identity-based policies with Amazon SNS", SNS developer guide): a topic of another
account takes what its policy allows to the caller, and AuthorizationError otherwise. The policy
that a new topic has lets nobody else in. moto 5.2.5 lets every account read, publish to, change and
delete every topic, and so does a bucket whose notifications name one; those are lost here. Fit for
upstream as an option.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.sns.exceptions import TopicNotFound
from moto.sns.models import SNSBackend, sns_backends
from moto.sns.responses import SNSResponse

from local_aws.patches import wrap
from local_aws.reach import Border, Policy, account_of, guard


def apply() -> None:
    """Ask the topic's policy."""
    guard(SNSResponse, Border("sns", _topics, _policy, code="AuthorizationError"))
    wrap(SNSBackend, "get_topic", _get_topic)


def _get_topic(original: Callable[..., Any], self: SNSBackend, arn: str) -> Any:
    # A request that a policy lets in is answered by the topic's own account.
    if account_of(arn) not in ("", self.account_id):
        raise TopicNotFound
    return original(arn)


def _topics(response: Any) -> list[str]:
    arns = (str(response._get_param(n) or "") for n in ("TopicArn", "TargetArn", "ResourceArn"))
    subscription = str(response._get_param("SubscriptionArn") or "")
    # A subscription's ARN is its topic's and an id.
    return [arn for arn in (*arns, subscription.rpartition(":")[0]) if arn.startswith("arn:")]


def _policy(arn: str) -> Policy:
    _, _, _, region, account, _ = arn.split(":", 5)
    backend = sns_backends[account][region] if account in sns_backends else None
    topic = backend.topics.get(arn) if backend else None
    return topic.policy if topic else None
