"""S3: server access logs, which come late and not for certain, and who may write them.

AWS ("Logging requests with server access logging", S3 user guide): logs are delivered on a
best-effort basis, most within a few hours. moto 5.2.5 puts one into the target bucket during each
request, so that a log bucket is never empty again and can't be destroyed without force. The local
cloud delivers none: within the life of a local run that is nearest to AWS. Not fit for upstream.

AWS ("Enabling Amazon S3 server access logging"): the policy of the target bucket lets the service
logging.s3 put objects under the prefix. moto 5.2.5 fails on a statement for everybody, and knows no
resource but the whole bucket or the exact prefix, and none in a list. Fit for upstream. Conditions
are not looked at: whether they are met shows when a log is delivered.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.s3.models import FakeBucket, S3Backend
from moto.s3.utils import LOGGING_SERVICE_PRINCIPAL

from local_aws.patches import wrap
from local_aws.policies import ALLOW, Access, decide


def apply() -> None:
    """Deliver no logs, and read a target's policy as it is meant."""
    wrap(S3Backend, "log_incoming_request", _log_incoming_request)
    may_be_logged_to = staticmethod(_may_be_logged_to)
    FakeBucket._log_permissions_enabled_policy = may_be_logged_to  # type: ignore[method-assign]


def _log_incoming_request(
    original: Callable[..., Any], self: S3Backend, request: Any, bucket_name: str
) -> None:
    del original, self, request, bucket_name


def _may_be_logged_to(target_bucket: FakeBucket, target_prefix: str | None) -> bool:
    if not target_bucket.policy:
        return False
    statements = json.loads(target_bucket.policy).get("Statement", [])
    unconditional = [
        {key: value for key, value in statement.items() if key != "Condition"}
        for statement in (statements if isinstance(statements, list) else [statements])
        if statement.get("Effect") == ALLOW
    ]
    delivery = Access(
        action="s3:PutObject",
        resource=f"{target_bucket.arn}/{target_prefix or ''}log",
        principals=frozenset({LOGGING_SERVICE_PRINCIPAL}),
        keys={},
    )
    return decide(json.dumps({"Statement": unconditional}), delivery) == ALLOW
