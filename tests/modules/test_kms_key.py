"""The module kms_key: who may use the key, and that it is rotated and can be rescued."""

from __future__ import annotations

from typing import Any

import pytest

from harness.applied import Applied, statements
from harness.plan_text import REPLACE

pytestmark = pytest.mark.terraform

MODULE = "kms_key"
EXTRA = """
module "logs_key" {
  source = "../../modules/kms_key"

  name                    = "trending-now-logs"
  description             = "Logs of the trending-now example."
  deletion_window_in_days = 7
  rotation_period_in_days = 90

  service_principals = {
    log_groups = {
      service  = "logs"
      regional = true
      conditions = {
        "kms:EncryptionContext:aws:logs:arn" = { test = "ArnLike", values = ["arn:aws:logs:*:*:*"] }
      }
    }
  }
}

output "kms_key" { value = module.kms_key }
output "logs_key" { value = module.logs_key }
"""


def described(applied: Applied, output: str) -> Any:
    """The key of an output, as KMS describes it."""
    return applied.client("kms").describe_key(KeyId=applied.outputs[output]["id"])["KeyMetadata"]


def policy(applied: Applied, output: str) -> Any:
    """The statements of a key's policy, as KMS has it."""
    key = applied.outputs[output]["id"]
    found = applied.client("kms").get_key_policy(KeyId=key, PolicyName="default")
    return statements(found["Policy"])


def test_outputs_are_what_kms_has(applied: Applied) -> None:
    outputs = applied.outputs["kms_key"]
    key = described(applied, "kms_key")
    assert outputs["arn"] == key["Arn"]
    assert outputs["id"] == key["KeyId"]
    assert outputs["alias_name"] == "alias/trending-now-example"
    assert statements(outputs["policy_json"]) == policy(applied, "kms_key")


def test_the_alias_leads_to_the_key(applied: Applied) -> None:
    outputs = applied.outputs["kms_key"]
    found = applied.client("kms").describe_key(KeyId=outputs["alias_name"])["KeyMetadata"]
    assert found["KeyId"] == outputs["id"]


def test_the_key_is_enabled_for_encryption_and_says_what_it_is_for(applied: Applied) -> None:
    key = described(applied, "kms_key")
    assert key["Enabled"] is True
    assert key["KeyUsage"] == "ENCRYPT_DECRYPT"
    assert key["KeySpec"] == "SYMMETRIC_DEFAULT"
    assert key["Description"] == "Alarms of the trending-now example."


@pytest.mark.parametrize(("output", "days"), [("kms_key", 365), ("logs_key", 90)])
def test_the_key_is_rotated(applied: Applied, output: str, days: int) -> None:
    key = applied.outputs[output]["id"]
    rotation = applied.client("kms").get_key_rotation_status(KeyId=key)
    assert rotation["KeyRotationEnabled"] is True
    assert rotation["RotationPeriodInDays"] == days


def test_the_account_administers_the_key_and_a_service_needs_its_condition(
    applied: Applied,
) -> None:
    account = applied.account.account_id
    assert policy(applied, "kms_key") == {
        "AccountAdministration": {
            "Effect": "Allow",
            "Action": ["kms:*"],
            "Resource": ["*"],
            "Principal": {"AWS": [f"arn:aws:iam::{account}:root"]},
        },
        "ServiceAlarms": {
            "Effect": "Allow",
            "Action": ["kms:Decrypt", "kms:GenerateDataKey*"],
            "Resource": ["*"],
            "Principal": {"Service": ["cloudwatch.amazonaws.com"]},
            "Condition": {"StringEquals": {"aws:SourceAccount": [account]}},
        },
    }


def test_a_regional_service_is_named_with_its_region_and_may_not_administer(
    applied: Applied,
) -> None:
    region = applied.account.environment.region
    assert policy(applied, "logs_key")["ServiceLogGroups"] == {
        "Effect": "Allow",
        "Action": [
            "kms:Decrypt",
            "kms:DescribeKey",
            "kms:Encrypt",
            "kms:GenerateDataKey*",
            "kms:ReEncrypt*",
        ],
        "Resource": ["*"],
        "Principal": {"Service": [f"logs.{region}.amazonaws.com"]},
        "Condition": {"ArnLike": {"kms:EncryptionContext:aws:logs:arn": ["arn:aws:logs:*:*:*"]}},
    }


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_a_new_name_replaces_the_alias_and_keeps_the_key(applied: Applied) -> None:
    changes = applied.planned_changes('module "kms_key" {\n  name = "another"\n}')
    assert changes == {"module.kms_key.aws_kms_alias.this": REPLACE}


def test_all_else_changes_in_place(applied: Applied) -> None:
    changes = applied.planned_changes(
        """
        module "kms_key" {
          description             = "Something else."
          deletion_window_in_days = 8
          rotation_period_in_days = 100
          service_principals      = {}
        }
        """
    )
    assert changes == {"module.kms_key.aws_kms_key.this": ["update"]}


def test_a_destroyed_key_can_be_rescued_for_as_long_as_was_asked(applied: Applied) -> None:
    windows = {
        item["address"]: item["values"]["deletion_window_in_days"]
        for item in applied.resources("aws_kms_key")
    }
    assert windows == {
        "module.kms_key.aws_kms_key.this": 30,
        "module.logs_key.aws_kms_key.this": 7,
    }
