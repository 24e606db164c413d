"""The App Runner backend of one account in one region."""

from __future__ import annotations

import threading
from typing import Any

from moto.core.base_backend import BackendDict, BaseBackend

from local_aws.services.apprunner.exceptions import (
    InvalidRequestError,
    ResourceNotFoundError,
)
from local_aws.services.apprunner.models.naming import Place
from local_aws.services.apprunner.models.networks import Networks
from local_aws.services.apprunner.models.services import Services

# A resource can have up to 50 tags ("TagResource", App Runner API reference).
MAXIMUM_TAGS = 50


class AppRunnerBackend(BaseBackend):
    """State and rules by subject, and the tags of all of them. Hold `lock` while using it."""

    def __init__(self, region_name: str, account_id: str) -> None:
        super().__init__(region_name, account_id)
        self.lock = threading.RLock()
        place = Place(self.partition, region_name, account_id)
        self.services = Services(place)
        self.networks = Networks(place, self.services)
        # The default auto scaling configuration is there from the start.
        self._tags: dict[str, dict[str, str]] = {self.services.auto_scaling.default.arn: {}}

    def tag_new(self, arn: str, tags: list[dict[str, str]] | None) -> None:
        """Register a resource that was just created."""
        self._tags[arn] = {}
        self.tag(arn, tags or [])

    def tag(self, arn: str, tags: list[dict[str, str]]) -> None:
        known = self._tags_of(arn)
        wanted = {tag["Key"]: tag.get("Value", "") for tag in tags}
        _check_number([*(known | wanted)])
        known.update(wanted)

    def untag(self, arn: str, keys: list[str]) -> None:
        known = self._tags_of(arn)
        for key in keys:
            known.pop(key, None)

    def tags(self, arn: str) -> list[dict[str, Any]]:
        return [{"Key": key, "Value": value} for key, value in self._tags_of(arn).items()]

    def tagged(self) -> dict[str, dict[str, str]]:
        """The tags of all services, configurations and connectors that are not deleted, by ARN."""
        self.services.settle()
        alive = {service.arn for service in self.services.alive()}
        for configurations in (self.services.auto_scaling, self.services.observability):
            alive |= {revision.arn for revision in configurations.revisions.active()}
        alive |= {item.arn for item in self.services.connectors.values() if item.is_active}
        return {arn: tags for arn, tags in self._tags.items() if arn in alive}

    def _tags_of(self, arn: str) -> dict[str, str]:
        if arn not in self._tags:
            raise ResourceNotFoundError(f"No resource found for ARN {arn}.")
        return self._tags[arn]


def check_tags(tags: list[dict[str, str]]) -> None:
    """Raise for tags that no resource can have, whatever it has already."""
    if any(not tag.get("Key") for tag in tags):
        raise InvalidRequestError("A tag needs a key.")
    _check_number([*{tag["Key"] for tag in tags}])


def _check_number(keys: list[str]) -> None:
    if len(keys) > MAXIMUM_TAGS:
        raise InvalidRequestError(f"A resource can have up to {MAXIMUM_TAGS} tags.")


apprunner_backends = BackendDict(AppRunnerBackend, "apprunner")
