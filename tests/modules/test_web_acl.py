"""The module web_acl: what is turned away, what is logged, and what it protects."""

from __future__ import annotations

from typing import Any

import pytest

from harness.applied import Applied, changes, planned, statements
from harness.plan_text import REPLACE

pytestmark = pytest.mark.terraform

MODULE = "web_acl"
PREFIX = "module.web_acl"
ACL = f"{PREFIX}.aws_wafv2_web_acl.this"
KNOWN_BAD = "AWSManagedRulesKnownBadInputsRuleSet"
COMMON = "AWSManagedRulesCommonRuleSet"
REPUTATION = "AWSManagedRulesAmazonIpReputationList"

# Beside the example: rules that only count, and nothing to protect yet.
EXTRA = """
module "counting" {
  source = "../../modules/web_acl"

  name                  = "counting"
  log_retention_in_days = 30

  managed_rule_groups = {
    AWSManagedRulesCommonRuleSet = { priority = 10, counted_rules = ["SizeRestrictions_BODY"] }
    AWSManagedRulesSQLiRuleSet   = { priority = 11, count_only = true, version = "Version_2.0" }
  }
}

output "web_acl" { value = module.web_acl }
output "counting" { value = module.counting }
output "service" { value = module.app_runner_service.arn }
output "key" { value = module.kms_key.arn }
"""

ACLS = {"web_acl": "trending-now-example", "counting": "counting"}


def acl(applied: Applied, output: str) -> Any:
    """A web ACL, as WAF has it."""
    arn = applied.outputs[output]["arn"]
    waf = applied.client("wafv2")
    (found,) = [a for a in waf.list_web_acls(Scope="REGIONAL")["WebACLs"] if a["ARN"] == arn]
    call = {"Name": found["Name"], "Id": found["Id"], "Scope": "REGIONAL"}
    return waf.get_web_acl(**call)["WebACL"]


def rules(applied: Applied, output: str) -> dict[str, Any]:
    """The rules of a web ACL by name."""
    return {rule["Name"]: rule for rule in acl(applied, output)["Rules"]}


def log_group(applied: Applied, output: str) -> Any:
    """The log group of a web ACL."""
    name = applied.outputs[output]["log_group_name"]
    found = applied.client("logs").describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    return found[0]


@pytest.mark.parametrize("output", ACLS)
def test_outputs_are_what_aws_has(applied: Applied, output: str) -> None:
    outputs = applied.outputs[output]
    assert acl(applied, output)["Name"] == ACLS[output]
    group = log_group(applied, output)
    assert outputs["log_group_name"] == group["logGroupName"] == f"aws-waf-logs-{ACLS[output]}"
    assert outputs["log_group_arn"] == group["arn"].removesuffix(":*")


@pytest.mark.parametrize("output", ACLS)
def test_what_no_rule_blocks_is_allowed(applied: Applied, output: str) -> None:
    assert acl(applied, output)["DefaultAction"] == {"Allow": {}}


@pytest.mark.parametrize(("output", "limit"), [("web_acl", 1000), ("counting", 2000)])
def test_an_address_that_asks_too_often_is_turned_away(
    applied: Applied, output: str, limit: int
) -> None:
    found = rules(applied, output)["rate-limit"]
    assert found["Priority"] == 0
    assert found["Statement"]["RateBasedStatement"] == {
        "AggregateKeyType": "IP",
        "EvaluationWindowSec": 300,
        "Limit": limit,
    }
    assert found["Action"] == {"Block": {"CustomResponse": {"ResponseCode": 429}}}


@pytest.mark.parametrize("output", ACLS)
def test_known_bad_inputs_are_always_blocked(applied: Applied, output: str) -> None:
    found = rules(applied, output)[KNOWN_BAD]
    assert found["OverrideAction"] == {"None": {}}
    statement = found["Statement"]["ManagedRuleGroupStatement"]
    assert statement["VendorName"] == "AWS"
    assert statement["Name"] == KNOWN_BAD
    assert not statement.get("RuleActionOverrides")


def test_the_other_groups_block_in_the_order_of_their_priorities(applied: Applied) -> None:
    found = {name: rule["Priority"] for name, rule in rules(applied, "web_acl").items()}
    assert found == {"rate-limit": 0, KNOWN_BAD: 1, REPUTATION: 10, COMMON: 20}
    for name in (REPUTATION, COMMON):
        assert rules(applied, "web_acl")[name]["OverrideAction"] == {"None": {}}


def test_a_group_or_a_rule_of_it_can_count_only(applied: Applied) -> None:
    found = rules(applied, "counting")
    assert found.keys() == {"rate-limit", KNOWN_BAD, COMMON, "AWSManagedRulesSQLiRuleSet"}
    whole = found["AWSManagedRulesSQLiRuleSet"]
    assert whole["OverrideAction"] == {"Count": {}}
    assert whole["Statement"]["ManagedRuleGroupStatement"]["Version"] == "Version_2.0"
    single = found[COMMON]
    assert single["OverrideAction"] == {"None": {}}
    assert single["Statement"]["ManagedRuleGroupStatement"]["RuleActionOverrides"] == [
        {"Name": "SizeRestrictions_BODY", "ActionToUse": {"Count": {}}}
    ]


@pytest.mark.parametrize("output", ACLS)
def test_everything_is_measured_and_nothing_sampled(applied: Applied, output: str) -> None:
    found = acl(applied, output)
    shown = [found, *found["Rules"]]
    configurations = [item["VisibilityConfig"] for item in shown]
    assert {item["CloudWatchMetricsEnabled"] for item in configurations} == {True}
    assert {item["SampledRequestsEnabled"] for item in configurations} == {False}
    names = [item["MetricName"] for item in configurations]
    assert len(set(names)) == len(names)
    assert all(name.startswith(ACLS[output]) for name in names)


@pytest.mark.parametrize("output", ACLS)
def test_requests_are_logged_without_the_headers_that_are_secret(
    applied: Applied, output: str
) -> None:
    outputs = applied.outputs[output]
    found = applied.client("wafv2").get_logging_configuration(ResourceArn=outputs["arn"])
    configuration = found["LoggingConfiguration"]
    assert configuration["LogDestinationConfigs"] == [outputs["log_group_arn"]]
    redacted = {field["SingleHeader"]["Name"] for field in configuration["RedactedFields"]}
    assert redacted == {"authorization", "cookie"}


def test_the_log_is_encrypted_and_kept_as_long_as_was_asked(applied: Applied) -> None:
    assert log_group(applied, "web_acl")["kmsKeyId"] == applied.outputs["key"]
    assert log_group(applied, "web_acl")["retentionInDays"] == 365
    assert "kmsKeyId" not in log_group(applied, "counting")
    assert log_group(applied, "counting")["retentionInDays"] == 30


@pytest.mark.parametrize("output", ACLS)
def test_only_the_delivery_of_this_account_may_write_the_log(applied: Applied, output: str) -> None:
    outputs, account = applied.outputs[output], applied.account.account_id
    policies = applied.client("logs").describe_resource_policies()["resourcePolicies"]
    stored = {policy["policyName"]: policy["policyDocument"] for policy in policies}
    found = statements(stored[outputs["log_group_name"]])
    assert found == statements(outputs["log_policy_json"])
    assert found == {
        "WafLogDelivery": {
            "Effect": "Allow",
            "Action": ["logs:CreateLogStream", "logs:PutLogEvents"],
            "Resource": [f"{outputs['log_group_arn']}:*"],
            "Principal": {"Service": ["delivery.logs.amazonaws.com"]},
            "Condition": {
                "StringEquals": {"aws:SourceAccount": [account]},
                "ArnLike": {"aws:SourceArn": [f"arn:aws:logs:eu-west-1:{account}:*"]},
            },
        }
    }


def test_the_service_is_protected(applied: Applied) -> None:
    service = applied.outputs["service"]
    found = applied.client("wafv2").get_web_acl_for_resource(ResourceArn=service)
    assert found["WebACL"]["ARN"] == applied.outputs["web_acl"]["arn"]


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_a_new_name_replaces_everything(applied: Applied) -> None:
    found = applied.planned_changes('module "web_acl" {\n  name = "another"\n}')
    assert found == {
        ACL: REPLACE,
        f'{PREFIX}.aws_wafv2_web_acl_association.this["service"]': REPLACE,
        f"{PREFIX}.aws_wafv2_web_acl_logging_configuration.this": REPLACE,
        f"{PREFIX}.aws_cloudwatch_log_group.this": REPLACE,
        f"{PREFIX}.aws_cloudwatch_log_resource_policy.this": REPLACE,
    }


def test_rules_and_retention_change_in_place(applied: Applied) -> None:
    found = applied.planned_changes(
        """
        module "web_acl" {
          log_retention_in_days = 30
          managed_rule_groups   = { AWSManagedRulesCommonRuleSet = { priority = 10 } }
          rate_limit            = 500
        }
        """
    )
    assert found == {ACL: ["update"], f"{PREFIX}.aws_cloudwatch_log_group.this": ["update"]}


def test_a_replaced_service_is_protected_again_in_the_same_plan(applied: Applied) -> None:
    plan = planned(applied.root, 'module "app_runner_service" {\n  name = "another"\n}')
    association = f'{PREFIX}.aws_wafv2_web_acl_association.this["service"]'
    found = changes(plan)
    assert found[association] == REPLACE
    assert ACL not in found
