"""The module trending_now as its README's example has it: with a firewall, in one apply.

Terraform works for many seconds on each plan of a web ACL, so `make test` leaves this out; there
tests/environments applies one environment with its firewall.
"""

from __future__ import annotations

import pytest

from harness.applied import Applied, planned

pytestmark = [pytest.mark.terraform, pytest.mark.exhaustive]

MODULE = "trending_now"
NAME = "trending-now-example"
EXTRA = """
output "trending_now" { value = module.trending_now }
"""


def test_the_firewall_stands_before_the_service_and_leaves_on_request(applied: Applied) -> None:
    arn = applied.outputs["trending_now"]["service_arn"]
    found = applied.client("wafv2").get_web_acl_for_resource(ResourceArn=arn)
    assert found["WebACL"]["Name"] == NAME
    without = applied.planned_changes(
        'module "trending_now" {\n  firewall = { enabled = false }\n}'
    )
    gone = {address for address, actions in without.items() if actions == ["delete"]}
    assert "module.trending_now.module.web_acl[0].aws_wafv2_web_acl.this" in gone
    assert all(address.startswith("module.trending_now.module.web_acl[0].") for address in gone)
    assert {tuple(actions) for actions in without.values()} <= {("delete",), ("update",)}


def test_one_key_encrypts_every_log_group(applied: Applied) -> None:
    outputs = applied.outputs["trending_now"]
    groups = [item["values"] for item in applied.resources("aws_cloudwatch_log_group")]
    assert {group["name"]: group["kms_key_id"] for group in groups} == {
        outputs["log_group_name"]: outputs["kms_key_arn"],
        f"aws-waf-logs-{NAME}": outputs["kms_key_arn"],
    }


def test_logs_are_kept_as_long_as_the_environment_says(applied: Applied) -> None:
    groups = applied.resources("aws_cloudwatch_log_group")
    assert [item["values"]["retention_in_days"] for item in groups] == [365, 365]
    plan = planned(
        applied.root,
        'module "trending_now" {\n  retention = { application_logs_days = 30 }\n}',
    )
    retention = {
        item["address"].removeprefix("module.trending_now."): item["change"]["after"]
        for item in plan["resource_changes"]
        if item["type"] == "aws_cloudwatch_log_group"
    }
    assert {address: after["retention_in_days"] for address, after in retention.items()} == {
        "module.observability.aws_cloudwatch_log_group.application": 30,
        "module.web_acl[0].aws_cloudwatch_log_group.this": 30,
    }
