"""The module drift_alarm: a report lands, somebody hears of it, an alarm goes on and off again."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.applied import Applied
from harness.clock import advance
from harness.plan_text import REPLACE

pytestmark = pytest.mark.terraform

MODULE = "drift_alarm"
NAME = "trending-now-example-drift"
BUCKET = "trending-now-example-data"

# Beside the example: its bucket, a queue that hears what the topic says, and a second alarm.
EXTRA = """
resource "aws_s3_bucket" "data" {
  bucket        = "trending-now-example-data"
  force_destroy = true
}

resource "aws_s3_bucket_notification" "data" {
  bucket      = aws_s3_bucket.data.id
  eventbridge = true
}

resource "aws_sqs_queue" "ears" {
  name = "ears"
}

resource "aws_sns_topic_subscription" "ears" {
  topic_arn = module.observability.topic_arn
  protocol  = "sqs"
  endpoint  = aws_sqs_queue.ears.arn
}

module "daily" {
  source = "../../modules/drift_alarm"

  name           = "trending-now-example-daily"
  bucket_name    = "another-bucket"
  description    = "The model got worse."
  period_seconds = 86400
  prefix         = "daily/"
  priority       = "P1"
  suffix         = ""
  topic_arn      = module.observability.topic_arn
}

output "daily" { value = module.daily }
output "drift_alarm" { value = module.drift_alarm }
output "queue" { value = aws_sqs_queue.ears.id }
output "topic" { value = module.observability.topic_arn }
"""


def alarm(applied: Applied, output: str) -> Any:
    """An alarm, as CloudWatch has it."""
    name = applied.outputs[output]["alarm_name"]
    (found,) = applied.client("cloudwatch").describe_alarms(AlarmNames=[name])["MetricAlarms"]
    return found


def rule(applied: Applied, output: str) -> Any:
    """A rule, as EventBridge has it."""
    return applied.client("events").describe_rule(Name=applied.outputs[output]["rule_name"])


def target(applied: Applied, output: str) -> Any:
    """The only target of a rule."""
    name = applied.outputs[output]["rule_name"]
    (found,) = applied.client("events").list_targets_by_rule(Rule=name)["Targets"]
    return found


def test_outputs_are_what_aws_has(applied: Applied) -> None:
    for output, name in (("drift_alarm", NAME), ("daily", "trending-now-example-daily")):
        outputs = applied.outputs[output]
        assert outputs["alarm_name"] == outputs["rule_name"] == name
        assert outputs["alarm_arn"] == alarm(applied, output)["AlarmArn"]
        assert outputs["rule_arn"] == rule(applied, output)["Arn"]


@pytest.mark.parametrize(("output", "period"), [("drift_alarm", 300), ("daily", 86400)])
def test_one_matched_report_is_an_alarm_and_none_is_well(
    applied: Applied, output: str, period: int
) -> None:
    found = alarm(applied, output)
    assert (found["Namespace"], found["MetricName"]) == ("AWS/Events", "MatchedEvents")
    assert found["Dimensions"] == [
        {"Name": "RuleName", "Value": applied.outputs[output]["rule_name"]}
    ]
    assert (found["Statistic"], found["Period"]) == ("Sum", period)
    assert (found["ComparisonOperator"], found["Threshold"]) == ("GreaterThanOrEqualToThreshold", 1)
    assert (found["DatapointsToAlarm"], found["EvaluationPeriods"]) == (1, 1)
    assert found["TreatMissingData"] == "notBreaching"


def test_the_alarm_tells_the_topic_of_drift_and_of_its_end(applied: Applied) -> None:
    for output in ("drift_alarm", "daily"):
        found = alarm(applied, output)
        assert found["ActionsEnabled"] is True
        assert found["AlarmActions"] == found["OKActions"] == [applied.outputs["topic"]]
        assert found["InsufficientDataActions"] == []
    assert alarm(applied, "daily")["AlarmDescription"] == (
        "The model got worse. Priority P1. Reports are under daily/ in the bucket another-bucket."
    )


def event(bucket: str, key: str, kind: str = "Object Created") -> str:
    """An event of S3 as EventBridge gets it, as JSON."""
    return json.dumps(
        {
            "version": "0",
            "id": "17793124-05d4-b198-2fde-7ededc63b103",
            "detail-type": kind,
            "source": "aws.s3",
            "account": "123456789012",
            "time": "2026-11-21T12:00:00Z",
            "region": "eu-west-1",
            "resources": [f"arn:aws:s3:::{bucket}"],
            "detail": {"bucket": {"name": bucket}, "object": {"key": key, "size": 5}},
        }
    )


@pytest.mark.parametrize(
    ("output", "bucket", "key", "matched"),
    [
        ("drift_alarm", BUCKET, "reports/drift/2026-11-21.json", True),
        ("drift_alarm", BUCKET, "reports/drift/2026/11/21.json", True),
        ("drift_alarm", BUCKET, "reports/drift/2026-11-21.html", False),
        ("drift_alarm", BUCKET, "reports/quality/2026-11-21.json", False),
        ("drift_alarm", BUCKET, "old/reports/drift/2026-11-21.json", False),
        ("drift_alarm", f"{BUCKET}-2", "reports/drift/2026-11-21.json", False),
        ("daily", "another-bucket", "daily/a", True),
        ("daily", "another-bucket", "weekly/a", False),
    ],
)
def test_only_reports_under_the_prefix_match(
    applied: Applied, output: str, bucket: str, key: str, matched: bool
) -> None:
    found = rule(applied, output)
    assert found["State"] == "ENABLED"
    client, pattern = applied.client("events"), found["EventPattern"]
    for kind, expected in (("Object Created", matched), ("Object Deleted", False)):
        answer = client.test_event_pattern(EventPattern=pattern, Event=event(bucket, key, kind))
        assert answer["Result"] is expected


def test_the_message_is_a_sentence_with_what_one_needs(applied: Applied) -> None:
    found = target(applied, "daily")
    assert found["Arn"] == applied.outputs["topic"]
    assert found["InputTransformer"] == {
        "InputPathsMap": {
            "bucket": "$.detail.bucket.name",
            "key": "$.detail.object.key",
            "size": "$.detail.object.size",
            "time": "$.time",
        },
        "InputTemplate": '"The model got worse. Priority P1. Report s3://<bucket>/<key> '
        '(<size> bytes) arrived at <time>."',
    }


def heard(applied: Applied) -> list[tuple[str, str]]:
    """What the topic has said since the last time: subjects and messages."""
    sqs, queue = applied.client("sqs"), applied.outputs["queue"]
    found = []
    answer = sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10)
    for message in answer.get("Messages", []):
        body = json.loads(message["Body"])
        found.append((body.get("Subject", ""), body["Message"]))
        sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found


def test_a_report_is_followed_to_the_alarm_and_back(applied: Applied) -> None:
    clock = applied.account.endpoint
    s3 = applied.client("s3")
    # given an alarm that has come to rest, and what it said on the way
    advance(clock, 60)
    assert alarm(applied, "drift_alarm")["StateValue"] == "OK"
    heard(applied)
    # when a report and something else land
    s3.put_object(Bucket=BUCKET, Key="reports/quality/1.json", Body=b"{}")
    s3.put_object(Bucket=BUCKET, Key="reports/drift/1.json", Body=b"12345")
    # then the topic hears which report it is
    ((subject, sentence),) = heard(applied)
    assert subject == ""
    assert sentence.startswith(
        '"The monitoring job found drift between the training data and the live data. Priority P3. '
        f"Report s3://{BUCKET}/reports/drift/1.json (5 bytes) arrived at 20"
    )
    # and a minute later of the alarm
    advance(clock, 60)
    assert alarm(applied, "drift_alarm")["StateValue"] == "ALARM"
    ((subject, message),) = heard(applied)
    assert subject == f'ALARM: "{NAME}" in EU (Ireland)'
    assert json.loads(message)["AlarmArn"] == applied.outputs["drift_alarm"]["alarm_arn"]
    # and, without another report, of its end; an alarm that does not concern it stays as it was
    advance(clock, 3 * 300)
    assert alarm(applied, "drift_alarm")["StateValue"] == "OK"
    assert [subject for subject, _ in heard(applied)] == [f'OK: "{NAME}" in EU (Ireland)']
    assert alarm(applied, "daily")["StateValue"] == "OK"


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_a_new_name_replaces_rule_target_and_alarm(applied: Applied) -> None:
    found = applied.planned_changes('module "drift_alarm" {\n  name = "another"\n}')
    assert found == {
        "module.drift_alarm.aws_cloudwatch_event_rule.report": REPLACE,
        "module.drift_alarm.aws_cloudwatch_event_target.topic": REPLACE,
        "module.drift_alarm.aws_cloudwatch_metric_alarm.report": REPLACE,
    }


def test_everything_else_changes_in_place(applied: Applied) -> None:
    found = applied.planned_changes(
        """
        module "drift_alarm" {
          bucket_name    = "another-bucket"
          description    = "Something drifted."
          period_seconds = 600
          prefix         = "drift/"
          priority       = "P2"
          suffix         = ".csv"
        }
        """
    )
    assert found == {
        "module.drift_alarm.aws_cloudwatch_event_rule.report": ["update"],
        "module.drift_alarm.aws_cloudwatch_event_target.topic": ["update"],
        "module.drift_alarm.aws_cloudwatch_metric_alarm.report": ["update"],
    }
