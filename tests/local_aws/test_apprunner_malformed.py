"""Requests that App Runner must refuse: with which code, and that they change nothing.

Most are made from the API model: each member of a good request of each operation is broken in every
way that the model knows of. No SDK stands in between, since it would refuse most of them itself.
The codes: "Errors" of each operation in the App Runner API reference.
"""

from __future__ import annotations

import base64
from collections.abc import Callable, Iterator, Mapping
from typing import Any

import pytest
from botocore.session import get_session

from harness.app_runner import GOOD_REQUESTS, TAGS, Scene, snapshot
from harness.raw_calls import RawClient
from harness.shapes import broken_requests

MODEL = get_session().get_service_model("apprunner")
INVALID = "InvalidRequestException"
MISSING = "ResourceNotFoundException"
STATE = "InvalidStateException"
UNREADABLE = "SerializationException"

# The model has no ResourceNotFoundException for these.
NOTHING_IS_MISSING = {"AssociateCustomDomain", "CreateVpcIngressConnection"}
# What each operation's own ARN is, so that the others are of another type.
KINDS: Mapping[str, str] = {
    "ServiceArn": "service",
    "AutoScalingConfigurationArn": "autoscalingconfiguration",
    "ObservabilityConfigurationArn": "observabilityconfiguration",
    "VpcConnectorArn": "vpcconnector",
    "VpcIngressConnectionArn": "vpcingressconnection",
    "ConnectionArn": "connection",
}
# Of those from the model alone; the rules add about sixty.
LEAST = 500

Illegal = tuple[str, str, dict[str, Any], str]
"""What is wrong, the operation, the request, and the code that it gets."""


@pytest.fixture(scope="module")
def good(scene: Scene) -> Mapping[str, dict[str, Any]]:
    """A good request for each operation, none of which is ever sent as it is."""
    return {operation: make(scene) for operation, make in GOOD_REQUESTS.items()}


@pytest.fixture(scope="module")
def before(scene: Scene, good: Mapping[str, Any]) -> Mapping[str, Any]:
    """All that is there once everything has come to rest."""
    assert good
    snapshot(scene)
    return snapshot(scene)


def wrong_arns(scene: Scene, operation: str, request: dict[str, Any]) -> Iterator[Illegal]:
    """The ARN that an operation is about, made unknown, of another kind, of another account."""
    name = next(iter(MODEL.operation_model(operation).input_shape.required_members), "")
    if not name.endswith("Arn"):
        return
    code = INVALID if operation in NOTHING_IS_MISSING else MISSING
    kind, number = KINDS.get(name, "service"), "0" * 32
    other = "connection" if kind != "connection" else "vpcconnector"
    arns = {
        "unknown ARN": scene.arn(kind, "none", number),
        "name without the thing": scene.arn(kind, "none"),
        "ARN of another type": scene.arn(other, *request[name].split("/")[1:]),
        "ARN of another account": request[name].replace(scene.account, "999999999999"),
        "ARN of another region": request[name].replace(scene.region, "us-east-1"),
    }
    if name != "ResourceArn":
        arns["ARN of a thing of another type"] = (
            scene.service if kind != "service" else scene.scaling
        )
    for fault, arn in arns.items():
        yield fault, operation, {**request, name: arn}, code


def wrong_tokens(operation: str, request: dict[str, Any]) -> Iterator[Illegal]:
    """Paging tokens that this list never gave."""
    if "NextToken" not in MODEL.operation_model(operation).input_shape.members:
        return
    for fault, text in (
        ("token of another list", "SomethingElse 1"),
        ("negative token", "ServiceSummaryList -1"),
        ("token without a place", "ServiceSummaryList"),
        ("number alone", "5"),
    ):
        token = base64.urlsafe_b64encode(text.encode()).decode()
        yield fault, operation, {**request, "NextToken": token}, INVALID
    yield "no token at all", operation, {**request, "NextToken": "nonsense!"}, INVALID


def too_many_tags(operation: str, request: dict[str, Any]) -> Iterator[Illegal]:
    """More tags than a resource can have, and one that AWS keeps for itself."""
    if "Tags" not in MODEL.operation_model(operation).input_shape.members:
        return
    many = [{"Key": f"key-{number}", "Value": ""} for number in range(51)]
    yield "51 tags", operation, {**request, "Tags": many}, INVALID
    yield "tag without a key", operation, {**request, "Tags": [*TAGS, {"Value": "1"}]}, INVALID


def all_of(scene: Scene, operation: str, request: dict[str, Any]) -> list[Illegal]:
    """Every illegal request that can be made of a good one."""
    model = MODEL.operation_model(operation)
    made: list[Illegal] = [
        (
            f"{item.path or 'request'} {item.fault}",
            operation,
            item.request,
            UNREADABLE if item.is_wrong_type else INVALID,
        )
        for item in broken_requests(model, request)
    ]
    made += wrong_arns(scene, operation, request)
    made += wrong_tokens(operation, request)
    made += too_many_tags(operation, request)
    return made


def refusals(raw: RawClient, illegal: list[Illegal]) -> list[str]:
    """Send them all, and say which were not refused as they should have been."""
    wrong = []
    for fault, operation, request, code in illegal:
        answer = raw.call(operation, request)
        if (answer.status, answer.code) != (400, code) or not answer.message:
            wrong.append(f"{operation}, {fault}: {answer.status} {answer.code} {answer.message}")
    return wrong


@pytest.mark.parametrize("operation", sorted(GOOD_REQUESTS))
def test_malformed_requests_are_refused_and_change_nothing(
    scene: Scene, good: Mapping[str, Any], before: Mapping[str, Any], operation: str
) -> None:
    illegal = all_of(scene, operation, good[operation])
    assert len(illegal) >= 4
    assert refusals(scene.raw, illegal) == []
    for body in ("", "{", "[]", '"text"', "null"):
        if body or MODEL.operation_model(operation).input_shape.required_members:
            answer = scene.raw.send(operation, body)
            assert (answer.status, answer.code in (UNREADABLE, INVALID)) == (400, True), body
    assert snapshot(scene) == before


def test_the_model_gives_hundreds_of_malformed_requests(
    scene: Scene, good: Mapping[str, Any]
) -> None:
    counted = sum(len(all_of(scene, operation, good[operation])) for operation in good)
    assert counted >= LEAST


def service_rules(scene: Scene) -> list[Illegal]:
    """What is well-formed and against the rules for services."""
    made: list[Illegal] = []

    def create(fault: str, change: Callable[[dict[str, Any]], Any]) -> None:
        request = scene.service_request()
        change(request)
        made.append((fault, "CreateService", request, INVALID))

    def source(request: dict[str, Any]) -> Any:
        return request["SourceConfiguration"]

    def image(request: dict[str, Any]) -> Any:
        return source(request)["ImageRepository"]

    named = scene.service.split("/")[1]
    create("duplicate name", lambda r: r.update(ServiceName=named))
    for cpu, memory in (
        ("256", "2048"), ("0.25 vCPU", "4 GB"), ("512", "2048"), ("1024", "512"),
        ("1 vCPU", "6 GB"), ("2048", "2048"), ("2 vCPU", "3 GB"), ("4096", "4096"),
        ("4 vCPU", "6 GB"),
    ):  # fmt: skip
        size = {"Cpu": cpu, "Memory": memory}
        create(f"{cpu} with {memory}", lambda r, size=size: r["InstanceConfiguration"].update(size))
    instance = "InstanceConfiguration"
    create("unknown role", lambda r: r[instance].update(InstanceRoleArn=_role(scene, "none")))
    create("access role as instance role", lambda r: r[instance].update(
        InstanceRoleArn=scene.access_role))  # fmt: skip
    create("role of another account", lambda r: r[instance].update(
        InstanceRoleArn=scene.instance_role.replace(scene.account, "999999999999")))  # fmt: skip
    create("instance role as access role", lambda r: source(r).update(
        AuthenticationConfiguration={"AccessRoleArn": scene.instance_role}))  # fmt: skip
    create("no access role", lambda r: source(r).pop("AuthenticationConfiguration"))
    create("no image and no code", lambda r: source(r).pop("ImageRepository"))
    create("image and code", lambda r: source(r).update(CodeRepository=CODE))
    create("code without a connection", lambda r: r.update(
        SourceConfiguration={"CodeRepository": CODE}))  # fmt: skip
    create("code by a connection without handshake", lambda r: r.update(SourceConfiguration={
        "CodeRepository": CODE,
        "AuthenticationConfiguration": {"ConnectionArn": scene.connection}}))  # fmt: skip
    create("image of the other kind", lambda r: image(r).update(ImageRepositoryType="ECR_PUBLIC"))
    create("bad digest", lambda r: image(r).update(
        ImageIdentifier=image(r)["ImageIdentifier"][:-1]))  # fmt: skip
    create("deployments of another account's image", lambda r: (
        source(r).update(AutoDeploymentsEnabled=True),
        image(r).update(ImageIdentifier=image(r)["ImageIdentifier"].replace(
            scene.account, "999999999999"))))  # fmt: skip
    configured = "ImageConfiguration"
    create("reserved variable", lambda r: image(r)[configured].update(
        RuntimeEnvironmentVariables={"AWSAPPRUNNER_X": "1"}))  # fmt: skip
    create("variable and secret", lambda r: image(r)[configured].update(
        RuntimeEnvironmentVariables={"DATABASE_URL": "1"}))  # fmt: skip
    create("secret of nothing", lambda r: image(r)[configured].update(
        RuntimeEnvironmentSecrets={"A": "arn:aws:s3:::bucket"}))  # fmt: skip
    create("secrets without a role", lambda r: r[instance].pop("InstanceRoleArn"))
    egress = "EgressConfiguration"
    create("connector without VPC", lambda r: r["NetworkConfiguration"].update(
        {egress: {"EgressType": "DEFAULT", "VpcConnectorArn": scene.connector}}))  # fmt: skip
    create("VPC without connector", lambda r: r["NetworkConfiguration"].update(
        {egress: {"EgressType": "VPC"}}))  # fmt: skip
    create("unknown connector", lambda r: r["NetworkConfiguration"].update({egress: {
        "EgressType": "VPC",
        "VpcConnectorArn": scene.arn("vpcconnector", "none", "1", "0" * 32)}}))  # fmt: skip
    create("unknown scaling", lambda r: r.update(
        AutoScalingConfigurationArn=scene.arn("autoscalingconfiguration", "none")))  # fmt: skip
    create("unknown tracing", lambda r: r["ObservabilityConfiguration"].update(
        ObservabilityConfigurationArn=scene.arn("observabilityconfiguration", "none")))  # fmt: skip
    create("tracing without a configuration", lambda r: r.update(
        ObservabilityConfiguration={"ObservabilityEnabled": True}))  # fmt: skip
    made.append(("image to code", "UpdateService", {
        "ServiceArn": scene.service,
        "SourceConfiguration": {"CodeRepository": CODE}}, INVALID))  # fmt: skip
    return made


CODE = {
    "RepositoryUrl": "https://github.com/example/app",
    "SourceCodeVersion": {"Type": "BRANCH", "Value": "main"},
}


def _role(scene: Scene, name: str) -> str:
    return f"arn:aws:iam::{scene.account}:role/{name}"


def state_rules(scene: Scene) -> list[Illegal]:
    """What is well-formed, and refused because of what is there or is not."""
    paused, deleted = scene.new_service(), scene.new_service()
    scene.apprunner.pause_service(ServiceArn=paused)
    scene.apprunner.delete_service(ServiceArn=deleted)
    inactive = scene.new_scaling()
    scene.apprunner.delete_auto_scaling_configuration(AutoScalingConfigurationArn=inactive)
    gone = scene.new_connector()
    scene.apprunner.delete_vpc_connector(VpcConnectorArn=gone)
    default = scene.arn("autoscalingconfiguration", "DefaultConfiguration", "1", "0" * 31 + "1")
    domain, ingress, connection = scene.domain, scene.ingress, scene.connection
    scaling = scene.scaling_request()
    made: list[Illegal] = [
        (f"{verb} of a {state} service", f"{verb}", {"ServiceArn": arn}, code)
        for verb, state, arn, code in (
            ("PauseService", "paused", paused, STATE),
            ("PauseService", "deleted", deleted, STATE),
            ("ResumeService", "running", scene.service, STATE),
            ("ResumeService", "deleted", deleted, STATE),
            ("StartDeployment", "paused", paused, INVALID),
            ("StartDeployment", "deleted", deleted, INVALID),
            ("UpdateService", "deleted", deleted, STATE),
            ("DeleteService", "deleted", deleted, STATE),
            ("DeleteService", "connected", scene.private_service, INVALID),
        )
    ]
    made += [
        ("scaling in use", "DeleteAutoScalingConfiguration",
         {"AutoScalingConfigurationArn": scene.scaling}, INVALID),
        ("default scaling", "DeleteAutoScalingConfiguration",
         {"AutoScalingConfigurationArn": default}, INVALID),
        ("inactive default", "UpdateDefaultAutoScalingConfiguration",
         {"AutoScalingConfigurationArn": inactive}, INVALID),
        ("inactive scaling", "UpdateService",
         {"ServiceArn": scene.service, "AutoScalingConfigurationArn": inactive}, INVALID),
        ("minimum above maximum", "CreateAutoScalingConfiguration",
         {**scaling, "MinSize": 5, "MaxSize": 4}, INVALID),
        ("minimum above the default maximum", "CreateAutoScalingConfiguration",
         {"AutoScalingConfigurationName": scene.name(), "MinSize": 3, "MaxSize": 2}, INVALID),
        ("tracing in use", "DeleteObservabilityConfiguration",
         {"ObservabilityConfigurationArn": scene.tracing}, INVALID),
        ("reserved name", "CreateObservabilityConfiguration",
         {"ObservabilityConfigurationName": "DefaultConfiguration"}, INVALID),
        ("connector in use", "DeleteVpcConnector", {"VpcConnectorArn": scene.connector}, INVALID),
        ("connector twice", "CreateVpcConnector",
         {**scene.connector_request(), "VpcConnectorName": scene.connector.split("/")[1]}, INVALID),
        ("connector of no subnet", "CreateVpcConnector",
         {"VpcConnectorName": scene.name(), "Subnets": ["subnet-none"]}, INVALID),
        ("connector of an unknown group", "CreateVpcConnector",
         {**scene.connector_request(), "SecurityGroups": ["sg-none"]}, INVALID),
        ("connector that is gone", "UpdateService",
         {"ServiceArn": scene.service, "NetworkConfiguration": {"EgressConfiguration": {
             "EgressType": "VPC", "VpcConnectorArn": gone}}}, INVALID),
        ("ingress to a public service", "CreateVpcIngressConnection",
         {**scene.ingress_request(), "ServiceArn": scene.service}, INVALID),
        ("ingress twice", "CreateVpcIngressConnection",
         {**scene.ingress_request(), "VpcIngressConnectionName": ingress.split("/")[1]}, INVALID),
        ("ingress to a deleted service", "CreateVpcIngressConnection",
         {**scene.ingress_request(), "ServiceArn": deleted}, STATE),
        ("connection twice", "CreateConnection",
         {"ConnectionName": connection.split("/")[1], "ProviderType": "GITHUB"}, INVALID),
        ("domain twice", "AssociateCustomDomain",
         {"ServiceArn": scene.service, "DomainName": domain}, INVALID),
        ("domain of a paused service", "AssociateCustomDomain",
         {"ServiceArn": paused, "DomainName": "example.com"}, STATE),
        ("domain that is not there", "DisassociateCustomDomain",
         {"ServiceArn": scene.service, "DomainName": "none.example.com"}, MISSING),
    ]  # fmt: skip
    return made


@pytest.mark.parametrize("rules", [service_rules, state_rules])
def test_what_is_against_the_rules_is_refused_and_changes_nothing(
    scene: Scene, rules: Callable[[Scene], list[Illegal]]
) -> None:
    illegal = rules(scene)
    before = snapshot(scene), snapshot(scene)
    assert len(illegal) >= 25
    assert refusals(scene.raw, illegal) == []
    assert snapshot(scene) == before[1]


def test_nothing_is_begun_beside_an_operation_in_progress(scene: Scene, slow_scene: Scene) -> None:
    arn = slow_scene.new_service()
    before = snapshot(slow_scene)
    for operation, code in (
        ("UpdateService", STATE),
        ("PauseService", STATE),
        ("ResumeService", STATE),
        ("DeleteService", STATE),
        ("StartDeployment", INVALID),
    ):
        answer = slow_scene.raw.call(operation, {"ServiceArn": arn})
        assert (answer.code, "OPERATION_IN_PROGRESS" in answer.message) == (code, True), operation
    domain = slow_scene.raw.call(
        "AssociateCustomDomain", {"ServiceArn": arn, "DomainName": "example.com"}
    )
    assert domain.code == STATE
    assert snapshot(slow_scene) == before
    assert snapshot(scene) != before


def test_quotas_are_kept(scene: Scene) -> None:
    name, quota = scene.name(), "ServiceQuotaExceededException"
    scaling = {"AutoScalingConfigurationName": name}
    tracing = {"ObservabilityConfigurationName": name}
    for _ in range(5):
        assert scene.raw.call("CreateAutoScalingConfiguration", scaling).status == 200
        assert scene.raw.call("CreateObservabilityConfiguration", tracing).status == 200
    before = snapshot(scene)
    assert scene.raw.call("CreateAutoScalingConfiguration", scaling).code == quota
    assert scene.raw.call("CreateObservabilityConfiguration", tracing).code == quota
    assert snapshot(scene) == before
