"""The module observability: alarms that can go off, who hears of them, and what is kept."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.accounts import Account
from harness.applied import Applied, destroy_to_nothing, resident, statements
from harness.inventory import pages
from harness.plan_text import REPLACE, REPLACE_CREATING_FIRST
from harness.terraform import make_root

pytestmark = pytest.mark.terraform

MODULE = "observability"
NAME = "trending-now-example"
SERVICE_ID = "0123456789abcdef0123456789abcdef"

# Beside the example: one under a key, with thresholds of its own, and one without a service.
EXTRA = """
module "kms_key" {
  source = "../../modules/kms_key"

  name        = "trending-now-observability"
  description = "Logs and alarms of the trending-now example."
}

module "tuned" {
  source = "../../modules/observability"

  name                  = "tuned"
  kms_key_arn           = module.kms_key.arn
  log_group_name        = "/trending-now/tuned/application"
  log_retention_in_days = 30
  metric_namespace      = "trending-now/tuned"

  buckets = { lake = "tuned-lake", logs = "tuned-logs" }
  service = { id = "fedcba9876543210fedcba9876543210", max_instances = 7, name = "tuned" }
  thresholds = {
    bucket_client_error_percent = 17
    bucket_minimum_requests     = 18
    bucket_server_error_percent = 19
    log_errors_per_minute       = 21

    client_error_percent     = 11
    cpu_percent              = 12
    datapoints_to_alarm      = 2
    evaluation_periods       = 4
    latency_p95_milliseconds = 1300
    memory_percent           = 14
    minimum_requests         = 15
    server_error_percent     = 16
  }
}

module "unreleased" {
  source = "../../modules/observability"

  name           = "unreleased"
  log_group_name = "/trending-now/unreleased/application"
}

module "fixed" {
  source = "../../modules/observability"

  name           = "fixed"
  log_group_name = "/trending-now/fixed/application"
  service        = { id = "0f", max_instances = 3, min_instances = 3, name = "fixed" }
}

module "lake" {
  source = "../../modules/observability"

  name           = "lake"
  buckets        = { lake = "some-lake" }
  log_group_name = "/trending-now/lake/application"
}

output "fixed" { value = module.fixed }
output "lake" { value = module.lake }
output "observability" { value = module.observability }
output "tuned" { value = module.tuned }
output "unreleased" { value = module.unreleased }
output "key" { value = module.kms_key.arn }
"""

DIMENSIONS = {
    "observability": {"ServiceName": NAME, "ServiceID": SERVICE_ID},
    "tuned": {"ServiceName": "tuned", "ServiceID": "fedcba9876543210fedcba9876543210"},
}
BUCKETS = {
    "observability": {"data": "trending-now-example-data"},
    "tuned": {"lake": "tuned-lake", "logs": "tuned-logs"},
    "lake": {"lake": "some-lake"},
}
SERVICE_KINDS = {
    *("capacity", "client-errors", "cpu", "deployment-failures"),
    *("latency", "log-errors", "memory", "server-errors"),
}
KINDS = {
    "observability": SERVICE_KINDS | {"data-bucket-client-errors", "data-bucket-server-errors"},
    "tuned": SERVICE_KINDS
    | {f"{key}-bucket-{who}-errors" for key in ("lake", "logs") for who in ("client", "server")},
    "fixed": SERVICE_KINDS - {"capacity"},
    "lake": {"lake-bucket-client-errors", "lake-bucket-server-errors"},
}
URGENT = {"server-errors", "latency", "deployment-failures"}


def is_urgent(kind: str) -> bool:
    """Whether somebody is paged for a kind of alarm."""
    return kind in URGENT or kind.endswith("-bucket-server-errors")


def alarms(applied: Applied, output: str) -> dict[str, Any]:
    """An output's alarms as CloudWatch has them, by what stands behind the name of the module."""
    names = applied.outputs[output]["alarm_names"]
    found = applied.client("cloudwatch").describe_alarms(AlarmNames=names)["MetricAlarms"]
    return {item["AlarmName"].split(f"{_prefix(output)}-", 1)[1]: item for item in found}


def _prefix(output: str) -> str:
    return NAME if output == "observability" else output


def dimensions(metric: Any) -> dict[str, str]:
    """A metric's dimensions by name."""
    return {item["Name"]: item["Value"] for item in metric["Dimensions"]}


def dashboard(applied: Applied, output: str) -> Any:
    """A dashboard's body."""
    found = applied.client("cloudwatch").get_dashboard(
        DashboardName=applied.outputs[output]["dashboard_name"]
    )
    return json.loads(found["DashboardBody"])


def group(applied: Applied, output: str) -> Any:
    """A log group, as CloudWatch Logs has it."""
    name = applied.outputs[output]["log_group_name"]
    found = pages(
        applied.client("logs"), "describe_log_groups", "logGroups", logGroupNamePrefix=name
    )
    (only,) = [item for item in found if item["logGroupName"] == name]
    return only


def test_outputs_are_what_cloudwatch_has(applied: Applied) -> None:
    everything = pages(applied.client("cloudwatch"), "describe_alarms", "MetricAlarms")
    made = {item["AlarmName"] for item in everything}
    assert made == {name for output in KINDS for name in applied.outputs[output]["alarm_names"]}
    for output, kinds in KINDS.items():
        names = applied.outputs[output]["alarm_names"]
        assert names == sorted(f"{_prefix(output)}-{kind}" for kind in kinds)
    for output in (*KINDS, "unreleased"):
        outputs = applied.outputs[output]
        assert outputs["log_group_arn"] == group(applied, output)["arn"].removesuffix(":*")
        attributes = topic(applied, output)
        assert outputs["topic_arn"] == attributes["TopicArn"]
        assert statements(outputs["topic_policy_json"]) == statements(attributes["Policy"])


def topic(applied: Applied, output: str) -> Any:
    """The attributes of a topic."""
    arn = applied.outputs[output]["topic_arn"]
    return applied.client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]


def watched(alarm: Any) -> list[Any]:
    """The metrics that an alarm looks at."""
    queries = alarm.get("Metrics", [])
    return [q["MetricStat"]["Metric"] for q in queries if "MetricStat" in q] or [alarm]


@pytest.mark.parametrize("output", KINDS)
def test_there_are_exactly_the_alarms_that_make_sense(applied: Applied, output: str) -> None:
    assert alarms(applied, output).keys() == KINDS[output]


@pytest.mark.parametrize("output", DIMENSIONS)
def test_each_alarm_watches_one_service_by_name_and_id(applied: Applied, output: str) -> None:
    metrics = [metric for alarm in alarms(applied, output).values() for metric in watched(alarm)]
    found = [metric for metric in metrics if metric["Namespace"] == "AWS/AppRunner"]
    assert len(found) == 8
    for metric in found:
        assert dimensions(metric) == DIMENSIONS[output]


@pytest.mark.parametrize("output", BUCKETS)
def test_each_bucket_is_watched_by_name_and_filter(applied: Applied, output: str) -> None:
    found = alarms(applied, output)
    for key, bucket in BUCKETS[output].items():
        for who in ("client", "server"):
            metrics = watched(found[f"{key}-bucket-{who}-errors"])
            assert len(metrics) == 2
            for metric in metrics:
                assert metric["Namespace"] == "AWS/S3"
                assert dimensions(metric) == {"BucketName": bucket, "FilterId": "EntireBucket"}


@pytest.mark.parametrize("output", KINDS)
def test_an_alarm_tells_the_topic_unless_the_page_alarm_does(applied: Applied, output: str) -> None:
    arn = applied.outputs[output]["topic_arn"]
    for kind, alarm in alarms(applied, output).items():
        told = [] if is_urgent(kind) else [arn]
        assert alarm["ActionsEnabled"] is True
        assert alarm["AlarmActions"] == told, kind
        assert alarm["OKActions"] == told, kind
        assert alarm["InsufficientDataActions"] == []
        assert alarm["AlarmDescription"]


def page(applied: Applied, output: str) -> Any:
    """A composite alarm, as CloudWatch has it."""
    name = applied.outputs[output]["page_alarm_name"]
    (found,) = applied.client("cloudwatch").describe_alarms(
        AlarmNames=[name], AlarmTypes=["CompositeAlarm"]
    )["CompositeAlarms"]
    return found


@pytest.mark.parametrize("output", KINDS)
def test_one_alarm_pages_for_whatever_is_urgent(applied: Applied, output: str) -> None:
    alarm, arn = page(applied, output), applied.outputs[output]["topic_arn"]
    assert alarm["AlarmName"] == f"{_prefix(output)}-page"
    urgent = sorted(f"{_prefix(output)}-{kind}" for kind in KINDS[output] if is_urgent(kind))
    assert alarm["AlarmRule"] == " OR ".join(f'ALARM("{name}")' for name in urgent)
    assert (alarm["ActionsEnabled"], alarm["AlarmActions"]) == (True, [arn])
    assert (alarm["OKActions"], alarm["InsufficientDataActions"]) == ([arn], [])
    assert alarm["AlarmDescription"]


def test_a_service_that_cannot_scale_has_no_capacity_to_use_up(applied: Applied) -> None:
    assert "capacity" in alarms(applied, "observability")
    assert "capacity" not in alarms(applied, "fixed")


@pytest.mark.parametrize(
    ("output", "kind", "metric", "threshold", "minimum"),
    [
        ("observability", "server-errors", "5xxStatusResponses", 1, 20),
        ("observability", "client-errors", "4xxStatusResponses", 25, 20),
        ("observability", "data-bucket-server-errors", "5xxErrors", 5, 20),
        ("observability", "data-bucket-client-errors", "4xxErrors", 50, 20),
        ("tuned", "server-errors", "5xxStatusResponses", 16, 15),
        ("tuned", "client-errors", "4xxStatusResponses", 11, 15),
        ("tuned", "lake-bucket-server-errors", "5xxErrors", 19, 18),
        ("tuned", "logs-bucket-client-errors", "4xxErrors", 17, 18),
    ],
)
def test_error_rates_count_only_with_enough_traffic(
    applied: Applied, output: str, kind: str, metric: str, threshold: int, minimum: int
) -> None:
    alarm = alarms(applied, output)[kind]
    queries = {query["Id"]: query for query in alarm["Metrics"]}
    assert queries.keys() == {"rate", "errors", "requests"}
    assert queries["rate"]["Expression"] == (
        f"IF(requests >= {minimum}, 100 * FILL(errors, 0) / requests, 0)"
    )
    assert [key for key, query in queries.items() if query["ReturnData"]] == ["rate"]
    requests = "AllRequests" if "bucket" in kind else "Requests"
    for key, expected in (("errors", metric), ("requests", requests)):
        stat = queries[key]["MetricStat"]
        assert (stat["Metric"]["MetricName"], stat["Stat"], stat["Period"]) == (expected, "Sum", 60)
    assert alarm["Threshold"] == threshold
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["TreatMissingData"] == "notBreaching"


LEVELS = {
    # kind: metric, statistic, operator, missing data
    "latency": ("RequestLatency", "p95", "GreaterThanThreshold", "notBreaching"),
    "cpu": ("CPUUtilization", "Average", "GreaterThanThreshold", "missing"),
    "memory": ("MemoryUtilization", "Maximum", "GreaterThanThreshold", "missing"),
    "capacity": ("ActiveInstances", "Maximum", "GreaterThanOrEqualToThreshold", "notBreaching"),
}
THRESHOLDS = {
    "observability": {"latency": 2000, "cpu": 85, "memory": 85, "capacity": 2},
    "tuned": {"latency": 1300, "cpu": 12, "memory": 14, "capacity": 7},
}


@pytest.mark.parametrize("kind", LEVELS)
@pytest.mark.parametrize("output", THRESHOLDS)
def test_levels_are_watched_as_configured(applied: Applied, output: str, kind: str) -> None:
    alarm = alarms(applied, output)[kind]
    statistic = alarm.get("Statistic") or alarm.get("ExtendedStatistic")
    found = (
        alarm["MetricName"],
        statistic,
        alarm["ComparisonOperator"],
        alarm["TreatMissingData"],
    )
    assert found == LEVELS[kind]
    assert alarm["Threshold"] == THRESHOLDS[output][kind]
    assert alarm["Period"] == 60
    assert (alarm.get("EvaluateLowSampleCountPercentile") == "ignore") is (kind == "latency")


@pytest.mark.parametrize(("output", "expected"), [("observability", (3, 5)), ("tuned", (2, 4))])
def test_one_bad_minute_is_no_alarm(
    applied: Applied, output: str, expected: tuple[int, int]
) -> None:
    for kind, alarm in alarms(applied, output).items():
        found = (alarm["DatapointsToAlarm"], alarm["EvaluationPeriods"])
        # A failed deployment is no noise: it happens once.
        assert found == ((1, 1) if kind == "deployment-failures" else expected)


@pytest.mark.parametrize("output", DIMENSIONS)
def test_failed_operations_of_this_service_alone_raise_an_alarm(
    applied: Applied, output: str
) -> None:
    alarm = alarms(applied, output)["deployment-failures"]
    rule = f"{_prefix(output)}-deployment-failures"
    assert (alarm["Namespace"], alarm["MetricName"]) == ("AWS/Events", "MatchedEvents")
    assert dimensions(alarm) == {"RuleName": rule}
    assert (alarm["Statistic"], alarm["Period"], alarm["Threshold"]) == ("Sum", 300, 1)
    assert alarm["ComparisonOperator"] == "GreaterThanOrEqualToThreshold"
    assert alarm["TreatMissingData"] == "notBreaching"
    described = applied.client("events").describe_rule(Name=rule)
    assert described["State"] == "ENABLED"
    pattern = json.loads(described["EventPattern"])
    account = applied.account.account_id
    service = f"arn:aws:apprunner:eu-west-1:{account}:service/{_prefix(output)}/"
    assert pattern.pop("resources") == [{"prefix": service}]
    failures = [
        f"{operation}Failed"
        for operation in (
            *("CreateService", "DeleteService", "Deployment"),
            *("PauseService", "ResumeService", "UpdateService"),
        )
    ]
    assert pattern == {
        "source": ["aws.apprunner"],
        "detail-type": ["AppRunner Service Operation Status Change"],
        "detail": {"$or": [{"operationStatus": failures}, {"Status": failures}]},
    }


def failure(applied: Applied, service: str, **detail: str) -> str:
    """An event of App Runner about a service, as JSON."""
    account = applied.account.account_id
    arn = f"arn:aws:apprunner:eu-west-1:{account}:service/{service}/{'a' * 32}"
    return json.dumps(
        {
            "version": "0",
            "id": "6a7e8feb-b491-4cf7-a9f1-bf3703467718",
            "detail-type": "AppRunner Service Operation Status Change",
            "source": "aws.apprunner",
            "account": account,
            "time": "2026-11-21T12:00:00Z",
            "region": "eu-west-1",
            "resources": [arn],
            "detail": {"ServiceName": service, "Message": "Words.", **detail},
        }
    )


@pytest.mark.parametrize(
    ("service", "detail", "matched"),
    [
        (NAME, {"operationStatus": "UpdateServiceFailed"}, True),
        (NAME, {"Status": "DeploymentFailed"}, True),
        (NAME, {"operationStatus": "UpdateServiceCompletedSuccessfully"}, False),
        (NAME, {}, False),
        (f"{NAME}-2", {"operationStatus": "UpdateServiceFailed"}, False),
        ("tuned", {"operationStatus": "UpdateServiceFailed"}, False),
    ],
)
def test_the_pattern_means_what_it_should(
    applied: Applied, service: str, detail: dict[str, str], matched: bool
) -> None:
    events = applied.client("events")
    pattern = events.describe_rule(Name=f"{NAME}-deployment-failures")["EventPattern"]
    answer = events.test_event_pattern(
        EventPattern=pattern, Event=failure(applied, service, **detail)
    )
    assert answer["Result"] is matched


def test_the_topic_hears_what_failed(applied: Applied) -> None:
    found = applied.client("events").list_targets_by_rule(Rule=f"{NAME}-deployment-failures")
    (target,) = found["Targets"]
    assert target["Arn"] == applied.outputs["observability"]["topic_arn"]
    template = target["InputTransformer"]["InputTemplate"]
    assert template == f'"{NAME}: <operation><status> at <time>. <message>"'
    assert target["InputTransformer"]["InputPathsMap"] == {
        "message": "$.detail.Message",
        "operation": "$.detail.operationStatus",
        "status": "$.detail.Status",
        "time": "$.time",
    }


@pytest.mark.parametrize(
    ("output", "namespace", "threshold"),
    [("observability", NAME, 5), ("tuned", "trending-now/tuned", 21)],
)
def test_errors_in_the_log_are_counted(
    applied: Applied, output: str, namespace: str, threshold: int
) -> None:
    group_name = applied.outputs[output]["log_group_name"]
    found = applied.client("logs").describe_metric_filters(logGroupName=group_name)
    (only,) = found["metricFilters"]
    assert only["filterPattern"] == '{ ($.level = "ERROR") || ($.level = "CRITICAL") }'
    (metric,) = only["metricTransformations"]
    assert (metric["metricNamespace"], metric["metricName"]) == (namespace, "LogErrors")
    assert (metric["metricValue"], metric["defaultValue"]) == ("1", 0.0)
    alarm = alarms(applied, output)["log-errors"]
    assert (alarm["Namespace"], alarm["MetricName"]) == (namespace, "LogErrors")
    assert dimensions(alarm) == {}
    assert (alarm["Statistic"], alarm["Period"], alarm["Threshold"]) == ("Sum", 60, threshold)
    assert alarm["ComparisonOperator"] == "GreaterThanThreshold"
    assert alarm["TreatMissingData"] == "notBreaching"


@pytest.mark.parametrize("output", [*KINDS, "unreleased"])
def test_only_publishers_of_this_account_and_name_may_publish(
    applied: Applied, output: str
) -> None:
    account = applied.account.account_id
    attributes = topic(applied, output)
    pattern = f"arn:aws:cloudwatch:eu-west-1:{account}:alarm:{_prefix(output)}-*"
    rules = f"arn:aws:events:eu-west-1:{account}:rule/{_prefix(output)}-*"
    assert statements(attributes["Policy"]) == {
        "EventBridgeRules": {
            "Effect": "Allow",
            "Action": ["sns:Publish"],
            "Resource": [attributes["TopicArn"]],
            "Principal": {"Service": ["events.amazonaws.com"]},
            "Condition": {"ArnLike": {"aws:SourceArn": [rules]}},
        },
        "Budgets": {
            "Effect": "Allow",
            "Action": ["sns:Publish"],
            "Resource": [attributes["TopicArn"]],
            "Principal": {"Service": ["budgets.amazonaws.com"]},
            "Condition": {
                "StringEquals": {"aws:SourceAccount": [account]},
                "ArnLike": {"aws:SourceArn": [f"arn:aws:budgets::{account}:*"]},
            },
        },
        "CloudWatchAlarms": {
            "Effect": "Allow",
            "Action": ["sns:Publish"],
            "Resource": [attributes["TopicArn"]],
            "Principal": {"Service": ["cloudwatch.amazonaws.com"]},
            "Condition": {
                "StringEquals": {"aws:SourceAccount": [account]},
                "ArnLike": {"aws:SourceArn": [pattern]},
            },
        },
    }


def test_the_people_who_were_named_hear_of_alarms(applied: Applied) -> None:
    found = list(pages(applied.client("sns"), "list_subscriptions", "Subscriptions"))
    assert [(item["TopicArn"], item["Protocol"], item["Endpoint"]) for item in found] == [
        (applied.outputs["observability"]["topic_arn"], "email", "on-call@example.com")
    ]


@pytest.mark.parametrize(
    ("output", "days"), [("observability", 365), ("tuned", 30), ("unreleased", 365)]
)
def test_logs_are_kept_for_as_long_as_was_asked(applied: Applied, output: str, days: int) -> None:
    assert group(applied, output)["retentionInDays"] == days


def test_logs_and_messages_are_encrypted_with_the_key_that_was_given(applied: Applied) -> None:
    key = applied.outputs["key"]
    assert group(applied, "tuned")["kmsKeyId"] == key
    assert topic(applied, "tuned")["KmsMasterKeyId"] == key
    assert "kmsKeyId" not in group(applied, "observability")


GRAPHS = {
    "AWS/AppRunner": {
        "2xxStatusResponses",
        "4xxStatusResponses",
        "5xxStatusResponses",
        "ActiveInstances",
        "CPUUtilization",
        "Concurrency",
        "MemoryUtilization",
        "RequestLatency",
        "Requests",
    },
    "AWS/Events": {"MatchedEvents"},
    "AWS/S3": {"4xxErrors", "5xxErrors", "AllRequests", "FirstByteLatency"},
}


@pytest.mark.parametrize(
    ("output", "namespace"), [("observability", NAME), ("tuned", "trending-now/tuned")]
)
def test_the_dashboard_shows_what_is_watched_and_all_alarms(
    applied: Applied, output: str, namespace: str
) -> None:
    panel, *graphs = dashboard(applied, output)["widgets"]
    arns = [alarm["AlarmArn"] for alarm in alarms(applied, output).values()]
    assert panel["type"] == "alarm"
    assert panel["properties"]["alarms"][0] == page(applied, output)["AlarmArn"]
    assert sorted(panel["properties"]["alarms"][1:]) == sorted(arns)
    expected = {
        "AWS/AppRunner": [DIMENSIONS[output]],
        "AWS/Events": [{"RuleName": f"{_prefix(output)}-deployment-failures"}],
        "AWS/S3": [
            {"BucketName": bucket, "FilterId": "EntireBucket"}
            for bucket in BUCKETS[output].values()
        ],
        namespace: [{}],
    }
    shown: dict[str, set[str]] = {}
    for graph in graphs:
        assert graph["properties"]["region"] == "eu-west-1"
        for place, metric, *rest in graph["properties"]["metrics"]:
            *pairs, options = rest
            assert dict(zip(pairs[::2], pairs[1::2], strict=True)) in expected[place]
            assert options["stat"]
            shown.setdefault(place, set()).add(metric)
    assert shown == {**GRAPHS, namespace: {"LogErrors"}}
    places = [(graph["x"], graph["y"]) for graph in graphs]
    assert len(set(places)) == len(places) == 6 + 2 * len(BUCKETS[output])


def test_with_buckets_alone_they_are_watched(applied: Applied) -> None:
    outputs = applied.outputs["lake"]
    assert outputs["page_alarm_name"] == "lake-page"
    _, *graphs = dashboard(applied, "lake")["widgets"]
    metrics = {line[0] for graph in graphs for line in graph["properties"]["metrics"]}
    assert metrics == {"AWS/S3"}
    name = outputs["log_group_name"]
    filters = applied.client("logs").describe_metric_filters(logGroupName=name)
    assert filters["metricFilters"] == []


def test_with_nothing_to_watch_there_are_no_alarms_and_no_dashboard(applied: Applied) -> None:
    outputs = applied.outputs["unreleased"]
    assert outputs["alarm_names"] == []
    assert outputs.get("dashboard_name") is None
    assert outputs.get("page_alarm_name") is None
    entries = pages(applied.client("cloudwatch"), "list_dashboards", "DashboardEntries")
    assert {item["DashboardName"] for item in entries} == {NAME, *KINDS} - {"observability"}


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_a_new_service_id_changes_alarms_and_dashboard_in_place(applied: Applied) -> None:
    other = f'{{ id = "{"f" * 32}", max_instances = 2, min_instances = 1, name = "{NAME}" }}'
    found = applied.planned_changes(f'module "observability" {{\n  service = {other}\n}}')
    assert len(found) == 7
    assert all("alarm" in address or "dashboard" in address for address in found)
    assert set(map(tuple, found.values())) == {("update",)}


def address(kind: str) -> str:
    """Where an alarm stands in the module."""
    if kind in ("deployment-failures", "log-errors"):
        return f"cloudwatch_metric_alarm.{kind.replace('-', '_')}[0]"
    resource = "error_rate" if kind.endswith(("server-errors", "client-errors")) else "level"
    return f'cloudwatch_metric_alarm.{resource}["{kind}"]'


def test_a_new_name_replaces_all_but_the_logs(applied: Applied) -> None:
    found = applied.planned_changes('module "observability" {\n  name = "another"\n}')
    prefix = "module.observability.aws_"
    # CloudWatch keeps an alarm that the page alarm names, so the new ones come first, and so does
    # what they need.
    first = {
        *(address(kind) for kind in KINDS["observability"] - {"log-errors"}),
        "cloudwatch_event_rule.deployment_failures[0]",
        "sns_topic.alarms",
    }
    then = {
        address("log-errors"),
        "cloudwatch_composite_alarm.page[0]",
        "cloudwatch_dashboard.this[0]",
        "cloudwatch_event_target.deployment_failures[0]",
        "cloudwatch_log_metric_filter.errors[0]",
        "sns_topic_policy.alarms",
        'sns_topic_subscription.email["on-call@example.com"]',
    }
    assert found == {
        **{prefix + name: REPLACE_CREATING_FIRST for name in first},
        **{prefix + name: REPLACE for name in then},
    }


def test_a_new_log_group_name_replaces_the_log_group_and_what_counts_in_it(
    applied: Applied,
) -> None:
    found = applied.planned_changes('module "observability" {\n  log_group_name = "/other"\n}')
    assert found == {
        "module.observability.aws_cloudwatch_log_group.application": REPLACE,
        "module.observability.aws_cloudwatch_log_metric_filter.errors[0]": REPLACE,
        "module.observability.aws_cloudwatch_metric_alarm.log_errors[0]": ["update"],
    }


def test_a_bucket_more_leaves_the_other_alarms_alone(applied: Applied) -> None:
    buckets = '{ data = "trending-now-example-data", more = "more" }'
    found = applied.planned_changes(f'module "observability" {{\n  buckets = {buckets}\n}}')
    alarm = "module.observability.aws_cloudwatch_metric_alarm.error_rate"
    assert found == {
        f'{alarm}["more-bucket-client-errors"]': ["create"],
        f'{alarm}["more-bucket-server-errors"]': ["create"],
        "module.observability.aws_cloudwatch_composite_alarm.page[0]": ["update"],
        "module.observability.aws_cloudwatch_dashboard.this[0]": ["update"],
    }


def test_retention_and_thresholds_change_in_place(applied: Applied) -> None:
    found = applied.planned_changes(
        """
        module "observability" {
          log_retention_in_days = 30
          thresholds            = { bucket_server_error_percent = 6, server_error_percent = 2 }
        }
        """
    )
    alarm = "module.observability.aws_cloudwatch_metric_alarm.error_rate"
    assert found == {
        f'{alarm}["data-bucket-server-errors"]': ["update"],
        "module.observability.aws_cloudwatch_log_group.application": ["update"],
        f'{alarm}["server-errors"]': ["update"],
    }


TWO_BUCKETS = """
module "observability" {
  source = "../../modules/observability"

  name           = "leaving"
  buckets        = { first = "first-bucket", second = "second-bucket" }
  log_group_name = "/trending-now/leaving/application"
}
"""


def test_a_bucket_can_leave_though_the_page_alarm_names_its_alarm(
    new_account: Callable[[], Account], tmp_path: Path
) -> None:
    # given two buckets, whose alarms CloudWatch keeps for as long as the page alarm needs them
    account = new_account()
    with resident(make_root(tmp_path, MODULE, TWO_BUCKETS, account)) as root:
        root.init()
        root.apply()
        # when one of them is not watched any more
        only = TWO_BUCKETS.replace(', second = "second-bucket"', "")
        (root.directory / "main.tf").write_text(only, encoding="utf-8")
        root.apply()
        # then its alarms are gone, and the page alarm has let go of them
        cloudwatch = account.client("cloudwatch")
        found = cloudwatch.describe_alarms(AlarmTypes=["CompositeAlarm", "MetricAlarm"])
        assert {alarm["AlarmName"] for alarm in found["MetricAlarms"]} == {
            "leaving-first-bucket-client-errors",
            "leaving-first-bucket-server-errors",
        }
        (page_alarm,) = found["CompositeAlarms"]
        assert page_alarm["AlarmRule"] == 'ALARM("leaving-first-bucket-server-errors")'
        destroy_to_nothing(root, account)
