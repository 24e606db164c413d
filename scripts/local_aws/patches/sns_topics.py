"""SNS: topic attributes that are stored and not answered.

AWS ("GetTopicAttributes", SNS API reference): SignatureVersion and TracingConfig are among the
attributes once they are set. moto 5.2.5 stores them and leaves them out. Fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.core.responses import ActionResult
from moto.sns.responses import SNSResponse

from local_aws.patches import wrap

_ATTRIBUTES = {"SignatureVersion": "signature_version", "TracingConfig": "tracing_config"}


def apply() -> None:
    """Answer these attributes."""
    wrap(SNSResponse, "get_topic_attributes", _get_topic_attributes)


def _get_topic_attributes(original: Callable[..., Any], self: SNSResponse) -> ActionResult:
    result: Any = original().result
    topic = self.backend.get_topic(self._get_param("TopicArn"))
    for name, stored in _ATTRIBUTES.items():
        if hasattr(topic, stored):
            result["Attributes"][name] = getattr(topic, stored)
    return ActionResult(result)
