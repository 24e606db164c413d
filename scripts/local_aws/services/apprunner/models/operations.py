"""Operations on a service: each takes a moment, then succeeds or fails.

`LOCAL_AWS_APPRUNNER_SECONDS` says how long; with 0, the default, an operation is done by the time
of the next request. Types and statuses: OperationSummary in the App Runner API reference.
"""

from __future__ import annotations

import os
import time
from dataclasses import dataclass, field
from typing import Any

from local_aws.services.apprunner.models.naming import operation_id

CREATE = "CREATE_SERVICE"
UPDATE = "UPDATE_SERVICE"
DELETE = "DELETE_SERVICE"
PAUSE = "PAUSE_SERVICE"
RESUME = "RESUME_SERVICE"
DEPLOY = "START_DEPLOYMENT"


def duration() -> float:
    """How many seconds an operation takes."""
    return float(os.environ.get("LOCAL_AWS_APPRUNNER_SECONDS") or 0)


@dataclass
class Operation:
    """One operation on one service."""

    type: str
    target_arn: str
    next_status: str
    """The status of the service once this succeeded."""
    id: str = field(default_factory=operation_id)
    status: str = "IN_PROGRESS"
    started_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    ended_at: float | None = None
    ready_at: float = field(default_factory=lambda: time.time() + duration())

    @property
    def is_due(self) -> bool:
        return self.ended_at is None and time.time() >= self.ready_at

    def end(self, status: str) -> None:
        self.status = status
        self.ended_at = self.updated_at = time.time()

    def to_summary(self) -> dict[str, Any]:
        summary = {
            "Id": self.id,
            "Type": self.type,
            "Status": self.status,
            "TargetArn": self.target_arn,
            "StartedAt": self.started_at,
            "UpdatedAt": self.updated_at,
        }
        return summary if self.ended_at is None else {**summary, "EndedAt": self.ended_at}
