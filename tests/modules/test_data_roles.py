"""The module data_roles: who may take the roles of the data lake, and all that they may do.

What the policies mean is asked in tests/iam; here it is what IAM has, and what a change does.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

import pytest

from harness.applied import Applied, statements
from harness.inventory import pages
from harness.plan_text import REPLACE

pytestmark = pytest.mark.terraform

MODULE = "data_roles"
ZONES = ("dvc", "features", "models", "processed", "raw", "reports")

# Beside the example: a pipeline of a role's own, people without a second factor, and no roles.
EXTRA = """
resource "aws_iam_policy" "boundary" {
  name = "workload-boundary"
  policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = ["s3:*"], Resource = "*" }]
  })
}

locals {
  account_id = data.aws_caller_identity.current.account_id
  lake = {
    for zone in ["raw", "processed", "features", "models", "dvc", "reports"] :
    zone => { arn = "arn:aws:s3:::lake-${zone}" }
  }
}

module "other" {
  source = "../../modules/data_roles"

  name                     = "other"
  buckets                  = local.lake
  kms_key_arn              = module.kms_key.arn
  permissions_boundary_arn = aws_iam_policy.boundary.arn
  pipeline                 = { principal_arns = ["arn:aws:iam::${local.account_id}:role/airflow"] }

  data_scientist = {
    principal_arns      = ["arn:aws:iam::${local.account_id}:user/ada"]
    max_session_seconds = 7200
    mfa_required        = false
    raw_readable        = true
  }
}

module "none" {
  source = "../../modules/data_roles"

  name        = "none"
  buckets     = local.lake
  kms_key_arn = module.kms_key.arn
}

output "data_roles" { value = module.data_roles }
output "other" { value = module.other }
output "none" { value = module.none }
output "boundary" { value = aws_iam_policy.boundary.arn }
output "key" { value = module.kms_key.arn }
"""

ROLES = [
    ("data_roles", "pipeline", "trending-now-example-data-pipeline"),
    ("data_roles", "data_scientist", "trending-now-example-data-scientist"),
    ("other", "pipeline", "other-data-pipeline"),
    ("other", "data_scientist", "other-data-scientist"),
]


def role(applied: Applied, name: str) -> Any:
    """A role, as IAM has it."""
    return applied.client("iam").get_role(RoleName=name)["Role"]


def trust(applied: Applied, name: str) -> Mapping[str, Any]:
    """The statements of a role's trust policy, as IAM has it."""
    return statements(json.dumps(role(applied, name)["AssumeRolePolicyDocument"]))


def policy(applied: Applied, name: str) -> Mapping[str, Any]:
    """The statements of the one policy that a role has, as IAM has it."""
    iam = applied.client("iam")
    assert list(pages(iam, "list_role_policies", "PolicyNames", RoleName=name)) == []
    (item,) = pages(iam, "list_attached_role_policies", "AttachedPolicies", RoleName=name)
    assert item["PolicyName"] == name
    arn = item["PolicyArn"]
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    text = json.dumps(document["Document"], separators=(",", ":"))
    assert len(text) <= 6144
    return statements(text)


@pytest.mark.parametrize(("module", "kind", "name"), ROLES)
def test_outputs_are_what_iam_has(applied: Applied, module: str, kind: str, name: str) -> None:
    outputs = applied.outputs[module]
    assert outputs[f"{kind}_role_arn"] == role(applied, name)["Arn"]
    assert statements(outputs["policy_json"][kind]) == policy(applied, name)


def test_roles_that_nobody_asked_for_are_not_made(applied: Applied) -> None:
    outputs = applied.outputs["none"]
    assert outputs["policy_json"] == {}
    assert outputs.get("pipeline_role_arn") is None
    assert outputs.get("data_scientist_role_arn") is None
    roles = pages(applied.client("iam"), "list_roles", "Roles")
    assert not [item for item in roles if item["RoleName"].startswith("none")]


def test_a_service_must_act_for_this_account(applied: Applied) -> None:
    assert trust(applied, "trending-now-example-data-pipeline") == {
        "Services": {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole"],
            "Principal": {"Service": ["ecs-tasks.amazonaws.com"]},
            "Condition": {"StringEquals": {"aws:SourceAccount": [applied.account.account_id]}},
        }
    }


def test_a_pipeline_may_be_a_role_of_its_own(applied: Applied) -> None:
    account = applied.account.account_id
    assert trust(applied, "other-data-pipeline") == {
        "Roles": {
            "Effect": "Allow",
            "Action": ["sts:AssumeRole"],
            "Principal": {"AWS": [f"arn:aws:iam::{account}:role/airflow"]},
        }
    }


def test_people_need_a_fresh_second_factor_unless_told_otherwise(applied: Applied) -> None:
    (usual,) = trust(applied, "trending-now-example-data-scientist").values()
    assert usual["Condition"] == {
        "Bool": {"aws:MultiFactorAuthPresent": ["true"]},
        "NumericLessThan": {"aws:MultiFactorAuthAge": ["3600"]},
    }
    (without,) = trust(applied, "other-data-scientist").values()
    assert "Condition" not in without
    account = applied.account.account_id
    assert without["Principal"] == {"AWS": [f"arn:aws:iam::{account}:user/ada"]}


def test_a_session_lasts_as_long_as_was_asked(applied: Applied) -> None:
    usual = role(applied, "trending-now-example-data-scientist")
    assert usual["MaxSessionDuration"] == 3600
    assert role(applied, "other-data-scientist")["MaxSessionDuration"] == 7200


def test_the_pipeline_reads_what_it_was_told_and_writes_to_all_zones(applied: Applied) -> None:
    account = applied.account.account_id
    found = policy(applied, "trending-now-example-data-pipeline")
    allowed = {sid: item["Resource"] for sid, item in found.items() if item["Effect"] == "Allow"}
    buckets = {zone: f"arn:aws:s3:::trending-now-example-{zone}-{account}" for zone in ZONES}
    assert allowed == {
        "ListZones": sorted(buckets.values()),
        "ReadZones": [f"{buckets[z]}/*" for z in ("dvc", "features", "processed", "raw")],
        "WriteZones": sorted(f"{bucket}/*" for bucket in buckets.values()),
        "ReplaceWhatWasComputed": [
            f"{buckets[z]}/*" for z in ("features", "models", "processed", "reports")
        ],
        "UseKeyThroughS3": [applied.outputs["key"]],
    }
    other = policy(applied, "other-data-pipeline")
    assert other["ReadZones"]["Resource"] == ["arn:aws:s3:::lake-dvc/*", "arn:aws:s3:::lake-raw/*"]


def test_raw_is_open_to_people_only_where_that_was_asked(applied: Applied) -> None:
    usual = policy(applied, "trending-now-example-data-scientist")
    assert not [r for r in usual["ReadZones"]["Resource"] if "-raw-" in r]
    assert usual["NeverReadRaw"]["Effect"] == "Deny"
    opened = policy(applied, "other-data-scientist")
    assert "NeverReadRaw" not in opened
    assert opened["ReadZones"]["Resource"] == [f"arn:aws:s3:::lake-{zone}/*" for zone in ZONES]


def test_people_decrypt_and_do_not_encrypt(applied: Applied) -> None:
    for name in ("trending-now-example-data-scientist", "other-data-scientist"):
        assert policy(applied, name)["UseKeyThroughS3"] == {
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [applied.outputs["key"]],
            "Condition": {"StringEquals": {"kms:ViaService": ["s3.eu-west-1.amazonaws.com"]}},
        }


def test_the_boundary_is_on_both_roles(applied: Applied) -> None:
    boundary = applied.outputs["boundary"]
    for name in ("other-data-pipeline", "other-data-scientist"):
        found = role(applied, name)["PermissionsBoundary"]
        assert found["PermissionsBoundaryArn"] == boundary
    assert "PermissionsBoundary" not in role(applied, "trending-now-example-data-pipeline")


@pytest.mark.parametrize(("module", "kind", "name"), ROLES)
def test_nothing_is_allowed_by_a_wildcard(
    applied: Applied, module: str, kind: str, name: str
) -> None:
    del module, kind
    for statement in policy(applied, name).values():
        if statement["Effect"] == "Allow":
            assert not [action for action in statement["Action"] if "*" in action]
            assert "*" not in statement["Resource"]


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_another_name_replaces_roles_and_policies(applied: Applied) -> None:
    changes = applied.planned_changes('module "data_roles" { name = "trending-now-other" }')
    for kind in ("pipeline", "data_scientist"):
        for resource in ("role", "policy", "role_policy_attachment"):
            assert changes[f'module.data_roles.aws_iam_{resource}.this["{kind}"]'] == REPLACE


def test_a_role_that_becomes_null_is_destroyed_alone(applied: Applied) -> None:
    changes = applied.planned_changes('module "data_roles" { data_scientist = null }')
    assert changes == {
        f'module.data_roles.aws_iam_{resource}.this["data_scientist"]': ["delete"]
        for resource in ("role", "policy", "role_policy_attachment")
    }


def test_zones_and_principals_change_in_place(applied: Applied) -> None:
    changes = applied.planned_changes(
        """
        module "data_roles" {
          pipeline       = { service_names = ["states"], read_zones = ["raw"] }
          data_scientist = {
            principal_arns = ["arn:aws:iam::123456789012:role/other"]
            raw_readable   = true
          }
        }
        """
    )
    assert changes == {
        f'module.data_roles.aws_iam_{resource}.this["{kind}"]': ["update"]
        for resource in ("role", "policy")
        for kind in ("pipeline", "data_scientist")
    }
