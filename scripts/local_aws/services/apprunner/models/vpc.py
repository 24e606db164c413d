"""VPC connectors (outgoing) and VPC ingress connections (incoming)."""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any

from local_aws.services.apprunner.exceptions import InvalidRequestError
from local_aws.services.apprunner.models.naming import Place


@dataclass
class VpcConnector:
    """The way of a service's outgoing traffic. App Runner has one revision per name."""

    name: str
    arn: str
    subnets: list[str]
    security_groups: list[str]
    created_at: float = field(default_factory=time.time)
    deleted_at: float | None = None

    @property
    def is_active(self) -> bool:
        return self.deleted_at is None

    def to_dict(self) -> dict[str, Any]:
        answer = {
            "VpcConnectorName": self.name,
            "VpcConnectorArn": self.arn,
            "VpcConnectorRevision": 1,
            "Subnets": self.subnets,
            "SecurityGroups": self.security_groups,
            "Status": "ACTIVE" if self.is_active else "INACTIVE",
            "CreatedAt": self.created_at,
        }
        return answer if self.deleted_at is None else {**answer, "DeletedAt": self.deleted_at}


@dataclass
class VpcIngressConnection:
    """The private way to a service; it changes state at the next request."""

    name: str
    arn: str
    service_arn: str
    account: str
    host: str
    vpc: dict[str, Any]
    status: str = "PENDING_CREATION"
    created_at: float = field(default_factory=time.time)
    deleted_at: float | None = None

    def settle(self) -> None:
        if self.status in ("PENDING_CREATION", "PENDING_UPDATE"):
            self.status = "AVAILABLE"
        elif self.status == "PENDING_DELETION":
            self.status = "DELETED"
            self.deleted_at = time.time()

    def to_dict(self) -> dict[str, Any]:
        answer = {
            "VpcIngressConnectionArn": self.arn,
            "VpcIngressConnectionName": self.name,
            "ServiceArn": self.service_arn,
            "Status": self.status,
            "AccountId": self.account,
            "DomainName": self.host,
            "IngressVpcConfiguration": self.vpc,
            "CreatedAt": self.created_at,
        }
        return answer if self.deleted_at is None else {**answer, "DeletedAt": self.deleted_at}


def security_groups_for(place: Place, subnets: list[str], given: list[str]) -> list[str]:
    """The security groups of a connector: those given, or the default one of the subnets' VPC."""
    # EC2 takes 0.7 s to import, and few services have a connector.
    from moto.ec2.exceptions import EC2ClientError
    from moto.ec2.models import ec2_backends

    ec2 = ec2_backends[place.account][place.region]
    try:
        networks = {ec2.get_subnet(subnet).vpc_id for subnet in subnets}
    except EC2ClientError as error:
        raise InvalidRequestError(f"Subnets are invalid: {error.message}") from None
    if len(networks) != 1:
        raise InvalidRequestError("Subnets must belong to exactly one VPC.")
    if given:
        unknown = [group for group in given if ec2.get_security_group_from_id(group) is None]
        if unknown:
            raise InvalidRequestError(f"Security groups do not exist: {', '.join(unknown)}.")
        return given
    default = ec2.get_default_security_group(networks.pop())
    return [default.id] if default else []
