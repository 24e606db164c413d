"""AWS services that publish to topics, as far as the topic's policy lets them.

AWS ("Example cases for Amazon SNS access control", SNS developer guide): a service needs an Allow
in the topic's policy. The policy that a new topic has lets the owner's resources in by
AWS:SourceOwner, which alarms have and EventBridge rules have not.
"""

from __future__ import annotations

import logging
from dataclasses import dataclass

from moto.sns.models import sns_backends

from local_aws.policies import ALLOW, Access, decide

log = logging.getLogger(__name__)


@dataclass(frozen=True)
class Publisher:
    """A service, and the resource of an account on whose behalf it publishes."""

    service: str
    arn: str
    account: str
    sends_owner: bool = False


def publish(publisher: Publisher, topic_arn: str, message: str, subject: str | None = None) -> bool:
    """Publish, and say whether that was possible."""
    _, _, _, region, account, _ = topic_arn.split(":", 5)
    topic = sns_backends[account][region].topics.get(topic_arn)
    if topic is None:
        log.warning("%s: there is no topic %s", publisher.arn, topic_arn)
        return False
    access = Access(
        action="sns:Publish",
        resource=topic_arn,
        principals=frozenset({f"{publisher.service}.amazonaws.com"}),
        keys={
            "aws:sourceaccount": publisher.account,
            "aws:sourcearn": publisher.arn,
            "aws:sourceowner": publisher.account if publisher.sends_owner else None,
            "aws:securetransport": "true",
            "aws:principalisawsservice": "true",
        },
    )
    if decide(topic.policy, access) != ALLOW:
        log.warning("%s may not publish to %s", publisher.arn, topic_arn)
        return False
    topic.publish(message, subject=subject)
    return True
