"""Every validation of every variable refuses bad values with its own message, and no good ones.

All cases are in one plan: a root that calls the modules once per case, with only their
variables.tf in them. That needs no provider, where a plan for each case would take three seconds.
"""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path

import pytest

from harness import hcl
from harness.places import MODULES, module_names
from infra import processes
from infra.targets import local_run
from infra.terraform.binary import find_terraform

pytestmark = pytest.mark.terraform

DIGEST = "sha256:" + "a" * 64
ECR_ARN = "arn:aws:ecr:eu-west-1:123456789012:repository/app"
KMS_ARN = "arn:aws:kms:eu-west-1:123456789012:key/1234abcd-12ab-34cd-56ef-1234567890ab"
KMS_ALIAS_ARN = "arn:aws:kms:eu-west-1:123456789012:alias/app"
LOGS_ARN = "arn:aws:logs:eu-west-1:123456789012:log-group:/app/application"
TOPIC_ARN = "arn:aws:sns:eu-west-1:123456789012:app-alarms"
SECRET_ARN = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/key-a1B2c3"
PARAMETER_ARN = "arn:aws:ssm:eu-west-1:123456789012:parameter/app/key"
ROLE_ARN = "arn:aws:iam::123456789012:role/replication"
REGISTRY = "123456789012.dkr.ecr.eu-west-1.amazonaws.com"
CONNECTOR_ARN = "arn:aws:apprunner:eu-west-1:123456789012:vpcconnector/app/1/0123456789abcdef"
SERVICE_ARN = "arn:aws:apprunner:eu-west-1:123456789012:service/app/0123456789abcdef"
EMPTY: Mapping[str, str] = {}

PROVIDER_ARN = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"


def zones(raw: str = "arn:aws:s3:::lake-raw", **others: str) -> str:
    """Buckets of data_roles; others: zones beside the six."""
    names = ("processed", "features", "models", "dvc", "reports")
    given = {"raw": raw, **{name: f"arn:aws:s3:::lake-{name}" for name in names}, **others}
    return "{ " + ", ".join(f'{key} = {{ arn = "{arn}" }}' for key, arn in given.items()) + " }"


def repository(**values: str) -> str:
    """A repository of deployment_roles; values are HCL."""
    given = {
        "owner": '"octo-org"',
        "repository": '"trending-now"',
        "owner_id": '"123456"',
        "repository_id": '"456789"',
        "subject_forms": '["name"]',
        **values,
    }
    return "{ " + ", ".join(f"{key} = {value}" for key, value in given.items()) + " }"


REQUIRED: Mapping[str, Mapping[str, str]] = {
    "deployment_roles": {
        "environment": '"staging"',
        "oidc_provider_arn": f'"{PROVIDER_ARN}"',
        "repository": repository(),
        "state": '{ bucket = "tfstate-123456789012", key = "staging/terraform.tfstate" }',
    },
    "github_oidc": {},
    "app_runner_domain": {
        "domain_name": '"trends.example.com"',
        "service_arn": f'"{SERVICE_ARN}"',
    },
    "app_runner_private_ingress": {
        "name": '"trending-now"',
        "service_arn": f'"{SERVICE_ARN}"',
        "subnet_ids": '["subnet-0123456789abcdef0"]',
        "vpc_id": '"vpc-0123456789abcdef0"',
    },
    "app_runner_roles": {"name": '"app"', "repository_arns": f'["{ECR_ARN}"]'},
    "app_runner_service": {
        "access_role_arn": '"arn:aws:iam::123456789012:role/access"',
        "image_digest": f'"{DIGEST}"',
        "instance_role_arn": '"arn:aws:iam::123456789012:role/instance"',
        "name": '"trending-now"',
        "repository_url": f'"{REGISTRY}/app"',
    },
    "data_lake": {"kms_key_arn": f'"{KMS_ARN}"', "name": '"trending-now"'},
    "app_runner_vpc_connector": {
        "name": '"app"',
        "subnet_ids": '["subnet-0123456789abcdef0"]',
        "vpc_id": '"vpc-0123456789abcdef0"',
    },
    "ecr_registry": {},
    "budget": {"emails": '["a@example.com"]', "limit_usd": "100", "name": '"app"'},
    "drift_alarm": {
        "bucket_name": '"trending-now-data"',
        "name": '"app-drift"',
        "topic_arn": f'"{TOPIC_ARN}"',
    },
    "data_roles": {"buckets": zones(), "kms_key_arn": f'"{KMS_ARN}"', "name": '"app"'},
    "ecr_repository": {"name": '"app"'},
    "kms_key": {"description": '"A key."', "name": '"app"'},
    "observability": {"log_group_name": '"/app/application"', "name": '"app"'},
    "s3_bucket": {"name": '"trending-now-data"'},
    "trending_now": {"environment": '"staging"'},
    "web_acl": {"name": '"app"'},
}


@dataclass(frozen=True)
class Case:
    """A value of a variable, in HCL. message: how the message begins, or "" if it is accepted."""

    module: str
    variable: str
    value: str
    message: str = ""
    others: Mapping[str, str] = field(default_factory=dict)

    @property
    def arguments(self) -> Mapping[str, str]:
        """All arguments of the call."""
        return {**REQUIRED[self.module], **self.others, self.variable: self.value}

    def __str__(self) -> str:
        shown = self.value if len(self.value) <= 50 else f"{self.value[:50]}…"
        # xdist takes what stands before the last "::" of a test's id for its scope.
        return re.sub(":+", ":", f"{self.module}.{self.variable}={shown}")


def rejected(
    module: str, variable: str, message: str, *values: str, others: Mapping[str, str] = EMPTY
) -> list[Case]:
    """Values that are refused with a message that begins so."""
    return [Case(module, variable, value, message, others) for value in values]


def accepted(
    module: str, variable: str, *values: str, others: Mapping[str, str] = EMPTY
) -> list[Case]:
    """Values at the edge that are fine."""
    return [Case(module, variable, value, "", others) for value in values]


def bucket(prefix: str) -> str:
    """Buckets of app_runner_roles with one prefix to read."""
    return f'{{ a = {{ arn = "arn:aws:s3:::b", read_prefixes = ["{prefix}"] }} }}'


def rule(body: str, key: str = "a") -> str:
    """Lifecycle rules of s3_bucket with one rule."""
    return f"{{ {key} = {{ {body} }} }}"


def tiers(body: str, key: str = "a") -> str:
    """Intelligent tiering of s3_bucket with one configuration."""
    return f"{{ {key} = {{ {body} }} }}"


def replication(**values: str) -> str:
    """A replication of s3_bucket."""
    given = {
        "role_arn": ROLE_ARN,
        "destination_account_id": "999999999999",
        "destination_bucket_arn": "arn:aws:s3:::copies",
        "destination_kms_key_arn": KMS_ARN,
        **values,
    }
    return "{ " + ", ".join(f'{key} = "{value}"' for key, value in given.items()) + " }"


def lake_copies(zones: str = '{ raw = "arn:aws:s3:::copies" }', **values: str) -> str:
    """A replication of data_lake."""
    given = {
        "destination_account_id": "999999999999",
        "destination_kms_key_arn": KMS_ARN,
        **values,
    }
    body = ", ".join(f'{key} = "{value}"' for key, value in given.items())
    return f"{{ destination_bucket_arns = {zones}, {body} }}"


def principal(
    key: str = "logs",
    service: str = "logs",
    actions: str = '["kms:Decrypt"]',
    conditions: str = '{ "aws:SourceAccount" = { test = "StringEquals", values = ["1"] } }',
) -> str:
    """Service principals of kms_key with one service."""
    return (
        f'{{ {key} = {{ service = "{service}", actions = {actions}, conditions = {conditions} }} }}'
    )


def observed(minimum: str = "null") -> str:
    """A service of observability with up to four instances."""
    return f'{{ id = "a", max_instances = 4, min_instances = {minimum}, name = "app" }}'


def scientist(**values: str) -> str:
    """A data scientist of data_roles; values are HCL."""
    given = {"principal_arns": '["arn:aws:iam::123456789012:user/ada"]', **values}
    return "{ " + ", ".join(f"{key} = {value}" for key, value in given.items()) + " }"


def telemetry(group: str = LOGS_ARN, namespace: str = "app/staging") -> str:
    """Telemetry of app_runner_roles."""
    return f'{{ log_group_arn = "{group}", metric_namespace = "{namespace}" }}'


def egress(**values: str) -> str:
    """Egress rules of app_runner_vpc_connector with one rule; values are HCL."""
    given = {"cidr_ipv4": '"10.0.0.0/16"', "from_port": "443", **values}
    return "{ a = { " + ", ".join(f"{key} = {value}" for key, value in given.items()) + " } }"


def destination(**values: str) -> str:
    """Replication destinations of ecr_registry with one destination; values are HCL."""
    given = {"account_id": '"123456789012"', "repository_prefix": '"app"', **values}
    return "{ a = { " + ", ".join(f"{key} = {value}" for key, value in given.items()) + " } }"


def release(**values: str) -> str:
    """A release of trending_now."""
    given = {"image_digest": DIGEST, **values}
    return "{ " + ", ".join(f'{key} = "{value}"' for key, value in given.items()) + " }"


REJECTED: list[Case] = [
    *rejected(
        "data_lake", "kms_key_arn", "The value must be the ARN of a key", f'"{KMS_ALIAS_ARN}"'
    ),
    *rejected(
        "data_lake",
        "name",
        "The name must have 2 to 38",
        '"a"',
        f'"{"a" * 39}"',
        '"Lake"',
        '"a.b"',
        '"-ab"',
        '"ab-"',
        '"xn--lake"',
    ),
    *rejected(
        "data_lake",
        "object_lock",
        "Each key must be a zone",
        '{ access_logs = { mode = "GOVERNANCE", days = 1 } }',
        '{ raw = { mode = "GOVERNANCE", days = 1 }, Raw = { mode = "GOVERNANCE", days = 1 } }',
    ),
    *rejected(
        "data_lake",
        "permissions_boundary_arn",
        "The boundary must be",
        '"workload-boundary"',
        '"arn:aws:iam::123456789012:role/boundary"',
    ),
    *rejected(
        "data_lake",
        "replication",
        "Each key of destination_bucket_arns",
        lake_copies('{ access_logs = "arn:aws:s3:::copies" }'),
    ),
    *rejected("data_lake", "replication", "At least one zone is needed", lake_copies("{}")),
    *rejected(
        "data_lake",
        "replication",
        "destination_account_id must have",
        lake_copies(destination_account_id="copies"),
    ),
    *rejected(
        "data_lake",
        "replication",
        "destination_kms_key_arn must be",
        lake_copies(destination_kms_key_arn=KMS_ALIAS_ARN),
    ),
    *rejected(
        "data_lake",
        "retention",
        "Each retention must be",
        "{ processed_days = 0 }",
        "{ noncurrent_days = 1.5 }",
    ),
    *rejected(
        "data_lake",
        "retention",
        "raw_infrequent_access_days must be",
        "{ raw_infrequent_access_days = 29 }",
    ),
    *rejected(
        "data_lake",
        "retention",
        "raw_archive_days must be",
        "{ raw_archive_days = 59 }",
        "{ raw_infrequent_access_days = 61 }",
    ),
    *rejected(
        "deployment_roles", "environment", "The environment must have", '"Staging"', '"s"', '"-a"'
    ),
    *rejected(
        "deployment_roles",
        "environment",
        "Project and environment joined",
        '"a-very-long-environment"',
    ),
    *rejected(
        "deployment_roles",
        "oidc_provider_arn",
        "The ARN must be that of an account's identity provider",
        '"*"',
        '"arn:aws:iam::123456789012:oidc-provider/gitlab.com"',
    ),
    *rejected(
        "deployment_roles",
        "repository",
        "owner and repository must be",
        repository(owner='"*"'),
        repository(repository='"a/b"'),
        repository(repository='"*"'),
    ),
    *rejected(
        "deployment_roles",
        "repository",
        "owner_id and repository_id must be",
        repository(owner_id='"octo"'),
        repository(repository_id='"0"'),
    ),
    *rejected(
        "deployment_roles",
        "repository",
        "subject_forms must hold",
        repository(subject_forms="[]"),
        repository(subject_forms='["*"]'),
    ),
    *rejected(
        "deployment_roles",
        "state",
        "The state bucket must have 3 to 63",
        '{ bucket = "Bad_Name", key = "a" }',
    ),
    *rejected(
        "deployment_roles",
        "state",
        "The state bucket must not begin",
        '{ bucket = "trending-now-staging-state", key = "a" }',
    ),
    *rejected(
        "deployment_roles",
        "state",
        "The state key must be",
        '{ bucket = "tfstate", key = "*" }',
        '{ bucket = "tfstate", key = "/a" }',
        '{ bucket = "tfstate", key = "a.tflock" }',
    ),
    *rejected(
        "deployment_roles",
        "state",
        "The KMS key of the state must be",
        f'{{ bucket = "tfstate", key = "a", kms_key = {{ arn = "{KMS_ALIAS_ARN}" }} }}',
    ),
    *rejected(
        "deployment_roles",
        "ledger_key_arn",
        "The key of the ledger must be",
        f'"{KMS_ALIAS_ARN}"',
        '"alias/ledger"',
    ),
    *rejected("deployment_roles", "main_branch", "The branch must be", '"*"', '""'),
    *rejected(
        "deployment_roles", "replication_account_id", "The account must be", '"1"', '"12345678901a"'
    ),
    *rejected(
        "deployment_roles",
        "state",
        "read_keys must be",
        '{ bucket = "tfstate-1", key = "a/b.tfstate", read_keys = ["*.tfstate"] }',
        '{ bucket = "tfstate-1", key = "a/b.tfstate", read_keys = ["a/b.tfstate.tflock"] }',
    ),
    *rejected(
        "deployment_roles",
        "promotes_to",
        "promotes_to must hold",
        '["Prod"]',
        '["*"]',
        '["staging"]',
    ),
    *rejected("deployment_roles", "project", "The project must have", '"Trending"', '"t"'),
    *rejected(
        "github_oidc",
        "existing_provider",
        "The ARN must be that of an account's identity provider",
        '{ arn = "arn:aws:iam::1:x" }',
    ),
    *rejected(
        "app_runner_domain",
        "domain_name",
        "The domain must be",
        '"example"',
        '"*.example.com"',
        '"example.com."',
        '"Example.com"',
        '"https://example.com"',
        '"-a.example.com"',
        f'"{"a." * 126}com"',
    ),
    *rejected("app_runner_domain", "service_arn", "The service must be", '"app"', f'"{ECR_ARN}"'),
    *rejected(
        "app_runner_private_ingress",
        "name",
        "The name must have 4 to 40",
        '"abc"',
        f'"{"a" * 41}"',
        '"a.bcd"',
        '"sg-app"',
    ),
    *rejected(
        "app_runner_private_ingress",
        "service_arn",
        "The service must be",
        '"app"',
        f'"{CONNECTOR_ARN}"',
    ),
    *rejected("app_runner_private_ingress", "subnet_ids", "At least one subnet", "[]"),
    *rejected(
        "app_runner_private_ingress", "vpc_id", "The VPC must be given", '"main"', '"subnet-0a"'
    ),
    *rejected(
        "app_runner_private_ingress",
        "allowed_cidr_blocks",
        "Each key must be snake_case",
        '{ "The-Office" = "10.0.0.0/16" }',
    ),
    *rejected(
        "app_runner_private_ingress",
        "allowed_cidr_blocks",
        "Each value must be an IPv4 range",
        '{ a = "0.0.0.0/0" }',
        '{ a = "10.0.0.1" }',
        '{ a = "fd00::/8" }',
        '{ a = "10.0.0.0/16", b = "office" }',
    ),
    *rejected(
        "app_runner_private_ingress",
        "allowed_security_group_ids",
        "Each key must be snake_case",
        '{ "Batch-Jobs" = "sg-0123" }',
    ),
    *rejected(
        "app_runner_private_ingress",
        "allowed_security_group_ids",
        "Each value must be the id",
        '{ a = "default" }',
        '{ a = "" }',
    ),
    *rejected(
        "app_runner_roles", "name", "The name must have 1 to 55", '""', '"a b"', f'"{"a" * 56}"'
    ),
    *rejected("app_runner_roles", "repository_arns", "At least one repository", "[]"),
    *rejected(
        "app_runner_roles",
        "repository_arns",
        "Each value must be the ARN of one ECR",
        '["app"]',
        '["arn:aws:ecr:eu-west-1:123456789012:repository/*"]',
        '["arn:aws:ecr:*:123456789012:repository/app"]',
        f'["{ECR_ARN}", "*"]',
    ),
    *rejected(
        "app_runner_roles",
        "buckets",
        "Each key must be snake_case",
        '{ "Data-Lake" = { arn = "a", read_prefixes = ["a/"] } }',
    ),
    *rejected("app_runner_roles", "buckets", "Each bucket needs", '{ a = { arn = "a" } }'),
    *rejected(
        "app_runner_roles",
        "buckets",
        "Each prefix must end with",
        bucket("models"),
        bucket("/models/"),
        bucket("*/"),
        bucket("mod?ls/"),
        bucket("/"),
        bucket("$${aws:username}/"),
        '{ a = { arn = "a", write_prefixes = ["a/", "b"] } }',
    ),
    *rejected(
        "app_runner_roles",
        "kms_key_arns",
        "Each value must be the ARN of a key",
        f'{{ a = "{KMS_ALIAS_ARN}" }}',
        '{ a = "*" }',
        '{ a = "arn:aws:kms:eu-west-1:123456789012:key/*" }',
    ),
    *rejected(
        "app_runner_roles",
        "parameter_arns",
        "Each value must be the full ARN of one parameter",
        '{ a = "/app/key" }',
        f'{{ a = "{PARAMETER_ARN}:2" }}',
        '{ a = "arn:aws:ssm:eu-west-1:123456789012:parameter/app/*" }',
        f'{{ a = "{SECRET_ARN}" }}',
    ),
    *rejected(
        "app_runner_roles",
        "permissions_boundary_arn",
        "The boundary must be",
        '""',
        '"boundary"',
        '"arn:aws:iam::123456789012:role/a"',
    ),
    *rejected(
        "app_runner_roles",
        "secret_arns",
        "Each value must be the full ARN of one secret",
        '{ a = "app/key" }',
        f'{{ a = "{SECRET_ARN}:password::" }}',
        '{ a = "arn:aws:secretsmanager:eu-west-1:123456789012:secret:app/*" }',
        f'{{ a = "{PARAMETER_ARN}" }}',
    ),
    *rejected(
        "app_runner_roles",
        "telemetry",
        "The log group ARN must name",
        telemetry(group=f"{LOGS_ARN}:*"),
        telemetry(group="arn:aws:logs:eu-west-1:123456789012:log-group:*"),
        telemetry(group="/app/application"),
    ),
    *rejected(
        "app_runner_roles",
        "telemetry",
        "The metric namespace must have",
        telemetry(namespace="AWS/AppRunner"),
        telemetry(namespace=""),
        telemetry(namespace="a*"),
    ),
    *rejected(
        "app_runner_service",
        "image_digest",
        "The digest must be",
        '"latest"',
        f'"{"a" * 64}"',
        f'"sha256:{"a" * 63}"',
        f'"sha256:{"A" * 64}"',
        f'"{DIGEST}0"',
    ),
    *rejected(
        "app_runner_service",
        "name",
        "The name must have 4 to 32",
        '"abc"',
        f'"{"a" * 33}"',
        '"-abcd"',
        '"a.bcd"',
    ),
    *rejected(
        "app_runner_service",
        "repository_url",
        "The address must be",
        f'"{REGISTRY}/app:latest"',
        f'"{REGISTRY}/app@{DIGEST}"',
        '"public.ecr.aws/app/app"',
        f'"https://{REGISTRY}/app"',
    ),
    *rejected(
        "app_runner_service",
        "encryption",
        "The key must be given by its full ARN",
        f'{{ kms_key_arn = "{KMS_ALIAS_ARN}" }}',
        '{ kms_key_arn = "1234abcd-12ab-34cd-56ef-1234567890ab" }',
    ),
    *rejected(
        "app_runner_service",
        "environment",
        "Each name must have",
        '{ "A-B" = "1" }',
        '{ "1A" = "1" }',
        '{ AWSAPPRUNNER_A = "1" }',
    ),
    *rejected(
        "app_runner_service",
        "environment",
        "A name must stand either",
        '{ API_KEY = "1" }',
        others={"secrets": f'{{ API_KEY = "{SECRET_ARN}" }}'},
    ),
    *rejected("app_runner_service", "health_check", "The path must begin", '{ path = "health" }'),
    *rejected(
        "app_runner_service",
        "health_check",
        "Seconds and thresholds",
        "{ interval_seconds = 0 }",
        "{ timeout_seconds = 21 }",
        "{ healthy_threshold = 1.5 }",
        "{ unhealthy_threshold = 0 }",
    ),
    *rejected("app_runner_service", "port", "The port must be", "0", "65536", "80.5", "-1"),
    *rejected(
        "app_runner_service",
        "scaling",
        "max_concurrency must be",
        "{ max_concurrency = 0 }",
        "{ max_concurrency = 201 }",
        "{ max_concurrency = 1.5 }",
    ),
    *rejected(
        "app_runner_service",
        "scaling",
        "min_instances and max_instances",
        "{ min_instances = 0 }",
        "{ min_instances = 3, max_instances = 2 }",
        "{ max_instances = 26 }",
        "{ min_instances = 1.5 }",
        "{ max_instances = 2.5 }",
    ),
    *rejected(
        "app_runner_service",
        "secrets",
        "Each name must have",
        f'{{ "API-KEY" = "{SECRET_ARN}" }}',
        f'{{ AWSAPPRUNNER = "{SECRET_ARN}" }}',
    ),
    *rejected(
        "app_runner_service",
        "secrets",
        "Each value must be the ARN of a secret",
        '{ API_KEY = "hunter2" }',
        f'{{ API_KEY = "{KMS_ARN}" }}',
    ),
    *rejected(
        "app_runner_service",
        "size",
        "App Runner knows these pairs",
        "{ cpu = 256 }",
        "{ cpu = 1000, memory = 2048 }",
        "{ cpu = 4096, memory = 4096 }",
        "{ cpu = 512, memory = 512 }",
    ),
    *rejected(
        "app_runner_service",
        "vpc_connector",
        "The connector must be given by its ARN",
        '{ arn = "trending-now" }',
        '{ arn = "arn:aws:apprunner:eu-west-1:123456789012:service/a/b" }',
    ),
    *rejected("budget", "name", "The name must have", '""', '"a/b"', f'"{"a" * 101}"'),
    *rejected("budget", "limit_usd", "The limit must be", "0", "-1", "1.001"),
    *rejected(
        "budget",
        "cost_tag",
        "The key must have",
        '{ key = "", value = "a" }',
        '{ key = "a$b", value = "a" }',
        '{ key = "a", value = "" }',
        f'{{ key = "a", value = "{"a" * 257}" }}',
    ),
    *rejected("budget", "emails", "Each value must be an e-mail", '["finance"]', '["a@b"]'),
    *rejected("budget", "emails", "At most 10", '[for n in range(11) : "${n}@example.com"]'),
    *rejected(
        "budget",
        "thresholds",
        "A budget has 1 to 10",
        "{ actual = [], forecasted = [] }",
        "{ actual = range(1, 11) }",
    ),
    *rejected(
        "budget",
        "thresholds",
        "Each percentage must be",
        "{ actual = [0] }",
        "{ actual = [80, 1001] }",
        "{ forecasted = [-1] }",
    ),
    *rejected("budget", "topic_arn", "The topic must be given", '"alarms"', f'"{LOGS_ARN}"'),
    *rejected("budget", "topic_arn", "Somebody must hear", "null", others={"emails": "[]"}),
    *rejected(
        "drift_alarm",
        "bucket_name",
        "The bucket must be given",
        '"arn:aws:s3:::data"',
        '"ab"',
        '"Data"',
        '"data/drift"',
    ),
    *rejected("drift_alarm", "name", "The name must have", '""', '"a b"', f'"{"a" * 65}"'),
    *rejected(
        "drift_alarm",
        "topic_arn",
        "The topic must be given",
        '"alarms"',
        f'"{TOPIC_ARN}.fifo"',
        f'"{LOGS_ARN}"',
    ),
    *rejected(
        "drift_alarm",
        "description",
        "The description must be",
        '""',
        '"No full stop"',
        '"A \\"quote\\"."',
        '"A <bracket>."',
        '"Two\\nlines."',
        f'"{"a" * 501}."',
    ),
    *rejected(
        "drift_alarm", "period_seconds", "The period must be", "30", "90", "0", "86460", "60.5"
    ),
    *rejected(
        "drift_alarm", "prefix", "The prefix must have", '""', '"/drift/"', '"a*"', f'"{"a" * 513}"'
    ),
    *rejected("drift_alarm", "priority", "The priority must", '""', '"<P1>"', f'"{"a" * 33}"'),
    *rejected("drift_alarm", "suffix", "The suffix must", '"*.json"', '"/a"', f'"{"a" * 65}"'),
    *rejected(
        "app_runner_vpc_connector",
        "name",
        "The name must have 1 to 31",
        '""',
        f'"{"a" * 32}"',
        '"-app"',
        '"a.b"',
        '"sg-app"',
    ),
    *rejected(
        "app_runner_vpc_connector",
        "subnet_ids",
        "A connector needs 1 to 16",
        "[]",
        "[" + ", ".join(f'"subnet-{n}"' for n in range(17)) + "]",
    ),
    *rejected(
        "app_runner_vpc_connector", "vpc_id", "The VPC must be given", '"main"', '"subnet-0a"'
    ),
    *rejected(
        "app_runner_vpc_connector",
        "egress_rules",
        "Each key must be snake_case",
        '{ "Https-Out" = { cidr_ipv4 = "10.0.0.0/16", from_port = 443 } }',
    ),
    *rejected(
        "app_runner_vpc_connector",
        "egress_rules",
        "Each rule must have exactly one",
        "{ a = { from_port = 443 } }",
        egress(security_group_id='"sg-0123"'),
        egress(prefix_list_id='"pl-0123"'),
    ),
    *rejected(
        "app_runner_vpc_connector",
        "egress_rules",
        "Each cidr_ipv4 must be",
        egress(cidr_ipv4='"10.0.0.1"'),
        egress(cidr_ipv4='"fd00::/8"'),
    ),
    *rejected(
        "app_runner_vpc_connector",
        "egress_rules",
        "Ports must be",
        egress(from_port="-1"),
        egress(from_port="65536"),
        egress(from_port="443", to_port="80"),
        egress(from_port="80", to_port="65536"),
        egress(from_port="80.5"),
        egress(from_port="80", to_port="443.5"),
    ),
    *rejected(
        "app_runner_vpc_connector",
        "egress_rules",
        "Each protocol must be",
        egress(protocol='"-1"'),
        egress(protocol='"all"'),
    ),
    *rejected(
        "ecr_registry", "continuous_scan_filters", "Continuous scans need", '["app"]', '["*"]'
    ),
    *rejected(
        "ecr_registry",
        "continuous_scan_filters",
        "Each filter must have",
        '["App"]',
        '[""]',
        f'["{"a" * 257}"]',
        others={"scan_type": '"ENHANCED"'},
    ),
    *rejected(
        "ecr_registry", "push_scan_filters", "Each filter must have", '["App"]', '["a", "b c"]'
    ),
    *rejected(
        "ecr_registry",
        "replication_destinations",
        "A registry can have at most 10",
        "{ "
        + ", ".join(
            f'd{n} = {{ account_id = "1234567890{n}", repository_prefix = "app" }}'
            for n in range(10, 21)
        )
        + " }",
    ),
    *rejected(
        "ecr_registry",
        "replication_destinations",
        "Each account_id must have",
        destination(account_id='"prod"'),
        destination(account_id='"1234567890123"'),
    ),
    *rejected(
        "ecr_registry",
        "replication_destinations",
        "Each region must be",
        destination(region='"frankfurt"'),
        destination(region='""'),
    ),
    *rejected(
        "ecr_registry",
        "replication_destinations",
        "Each repository_prefix must have",
        destination(repository_prefix='""'),
        destination(repository_prefix='"*"'),
        destination(repository_prefix='"App"'),
    ),
    *rejected(
        "ecr_registry",
        "replication_source_account_ids",
        "Each account id must have",
        '["*"]',
        '["arn:aws:iam::123456789012:root"]',
        others={"replication_source_prefix": '"app"'},
    ),
    *rejected(
        "ecr_registry", "replication_source_prefix", "The prefix must have", '"*"', '""', '"App"'
    ),
    *rejected(
        "ecr_registry",
        "replication_source_prefix",
        "Accounts that replicate",
        "null",
        others={"replication_source_account_ids": '["123456789012"]'},
    ),
    *rejected("ecr_registry", "scan_type", "The scan type must be", '"basic"', '""'),
    *rejected(
        "data_roles",
        "buckets",
        "There must be one bucket for each zone",
        "{}",
        '{ raw = { arn = "arn:aws:s3:::lake" } }',
        zones(logs="arn:aws:s3:::lake-logs"),
    ),
    *rejected(
        "data_roles",
        "buckets",
        "Each ARN must name one bucket",
        zones(raw="arn:aws:s3:::lake/*"),
        zones(raw="arn:aws:s3:::*"),
        zones(raw="lake-raw"),
    ),
    *rejected(
        "data_roles",
        "kms_key_arn",
        "The value must be the ARN of a key",
        f'"{KMS_ALIAS_ARN}"',
        '"*"',
    ),
    *rejected("data_roles", "name", "The name must have 1 to 49", '""', '"a b"', f'"{"a" * 50}"'),
    *rejected("data_roles", "data_scientist", "The role for data", "{ principal_arns = [] }"),
    *rejected(
        "data_roles",
        "data_scientist",
        "Each principal must be the ARN of one role or one user",
        '{ principal_arns = ["*"] }',
        '{ principal_arns = ["123456789012"] }',
        '{ principal_arns = ["arn:aws:iam::123456789012:root"] }',
        '{ principal_arns = ["arn:aws:iam::123456789012:role/*"] }',
    ),
    *rejected(
        "data_roles",
        "data_scientist",
        "A session must last",
        scientist(max_session_seconds="3599"),
        scientist(max_session_seconds="43201"),
        scientist(max_session_seconds="3600.5"),
    ),
    *rejected(
        "data_roles",
        "permissions_boundary_arn",
        "The boundary must be",
        '"boundary"',
        '"arn:aws:iam::123456789012:role/boundary"',
    ),
    *rejected("data_roles", "pipeline", "The role of the pipeline needs", "{}"),
    *rejected(
        "data_roles",
        "pipeline",
        "Each principal must be the ARN of one role",
        '{ principal_arns = ["*"] }',
        '{ principal_arns = ["arn:aws:iam::123456789012:root"] }',
        '{ principal_arns = ["arn:aws:iam::123456789012:user/ada"] }',
        '{ principal_arns = ["arn:aws:iam::123456789012:role/a*"] }',
    ),
    *rejected(
        "data_roles",
        "pipeline",
        "Each zone must be",
        '{ service_names = ["states"], read_zones = ["logs"] }',
    ),
    *rejected(
        "data_roles",
        "pipeline",
        "Each service must be named",
        '{ service_names = ["ecs-tasks.amazonaws.com"] }',
        '{ service_names = ["*"] }',
        '{ service_names = [""] }',
    ),
    *rejected("data_roles", "pipeline", "The service ec2 cannot", '{ service_names = ["ec2"] }'),
    *rejected(
        "ecr_repository",
        "name",
        "The name must have 2 to 256",
        '"a"',
        '"App"',
        '"a--b"',
        '"a/"',
        '"-a"',
        f'"{"a" * 257}"',
    ),
    *rejected(
        "ecr_repository",
        "pull_principal_arns",
        "Each principal must be",
        '{ a = "*" }',
        '{ a = "123456789012" }',
        '{ a = "arn:aws:iam::123456789012:root" }',
    ),
    *rejected("ecr_repository", "build_image_count", "The number must be", "0", "-1", "2.5"),
    *rejected(
        "ecr_repository",
        "build_tag_pattern",
        "The pattern must have",
        '""',
        '"a b"',
        '"*a*b*c*d*"',
        f'"{"a" * 129}"',
    ),
    *rejected(
        "ecr_repository", "build_tag_pattern", "Builds and releases must have", '"release-*"'
    ),
    *rejected(
        "ecr_repository",
        "release_tag_pattern",
        "The pattern must have",
        '""',
        '"a b"',
        '"*a*b*c*d*"',
        f'"{"a" * 129}"',
    ),
    *rejected("ecr_repository", "untagged_days", "The number of days", "0", "1.5", "-1"),
    *rejected("kms_key", "description", "The description must have", '""', f'"{"a" * 8193}"'),
    *rejected(
        "kms_key",
        "name",
        "The name must have 1 to 250",
        '""',
        '"alias/a"',
        '"aws/a"',
        '"a b"',
        f'"{"a" * 251}"',
    ),
    *rejected("kms_key", "deletion_window_in_days", "The deletion window", "6", "31", "7.5"),
    *rejected("kms_key", "rotation_period_in_days", "The rotation period", "89", "2561", "90.5"),
    *rejected(
        "kms_key",
        "service_principals",
        "Each key must be snake_case",
        principal(key='"Log-Groups"'),
    ),
    *rejected(
        "kms_key",
        "service_principals",
        "Each service must be given without",
        principal(service="logs.amazonaws.com"),
        principal(service="*"),
        principal(service=""),
    ),
    *rejected(
        "kms_key",
        "service_principals",
        "Each service needs at least one condition",
        principal(conditions="{}"),
    ),
    *rejected(
        "kms_key",
        "service_principals",
        "Each action must be a KMS action",
        principal(actions='["kms:*"]'),
        principal(actions='["*"]'),
        principal(actions='["s3:GetObject"]'),
        principal(actions='["kms:Decrypt", "kms:*Key"]'),
    ),
    *rejected(
        "observability",
        "log_group_name",
        "The name must have 1 to 512",
        '""',
        '"a b"',
        '"aws/a"',
        '"/aws/apprunner/app"',
        f'"{"a" * 513}"',
    ),
    *rejected(
        "observability", "name", "The name must have 1 to 44", '""', '"a b"', f'"{"a" * 45}"'
    ),
    *rejected(
        "observability",
        "alarm_emails",
        "Each value must be an e-mail",
        '["on-call"]',
        '["a@b"]',
        '["a b@example.com"]',
        '["a@example.com", ""]',
    ),
    *rejected(
        "observability",
        "buckets",
        "Each key must have",
        '{ "" = "data" }',
        '{ "a b" = "data" }',
        f'{{ {"a" * 33} = "data" }}',
    ),
    *rejected("observability", "buckets", "At most 50", '{ for n in range(51) : n => "data" }'),
    *rejected(
        "observability", "log_retention_in_days", "CloudWatch keeps logs for", "0", "2", "366", "31"
    ),
    *rejected(
        "observability",
        "metric_namespace",
        "The namespace must have",
        '""',
        '"AWS/S3"',
        '"a b"',
        f'"{"a" * 256}"',
    ),
    *rejected("observability", "service", "min_instances must lie", observed("0"), observed("5")),
    *rejected(
        "observability",
        "thresholds",
        "Each percentage",
        "{ bucket_client_error_percent = 0 }",
        "{ bucket_server_error_percent = 100 }",
        "{ client_error_percent = 0 }",
        "{ cpu_percent = 100 }",
        "{ memory_percent = 101 }",
        "{ server_error_percent = -1 }",
    ),
    *rejected(
        "observability", "thresholds", "The latency must be", "{ latency_p95_milliseconds = 0 }"
    ),
    *rejected(
        "observability",
        "thresholds",
        "minimum_requests and bucket_minimum_requests must be",
        "{ bucket_minimum_requests = 0 }",
        "{ minimum_requests = 0 }",
        "{ minimum_requests = 1.5 }",
    ),
    *rejected(
        "observability",
        "thresholds",
        "log_errors_per_minute must",
        "{ log_errors_per_minute = -1 }",
    ),
    *rejected(
        "observability",
        "thresholds",
        "datapoints_to_alarm must be",
        "{ datapoints_to_alarm = 0 }",
        "{ datapoints_to_alarm = 6 }",
        "{ datapoints_to_alarm = 1.5 }",
        "{ evaluation_periods = 5.5 }",
        "{ evaluation_periods = 1441 }",
    ),
    *rejected(
        "s3_bucket",
        "name",
        "The name must have 3 to 63",
        '"ab"',
        f'"{"a" * 64}"',
        '"Data"',
        '"a.b"',
        '"-ab"',
        '"ab-"',
        '"xn--data"',
        '"data-s3alias"',
    ),
    *rejected("s3_bucket", "abort_multipart_days", "The number of days", "0", "1.5"),
    *rejected(
        "s3_bucket",
        "access_logging",
        "The prefix must end",
        '{ bucket = "logs", prefix = "data" }',
        '{ bucket = "logs", prefix = "" }',
    ),
    *rejected(
        "s3_bucket", "encryption_algorithm", "The algorithm must be", '"none"', '"aws:kms:dsse"'
    ),
    *rejected(
        "s3_bucket",
        "intelligent_tiering",
        "Each name must have",
        tiers("archive_access_days = 90", key='"a b"'),
        tiers("archive_access_days = 90", key=f'"{"a" * 65}"'),
    ),
    *rejected(
        "s3_bucket",
        "intelligent_tiering",
        "Each configuration must name a tier",
        tiers('prefix = "raw/"'),
    ),
    *rejected(
        "s3_bucket",
        "intelligent_tiering",
        "archive_access_days must be a whole",
        tiers("archive_access_days = 89"),
        tiers("archive_access_days = 731"),
        tiers("archive_access_days = 90.5"),
    ),
    *rejected(
        "s3_bucket",
        "intelligent_tiering",
        "deep_archive_access_days must be a whole",
        tiers("deep_archive_access_days = 179"),
        tiers("deep_archive_access_days = 731"),
        tiers("deep_archive_access_days = 180.5"),
    ),
    *rejected(
        "s3_bucket",
        "intelligent_tiering",
        "deep_archive_access_days must be greater",
        tiers("archive_access_days = 180, deep_archive_access_days = 180"),
    ),
    *rejected(
        "s3_bucket",
        "intelligent_tiering",
        "A prefix must not begin",
        tiers('prefix = "/raw", archive_access_days = 90'),
    ),
    *rejected(
        "s3_bucket",
        "kms_key_arn",
        "A key needs the algorithm",
        f'"{KMS_ARN}"',
        others={"encryption_algorithm": '"AES256"'},
    ),
    *rejected(
        "s3_bucket",
        "lifecycle_rules",
        "Each rule id must have",
        rule("expiration_days = 1", key="housekeeping"),
        rule("expiration_days = 1", key='"a b"'),
        rule("expiration_days = 1", key=f'"{"a" * 256}"'),
    ),
    *rejected(
        "s3_bucket",
        "lifecycle_rules",
        "Each storage class must be",
        rule("transitions = { STANDARD = 30 }"),
        rule("transitions = { glacier = 30 }"),
    ),
    *rejected(
        "s3_bucket",
        "lifecycle_rules",
        "Each transition must be",
        rule("transitions = { STANDARD_IA = 29 }"),
        rule("transitions = { ONEZONE_IA = 29 }"),
        rule("transitions = { GLACIER = -1 }"),
        rule("transitions = { GLACIER = 1.5 }"),
    ),
    *rejected(
        "s3_bucket",
        "lifecycle_rules",
        "Each expiration must be",
        rule("expiration_days = 0"),
        rule("expiration_days = 1.5"),
        rule("transitions = { STANDARD_IA = 30 }, expiration_days = 30"),
    ),
    *rejected(
        "s3_bucket",
        "lifecycle_rules",
        "Each noncurrent expiration",
        rule("noncurrent_expiration_days = 0"),
        rule("noncurrent_expiration_days = 1.5"),
    ),
    *rejected(
        "s3_bucket",
        "lifecycle_rules",
        "The number of newer noncurrent versions",
        rule("noncurrent_expiration_days = 1, newer_noncurrent_versions = 0"),
        rule("noncurrent_expiration_days = 1, newer_noncurrent_versions = 101"),
        rule("expiration_days = 1, newer_noncurrent_versions = 1"),
    ),
    *rejected(
        "s3_bucket", "lifecycle_rules", "Each rule must do something", rule('prefix = "tmp/"')
    ),
    *rejected(
        "s3_bucket",
        "lifecycle_rules",
        "A prefix must not begin",
        rule('prefix = "/tmp", expiration_days = 1'),
    ),
    *rejected(
        "s3_bucket",
        "object_lock",
        "The mode must be",
        '{ mode = "governance", days = 1 }',
        '{ mode = "", days = 1 }',
    ),
    *rejected(
        "s3_bucket",
        "object_lock",
        "The lock must last",
        '{ mode = "GOVERNANCE", days = 0 }',
        '{ mode = "GOVERNANCE", days = 36501 }',
        '{ mode = "GOVERNANCE", days = 1.5 }',
    ),
    *rejected("s3_bucket", "policy_documents", "Each document must be JSON", '{ a = "{" }'),
    *rejected(
        "s3_bucket",
        "replication",
        "destination_account_id must have",
        replication(destination_account_id="copies"),
    ),
    *rejected(
        "s3_bucket",
        "replication",
        "destination_bucket_arn must be",
        replication(destination_bucket_arn="copies"),
        replication(destination_bucket_arn="arn:aws:s3:::copies/*"),
    ),
    *rejected(
        "s3_bucket",
        "replication",
        "destination_kms_key_arn must be",
        replication(destination_kms_key_arn=KMS_ALIAS_ARN),
    ),
    *rejected("s3_bucket", "replication", "role_arn must be", replication(role_arn="replication")),
    *rejected(
        "trending_now",
        "environment",
        "The environment must have",
        '"a"',
        '"Staging"',
        '"a--b"',
        '"1a"',
        '"a-"',
        '"a_b"',
    ),
    *rejected("trending_now", "budget", "limit_usd must be", "{ limit_usd = 0 }"),
    *rejected(
        "trending_now",
        "network",
        "A private service needs",
        '{ vpc_id = "vpc-0", subnet_ids = ["subnet-0"], private = true }',
    ),
    *rejected("trending_now", "environment", "Project and environment joined", f'"{"a" * 20}"'),
    *rejected(
        "trending_now", "project", "The project must have", '"a"', '"Trending"', '"a-"', '"a b"'
    ),
    *rejected(
        "trending_now",
        "release",
        "image_digest must be",
        release(image_digest="latest"),
        release(image_digest=f"sha256:{'a' * 63}"),
    ),
    *rejected(
        "trending_now",
        "release",
        "git_sha must be",
        release(git_sha="abc1234"),
        release(git_sha="A" * 40),
        release(git_sha=""),
    ),
    *rejected(
        "trending_now",
        "release",
        "id must be",
        release(id="r-0123"),
        release(id=f"r-{'A' * 16}"),
        release(id="0123456789abcdef"),
        release(id=""),
    ),
    *rejected(
        "trending_now",
        "release",
        "data_version and model_version must",
        release(data_version=""),
        release(model_version="a b"),
        release(model_version="-a"),
        release(data_version="a" * 129),
    ),
    *rejected(
        "trending_now",
        "retention",
        "raw_archive_days must be",
        "{ raw_archive_days = 59 }",
        "{ raw_infrequent_access_days = 61 }",
    ),
    *rejected(
        "trending_now",
        "secret_names",
        "Each name must have",
        '["API_KEY"]',
        '["1key"]',
        '["a--b"]',
        '[""]',
        f'["{"a" * 65}"]',
    ),
    *rejected("trending_now", "secret_names", "No name may end", '["session-secret"]'),
    *rejected(
        "trending_now",
        "secret_names",
        "The names environment",
        '["environment"]',
        '["log-group"]',
    ),
    *rejected(
        "trending_now",
        "secret_recovery_window_in_days",
        "The recovery window",
        "1",
        "6",
        "31",
        "7.5",
    ),
    *rejected("web_acl", "name", "The name must have 1 to 64", '""', '"a b"', f'"{"a" * 65}"'),
    *rejected(
        "web_acl", "log_retention_in_days", "CloudWatch keeps logs for", "0", "2", "366", "31"
    ),
    *rejected(
        "web_acl",
        "managed_rule_groups",
        "Each key must be the name",
        '{ "A B" = { priority = 10 } }',
        "{ AWSManagedRulesKnownBadInputsRuleSet = { priority = 10, count_only = true } }",
    ),
    *rejected(
        "web_acl",
        "managed_rule_groups",
        "Each priority must be",
        "{ A = { priority = 9 } }",
        "{ A = { priority = 10.5 } }",
        "{ A = { priority = 10 }, B = { priority = 10 } }",
    ),
    *rejected("web_acl", "rate_limit", "The limit must be", "9", "2000000001", "100.5"),
    *rejected(
        "web_acl",
        "resource_arns",
        "Each value must be the ARN",
        '{ a = "app" }',
        '{ a = "arn:aws:s3:::bucket" }',
    ),
]

ACCEPTED: list[Case] = [
    *accepted("data_lake", "name", '"ab"', f'"{"a" * 38}"', '"1-2"'),
    *accepted(
        "data_lake",
        "object_lock",
        "{}",
        "{"
        + ", ".join(
            f'{zone} = {{ mode = "GOVERNANCE", days = 1 }}'
            for zone in ("dvc", "features", "models", "processed", "raw", "reports")
        )
        + "}",
    ),
    *accepted(
        "data_lake",
        "permissions_boundary_arn",
        "null",
        '"arn:aws:iam::123456789012:policy/workload-boundary"',
    ),
    *accepted("data_lake", "replication", "null", lake_copies()),
    *accepted(
        "data_lake",
        "retention",
        "{}",
        "{ raw_archive_days = 60, processed_days = 1 }",
        "{ raw_infrequent_access_days = 60 }",
    ),
    *accepted(
        "app_runner_domain", "domain_name", '"example.com"', '"a.b-c.example.co"', '"xn--a.com"'
    ),
    *accepted("app_runner_private_ingress", "name", '"abcd"', f'"{"a" * 40}"'),
    *accepted("app_runner_private_ingress", "allowed_cidr_blocks", "{}", '{ a = "10.0.0.0/8" }'),
    *accepted(
        "app_runner_private_ingress", "allowed_security_group_ids", "{}", '{ a = "sg-0123" }'
    ),
    *accepted("app_runner_vpc_connector", "name", '"a"', f'"{"a" * 31}"'),
    *accepted(
        "app_runner_vpc_connector",
        "egress_rules",
        "{}",
        egress(from_port="0", to_port="65535"),
        egress(protocol='"udp"'),
        egress(cidr_ipv4="null", prefix_list_id='"pl-0123"'),
        egress(cidr_ipv4="null", security_group_id='"sg-0123"'),
    ),
    *accepted("web_acl", "name", '"a"', f'"{"a" * 64}"'),
    *accepted("web_acl", "log_retention_in_days", "1", "3653"),
    *accepted("web_acl", "managed_rule_groups", "{}", "{ A = { priority = 10 } }"),
    *accepted("web_acl", "rate_limit", "10", "2000000000"),
    *accepted("web_acl", "resource_arns", "{}", f'{{ a = "{SERVICE_ARN}" }}'),
    *accepted("deployment_roles", "ledger_key_arn", "null", f'"{KMS_ARN}"'),
    *accepted("deployment_roles", "main_branch", '"release/2.x"'),
    *accepted("deployment_roles", "project", '"tn"'),
    *accepted("deployment_roles", "promotes_to", "[]", '["prod", "prod-eu"]'),
    *accepted("deployment_roles", "replication_account_id", "null", '"123456789012"'),
    *accepted("deployment_roles", "repository", repository(subject_forms='["name", "immutable"]')),
    *accepted("github_oidc", "existing_provider", "null", f'{{ arn = "{PROVIDER_ARN}" }}'),
    *accepted("app_runner_roles", "name", '"a"', f'"{"a" * 55}"', '"a+=,.@_-1"'),
    *accepted("app_runner_roles", "buckets", "{}", bucket("a/"), bucket("a/b.c/")),
    *accepted("app_runner_roles", "kms_key_arns", "{}", f'{{ a = "{KMS_ARN}" }}'),
    *accepted(
        "app_runner_roles",
        "permissions_boundary_arn",
        "null",
        '"arn:aws:iam::aws:policy/PowerUserAccess"',
        '"arn:aws-cn:iam::123456789012:policy/a/b"',
    ),
    *accepted("app_runner_roles", "parameter_arns", "{}", f'{{ a = "{PARAMETER_ARN}" }}'),
    *accepted("app_runner_roles", "secret_arns", "{}", f'{{ a = "{SECRET_ARN}" }}'),
    *accepted("app_runner_roles", "telemetry", "null", telemetry(), telemetry(namespace="a" * 255)),
    *accepted("app_runner_service", "name", '"abcd"', f'"{"a" * 32}"'),
    *accepted(
        "app_runner_service",
        "repository_url",
        f'"{REGISTRY}/a/b-c.d"',
        '"123456789012.dkr.ecr.cn-north-1.amazonaws.com.cn/app"',
    ),
    *accepted("app_runner_service", "encryption", "null", f'{{ kms_key_arn = "{KMS_ARN}" }}'),
    *accepted("app_runner_service", "environment", "{}", '{ _a1 = "" }'),
    *accepted(
        "app_runner_service",
        "health_check",
        '{ path = "/" }',
        "{ interval_seconds = 1, timeout_seconds = 20 }",
        "{ healthy_threshold = 20, unhealthy_threshold = 1 }",
    ),
    *accepted("app_runner_service", "port", "1", "65535"),
    *accepted(
        "app_runner_service",
        "scaling",
        "{ max_concurrency = 1 }",
        "{ max_concurrency = 200 }",
        "{ min_instances = 25, max_instances = 25 }",
        "{ min_instances = 1, max_instances = 1 }",
    ),
    *accepted(
        "app_runner_service",
        "secrets",
        f'{{ A = "{SECRET_ARN}:password::" }}',
        f'{{ A = "{PARAMETER_ARN}" }}',
    ),
    *accepted(
        "app_runner_service",
        "size",
        "{ cpu = 256, memory = 512 }",
        "{ cpu = 4096, memory = 12288 }",
    ),
    *accepted("app_runner_service", "vpc_connector", "null", f'{{ arn = "{CONNECTOR_ARN}" }}'),
    *accepted(
        "ecr_registry",
        "continuous_scan_filters",
        '["*"]',
        '["app-*", "team/app"]',
        others={"scan_type": '"ENHANCED"'},
    ),
    *accepted(
        "ecr_registry",
        "replication_source_account_ids",
        "[]",
        '["123456789012"]',
        others={"replication_source_prefix": '"app"'},
    ),
    *accepted("ecr_registry", "replication_source_prefix", "null", '"trending-now/"', '"a1"'),
    *accepted("ecr_registry", "scan_type", '"BASIC"', '"ENHANCED"'),
    *accepted("ecr_registry", "push_scan_filters", "[]", '["*", "a"]'),
    *accepted(
        "ecr_registry",
        "replication_destinations",
        destination(),
        destination(region="null"),
        destination(region='"us-gov-west-1"'),
    ),
    *accepted("budget", "name", '"a"', f'"{"a" * 100}"'),
    *accepted("budget", "limit_usd", "0.01", "1000000"),
    *accepted("budget", "cost_tag", "null", '{ key = "a", value = "b$c" }'),
    *accepted("budget", "emails", '[for n in range(10) : "${n}@example.com"]'),
    *accepted(
        "budget",
        "thresholds",
        "{ actual = [] }",
        "{ actual = range(1, 10) }",
        "{ actual = [0.5, 1000] }",
    ),
    *accepted("budget", "topic_arn", "null"),
    *accepted("budget", "topic_arn", f'"{TOPIC_ARN}"', others={"emails": "[]"}),
    *accepted("drift_alarm", "description", '"A."', f'"{"a" * 500}."'),
    *accepted("drift_alarm", "period_seconds", "60", "86400"),
    *accepted("drift_alarm", "prefix", '"drift"', '"a/b=c/"', f'"{"a" * 512}"'),
    *accepted("drift_alarm", "priority", '"P1"', '"very high"'),
    *accepted("drift_alarm", "suffix", '""', '".json.gz"'),
    *accepted("data_roles", "name", '"a"', f'"{"a" * 49}"'),
    *accepted("data_roles", "buckets", zones(raw="arn:aws-cn:s3:::lake.raw")),
    *accepted(
        "data_roles",
        "data_scientist",
        "null",
        scientist(),
        scientist(max_session_seconds="43200", mfa_required="false", raw_readable="true"),
    ),
    *accepted(
        "data_roles",
        "pipeline",
        "null",
        '{ service_names = ["ecs-tasks", "states"], read_zones = [] }',
        '{ principal_arns = ["arn:aws:iam::123456789012:role/path/airflow"] }',
    ),
    *accepted("data_roles", "permissions_boundary_arn", "null"),
    *accepted("ecr_repository", "name", '"ab"', '"a/b_c.d-e"', f'"{"a" * 256}"'),
    *accepted(
        "ecr_repository", "pull_principal_arns", '{ a = "arn:aws:iam::123456789012:user/a" }'
    ),
    *accepted("ecr_repository", "build_image_count", "1"),
    *accepted("ecr_repository", "build_tag_pattern", '"*"', '"*a*b*c*"'),
    *accepted("ecr_repository", "release_tag_pattern", '"*a*b*c*"', f'"{"a" * 128}"'),
    *accepted("ecr_repository", "untagged_days", "1"),
    *accepted("kms_key", "description", '"a"', f'"{"a" * 8192}"'),
    *accepted("kms_key", "name", '"a"', '"a/b_c-d"', f'"{"a" * 250}"'),
    *accepted("kms_key", "deletion_window_in_days", "7", "30"),
    *accepted("kms_key", "rotation_period_in_days", "90", "2560"),
    *accepted("kms_key", "service_principals", "{}", principal(actions='["kms:GenerateDataKey*"]')),
    *accepted("observability", "log_group_name", '"a"', '"/aws/other"', f'"{"a" * 512}"'),
    *accepted("observability", "name", '"a"', f'"{"a" * 44}"'),
    *accepted("observability", "alarm_emails", "[]", '["a+b@c.example.com"]'),
    *accepted(
        "observability",
        "buckets",
        "{}",
        f'{{ {"a" * 32} = "data" }}',
        '{ for n in range(50) : n => "data" }',
    ),
    *accepted("observability", "metric_namespace", "null", '"trending-now/staging"'),
    *accepted("observability", "service", "null", observed(), observed("1"), observed("4")),
    *accepted("observability", "log_retention_in_days", "1", "3653"),
    *accepted(
        "observability",
        "thresholds",
        "{ cpu_percent = 0.1, memory_percent = 99.9 }",
        "{ minimum_requests = 1, latency_p95_milliseconds = 1 }",
        "{ bucket_minimum_requests = 1, log_errors_per_minute = 0 }",
        "{ datapoints_to_alarm = 1, evaluation_periods = 1440 }",
        "{ datapoints_to_alarm = 5, evaluation_periods = 5 }",
    ),
    *accepted("s3_bucket", "name", '"abc"', f'"{"a" * 63}"', '"1-2"'),
    *accepted("s3_bucket", "abort_multipart_days", "1"),
    *accepted("s3_bucket", "access_logging", "null", '{ bucket = "logs", prefix = "a/" }'),
    *accepted("s3_bucket", "encryption_algorithm", '"AES256"', '"aws:kms"'),
    *accepted(
        "s3_bucket",
        "intelligent_tiering",
        "{}",
        tiers("archive_access_days = 90", key='"a_b.c-d"'),
        tiers("archive_access_days = 730", key=f'"{"a" * 64}"'),
        tiers("deep_archive_access_days = 180"),
        tiers('prefix = "raw/", archive_access_days = 179, deep_archive_access_days = 730'),
    ),
    *accepted("s3_bucket", "kms_key_arn", "null", f'"{KMS_ARN}"'),
    *accepted(
        "s3_bucket",
        "lifecycle_rules",
        rule("transitions = { STANDARD_IA = 30, INTELLIGENT_TIERING = 0 }"),
        rule("transitions = { STANDARD_IA = 30 }, expiration_days = 31"),
        rule("noncurrent_expiration_days = 1, newer_noncurrent_versions = 100"),
        rule("noncurrent_expiration_days = 1, newer_noncurrent_versions = 1"),
        rule("expiration_days = 1", key=f'"{"a" * 255}"'),
    ),
    *accepted(
        "s3_bucket",
        "object_lock",
        "null",
        '{ mode = "GOVERNANCE", days = 1 }',
        '{ mode = "COMPLIANCE", days = 36500 }',
    ),
    *accepted("s3_bucket", "policy_documents", "{}", '{ a = "{}" }'),
    *accepted(
        "s3_bucket",
        "replication",
        "null",
        replication(),
        replication(role_arn="arn:aws-cn:iam::123456789012:role/a/b"),
    ),
    *accepted("trending_now", "budget", "null", "{ limit_usd = 0.01 }"),
    *accepted(
        "trending_now",
        "network",
        "null",
        '{ vpc_id = "vpc-0", subnet_ids = ["subnet-0"] }',
        '{ vpc_id = "vpc-0", subnet_ids = ["subnet-0"], private = true,'
        ' allowed_cidr_blocks = { office = "10.20.0.0/16" } }',
    ),
    *accepted("trending_now", "environment", '"ab"', f'"{"a" * 19}"', '"a-1"'),
    *accepted("trending_now", "project", '"ab"', '"a-1-b"'),
    *accepted(
        "trending_now",
        "release",
        "null",
        release(),
        release(git_sha="0" * 40, data_version="a", model_version="a" * 128),
        release(id="r-0123456789abcdef"),
    ),
    *accepted(
        "trending_now", "retention", "{}", "{ raw_archive_days = 60 }", "{ raw_archive_days = 61 }"
    ),
    *accepted("trending_now", "secret_names", "[]", '["session-key"]', f'["{"a" * 64}"]'),
    *accepted("trending_now", "secret_recovery_window_in_days", "0", "7", "30"),
]


def answers(folder: Path, cases: list[Case]) -> dict[int, list[str]]:
    """What Terraform says of each case, by the case's id.

    Terraform looks at conditions over several variables only when all others hold, so the cases it
    said nothing of are planned again, until it has nothing to say at all.
    """
    for module in module_names():
        (folder / module).mkdir()
        shutil.copy(MODULES / module / "variables.tf", folder / module)
    said: dict[int, list[str]] = {id(case): [] for case in cases}
    while True:
        silent = [case for case in cases if not said[id(case)]]
        found = one_plan(folder, silent)
        if not found:
            return said
        for number, messages in found.items():
            said[id(silent[number])] = messages


def one_plan(folder: Path, cases: list[Case]) -> dict[int, list[str]]:
    """What Terraform says of cases in one plan, by their place in the list."""
    calls = []
    for number, case in enumerate(cases):
        lines = [f"  {name} = {value}" for name, value in case.arguments.items()]
        calls += [f'module "case_{number}" {{', f'  source = "./{case.module}"', *lines, "}"]
    (folder / "main.tf").write_text("\n".join(calls) + "\n", encoding="utf-8")
    arguments = [*find_terraform().arguments, f"-chdir={folder}"]
    variables = local_run({"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": os.devnull}).variables
    started = processes.run([*arguments, "init", "-backend=false"], environment=variables)
    assert started.returncode == 0, started.stdout + started.stderr
    planned = processes.run([*arguments, "plan", "-json", "-lock=false"], environment=variables)
    said: dict[int, list[str]] = {}
    for line in planned.stdout.splitlines():
        message = json.loads(line)
        if message["type"] == "diagnostic":
            diagnostic = message["diagnostic"]
            context = diagnostic.get("snippet", {}).get("context") or ""
            assert context.startswith('module "case_'), diagnostic
            number = int(context.removeprefix('module "case_').removesuffix('"'))
            said.setdefault(number, []).append(diagnostic["detail"])
    assert (planned.returncode == 0) is (said == {}), planned.stdout + planned.stderr
    return said


@pytest.fixture(scope="module")
def said(tmp_path_factory: pytest.TempPathFactory) -> Mapping[int, list[str]]:
    """What Terraform says of each case, by the case's id."""
    return answers(tmp_path_factory.mktemp("validations"), REJECTED + ACCEPTED)


@pytest.mark.parametrize("case", REJECTED, ids=str)
def test_a_bad_value_is_refused_with_the_message_of_its_validation(
    case: Case, said: Mapping[int, list[str]]
) -> None:
    assert [m for m in said[id(case)] if m.startswith(case.message)], said[id(case)]
    # A value that is wrong in one way is not scolded for another.
    assert len(said[id(case)]) == 1, said[id(case)]


@pytest.mark.parametrize("case", ACCEPTED, ids=str)
def test_a_value_at_the_edge_is_accepted(case: Case, said: Mapping[int, list[str]]) -> None:
    assert said[id(case)] == []


@pytest.mark.parametrize("module", module_names())
def test_every_validation_has_a_value_that_it_refuses(module: str) -> None:
    unproved = [
        f"{variable.name}: {message}"
        for variable in hcl.variables(MODULES / module)
        for message in variable.messages
        if not any(
            (case.module, case.variable) == (module, variable.name)
            and message.startswith(case.message)
            for case in REJECTED
        )
    ]
    assert unproved == []


@pytest.mark.parametrize("module", module_names())
def test_a_case_means_one_validation_and_no_other(module: str) -> None:
    """Else a message that begins like another could stand in for it above."""
    messages = {variable.name: variable.messages for variable in hcl.variables(MODULES / module)}
    for case in REJECTED:
        if case.module == module:
            meant = [m for m in messages[case.variable] if m.startswith(case.message)]
            assert len(meant) == 1, f"{case}: {meant}"


@pytest.mark.parametrize("module", module_names())
def test_every_variable_with_a_validation_has_a_good_value_beside_its_bad_ones(module: str) -> None:
    good = {case.variable for case in ACCEPTED if case.module == module} | REQUIRED[module].keys()
    validated = {v.name for v in hcl.variables(MODULES / module) if v.messages}
    assert validated <= good
