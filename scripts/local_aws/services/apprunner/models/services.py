"""The services of an account and region."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial
from typing import Any

from local_aws.services.apprunner.exceptions import (
    InvalidRequestError,
    InvalidStateError,
    ResourceNotFoundError,
    ServiceQuotaExceededError,
)
from local_aws.services.apprunner.models.auto_scaling import AutoScalingConfigurations
from local_aws.services.apprunner.models.images import image_problem
from local_aws.services.apprunner.models.naming import Place, resource_id
from local_aws.services.apprunner.models.notices import Notices
from local_aws.services.apprunner.models.observability import ObservabilityConfigurations
from local_aws.services.apprunner.models.operations import (
    CREATE,
    DELETE,
    DEPLOY,
    PAUSE,
    RESUME,
    UPDATE,
    Operation,
)
from local_aws.services.apprunner.models.service import (
    CREATE_FAILED,
    DELETED,
    PAUSED,
    RUNNING,
    Configuration,
    Service,
)
from local_aws.services.apprunner.models.source import (
    health_check,
    instance_configuration,
    source_configuration,
)
from local_aws.services.apprunner.models.vpc import VpcConnector

# "App Runner resource quotas", developer guide.
MAXIMUM_SERVICES = 30

DeploymentCheck = Callable[[Service], str | None]


def _no_connection(arn: str) -> None:
    """What is known of a connection before `Networks` has taken over."""
    del arn


class Services:
    """All services. `deployment_checks` may each give a reason why a deployment fails."""

    def __init__(self, place: Place) -> None:
        self._place = place
        self.deployment_checks: tuple[DeploymentCheck, ...] = (partial(image_problem, place),)
        self._by_arn: dict[str, Service] = {}
        self.auto_scaling = AutoScalingConfigurations(place, self.using_auto_scaling)
        self.observability = ObservabilityConfigurations(place, self.using_observability)
        self.connectors: dict[str, VpcConnector] = {}
        self.connection_status: Callable[[str], str | None] = _no_connection

    def settle(self) -> None:
        """End the operations whose time has come: once per request, before it is answered."""
        for service in self._by_arn.values():
            service.settle()

    def alive(self) -> list[Service]:
        return [service for service in self._by_arn.values() if not service.is_deleted]

    def get(self, arn: str) -> Service:
        service = self._by_arn.get(arn)
        if service is None:
            raise ResourceNotFoundError(f"Service not found for ARN: {arn}")
        return service

    def referred(self, arn: str) -> Service:
        """Like `get`, for operations whose API model lists no ResourceNotFoundException."""
        try:
            return self.get(arn)
        except ResourceNotFoundError as error:
            raise InvalidRequestError(error.message) from None

    def create(self, request: dict[str, Any]) -> tuple[Service, Operation]:
        name = request["ServiceName"]
        alive = self.alive()
        if any(service.name == name for service in alive):
            raise InvalidRequestError(f"Service with the provided name already exists: {name}.")
        if len(alive) >= MAXIMUM_SERVICES:
            raise ServiceQuotaExceededError(
                f"The maximum number of services ({MAXIMUM_SERVICES}) was reached."
            )
        identifier = resource_id()
        arn = self._place.arn("service", name, identifier)
        service = Service(
            name=name,
            id=identifier,
            arn=arn,
            host=self._place.host(),
            configuration=self._configuration(request, None),
            encryption=request.get("EncryptionConfiguration"),
            check=self._check,
            notices=Notices(self._place, name, identifier, arn),
        )
        self._by_arn[service.arn] = service
        return service, service.begin(CREATE, RUNNING)

    def update(self, request: dict[str, Any]) -> tuple[Service, Operation]:
        service = self.get(request["ServiceArn"])
        service.require("updated", RUNNING, PAUSED, CREATE_FAILED)
        source = request.get("SourceConfiguration", {})
        current = service.configuration.source
        for kind in ("CodeRepository", "ImageRepository"):
            if kind in source and kind not in current:
                raise InvalidRequestError(
                    "A service cannot change between an image and a code repository."
                )
        configuration = self._configuration(request, service.configuration)
        after = PAUSED if service.status == PAUSED else RUNNING
        return service, service.begin(UPDATE, after, configuration)

    def pause(self, arn: str) -> tuple[Service, Operation]:
        service = self.get(arn)
        service.require("paused", RUNNING)
        return service, service.begin(PAUSE, PAUSED)

    def resume(self, arn: str) -> tuple[Service, Operation]:
        service = self.get(arn)
        service.require("resumed", PAUSED)
        return service, service.begin(RESUME, RUNNING)

    def deploy(self, arn: str) -> Operation:
        service = self.get(arn)
        try:
            service.require("deployed", RUNNING)
        except InvalidStateError as error:
            # StartDeployment's model has no InvalidStateError.
            raise InvalidRequestError(error.message) from None
        return service.begin(DEPLOY, RUNNING)

    def delete(self, arn: str) -> tuple[Service, Operation]:
        service = self.get(arn)
        service.require("deleted", RUNNING, PAUSED, CREATE_FAILED)
        return service, service.begin(DELETE, DELETED)

    def using_auto_scaling(self, arn: str) -> list[str]:
        return [s.arn for s in self.alive() if s.configuration.auto_scaling_arn == arn]

    def using_observability(self, arn: str) -> list[str]:
        return [
            service.arn
            for service in self.alive()
            if (service.configuration.observability or {}).get("ObservabilityConfigurationArn")
            == arn
        ]

    def to_dict(self, service: Service) -> dict[str, Any]:
        revision = self.auto_scaling.revisions.get(service.configuration.auto_scaling_arn)
        return service.to_dict(self.auto_scaling.to_summary(revision))

    def _check(self, service: Service) -> str | None:
        problems = (check(service) for check in self.deployment_checks)
        return next((problem for problem in problems if problem), None)

    def _configuration(self, request: dict[str, Any], old: Configuration | None) -> Configuration:
        """The configuration after `request`; what it leaves out stays as it was or is a default."""
        given_instance = request.get("InstanceConfiguration")
        instance = (
            old.instance
            if old is not None and given_instance is None
            else instance_configuration(given_instance or {}, self._place)
        )
        given_health = request.get("HealthCheckConfiguration")
        return Configuration(
            source=self._source(request.get("SourceConfiguration"), old, instance),
            instance=instance,
            health_check=old.health_check
            if old is not None and given_health is None
            else health_check(given_health or {}),
            network=self._network(request.get("NetworkConfiguration"), old),
            auto_scaling_arn=self._auto_scaling_arn(request, old),
            observability=self._observability(request.get("ObservabilityConfiguration"), old),
        )

    def _source(
        self, given: dict[str, Any] | None, old: Configuration | None, instance: dict[str, Any]
    ) -> dict[str, Any]:
        before = dict(old.source) if old else {}
        image = (given or {}).get("ImageRepository", {})
        if image.get("ImageRepositoryType") == "ECR_PUBLIC":
            # Nobody asks for the role that the image before it was pulled with.
            before.pop("AuthenticationConfiguration", None)
        merged = {**before, **(given or {})}
        source = source_configuration(merged, self._place, "InstanceRoleArn" in instance)
        connection = source.get("AuthenticationConfiguration", {}).get("ConnectionArn")
        if connection and self.connection_status(connection) != "AVAILABLE":
            raise InvalidRequestError(f"Connection {connection} is not available.")
        return source

    def _network(self, given: dict[str, Any] | None, old: Configuration | None) -> dict[str, Any]:
        before = old.network if old else {}
        given = given or {}
        egress = given.get("EgressConfiguration", before.get("EgressConfiguration", {}))
        egress = {"EgressType": "DEFAULT", **egress}
        if egress["EgressType"] == "VPC":
            connector = self.connectors.get(egress.get("VpcConnectorArn", ""))
            if connector is None or not connector.is_active:
                raise InvalidRequestError(
                    f"VPC connector {egress.get('VpcConnectorArn')} does not exist."
                )
        elif "VpcConnectorArn" in egress:
            raise InvalidRequestError("VpcConnectorArn is only valid with EgressType VPC.")
        ingress = given.get("IngressConfiguration", before.get("IngressConfiguration"))
        if ingress is None:
            ingress = {"IsPubliclyAccessible": True}
        kind = given.get("IpAddressType", before.get("IpAddressType", "IPV4"))
        return {
            "EgressConfiguration": egress,
            # The member is a plain boolean: SDKs leave false out and send an empty structure.
            "IngressConfiguration": {"IsPubliclyAccessible": False, **ingress},
            "IpAddressType": kind,
        }

    def _auto_scaling_arn(self, request: dict[str, Any], old: Configuration | None) -> str:
        given = request.get("AutoScalingConfigurationArn")
        if given:
            return self.auto_scaling.revisions.find_active(given).arn
        return old.auto_scaling_arn if old else self.auto_scaling.default.arn

    def _observability(
        self, given: dict[str, Any] | None, old: Configuration | None
    ) -> dict[str, Any] | None:
        if given is None:
            return old.observability if old else None
        arn = given.get("ObservabilityConfigurationArn")
        if not given["ObservabilityEnabled"]:
            return {"ObservabilityEnabled": False}
        if not arn:
            raise InvalidRequestError(
                "ObservabilityConfigurationArn is required when ObservabilityEnabled is true."
            )
        revision = self.observability.revisions.find_active(arn)
        return {"ObservabilityEnabled": True, "ObservabilityConfigurationArn": revision.arn}
