"""One App Runner service and its life cycle.

Statuses: Service in the App Runner API reference. A failed first deployment leaves CREATE_FAILED; a
failed later one is rolled back, and the service is RUNNING again on what it ran before
(aws/apprunner-roadmap issues 209 and 272): only the operation, the event and the log say that it
failed.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from copy import deepcopy
from dataclasses import dataclass, field
from typing import Any

from local_aws.services.apprunner.exceptions import InvalidStateError
from local_aws.services.apprunner.models.notices import Notices
from local_aws.services.apprunner.models.operations import (
    CREATE,
    DELETE,
    DEPLOY,
    PAUSE,
    RESUME,
    UPDATE,
    Operation,
)

IN_PROGRESS = "OPERATION_IN_PROGRESS"
RUNNING = "RUNNING"
PAUSED = "PAUSED"
DELETED = "DELETED"
CREATE_FAILED = "CREATE_FAILED"
_DEPLOYING = {CREATE, UPDATE, DEPLOY}


@dataclass
class Configuration:
    """Everything of a service that an update may change."""

    source: dict[str, Any]
    instance: dict[str, Any]
    health_check: dict[str, Any]
    network: dict[str, Any]
    auto_scaling_arn: str
    observability: dict[str, Any] | None


@dataclass
class Service:
    """A service. `check` looks at a deployment and returns why it fails, or None."""

    name: str
    id: str
    arn: str
    host: str
    configuration: Configuration
    encryption: dict[str, Any] | None
    check: Callable[[Service], str | None]
    notices: Notices
    created_at: float = field(default_factory=time.time)
    updated_at: float = field(default_factory=time.time)
    deleted_at: float | None = None
    status: str = IN_PROGRESS
    operations: list[Operation] = field(default_factory=list)
    _previous: Configuration | None = None
    _never_ran: bool = True

    @property
    def is_deleted(self) -> bool:
        return self.status == DELETED

    @property
    def is_public(self) -> bool:
        return bool(self.configuration.network["IngressConfiguration"]["IsPubliclyAccessible"])

    @property
    def serving(self) -> Configuration | None:
        """What its instances run at this moment; None while there are none.

        A deployment replaces them only when it has succeeded.
        """
        if self.status == RUNNING:
            return self.configuration
        if self.status != IN_PROGRESS or self._never_ran:
            return None
        operation = self.operations[0]
        if operation.type in (DELETE, RESUME):
            return None
        was_paused = operation.type != PAUSE and operation.next_status == PAUSED
        return None if was_paused else self._previous

    def require(self, verb: str, *statuses: str) -> None:
        """Raise InvalidStateError unless the service is in one of `statuses`."""
        if self.status not in statuses:
            raise InvalidStateError(
                f"Service cannot be {verb} in the current state: {self.status}."
            )

    def begin(
        self, operation_type: str, next_status: str, configuration: Configuration | None = None
    ) -> Operation:
        """Start an operation, with a new configuration if it changes that."""
        self._previous = self.configuration
        if configuration is not None:
            self.configuration = configuration
        operation = Operation(operation_type, self.arn, next_status)
        self.operations.insert(0, operation)
        self.notices.began(operation)
        self._become(IN_PROGRESS)
        return operation

    def settle(self) -> None:
        """End the current operation if its time has come."""
        if not self.operations or not self.operations[0].is_due:
            return
        operation = self.operations[0]
        problem = self.check(self) if operation.type in _DEPLOYING else None
        if problem is None:
            operation.end("SUCCEEDED")
            after = operation.next_status
        elif self._never_ran:
            operation.end("FAILED")
            after = CREATE_FAILED
        else:
            operation.end("ROLLBACK_SUCCEEDED")
            self.configuration = self._previous or self.configuration
            after = operation.next_status
        if after == RUNNING:
            self._never_ran = False
            self.notices.make_log_groups()
        self.notices.ended(operation, problem)
        self._become(after)
        if operation.type == DELETE:
            self.deleted_at = self.updated_at

    def _become(self, status: str) -> None:
        before, self.status, self.updated_at = self.status, status, time.time()
        self.notices.status(before, status)

    def to_summary(self) -> dict[str, Any]:
        return {
            "ServiceName": self.name,
            "ServiceId": self.id,
            "ServiceArn": self.arn,
            "ServiceUrl": self.host if self.is_public else "",
            "CreatedAt": self.created_at,
            "UpdatedAt": self.updated_at,
            "Status": self.status,
        }

    def to_dict(self, auto_scaling_summary: dict[str, Any]) -> dict[str, Any]:
        """The service as the API answers it, at this moment."""
        now = deepcopy(self.configuration)
        answer = {
            **self.to_summary(),
            "SourceConfiguration": now.source,
            "InstanceConfiguration": now.instance,
            "HealthCheckConfiguration": now.health_check,
            "AutoScalingConfigurationSummary": auto_scaling_summary,
            "NetworkConfiguration": now.network,
        }
        # The provider plans a change for a service that never had one and answers one.
        if now.observability is not None:
            answer["ObservabilityConfiguration"] = now.observability
        if self.encryption:
            answer["EncryptionConfiguration"] = self.encryption
        if self.deleted_at is not None:
            answer["DeletedAt"] = self.deleted_at
        return answer
