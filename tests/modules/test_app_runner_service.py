"""The module app_runner_service: what runs, how it is checked and scaled, and what changes do."""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

import pytest

from harness.applied import Applied, changes, planned
from harness.plan_text import REPLACE, REPLACE_CREATING_FIRST

pytestmark = pytest.mark.terraform

MODULE = "app_runner_service"
DIGEST = "sha256:d0dedd7dbfdb9af3e3ee8778c6e3a9f755f5ada6e05801ad2c49bbb5d737be45"
FULL_DIGEST = "sha256:dd3165aa301720519e86c5624d80e7f164fd377afec2a118efbbf139585a25d2"
OTHER_DIGEST = "sha256:" + "b" * 64
SERVICE = "module.app_runner_service.aws_apprunner_service.this"
SCALING = "module.app_runner_service.aws_apprunner_auto_scaling_configuration_version.this"

# Beside the example: a service with everything that can be asked for.
EXTRA = """
module "kms_key" {
  source = "../../modules/kms_key"

  name        = "trending-now-service"
  description = "The service's copy of the image."
}

resource "aws_secretsmanager_secret" "api_key" {
  name                    = "api-key"
  recovery_window_in_days = 0
}

resource "aws_secretsmanager_secret_version" "api_key" {
  secret_id                = aws_secretsmanager_secret.api_key.id
  secret_string_wo         = "placeholder"
  secret_string_wo_version = 1
}

module "full" {
  source = "../../modules/app_runner_service"

  name                = "trending-now-full"
  access_role_arn     = module.app_runner_roles.access_role_arn
  encryption          = { kms_key_arn = module.kms_key.arn }
  environment         = { LOG_LEVEL = "debug" }
  image_digest        = "sha256:dd3165aa301720519e86c5624d80e7f164fd377afec2a118efbbf139585a25d2"
  instance_role_arn   = module.app_runner_roles.instance_role_arn
  port                = 9000
  repository_url      = module.ecr_repository.url
  secrets             = { API_KEY = aws_secretsmanager_secret.api_key.arn }
  size                = { cpu = 2048, memory = 6144 }
  tags                = { release = "r1" }
  tracing_enabled     = true

  health_check = {
    path                = "/ready"
    interval_seconds    = 20
    timeout_seconds     = 6
    healthy_threshold   = 2
    unhealthy_threshold = 7
  }

  scaling = { max_concurrency = 50, max_instances = 9, min_instances = 3 }
}

resource "aws_ssm_parameter" "endpoint" {
  name             = "/trending-now/endpoint"
  type             = "SecureString"
  value_wo         = "placeholder"
  value_wo_version = 1
}

module "private" {
  source = "../../modules/app_runner_service"

  name                = "trending-now-private"
  access_role_arn     = module.app_runner_roles.access_role_arn
  image_digest        = "sha256:dd3165aa301720519e86c5624d80e7f164fd377afec2a118efbbf139585a25d2"
  instance_role_arn   = module.app_runner_roles.instance_role_arn
  publicly_accessible = false
  repository_url      = module.ecr_repository.url

  secrets = {
    API_KEY  = "${aws_secretsmanager_secret.api_key.arn}:key::"
    ENDPOINT = aws_ssm_parameter.endpoint.arn
  }
}

output "app_runner_service" { value = module.app_runner_service }
output "private" { value = module.private }
output "parameter" { value = aws_ssm_parameter.endpoint.arn }
output "full" { value = module.full }
output "roles" { value = module.app_runner_roles }
output "repository" { value = module.ecr_repository.url }
output "key" { value = module.kms_key.arn }
output "secret" { value = aws_secretsmanager_secret.api_key.arn }
"""


def service(applied: Applied, output: str) -> Any:
    """A service, as App Runner describes it."""
    arn = applied.outputs[output]["arn"]
    return applied.client("apprunner").describe_service(ServiceArn=arn)["Service"]


def image(applied: Applied, output: str) -> Any:
    """What a service runs."""
    return service(applied, output)["SourceConfiguration"]["ImageRepository"]


def scaling(applied: Applied, output: str) -> Any:
    """The scaling configuration that a service uses."""
    arn = service(applied, output)["AutoScalingConfigurationSummary"]["AutoScalingConfigurationArn"]
    found = applied.client("apprunner").describe_auto_scaling_configuration(
        AutoScalingConfigurationArn=arn
    )
    return found["AutoScalingConfiguration"]


def after(plan: Mapping[str, Any], address: str) -> Mapping[str, Any]:
    """What a resource would be after a plan, as far as that is known."""
    (change,) = [item for item in plan["resource_changes"] if item["address"] == address]
    found: Mapping[str, Any] = change["change"]["after"]
    return found


@pytest.mark.parametrize("output", ["app_runner_service", "full", "private"])
def test_outputs_are_what_app_runner_has(applied: Applied, output: str) -> None:
    outputs, found = applied.outputs[output], service(applied, output)
    assert outputs["arn"] == found["ServiceArn"]
    assert outputs["id"] == found["ServiceId"]
    assert outputs["name"] == found["ServiceName"]
    assert outputs["status"] == found["Status"] == "RUNNING"
    assert outputs["image_identifier"] == image(applied, output)["ImageIdentifier"]
    configuration = scaling(applied, output)
    assert (
        outputs["auto_scaling_configuration_arn"] == (configuration["AutoScalingConfigurationArn"])
    )
    assert outputs["max_instances"] == configuration["MaxSize"]


def test_the_address_is_https_and_a_private_service_has_none(applied: Applied) -> None:
    url = service(applied, "app_runner_service")["ServiceUrl"]
    assert applied.outputs["app_runner_service"]["url"] == f"https://{url}"
    assert service(applied, "private")["ServiceUrl"] == ""
    assert applied.outputs["private"]["url"] is None


def test_a_private_service_does_not_answer_on_the_internet(applied: Applied) -> None:
    network = service(applied, "private")["NetworkConfiguration"]
    assert network["IngressConfiguration"] == {"IsPubliclyAccessible": False}


@pytest.mark.parametrize(
    ("output", "digest"), [("app_runner_service", DIGEST), ("full", FULL_DIGEST)]
)
def test_the_image_is_given_by_digest_and_nothing_deploys_by_itself(
    applied: Applied, output: str, digest: str
) -> None:
    source = service(applied, output)["SourceConfiguration"]
    assert source["AutoDeploymentsEnabled"] is False
    assert source["ImageRepository"]["ImageRepositoryType"] == "ECR"
    identifier = source["ImageRepository"]["ImageIdentifier"]
    assert identifier == f"{applied.outputs['repository']}@{digest}"


@pytest.mark.parametrize("output", ["app_runner_service", "full"])
def test_each_role_stands_in_its_place(applied: Applied, output: str) -> None:
    found, roles = service(applied, output), applied.outputs["roles"]
    authentication = found["SourceConfiguration"]["AuthenticationConfiguration"]
    assert authentication == {"AccessRoleArn": roles["access_role_arn"]}
    assert found["InstanceConfiguration"]["InstanceRoleArn"] == roles["instance_role_arn"]


@pytest.mark.parametrize(
    ("output", "expected"),
    [
        (
            "app_runner_service",
            {
                "Protocol": "HTTP",
                "Path": "/health",
                "Interval": 10,
                "Timeout": 5,
                "HealthyThreshold": 1,
                "UnhealthyThreshold": 5,
            },
        ),
        (
            "full",
            {
                "Protocol": "HTTP",
                "Path": "/ready",
                "Interval": 20,
                "Timeout": 6,
                "HealthyThreshold": 2,
                "UnhealthyThreshold": 7,
            },
        ),
    ],
)
def test_health_is_checked_over_http(
    applied: Applied, output: str, expected: Mapping[str, Any]
) -> None:
    assert service(applied, output)["HealthCheckConfiguration"] == expected


@pytest.mark.parametrize(
    ("output", "expected"), [("app_runner_service", (1, 2, 100)), ("full", (3, 9, 50))]
)
def test_scaling_is_as_configured(
    applied: Applied, output: str, expected: tuple[int, int, int]
) -> None:
    found = scaling(applied, output)
    assert (found["MinSize"], found["MaxSize"], found["MaxConcurrency"]) == expected


@pytest.mark.parametrize(
    ("output", "cpu", "memory"), [("app_runner_service", "256", "512"), ("full", "2048", "6144")]
)
def test_size_is_as_configured(applied: Applied, output: str, cpu: str, memory: str) -> None:
    found = service(applied, output)["InstanceConfiguration"]
    assert (found["Cpu"], found["Memory"]) == (cpu, memory)


def test_secrets_are_references_and_never_plain_variables(applied: Applied) -> None:
    configuration = image(applied, "full")["ImageConfiguration"]
    assert configuration["RuntimeEnvironmentSecrets"] == {"API_KEY": applied.outputs["secret"]}
    assert configuration["RuntimeEnvironmentVariables"] == {"LOG_LEVEL": "debug"}
    assert configuration["Port"] == "9000"


def test_a_secret_may_be_one_key_of_a_secret_or_a_parameter(applied: Applied) -> None:
    assert image(applied, "private")["ImageConfiguration"]["RuntimeEnvironmentSecrets"] == {
        "API_KEY": f"{applied.outputs['secret']}:key::",
        "ENDPOINT": applied.outputs["parameter"],
    }


def test_the_example_has_its_variable_and_no_secrets(applied: Applied) -> None:
    configuration = image(applied, "app_runner_service")["ImageConfiguration"]
    assert configuration["RuntimeEnvironmentVariables"] == {"LOG_LEVEL": "info"}
    assert not configuration.get("RuntimeEnvironmentSecrets")
    assert configuration["Port"] == "8000"


def test_traces_are_collected_only_where_that_was_asked(applied: Applied) -> None:
    apprunner = applied.client("apprunner")
    tracing = service(applied, "full")["ObservabilityConfiguration"]
    assert tracing["ObservabilityEnabled"] is True
    found = apprunner.describe_observability_configuration(
        ObservabilityConfigurationArn=tracing["ObservabilityConfigurationArn"]
    )["ObservabilityConfiguration"]
    assert found["TraceConfiguration"] == {"Vendor": "AWSXRAY"}
    plain = service(applied, "app_runner_service").get("ObservabilityConfiguration", {})
    assert not plain.get("ObservabilityEnabled")


def test_the_image_is_encrypted_with_the_key_that_was_given(applied: Applied) -> None:
    assert service(applied, "full")["EncryptionConfiguration"] == {"KmsKey": applied.outputs["key"]}
    assert "EncryptionConfiguration" not in service(applied, "app_runner_service")


def test_a_service_answers_on_the_internet_and_calls_out_by_itself(applied: Applied) -> None:
    assert service(applied, "app_runner_service")["NetworkConfiguration"] == {
        "EgressConfiguration": {"EgressType": "DEFAULT"},
        "IngressConfiguration": {"IsPubliclyAccessible": True},
        "IpAddressType": "IPV4",
    }


def test_a_private_service_that_calls_out_through_a_vpc_is_planned_as_one(
    applied: Applied,
) -> None:
    connector = (
        "arn:aws:apprunner:eu-west-1:123456789012:vpcconnector/trending-now/1/"
        "0123456789abcdef0123456789abcdef"
    )
    plan = planned(
        applied.root,
        f"""
        module "app_runner_service" {{
          publicly_accessible = false
          vpc_connector       = {{ arn = "{connector}" }}
        }}
        """,
    )
    assert changes(plan) == {SERVICE: ["update"]}
    (network,) = after(plan, SERVICE)["network_configuration"]
    assert network["ingress_configuration"] == [{"is_publicly_accessible": False}]
    assert network["egress_configuration"] == [
        {"egress_type": "VPC", "vpc_connector_arn": connector}
    ]


def test_tags_sit_on_the_service_alone(applied: Applied) -> None:
    apprunner = applied.client("apprunner")
    outputs = applied.outputs["full"]
    tags = apprunner.list_tags_for_resource(ResourceArn=outputs["arn"])["Tags"]
    assert tags == [{"Key": "release", "Value": "r1"}]
    other = apprunner.list_tags_for_resource(ResourceArn=outputs["auto_scaling_configuration_arn"])
    assert other["Tags"] == []


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_a_release_is_one_update_in_place(applied: Applied) -> None:
    plan = planned(
        applied.root, f'module "app_runner_service" {{\n  image_digest = "{OTHER_DIGEST}"\n}}'
    )
    assert changes(plan) == {SERVICE: ["update"]}
    (change,) = [item for item in plan["resource_changes"] if item["address"] == SERVICE]
    before, after = change["change"]["before"], change["change"]["after"]
    assert {key for key in after if before.get(key) != after[key]} == {"source_configuration"}
    (source,) = after["source_configuration"]
    identifier = source["image_repository"][0]["image_identifier"]
    assert identifier == f"{applied.outputs['repository']}@{OTHER_DIGEST}"


@pytest.mark.parametrize(
    "scaling_value",
    [
        "{ max_instances = 3 }",
        "{ max_instances = 2, min_instances = 2 }",
        "{ max_concurrency = 9 }",
    ],
)
def test_new_scaling_is_made_before_the_old_one_goes_and_the_service_stays(
    applied: Applied, scaling_value: str
) -> None:
    found = applied.planned_changes(
        f'module "app_runner_service" {{\n  scaling = {scaling_value}\n}}'
    )
    assert found == {SCALING: REPLACE_CREATING_FIRST, SERVICE: ["update"]}


def test_a_new_name_replaces_the_service(applied: Applied) -> None:
    found = applied.planned_changes('module "app_runner_service" {\n  name = "another"\n}')
    assert found == {SCALING: REPLACE_CREATING_FIRST, SERVICE: REPLACE}


def test_a_key_replaces_the_service(applied: Applied) -> None:
    found = applied.planned_changes(
        'module "app_runner_service" {\n  encryption = { kms_key_arn = module.kms_key.arn }\n}'
    )
    assert found == {SERVICE: REPLACE}


def test_everything_else_is_an_update_in_place(applied: Applied) -> None:
    found = applied.planned_changes(
        """
        module "app_runner_service" {
          environment         = { LOG_LEVEL = "warning" }
          health_check        = { path = "/other" }
          port                = 8001
          publicly_accessible = false
          size                = { cpu = 512, memory = 1024 }
          tags                = { release = "r2" }
          tracing_enabled     = true
        }
        """
    )
    tracing = "module.app_runner_service.aws_apprunner_observability_configuration.this[0]"
    assert found == {SERVICE: ["update"], tracing: ["create"]}
