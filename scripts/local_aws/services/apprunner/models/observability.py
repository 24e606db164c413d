"""Observability configurations: whether and how a service is traced."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.services.apprunner.exceptions import InvalidRequestError
from local_aws.services.apprunner.models.naming import Place
from local_aws.services.apprunner.models.paging import page
from local_aws.services.apprunner.models.revisions import Revision, Revisions

KIND = "observabilityconfiguration"
# "The name DefaultConfiguration is reserved" (CreateObservabilityConfiguration, API reference).
_RESERVED_NAME = "DefaultConfiguration"


@dataclass
class ObservabilityConfiguration(Revision):
    trace: dict[str, Any] | None = None


class ObservabilityConfigurations:
    """All observability configurations; `users` gives the services that use one."""

    def __init__(self, place: Place, users: Callable[[str], list[str]]) -> None:
        self._users = users
        self.revisions: Revisions[ObservabilityConfiguration] = Revisions(place, KIND)

    def create(self, request: dict[str, Any]) -> ObservabilityConfiguration:
        name = request["ObservabilityConfigurationName"]
        if name == _RESERVED_NAME:
            raise InvalidRequestError(f"The name {_RESERVED_NAME} is reserved.")
        number = self.revisions.new_number(name)
        arn = self.revisions.new_arn(name, number)
        trace = request.get("TraceConfiguration")
        return self.revisions.add(ObservabilityConfiguration(name, number, arn, trace=trace))

    def delete(self, arn: str) -> ObservabilityConfiguration:
        revision = self.revisions.get(arn)
        if self._users(revision.arn):
            raise InvalidRequestError(
                f"Observability configuration {revision.arn} is in use by a service."
            )
        if revision.is_active:
            revision.delete()
        return revision

    def listed(self, request: dict[str, Any]) -> dict[str, Any]:
        found = self.revisions.listed(
            request.get("ObservabilityConfigurationName"), request.get("LatestOnly", True)
        )
        summaries = [_identity(revision) for revision in found]
        return page("ObservabilityConfigurationSummaryList", summaries, request, 100)

    def to_dict(self, revision: ObservabilityConfiguration) -> dict[str, Any]:
        answer = {
            **_identity(revision),
            **revision.times(),
            "Latest": self.revisions.is_latest(revision),
            "Status": "ACTIVE" if revision.is_active else "INACTIVE",
        }
        return {**answer, "TraceConfiguration": revision.trace} if revision.trace else answer


def _identity(revision: ObservabilityConfiguration) -> dict[str, Any]:
    return {
        "ObservabilityConfigurationArn": revision.arn,
        "ObservabilityConfigurationName": revision.name,
        "ObservabilityConfigurationRevision": revision.number,
    }
