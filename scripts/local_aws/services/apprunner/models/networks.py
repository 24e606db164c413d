"""The VPC connectors, VPC ingress connections, connections and custom domains of a region."""

from __future__ import annotations

import time
from typing import Any, TypeVar

from local_aws.services.apprunner.exceptions import (
    InvalidRequestError,
    ResourceNotFoundError,
    ServiceQuotaExceededError,
)
from local_aws.services.apprunner.models.connections import Connection
from local_aws.services.apprunner.models.domains import MAXIMUM_DOMAINS, CustomDomain
from local_aws.services.apprunner.models.naming import Place, resource_id
from local_aws.services.apprunner.models.paging import page
from local_aws.services.apprunner.models.service import RUNNING, Service
from local_aws.services.apprunner.models.services import Services
from local_aws.services.apprunner.models.vpc import (
    VpcConnector,
    VpcIngressConnection,
    security_groups_for,
)

T = TypeVar("T")


class Networks:
    """Everything that connects a service with the world around it."""

    def __init__(self, place: Place, services: Services) -> None:
        self._place = place
        self._services = services
        self._ingresses: dict[str, VpcIngressConnection] = {}
        self._connections: dict[str, Connection] = {}
        self._domains: dict[str, dict[str, CustomDomain]] = {}
        services.connection_status = self._connection_status

    # VPC connectors

    def create_connector(self, request: dict[str, Any]) -> VpcConnector:
        name = request["VpcConnectorName"]
        if any(c.name == name for c in self._services.connectors.values() if c.is_active):
            raise InvalidRequestError(f"VPC connector with name {name} already exists.")
        subnets = request["Subnets"]
        groups = security_groups_for(self._place, subnets, request.get("SecurityGroups") or [])
        arn = self._place.arn("vpcconnector", name, 1, resource_id())
        connector = VpcConnector(name, arn, subnets, groups)
        self._services.connectors[arn] = connector
        return connector

    def connector(self, arn: str) -> VpcConnector:
        return _found(self._services.connectors, arn)

    def delete_connector(self, arn: str) -> VpcConnector:
        connector = self.connector(arn)
        for service in self._services.alive():
            if service.configuration.network["EgressConfiguration"].get("VpcConnectorArn") == arn:
                raise InvalidRequestError(f"VPC connector {arn} is in use by {service.arn}.")
        connector.deleted_at = connector.deleted_at or time.time()
        return connector

    def list_connectors(self, request: dict[str, Any]) -> dict[str, Any]:
        found = [c.to_dict() for c in self._services.connectors.values() if c.is_active]
        return page("VpcConnectors", found, request, 100)

    # VPC ingress connections

    def create_ingress(self, request: dict[str, Any]) -> VpcIngressConnection:
        service = self._services.referred(request["ServiceArn"])
        service.require("connected", RUNNING)
        if service.is_public:
            raise InvalidRequestError(f"Service {service.arn} is publicly accessible.")
        name = request["VpcIngressConnectionName"]
        if any(ingress.name == name for ingress in self._live_ingresses()):
            raise InvalidRequestError(f"VPC ingress connection {name} already exists.")
        ingress = VpcIngressConnection(
            name=name,
            arn=self._place.arn("vpcingressconnection", name, resource_id()),
            service_arn=service.arn,
            account=self._place.account,
            host=self._place.host(),
            vpc=request["IngressVpcConfiguration"],
        )
        self._ingresses[ingress.arn] = ingress
        return ingress

    def ingress(self, arn: str) -> VpcIngressConnection:
        ingress = _found(self._ingresses, arn)
        ingress.settle()
        return ingress

    def update_ingress(self, request: dict[str, Any]) -> VpcIngressConnection:
        ingress = self.ingress(request["VpcIngressConnectionArn"])
        if ingress.status == "DELETED":
            raise ResourceNotFoundError(f"No resource found for ARN {ingress.arn}.")
        ingress.vpc = request["IngressVpcConfiguration"]
        ingress.status = "PENDING_UPDATE"
        return ingress

    def delete_ingress(self, arn: str) -> VpcIngressConnection:
        ingress = self.ingress(arn)
        if ingress.status == "DELETED":
            raise ResourceNotFoundError(f"No resource found for ARN {arn}.")
        ingress.status = "PENDING_DELETION"
        return ingress

    def list_ingresses(self, request: dict[str, Any]) -> dict[str, Any]:
        wanted = request.get("Filter", {})
        found = [
            {"VpcIngressConnectionArn": ingress.arn, "ServiceArn": ingress.service_arn}
            for ingress in self._live_ingresses()
            if wanted.get("ServiceArn") in (None, ingress.service_arn)
            and wanted.get("VpcEndpointId") in (None, ingress.vpc.get("VpcEndpointId"))
        ]
        return page("VpcIngressConnectionSummaryList", found, request, 100)

    def check_deletable(self, service_arn: str) -> None:
        """Raise while something from the outside still leads to the service."""
        for ingress in self._live_ingresses():
            if ingress.service_arn == service_arn:
                raise InvalidRequestError(
                    f"Service {service_arn} has the VPC ingress connection {ingress.arn}."
                )

    def _live_ingresses(self) -> list[VpcIngressConnection]:
        for ingress in self._ingresses.values():
            ingress.settle()
        return [i for i in self._ingresses.values() if i.status != "DELETED"]

    # Connections to source code providers

    def create_connection(self, request: dict[str, Any]) -> Connection:
        name = request["ConnectionName"]
        if any(connection.name == name for connection in self._connections.values()):
            raise InvalidRequestError(f"Connection with name {name} already exists.")
        arn = self._place.arn("connection", name, resource_id())
        self._connections[arn] = Connection(name, arn, request["ProviderType"])
        return self._connections[arn]

    def complete_handshake(self, arn: str) -> Connection:
        """What somebody does in the console."""
        connection = _found(self._connections, arn)
        connection.status = "AVAILABLE"
        return connection

    def delete_connection(self, arn: str) -> Connection:
        connection = _found(self._connections, arn)
        del self._connections[arn]
        connection.status = "DELETED"
        return connection

    def list_connections(self, request: dict[str, Any]) -> dict[str, Any]:
        found = [
            connection.to_dict()
            for connection in self._connections.values()
            if request.get("ConnectionName") in (None, connection.name)
        ]
        return page("ConnectionSummaryList", found, request, 100)

    def _connection_status(self, arn: str) -> str | None:
        connection = self._connections.get(arn)
        return connection.status if connection else None

    # Custom domains

    def associate(self, request: dict[str, Any]) -> dict[str, Any]:
        service = self._services.referred(request["ServiceArn"])
        service.require("associated with a domain", RUNNING)
        domains = self._domains.setdefault(service.arn, {})
        name = request["DomainName"]
        if name in domains:
            raise InvalidRequestError(f"Domain {name} is already associated.")
        if len(domains) >= MAXIMUM_DOMAINS:
            raise ServiceQuotaExceededError(f"A service can have {MAXIMUM_DOMAINS} custom domains.")
        domains[name] = CustomDomain(name, request.get("EnableWWWSubdomain", True))
        return {**self._targets(service), "CustomDomain": domains[name].to_dict()}

    def domains(self, request: dict[str, Any]) -> dict[str, Any]:
        service = self._services.get(request["ServiceArn"])
        domains = list(self._domains.get(service.arn, {}).values())
        for domain in domains:
            domain.settle()
        found = page("CustomDomains", [domain.to_dict() for domain in domains], request, 5)
        return {**self._targets(service), **found}

    def disassociate(self, request: dict[str, Any]) -> dict[str, Any]:
        service = self._services.get(request["ServiceArn"])
        domain = self._domains.get(service.arn, {}).pop(request["DomainName"], None)
        if domain is None:
            raise ResourceNotFoundError(f"No domain {request['DomainName']} is associated.")
        domain.status = "deleting"
        return {**self._targets(service), "CustomDomain": domain.to_dict()}

    def _targets(self, service: Service) -> dict[str, Any]:
        ingresses = [i for i in self._live_ingresses() if i.service_arn == service.arn]
        return {
            "DNSTarget": service.host,
            "ServiceArn": service.arn,
            "VpcDNSTargets": [
                {
                    "VpcIngressConnectionArn": ingress.arn,
                    "VpcId": ingress.vpc.get("VpcId", ""),
                    "DomainName": ingress.host,
                }
                for ingress in ingresses
            ],
        }


def _found(resources: dict[str, T], arn: str) -> T:
    if arn not in resources:
        raise ResourceNotFoundError(f"No resource found for ARN {arn}.")
    return resources[arn]
