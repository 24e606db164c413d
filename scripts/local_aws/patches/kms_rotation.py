"""KMS: the rotation period of a key.

AWS ("EnableKeyRotation", "GetKeyRotationStatus", KMS API reference): the period is 365 days unless
RotationPeriodInDays (90 to 2560) says otherwise; the status names it. moto 5.2.5 keeps a flag only.
Fit for upstream.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from typing import Any

from moto.kms.exceptions import ValidationException
from moto.kms.responses import KmsResponse

from local_aws.patches import wrap

_DEFAULT_DAYS = 365
_SHORTEST, _LONGEST = 90, 2560


def apply() -> None:
    """Keep and answer the rotation period."""
    wrap(KmsResponse, "enable_key_rotation", _enable)
    wrap(KmsResponse, "get_key_rotation_status", _status)


def _enable(original: Callable[..., Any], self: KmsResponse) -> Any:
    days = self._get_param("RotationPeriodInDays", _DEFAULT_DAYS)
    if not _SHORTEST <= days <= _LONGEST:
        raise ValidationException(
            f"1 validation error detected: Value '{days}' at 'rotationPeriodInDays' failed to "
            f"satisfy constraint: Member must be between {_SHORTEST} and {_LONGEST}"
        )
    answer = original()
    key = _key(self)
    key.rotation_period_in_days = days
    key.rotation_enabled_at = datetime.now(UTC)
    return answer


def _status(original: Callable[..., Any], self: KmsResponse) -> str:
    status: dict[str, Any] = json.loads(original())
    key = _key(self)
    status["KeyId"] = key.arn
    if status["KeyRotationEnabled"]:
        days = getattr(key, "rotation_period_in_days", _DEFAULT_DAYS)
        start = getattr(key, "rotation_enabled_at", datetime.now(UTC))
        status["RotationPeriodInDays"] = days
        status["NextRotationDate"] = (start + timedelta(days=days)).timestamp()
    return json.dumps(status)


def _key(self: KmsResponse) -> Any:
    backend = self.kms_backend
    return backend.keys[backend.get_key_id(self._get_param("KeyId"))]
