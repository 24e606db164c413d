"""Auto scaling configurations.

The wire has `active` and `inactive` in lower case, unlike the API model's enumeration: the
provider compares with the lower-case words (its auto_scaling_configuration_version.go).
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from local_aws.services.apprunner.exceptions import InvalidRequestError
from local_aws.services.apprunner.models.naming import Place
from local_aws.services.apprunner.models.paging import page
from local_aws.services.apprunner.models.revisions import Revision, Revisions

KIND = "autoscalingconfiguration"
DEFAULT_NAME = "DefaultConfiguration"
_DEFAULT_ID = "0" * 31 + "1"


@dataclass
class AutoScalingConfiguration(Revision):
    max_concurrency: int = 100
    min_size: int = 1
    max_size: int = 25


class AutoScalingConfigurations:
    """All auto scaling configurations; `users` gives the ARNs of the services that use one."""

    def __init__(self, place: Place, users: Callable[[str], list[str]]) -> None:
        self._place = place
        self._users = users
        self.revisions: Revisions[AutoScalingConfiguration] = Revisions(place, KIND)
        arn = place.arn(KIND, DEFAULT_NAME, 1, _DEFAULT_ID)
        self.default = self.revisions.add(AutoScalingConfiguration(DEFAULT_NAME, 1, arn))

    def create(self, request: dict[str, Any]) -> AutoScalingConfiguration:
        sizes = {
            "max_concurrency": request.get("MaxConcurrency", 100),
            "min_size": request.get("MinSize", 1),
            "max_size": request.get("MaxSize", 25),
        }
        if sizes["min_size"] > sizes["max_size"]:
            raise InvalidRequestError("MinSize cannot be greater than MaxSize.")
        name = request["AutoScalingConfigurationName"]
        number = self.revisions.new_number(name)
        arn = self.revisions.new_arn(name, number)
        return self.revisions.add(AutoScalingConfiguration(name, number, arn, **sizes))

    def delete(self, arn: str, all_revisions: bool) -> AutoScalingConfiguration:
        chosen = self.revisions.get(arn)
        doomed = self.revisions.same_name(chosen) if all_revisions else [chosen]
        for revision in doomed:
            if revision is self.default:
                raise InvalidRequestError(
                    f"The default auto scaling configuration {revision.arn} cannot be deleted."
                )
            if self._users(revision.arn):
                raise InvalidRequestError(
                    f"Auto scaling configuration {revision.arn} is in use by a service."
                )
        for revision in doomed:
            if revision.is_active:
                revision.delete()
        return chosen

    def listed(self, request: dict[str, Any]) -> dict[str, Any]:
        # `LatestOnly` is true unless it is given ("ListAutoScalingConfigurations").
        found = self.revisions.listed(
            request.get("AutoScalingConfigurationName"), request.get("LatestOnly", True)
        )
        summaries = [self.to_summary(revision) for revision in found]
        return page("AutoScalingConfigurationSummaryList", summaries, request, 100)

    def make_default(self, arn: str) -> AutoScalingConfiguration:
        # An ARN of nothing is ResourceNotFoundException here, unlike where a service refers to it.
        self.default = self.revisions.find_active(self.revisions.get(arn).arn)
        return self.default

    def users_of(self, arn: str) -> list[str]:
        return self._users(self.revisions.get(arn).arn)

    def to_summary(self, revision: AutoScalingConfiguration) -> dict[str, Any]:
        return {
            "AutoScalingConfigurationArn": revision.arn,
            "AutoScalingConfigurationName": revision.name,
            "AutoScalingConfigurationRevision": revision.number,
            "Status": "active" if revision.is_active else "inactive",
            "CreatedAt": revision.created_at,
            "HasAssociatedService": bool(self._users(revision.arn)),
            "IsDefault": revision is self.default,
        }

    def to_dict(self, revision: AutoScalingConfiguration) -> dict[str, Any]:
        return {
            **self.to_summary(revision),
            **revision.times(),
            "Latest": self.revisions.is_latest(revision),
            "MaxConcurrency": revision.max_concurrency,
            "MinSize": revision.min_size,
            "MaxSize": revision.max_size,
        }
