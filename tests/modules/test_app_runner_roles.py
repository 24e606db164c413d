"""The module app_runner_roles: who may take the roles, and all that they may do."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from harness.applied import Applied, statements
from harness.inventory import pages
from harness.plan_text import REPLACE

pytestmark = pytest.mark.terraform

MODULE = "app_runner_roles"

# Beside the example: roles with everything that can be asked for, and roles with nothing.
EXTRA = """
resource "aws_iam_policy" "boundary" {
  name = "workload-boundary"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:*"], Resource = "*" }]
  })
}

module "full" {
  source = "../../modules/app_runner_roles"

  name                     = "full"
  repository_arns          = [module.ecr_repository.arn]
  permissions_boundary_arn = aws_iam_policy.boundary.arn

  buckets = {
    data_lake = {
      arn            = "arn:aws:s3:::lake"
      read_prefixes  = ["models/"]
      write_prefixes = ["reports/", "models/"]
    }
    reference = { arn = "arn:aws:s3:::reference", read_prefixes = ["tables/"] }
    shared    = { arn = "arn:aws:s3:::shared", read_prefixes = [""] }
    uploads   = { arn = "arn:aws:s3:::uploads", write_prefixes = ["incoming/"] }
  }

  kms_key_arns   = { lake = local.key }
  parameter_arns = { endpoint = local.parameter }
  secret_arns    = { api_key = local.secret }
  telemetry = {
    log_group_arn    = local.log_group
    metric_namespace = "trending-now/full"
    tracing_enabled  = true
  }
}

module "reader" {
  source = "../../modules/app_runner_roles"

  name            = "reader"
  repository_arns = [module.ecr_repository.arn]
  buckets         = { data = { arn = "arn:aws:s3:::lake", read_prefixes = ["models/"] } }
  kms_key_arns    = { lake = local.key }
  telemetry       = { log_group_arn = local.log_group, metric_namespace = "trending-now/reader" }
}

module "parameters" {
  source = "../../modules/app_runner_roles"

  name            = "parameters"
  repository_arns = [module.ecr_repository.arn]
  kms_key_arns    = { lake = local.key }
  parameter_arns  = { endpoint = local.parameter }
}

module "bare" {
  source = "../../modules/app_runner_roles"

  name            = "bare"
  repository_arns = [module.ecr_repository.arn]
}

locals {
  middle    = "eu-west-1:${data.aws_caller_identity.current.account_id}"
  key       = "arn:aws:kms:${local.middle}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
  log_group = "arn:aws:logs:${local.middle}:log-group:/trending-now/full/application"
  parameter = "arn:aws:ssm:${local.middle}:parameter/trending-now/endpoint"
  secret    = "arn:aws:secretsmanager:${local.middle}:secret:trending-now/api-key-a1B2c3"
}

output "app_runner_roles" { value = module.app_runner_roles }
output "full" { value = module.full }
output "reader" { value = module.reader }
output "parameters" { value = module.parameters }
output "bare" { value = module.bare }
output "boundary" { value = aws_iam_policy.boundary.arn }
output "bucket" { value = module.s3_bucket.arn }
output "repository" { value = module.ecr_repository.arn }
output "known" {
  value = {
    key       = local.key
    log_group = local.log_group
    parameter = local.parameter
    secret    = local.secret
  }
}
"""

ROLES = ("app_runner_roles", "full", "reader", "parameters", "bare")
LOGIN = {"Effect": "Allow", "Action": ["ecr:GetAuthorizationToken"], "Resource": ["*"]}
TRACES = {
    "Effect": "Allow",
    "Action": [
        "xray:GetSamplingRules",
        "xray:GetSamplingStatisticSummaries",
        "xray:GetSamplingTargets",
        "xray:PutTelemetryRecords",
        "xray:PutTraceSegments",
    ],
    "Resource": ["*"],
}


def role(applied: Applied, output: str, kind: str) -> Any:
    """A role, as IAM has it."""
    name = applied.outputs[output][f"{kind}_role_name"]
    return applied.client("iam").get_role(RoleName=name)["Role"]


def policies(applied: Applied, output: str, kind: str) -> Mapping[str, Any]:
    """The statements of each policy attached to a role, as IAM has them, by the policy's name."""
    iam = applied.client("iam")
    name = applied.outputs[output][f"{kind}_role_name"]
    assert list(pages(iam, "list_role_policies", "PolicyNames", RoleName=name)) == []
    found = {}
    attached = pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
    for item in attached:
        arn = item["PolicyArn"]
        version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
        document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
        found[item["PolicyName"]] = statements(json.dumps(document["Document"]))
    return found


def trust(applied: Applied, output: str, kind: str) -> Any:
    """The statements of a role's trust policy."""
    return list(
        statements(json.dumps(role(applied, output, kind)["AssumeRolePolicyDocument"])).values()
    )


def test_outputs_are_what_iam_has(applied: Applied) -> None:
    for output in ROLES:
        outputs = applied.outputs[output]
        for kind in ("access", "instance"):
            assert outputs[f"{kind}_role_arn"] == role(applied, output, kind)["Arn"]
        shown = {key: statements(text) for key, text in outputs["policy_json"].items()}
        access = policies(applied, output, "access")
        instance = policies(applied, output, "instance")
        prefix = outputs["instance_role_name"]
        assert shown.pop("access") == access[outputs["access_role_name"]]
        assert {f"{prefix}-{key}": found for key, found in shown.items()} == instance


def test_names_follow_the_service(applied: Applied) -> None:
    outputs = applied.outputs["app_runner_roles"]
    assert outputs["access_role_name"] == "trending-now-example-access"
    assert outputs["instance_role_name"] == "trending-now-example-instance"


@pytest.mark.parametrize("output", ROLES)
@pytest.mark.parametrize(
    ("kind", "principal"),
    [("access", "build.apprunner.amazonaws.com"), ("instance", "tasks.apprunner.amazonaws.com")],
)
def test_only_app_runner_may_take_a_role(
    applied: Applied, output: str, kind: str, principal: str
) -> None:
    assert trust(applied, output, kind) == [
        {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole"],
            "Principal": {"Service": [principal]},
        }
    ]


@pytest.mark.parametrize("output", ROLES)
def test_the_access_role_may_pull_from_its_repository_and_log_in_only(
    applied: Applied, output: str
) -> None:
    found = policies(applied, output, "access")
    assert list(found.values()) == [
        {
            "PullImages": {
                "Effect": "Allow",
                "Action": [
                    "ecr:BatchCheckLayerAvailability",
                    "ecr:BatchGetImage",
                    "ecr:DescribeImages",
                    "ecr:GetDownloadUrlForLayer",
                ],
                "Resource": [applied.outputs["repository"]],
            },
            "Login": LOGIN,
        }
    ]


def test_an_application_that_asks_for_nothing_may_do_nothing(applied: Applied) -> None:
    assert policies(applied, "bare", "instance") == {}


def test_the_example_may_use_its_prefixes_and_nothing_else(applied: Applied) -> None:
    bucket = applied.outputs["bucket"]
    assert policies(applied, "app_runner_roles", "instance") == {
        "trending-now-example-instance-data": {
            "ListData": {
                "Effect": "Allow",
                "Action": ["s3:ListBucket"],
                "Resource": [bucket],
                "Condition": {"StringLike": {"s3:prefix": ["features/*", "models/*", "reports/*"]}},
            },
            "ReadData": {
                "Effect": "Allow",
                "Action": ["s3:GetObject"],
                "Resource": [f"{bucket}/features/*", f"{bucket}/models/*"],
            },
            "WriteData": {
                "Effect": "Allow",
                "Action": ["s3:AbortMultipartUpload", "s3:PutObject"],
                "Resource": [f"{bucket}/reports/*"],
            },
        }
    }


def test_each_bucket_has_its_own_statements(applied: Applied) -> None:
    found = policies(applied, "full", "instance")["full-instance-data"]
    resources = {sid: found[sid]["Resource"] for sid in found if sid != "UseKeysThroughS3"}
    assert resources == {
        "ListDataLake": ["arn:aws:s3:::lake"],
        "ListReference": ["arn:aws:s3:::reference"],
        "ListShared": ["arn:aws:s3:::shared"],
        "ListUploads": ["arn:aws:s3:::uploads"],
        "ReadDataLake": ["arn:aws:s3:::lake/models/*"],
        "ReadReference": ["arn:aws:s3:::reference/tables/*"],
        "ReadShared": ["arn:aws:s3:::shared/*"],
        "WriteDataLake": ["arn:aws:s3:::lake/models/*", "arn:aws:s3:::lake/reports/*"],
        "WriteUploads": ["arn:aws:s3:::uploads/incoming/*"],
    }
    prefixes = {
        sid: found[sid].get("Condition", {}).get("StringLike", {}).get("s3:prefix")
        for sid in resources
        if sid.startswith("List")
    }
    assert prefixes == {
        "ListDataLake": ["models/*", "reports/*"],
        "ListReference": ["tables/*"],
        "ListShared": None,
        "ListUploads": ["incoming/*"],
    }


def test_keys_are_used_through_the_services_that_hold_the_data_only(applied: Applied) -> None:
    found = policies(applied, "full", "instance")
    statement = {"Effect": "Allow", "Resource": [applied.outputs["known"]["key"]]}
    assert found["full-instance-data"]["UseKeysThroughS3"] == {
        **statement,
        "Action": ["kms:Decrypt", "kms:GenerateDataKey"],
        "Condition": {"StringEquals": {"kms:ViaService": ["s3.eu-west-1.amazonaws.com"]}},
    }
    for sid, prefix in (
        ("UseKeysThroughSecretsManager", "secretsmanager"),
        ("UseKeysThroughSsm", "ssm"),
    ):
        assert found["full-instance-secrets"][sid] == {
            **statement,
            "Action": ["kms:Decrypt"],
            "Condition": {
                "StringEquals": {"kms:ViaService": [f"{prefix}.eu-west-1.amazonaws.com"]}
            },
        }


def test_who_only_reads_may_not_encrypt(applied: Applied) -> None:
    found = policies(applied, "reader", "instance")["reader-instance-data"]
    assert found["UseKeysThroughS3"]["Action"] == ["kms:Decrypt"]
    assert not [sid for sid in found if sid.startswith("Write")]


def test_only_the_secrets_that_were_named_may_be_read(applied: Applied) -> None:
    found = policies(applied, "full", "instance")["full-instance-secrets"]
    assert found.keys() == {
        "ReadParameters",
        "ReadSecrets",
        "UseKeysThroughSecretsManager",
        "UseKeysThroughSsm",
    }
    assert found["ReadSecrets"] == {
        "Effect": "Allow",
        "Action": ["secretsmanager:GetSecretValue"],
        "Resource": [applied.outputs["known"]["secret"]],
    }


def test_only_the_parameters_that_were_named_may_be_read(applied: Applied) -> None:
    parameter = applied.outputs["known"]["parameter"]
    expected = {"Effect": "Allow", "Action": ["ssm:GetParameters"], "Resource": [parameter]}
    full = policies(applied, "full", "instance")["full-instance-secrets"]
    assert full["ReadParameters"] == expected
    alone = policies(applied, "parameters", "instance")["parameters-instance-secrets"]
    assert alone.keys() == {"ReadParameters", "UseKeysThroughSsm"}
    assert alone["ReadParameters"] == expected


def test_logs_and_metrics_are_held_to_one_group_and_one_namespace(applied: Applied) -> None:
    group = applied.outputs["known"]["log_group"]
    found = policies(applied, "full", "instance")["full-instance-telemetry"]
    assert found == {
        "WriteLogs": {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:DescribeLogStreams", "logs:PutLogEvents"],
            "Resource": [group, f"{group}:*"],
        },
        "WriteMetrics": {
            "Effect": "Allow",
            "Action": ["cloudwatch:PutMetricData"],
            "Resource": ["*"],
            "Condition": {"StringEquals": {"cloudwatch:namespace": ["trending-now/full"]}},
        },
        "WriteTraces": TRACES,
    }


def test_traces_are_written_only_where_that_was_asked(applied: Applied) -> None:
    found = policies(applied, "reader", "instance")["reader-instance-telemetry"]
    assert found.keys() == {"WriteLogs", "WriteMetrics"}


@pytest.mark.parametrize("output", ROLES)
def test_no_action_is_a_wildcard_and_few_may_have_any_resource(
    applied: Applied, output: str
) -> None:
    unbound = set()
    for kind in ("access", "instance"):
        for found in policies(applied, output, kind).values():
            for sid, statement in found.items():
                assert not [action for action in statement["Action"] if "*" in action]
                if "*" in statement["Resource"]:
                    unbound.add(sid)
    assert unbound <= {"Login", "WriteMetrics", "WriteTraces"}


def test_a_boundary_binds_both_roles_where_it_is_given(applied: Applied) -> None:
    for kind in ("access", "instance"):
        boundary = role(applied, "full", kind)["PermissionsBoundary"]
        assert boundary["PermissionsBoundaryArn"] == applied.outputs["boundary"]
        assert "PermissionsBoundary" not in role(applied, "app_runner_roles", kind)


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_a_new_name_replaces_roles_policies_and_attachments(applied: Applied) -> None:
    changes = applied.planned_changes('module "app_runner_roles" {\n  name = "another"\n}')
    prefix = "module.app_runner_roles.aws_iam_"
    assert changes == {
        f'{prefix}policy.instance["data"]': REPLACE,
        f'{prefix}role_policy_attachment.instance["data"]': REPLACE,
        f"{prefix}policy.access": REPLACE,
        f"{prefix}role.access": REPLACE,
        f"{prefix}role.instance": REPLACE,
        f"{prefix}role_policy_attachment.access": REPLACE,
    }


def test_a_boundary_that_comes_later_changes_the_roles_in_place(applied: Applied) -> None:
    changes = applied.planned_changes(
        'module "app_runner_roles" {\n  permissions_boundary_arn = aws_iam_policy.boundary.arn\n}'
    )
    assert changes == {
        "module.app_runner_roles.aws_iam_role.access": ["update"],
        "module.app_runner_roles.aws_iam_role.instance": ["update"],
    }


def test_other_repositories_and_prefixes_are_new_versions_of_the_policies(
    applied: Applied,
) -> None:
    changes = applied.planned_changes(
        """
        module "full" {
          repository_arns = ["arn:aws:ecr:eu-west-1:123456789012:repository/other"]
          buckets = {
            data_lake = { arn = "arn:aws:s3:::lake", read_prefixes = ["other/"] }
          }
        }
        """
    )
    assert changes == {
        "module.full.aws_iam_policy.access": ["update"],
        'module.full.aws_iam_policy.instance["data"]': ["update"],
    }
