"""An account with one of everything that App Runner has, and a good request for each operation."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from functools import cached_property
from typing import Any

from harness.raw_calls import RawClient
from local_aws.stub_images import stub_images

Request = dict[str, Any]
TAGS = [{"Key": "team", "Value": "trends"}]


@dataclass
class Scene:
    """One account. new_client: makes boto3 clients in it. raw: calls that no SDK checks.

    What the properties give is shared and stays; what the methods make is the caller's to destroy.
    """

    account: str
    region: str
    new_client: Callable[[str], Any]
    raw: RawClient
    _numbers: Any = field(default_factory=lambda: itertools.count(1))
    _clients: dict[str, Any] = field(default_factory=dict)

    def client(self, service: str) -> Any:
        """A boto3 client, the same one each time."""
        if service not in self._clients:
            self._clients[service] = self.new_client(service)
        return self._clients[service]

    @property
    def apprunner(self) -> Any:
        """App Runner as boto3 has it."""
        return self.client("apprunner")

    def name(self) -> str:
        """A name that nothing has yet."""
        return f"thing-{next(self._numbers)}"

    def arn(self, kind: str, *parts: str, account: str | None = None) -> str:
        """The ARN of something, there or not."""
        path = "/".join([kind, *parts])
        return f"arn:aws:apprunner:{self.region}:{account or self.account}:{path}"

    # Around App Runner

    @cached_property
    def access_role(self) -> str:
        """The role that App Runner reads images with."""
        return make_role(self.client("iam"), "build")

    @cached_property
    def image(self) -> str:
        """An image that can be deployed."""
        repository = self.client("ecr").create_repository(repositoryName="app")["repository"]
        return f"{repository['repositoryUri']}@{stub_images()[0].digest}"

    @cached_property
    def instance_role(self) -> str:
        """The role of the running container."""
        return make_role(self.client("iam"), "tasks")

    @cached_property
    def subnet(self) -> str:
        """A subnet of a VPC of ours."""
        ec2 = self.client("ec2")
        vpc = ec2.create_vpc(CidrBlock="10.0.0.0/16")["Vpc"]["VpcId"]
        answer = ec2.create_subnet(VpcId=vpc, CidrBlock="10.0.0.0/24")
        return str(answer["Subnet"]["SubnetId"])

    @cached_property
    def group(self) -> str:
        """A security group in the same VPC."""
        ec2 = self.client("ec2")
        (subnet,) = ec2.describe_subnets(SubnetIds=[self.subnet])["Subnets"]
        answer = ec2.create_security_group(
            GroupName="app", Description="The service", VpcId=subnet["VpcId"]
        )
        return str(answer["GroupId"])

    # What is shared

    @cached_property
    def service(self) -> str:
        """A public service that uses everything a service can use."""
        request = self.service_request()
        request["AutoScalingConfigurationArn"] = self.scaling
        request["ObservabilityConfiguration"]["ObservabilityConfigurationArn"] = self.tracing
        return self._made("CreateService", request, "Service", "ServiceArn")

    @cached_property
    def private_service(self) -> str:
        """A service that only VPC ingress connections lead to."""
        return self.new_private_service()

    @cached_property
    def scaling(self) -> str:
        """A revision of an auto scaling configuration."""
        return self.new_scaling()

    @cached_property
    def tracing(self) -> str:
        """A revision of an observability configuration."""
        return self.new_tracing()

    @cached_property
    def connector(self) -> str:
        """A VPC connector."""
        return self.new_connector()

    @cached_property
    def ingress(self) -> str:
        """A VPC ingress connection."""
        return self.new_ingress()

    @cached_property
    def connection(self) -> str:
        """A connection that waits for its handshake."""
        return self.new_connection()

    @cached_property
    def domain(self) -> str:
        """A domain of the service."""
        self._call("AssociateCustomDomain", self._domain_request("www.example.com"))
        return "www.example.com"

    # What is made anew

    def new_service(self) -> str:
        """A service with the least that a service needs."""
        return self._made("CreateService", self.small_service_request(), "Service", "ServiceArn")

    def new_private_service(self) -> str:
        """A service without a public address."""
        request = self.service_request()
        request["NetworkConfiguration"]["IngressConfiguration"]["IsPubliclyAccessible"] = False
        return self._made("CreateService", request, "Service", "ServiceArn")

    def new_scaling(self) -> str:
        """A new auto scaling configuration."""
        return self._made_configuration("AutoScaling", self.scaling_request())

    def new_tracing(self) -> str:
        """A new observability configuration."""
        return self._made_configuration("Observability", self.tracing_request())

    def new_connector(self) -> str:
        """A new VPC connector."""
        request = self.connector_request()
        return self._made("CreateVpcConnector", request, "VpcConnector", "VpcConnectorArn")

    def new_ingress(self) -> str:
        """A new VPC ingress connection of the private service."""
        kind = "VpcIngressConnection"
        return self._made(f"Create{kind}", self.ingress_request(), kind, f"{kind}Arn")

    def new_connection(self) -> str:
        """A new connection."""
        request = self.connection_request()
        return self._made("CreateConnection", request, "Connection", "ConnectionArn")

    def new_domain(self) -> str:
        """A new domain of the service."""
        name = f"{self.name()}.example.com"
        self._call("AssociateCustomDomain", self._domain_request(name))
        return name

    # Good requests; all but the first say all that can be said

    def small_service_request(self, name: str | None = None, **members: Any) -> Request:
        """CreateService with the least that a service needs; keywords replace members."""
        source = {
            "ImageRepository": {
                "ImageIdentifier": self.image,
                "ImageRepositoryType": "ECR",
                "ImageConfiguration": {"Port": "8000"},
            },
            "AutoDeploymentsEnabled": False,
            "AuthenticationConfiguration": {"AccessRoleArn": self.access_role},
        }
        return {"ServiceName": name or self.name(), _SOURCE: source, **members}

    def service_request(self) -> Request:
        """CreateService, with every member but those of source code."""
        secret = f"arn:aws:secretsmanager:{self.region}:{self.account}:secret:database-AbCdEf"
        key = f"arn:aws:kms:{self.region}:{self.account}:key/{_UUID}"
        request = self.small_service_request()
        request[_SOURCE]["ImageRepository"]["ImageConfiguration"] |= {
            "StartCommand": "serve",
            "RuntimeEnvironmentVariables": {"LEVEL": "info"},
            "RuntimeEnvironmentSecrets": {"DATABASE_URL": secret},
        }
        return {
            **request,
            "InstanceConfiguration": {
                "Cpu": "1 vCPU",
                "Memory": "2 GB",
                "InstanceRoleArn": self.instance_role,
            },
            "Tags": TAGS,
            "EncryptionConfiguration": {"KmsKey": key},
            "HealthCheckConfiguration": {
                "Protocol": "HTTP",
                "Path": "/health",
                "Interval": 10,
                "Timeout": 5,
                "HealthyThreshold": 2,
                "UnhealthyThreshold": 3,
            },
            "AutoScalingConfigurationArn": self.scaling,
            "NetworkConfiguration": {
                "EgressConfiguration": {"EgressType": "VPC", "VpcConnectorArn": self.connector},
                "IngressConfiguration": {"IsPubliclyAccessible": True},
                "IpAddressType": "IPV4",
            },
            "ObservabilityConfiguration": {
                "ObservabilityEnabled": True,
                "ObservabilityConfigurationArn": self.tracing,
            },
        }

    def update_request(self) -> Request:
        """UpdateService, with every member."""
        request = self.service_request()
        for name in ("ServiceName", "Tags", "EncryptionConfiguration"):
            del request[name]
        return {"ServiceArn": self.service, **request}

    def scaling_request(self) -> Request:
        """CreateAutoScalingConfiguration, with every member."""
        sizes = {"MaxConcurrency": 50, "MinSize": 1, "MaxSize": 3}
        return {"AutoScalingConfigurationName": self.name(), **sizes, "Tags": TAGS}

    def tracing_request(self) -> Request:
        """CreateObservabilityConfiguration, with every member."""
        trace = {"Vendor": "AWSXRAY"}
        return {
            "ObservabilityConfigurationName": self.name(),
            "TraceConfiguration": trace,
            "Tags": TAGS,
        }

    def connector_request(self) -> Request:
        """CreateVpcConnector, with every member."""
        return {
            "VpcConnectorName": self.name(),
            "Subnets": [self.subnet],
            "SecurityGroups": [self.group],
            "Tags": TAGS,
        }

    def ingress_request(self) -> Request:
        """CreateVpcIngressConnection, with every member."""
        return {
            "ServiceArn": self.private_service,
            "VpcIngressConnectionName": self.name(),
            "IngressVpcConfiguration": {"VpcId": "vpc-1", "VpcEndpointId": "vpce-1"},
            "Tags": TAGS,
        }

    def connection_request(self) -> Request:
        """CreateConnection, with every member."""
        return {"ConnectionName": self.name(), "ProviderType": "GITHUB", "Tags": TAGS}

    def _domain_request(self, name: str) -> Request:
        return {"ServiceArn": self.service, "DomainName": name, "EnableWWWSubdomain": True}

    def _made_configuration(self, kind: str, request: Request) -> str:
        member = f"{kind}Configuration"
        return self._made(f"Create{member}", request, member, f"{member}Arn")

    def _made(self, operation: str, request: Request, member: str, arn: str) -> str:
        return str(self._call(operation, request)[member][arn])

    def _call(self, operation: str, request: Request) -> Mapping[str, Any]:
        answer = self.raw.call(operation, request)
        assert answer.status == 200, answer.message
        return answer.body


def make_role(iam: Any, kind: str, name: str | None = None) -> str:
    """A role that App Runner can assume. kind: "build" to pull images, "tasks" to run."""
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": f"{kind}.apprunner.amazonaws.com"},
        "Action": "sts:AssumeRole",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    role = iam.create_role(RoleName=name or kind, AssumeRolePolicyDocument=policy)["Role"]
    if kind == "build":
        iam.put_role_policy(RoleName=role["RoleName"], PolicyName="pull", PolicyDocument=PULL)
    return str(role["Arn"])


PULL = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": [
                    "ecr:BatchGetImage",
                    "ecr:DescribeImages",
                    "ecr:GetAuthorizationToken",
                    "ecr:GetDownloadUrlForLayer",
                ],
                "Resource": "*",
            }
        ],
    }
)
"""What an access role needs."""

_SOURCE = "SourceConfiguration"
_UUID = "00000000-0000-4000-8000-000000000000"
_SCALING = "AutoScalingConfigurationArn"
_TRACING = "ObservabilityConfigurationArn"
_INGRESS = "VpcIngressConnectionArn"
_VPC = {"VpcId": "vpc-2", "VpcEndpointId": "vpce-2"}
_PAGE = {"MaxResults": 5}

GOOD_REQUESTS: Mapping[str, Callable[[Scene], Request]] = {
    "AssociateCustomDomain": lambda scene: {
        "ServiceArn": scene.service,
        "DomainName": f"{scene.name()}.example.com",
        "EnableWWWSubdomain": False,
    },
    "CreateAutoScalingConfiguration": Scene.scaling_request,
    "CreateConnection": Scene.connection_request,
    "CreateObservabilityConfiguration": Scene.tracing_request,
    "CreateService": Scene.service_request,
    "CreateVpcConnector": Scene.connector_request,
    "CreateVpcIngressConnection": Scene.ingress_request,
    "DeleteAutoScalingConfiguration": lambda scene: {
        _SCALING: scene.new_scaling(),
        "DeleteAllRevisions": True,
    },
    "DeleteConnection": lambda scene: {"ConnectionArn": scene.new_connection()},
    "DeleteObservabilityConfiguration": lambda scene: {_TRACING: scene.new_tracing()},
    "DeleteService": lambda scene: {"ServiceArn": scene.new_service()},
    "DeleteVpcConnector": lambda scene: {"VpcConnectorArn": scene.new_connector()},
    "DeleteVpcIngressConnection": lambda scene: {_INGRESS: scene.new_ingress()},
    "DescribeAutoScalingConfiguration": lambda scene: {_SCALING: scene.scaling},
    "DescribeCustomDomains": lambda scene: {"ServiceArn": scene.service, **_PAGE},
    "DescribeObservabilityConfiguration": lambda scene: {_TRACING: scene.tracing},
    "DescribeService": lambda scene: {"ServiceArn": scene.service},
    "DescribeVpcConnector": lambda scene: {"VpcConnectorArn": scene.connector},
    "DescribeVpcIngressConnection": lambda scene: {_INGRESS: scene.ingress},
    "DisassociateCustomDomain": lambda scene: {
        "ServiceArn": scene.service,
        "DomainName": scene.new_domain(),
    },
    "ListAutoScalingConfigurations": lambda scene: {
        "AutoScalingConfigurationName": scene.scaling.split("/")[1],
        "LatestOnly": True,
        **_PAGE,
    },
    "ListConnections": lambda scene: {
        "ConnectionName": scene.connection.split("/")[1],
        **_PAGE,
    },
    "ListObservabilityConfigurations": lambda scene: {
        "ObservabilityConfigurationName": scene.tracing.split("/")[1],
        "LatestOnly": True,
        **_PAGE,
    },
    "ListOperations": lambda scene: {"ServiceArn": scene.service, **_PAGE},
    "ListServices": lambda scene: {**_PAGE} if scene.service else {},
    "ListServicesForAutoScalingConfiguration": lambda scene: {_SCALING: scene.scaling, **_PAGE},
    "ListTagsForResource": lambda scene: {"ResourceArn": scene.service},
    "ListVpcConnectors": lambda scene: {**_PAGE} if scene.connector else {},
    "ListVpcIngressConnections": lambda scene: {
        "Filter": {
            "ServiceArn": scene.ingress and scene.private_service,
            "VpcEndpointId": "vpce-1",
        },
        **_PAGE,
    },
    "PauseService": lambda scene: {"ServiceArn": scene.new_service()},
    "ResumeService": lambda scene: {"ServiceArn": _paused(scene)},
    "StartDeployment": lambda scene: {"ServiceArn": scene.service},
    "TagResource": lambda scene: {"ResourceArn": scene.service, "Tags": TAGS},
    "UntagResource": lambda scene: {"ResourceArn": scene.service, "TagKeys": ["other"]},
    "UpdateDefaultAutoScalingConfiguration": lambda scene: {_SCALING: scene.scaling},
    "UpdateService": Scene.update_request,
    "UpdateVpcIngressConnection": lambda scene: {
        _INGRESS: scene.ingress,
        "IngressVpcConfiguration": _VPC,
    },
}


def _paused(scene: Scene) -> str:
    arn = scene.new_service()
    scene.apprunner.pause_service(ServiceArn=arn)
    return arn


def snapshot(scene: Scene) -> Mapping[str, Any]:
    """All that App Runner says about an account, by what it is about."""
    runner = scene.apprunner
    found: dict[str, Any] = {
        "scaling": _scaling(runner),
        "tracing": _answer(runner.list_observability_configurations(LatestOnly=False)),
        "connectors": _answer(runner.list_vpc_connectors()),
        "connections": _answer(runner.list_connections()),
    }
    arns = [item[_SCALING] for item in found["scaling"]]
    arns += [i[_TRACING] for i in found["tracing"]["ObservabilityConfigurationSummaryList"]]
    arns += [item["VpcConnectorArn"] for item in found["connectors"]["VpcConnectors"]]
    arns += [item["ConnectionArn"] for item in found["connections"]["ConnectionSummaryList"]]
    listed = runner.list_vpc_ingress_connections()["VpcIngressConnectionSummaryList"]
    for arn in (item[_INGRESS] for item in listed):
        arns.append(arn)
        found[arn] = _answer(runner.describe_vpc_ingress_connection(VpcIngressConnectionArn=arn))
    for arn in (item["ServiceArn"] for item in runner.list_services()["ServiceSummaryList"]):
        arns.append(arn)
        found[arn] = [
            _answer(runner.describe_service(ServiceArn=arn)),
            _answer(runner.list_operations(ServiceArn=arn)),
            _answer(runner.describe_custom_domains(ServiceArn=arn)),
        ]
    for arn in arns:
        found[f"tags {arn}"] = _answer(runner.list_tags_for_resource(ResourceArn=arn))
    return found


def _scaling(runner: Any) -> list[Any]:
    listed = runner.list_auto_scaling_configurations(LatestOnly=False)
    return [
        _answer(runner.describe_auto_scaling_configuration(AutoScalingConfigurationArn=arn))[
            "AutoScalingConfiguration"
        ]
        for arn in (i[_SCALING] for i in listed["AutoScalingConfigurationSummaryList"])
    ]


def _answer(answer: Mapping[str, Any]) -> Any:
    return {key: value for key, value in answer.items() if key != "ResponseMetadata"}
