"""What App Runner tells of a service: events in EventBridge and lines in its log.

"Handling App Runner events in EventBridge" (developer guide): each change of a service's status and
each start and end of an operation is an event of the source aws.apprunner. The guide writes the
members of `detail` in more than one way; these are those of its examples. "Viewing App Runner logs
streamed to CloudWatch Logs": the log group of the service has a stream `events`. The groups have no
retention, and stay when the service is deleted. The wording of both is our own.
"""

from __future__ import annotations

import time
import uuid
from typing import Any

from moto.events.models import events_backends
from moto.logs.models import logs_backends

from local_aws.services.apprunner.models.naming import Place
from local_aws.services.apprunner.models.operations import (
    CREATE,
    DELETE,
    DEPLOY,
    PAUSE,
    RESUME,
    UPDATE,
    Operation,
)

_NAMES = {
    CREATE: ("CreateService", "Service creation"),
    UPDATE: ("UpdateService", "Service update"),
    DELETE: ("DeleteService", "Service deletion"),
    PAUSE: ("PauseService", "Service pause"),
    RESUME: ("ResumeService", "Service resumption"),
    DEPLOY: ("Deployment", "Deployment"),
}


class Notices:
    """What is told of one service."""

    def __init__(self, place: Place, name: str, identifier: str, arn: str) -> None:
        self._place = place
        self._name = name
        self._id = identifier
        self._arn = arn

    def began(self, operation: Operation) -> None:
        """An operation has started."""
        name, words = _NAMES[operation.type]
        self._operation(f"{name}Started", f"{words} started.")

    def ended(self, operation: Operation, problem: str | None) -> None:
        """An operation has ended; problem: why it failed, or None."""
        name, words = _NAMES[operation.type]
        if problem is None:
            self._operation(f"{name}CompletedSuccessfully", f"{words} completed successfully.")
            return
        after = " The service was rolled back." if operation.status.startswith("ROLLBACK") else ""
        self._operation(f"{name}Failed", f"{words} failed. {problem}{after}", "ERROR")

    def status(self, before: str, after: str) -> None:
        """The status of the service has changed."""
        if before == after:
            return
        detail = {"PreviousStatus": before, "CurrentStatus": after}
        message = f"Service status is set to {after}."
        severity = "ERROR" if after.endswith("_FAILED") else "INFO"
        self._send("AppRunner Service Status Change", detail, message, severity)

    def make_log_groups(self) -> None:
        """Make both log groups, unless they are there."""
        for kind in ("application", "service"):
            logs_backends[self._place.account][self._place.region].ensure_log_group(
                self._group(kind)
            )

    def _operation(self, status: str, message: str, severity: str = "INFO") -> None:
        self._log(message)
        detail = {"operationStatus": status}
        self._send("AppRunner Service Operation Status Change", detail, message, severity)

    def _log(self, message: str) -> None:
        logs, group = logs_backends[self._place.account][self._place.region], self._group("service")
        logs.ensure_log_group(group)
        logs.ensure_log_stream(group, "events")
        event = {"timestamp": int(time.time() * 1000), "message": f"[AppRunner] {message}"}
        logs.put_log_events(group, "events", [event])

    def _send(self, kind: str, detail: dict[str, str], message: str, severity: str) -> None:
        event: Any = {
            "version": "0",
            "id": str(uuid.uuid4()),
            "detail-type": kind,
            "source": "aws.apprunner",
            "account": self._place.account,
            # moto writes it as AWS does once it delivers the event.
            "time": int(time.time()),
            "region": self._place.region,
            "resources": [self._arn],
            "detail": {
                **detail,
                "ServiceName": self._name,
                "ServiceId": self._id,
                "Message": message,
                "Severity": severity,
            },
        }
        events = events_backends[self._place.account][self._place.region]
        # Events of AWS services arrive on the default bus alone.
        for rule in list(events.event_buses["default"].rules.values()):
            rule.send_to_targets(event, transform_input=False)

    def _group(self, kind: str) -> str:
        return f"/aws/apprunner/{self._name}/{self._id}/{kind}"
