"""A provider that stays up and says only what is needed, against the one that Terraform starts."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path

from harness.accounts import Account
from harness.applied import resident
from harness.plan_text import read_changes
from harness.terraform import make_root

QUEUE = """
provider "aws" {
  region = "eu-west-1"
}
"""
ALARM = """
resource "aws_cloudwatch_metric_alarm" "a" {
  alarm_name          = "a"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  threshold           = 1
  metric_name         = "m"
  namespace           = "n"
  period              = 60
  statistic           = "Sum"
}
"""
PLAN = ("plan", "-no-color", "-input=false")


def test_what_only_the_state_names_is_known(
    new_account: Callable[[], Account], tmp_path: Path
) -> None:
    root = make_root(tmp_path, "root", QUEUE, new_account())
    with resident(root) as attached:
        attached.init()
        assert read_changes(attached.succeed(*PLAN).stdout) == {}
        (root.directory / "alarm.tf").write_text(ALARM)
        attached.apply()
        attached.assert_nothing_to_do()
        (root.directory / "alarm.tf").unlink()
        planned = attached.succeed(*PLAN, f"-out={root.directory / 'x.tfplan'}").stdout
        assert read_changes(planned) == {"aws_cloudwatch_metric_alarm.a": ["delete"]}
        attached.apply()
        assert attached.addresses() == []


def test_it_says_less_than_the_provider_and_nothing_else(
    new_account: Callable[[], Account], tmp_path: Path
) -> None:
    root = make_root(tmp_path, "root", QUEUE + ALARM, new_account())
    with resident(root) as attached:
        attached.init()
        cut = json.loads(attached.succeed("providers", "schema", "-json").stdout)
    root.init()
    whole = json.loads(root.succeed("providers", "schema", "-json").stdout)
    (said,), (all_of_it,) = cut["provider_schemas"].values(), whole["provider_schemas"].values()
    name = "aws_cloudwatch_metric_alarm"
    assert said["resource_schemas"] == {name: all_of_it["resource_schemas"][name]}
    assert said["provider"] == all_of_it["provider"]
    assert said["functions"] == all_of_it["functions"]
