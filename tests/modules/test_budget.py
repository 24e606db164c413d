"""The module budget: what may be spent, who hears of it, and when."""

from __future__ import annotations

from typing import Any

import pytest

from harness.applied import Applied
from harness.plan_text import REPLACE

pytestmark = pytest.mark.terraform

MODULE = "budget"
NAME = "trending-now-example"

# Beside the example: one with a tag, thresholds of its own and nobody but a topic.
EXTRA = """
module "tagged" {
  source = "../../modules/budget"

  name       = "tagged"
  cost_tag   = { key = "environment", value = "staging" }
  limit_usd  = 12.5
  thresholds = { actual = [50], forecasted = [90, 120] }
  topic_arn  = module.observability.topic_arn
}

output "budget" { value = module.budget }
output "tagged" { value = module.tagged }
output "topic" { value = module.observability.topic_arn }
"""


def budget(applied: Applied, name: str) -> Any:
    """A budget, as AWS Budgets has it."""
    found = applied.client("budgets").describe_budget(
        AccountId=applied.account.account_id, BudgetName=name
    )
    return found["Budget"]


def notifications(applied: Applied, name: str) -> dict[tuple[str, float], set[tuple[str, str]]]:
    """Who hears of a budget's thresholds, by their type and percentage."""
    client, account = applied.client("budgets"), applied.account.account_id
    which = {"AccountId": account, "BudgetName": name}
    found = {}
    for item in client.describe_notifications_for_budget(**which)["Notifications"]:
        assert item["ComparisonOperator"] == "GREATER_THAN"
        assert item["ThresholdType"] == "PERCENTAGE"
        subscribers = client.describe_subscribers_for_notification(**which, Notification=item)
        found[item["NotificationType"], item["Threshold"]] = {
            (who["SubscriptionType"], who["Address"]) for who in subscribers["Subscribers"]
        }
    return found


def test_outputs_are_what_aws_budgets_has(applied: Applied) -> None:
    listed = applied.client("budgets").describe_budgets(AccountId=applied.account.account_id)
    names = {applied.outputs[output]["name"] for output in ("budget", "tagged")}
    assert {item["BudgetName"] for item in listed["Budgets"]} == names == {NAME, "tagged"}
    arn = f"arn:aws:budgets::{applied.account.account_id}:budget/{NAME}"
    assert applied.outputs["budget"]["arn"] == arn


@pytest.mark.parametrize(("name", "limit"), [(NAME, 250.0), ("tagged", 12.5)])
def test_the_limit_counts_dollars_a_month(applied: Applied, name: str, limit: float) -> None:
    found = budget(applied, name)
    assert (found["BudgetType"], found["TimeUnit"]) == ("COST", "MONTHLY")
    assert found["BudgetLimit"]["Unit"] == "USD"
    assert float(found["BudgetLimit"]["Amount"]) == limit


def test_topic_and_people_hear_before_and_when_the_limit_is_reached(applied: Applied) -> None:
    told = {("SNS", applied.outputs["topic"]), ("EMAIL", "finance@example.com")}
    assert notifications(applied, NAME) == {
        ("ACTUAL", 80.0): told,
        ("ACTUAL", 100.0): told,
        ("FORECASTED", 100.0): told,
    }


def test_thresholds_are_those_that_were_asked_for(applied: Applied) -> None:
    told = {("SNS", applied.outputs["topic"])}
    assert notifications(applied, "tagged") == {
        ("ACTUAL", 50.0): told,
        ("FORECASTED", 90.0): told,
        ("FORECASTED", 120.0): told,
    }


def test_only_the_costs_of_the_tag_count_where_one_was_given(applied: Applied) -> None:
    assert budget(applied, "tagged")["CostFilters"] == {"TagKeyValue": ["user:environment$staging"]}
    assert not budget(applied, NAME).get("CostFilters")


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_a_new_name_replaces_the_budget(applied: Applied) -> None:
    found = applied.planned_changes('module "budget" {\n  name = "another"\n}')
    assert found == {"module.budget.aws_budgets_budget.this": REPLACE}


def test_everything_else_changes_in_place(applied: Applied) -> None:
    found = applied.planned_changes(
        """
        module "budget" {
          cost_tag   = { key = "environment", value = "dev" }
          emails     = []
          limit_usd  = 300
          thresholds = { forecasted = [110] }
        }
        """
    )
    assert found == {"module.budget.aws_budgets_budget.this": ["update"]}
