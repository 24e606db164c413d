"""Alarms that change by themselves, by the examples in the CloudWatch user guide."""

import json
import urllib.error

import pytest

from local_aws.alarms.judgement import Rule
from local_aws.alarms.metric_math import evaluate
from local_aws.alarms.series import NotUnderstoodError

REGION = "eu-west-1"
PATTERN = {
    "source": ["aws.s3"],
    "detail-type": ["Object Created"],
    "detail": {"object": {"key": [{"wildcard": "drift/*.json"}]}},
}


def _state(text, missing, datapoints=3, current="RETAINED"):
    """The state by a line as in the guide: X is bad, 0 is good, - is missing, the newest last."""
    values = {"X": 2.0, "0": 0.0, "-": None}
    rule = Rule("GreaterThanThreshold", 1.0, 3, datapoints, missing)
    return rule.state([values[mark] for mark in text.split()], current)


# "Configuring how CloudWatch alarms treat missing data": three periods, three data points.
@pytest.mark.parametrize(
    ("text", "missing", "ignore", "breaching", "not_breaching"),
    [
        ("0 - X - X", "OK", "OK", "OK", "OK"),
        ("- - - - 0", "OK", "OK", "OK", "OK"),
        ("- - - - -", "INSUFFICIENT_DATA", "RETAINED", "ALARM", "OK"),
        ("0 X X - X", "ALARM", "ALARM", "ALARM", "ALARM"),
        ("- - X - -", "ALARM", "RETAINED", "ALARM", "OK"),
    ],
)
def test_missing_data_count_as_the_guide_says(text, missing, ignore, breaching, not_breaching):
    assert _state(text, "missing") == missing
    assert _state(text, "ignore") == ignore
    assert _state(text, "breaching") == breaching
    assert _state(text, "notBreaching") == not_breaching


def test_as_many_bad_data_points_as_asked_are_enough():
    assert _state("0 - X - X", "notBreaching", datapoints=2) == "ALARM"
    assert _state("0 0 0 0 X", "notBreaching", datapoints=2) == "OK"
    assert _state("- - - - X", "notBreaching", datapoints=2) == "OK"


@pytest.mark.parametrize(
    ("operator", "at", "above", "below"),
    [
        ("GreaterThanThreshold", "OK", "ALARM", "OK"),
        ("GreaterThanOrEqualToThreshold", "ALARM", "ALARM", "OK"),
        ("LessThanThreshold", "OK", "OK", "ALARM"),
        ("LessThanOrEqualToThreshold", "ALARM", "OK", "ALARM"),
    ],
)
def test_each_comparison_means_what_it_is_called(operator, at, above, below):
    rule = Rule(operator, 5.0, 1, 1, "missing")
    assert [rule.state([v], "OK") for v in (5.0, 6.0, 4.0)] == [at, above, below]


def test_metric_math_of_a_rate():
    text = "IF(requests >= 20, 100 * FILL(errors, 0) / requests, 0)"
    series = {"errors": [5.0, None, 5.0, None], "requests": [50.0, 50.0, 10.0, None]}
    assert evaluate(text, series) == [10.0, 0.0, 0.0, None]
    assert evaluate("-(a + 1) / (a - 2)", {"a": [1.0, 2.0]}) == [2.0, None]


@pytest.mark.parametrize("text", ["SEARCH('x', 'Sum')", "a; b", "unknown + 1", "a.b", "FILL(a)"])
def test_metric_math_that_is_not_understood_is_refused(text):
    with pytest.raises(NotUnderstoodError):
        evaluate(text, {"a": [1.0]})


class World:
    """An account with a topic that a queue listens to."""

    def __init__(self, server, client, account):
        self.server, self.client, self.account = server, client, account
        self.topic = client("sns").create_topic(Name="alarms")["TopicArn"]
        self.queue = client("sqs").create_queue(QueueName="ears")["QueueUrl"]
        arn = f"arn:aws:sqs:{REGION}:{account}:ears"
        client("sns").subscribe(TopicArn=self.topic, Protocol="sqs", Endpoint=arn)

    def advance(self, seconds):
        self.server.call("POST", f"/local/clock/advance?seconds={seconds}")

    def heard(self):
        """What the topic has said since the last time."""
        found = []
        sqs = self.client("sqs")
        answer = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
        for message in answer.get("Messages", []):
            found.append(json.loads(message["Body"]))
            sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])
        return found

    def subjects(self):
        return sorted(message["Subject"] for message in self.heard())

    def alarm(self, name, **members):
        self.client("cloudwatch").put_metric_alarm(
            **{
                "AlarmName": name,
                "AlarmDescription": "Words.",
                "Namespace": "app",
                "MetricName": "Errors",
                "ComparisonOperator": "GreaterThanOrEqualToThreshold",
                "EvaluationPeriods": 1,
                "Period": 60,
                "Threshold": 1.0,
                "Statistic": "Sum",
                "TreatMissingData": "notBreaching",
                "AlarmActions": [self.topic],
                "OKActions": [self.topic],
                **members,
            }
        )

    def state(self, name, kind="MetricAlarm"):
        answer = self.client("cloudwatch").describe_alarms(AlarmNames=[name], AlarmTypes=[kind])
        return answer[f"{kind}s"][0]["StateValue"]

    def put(self, value, name="Errors", **members):
        datum = {"MetricName": name, "Value": value, **members}
        self.client("cloudwatch").put_metric_data(Namespace="app", MetricData=[datum])

    def rule(self, name="drift", **members):
        events = self.client("events")
        events.put_rule(Name=name, EventPattern=json.dumps(PATTERN), State="ENABLED")
        events.put_targets(Rule=name, Targets=[{"Id": "1", "Arn": self.topic, **members}])

    def allow(self, rule):
        """Let rules of this name publish to the topic, and all alarms of the account."""
        arn = f"arn:aws:events:{REGION}:{self.account}:rule/{rule}"
        statements = [
            ("events", {"ArnLike": {"aws:SourceArn": arn}}),
            ("cloudwatch", {"StringEquals": {"aws:SourceAccount": self.account}}),
        ]
        policy = {
            "Version": "2012-10-17",
            "Statement": [
                {
                    "Effect": "Allow",
                    "Action": "sns:Publish",
                    "Resource": self.topic,
                    "Principal": {"Service": f"{service}.amazonaws.com"},
                    "Condition": condition,
                }
                for service, condition in statements
            ],
        }
        self.client("sns").set_topic_attributes(
            TopicArn=self.topic, AttributeName="Policy", AttributeValue=json.dumps(policy)
        )

    def bucket(self, name):
        s3 = self.client("s3")
        where = {"LocationConstraint": REGION}
        s3.create_bucket(Bucket=name, CreateBucketConfiguration=where)
        s3.put_bucket_notification_configuration(
            Bucket=name, NotificationConfiguration={"EventBridgeConfiguration": {}}
        )
        return lambda key: s3.put_object(Bucket=name, Key=key, Body=b"12345")

    def counted(self, metric, rule="drift"):
        """A metric of a rule, over the last day."""
        cloudwatch = self.client("cloudwatch")
        now = self.server.call("GET", "/local/clock")[1]["now"]
        found = cloudwatch.get_metric_statistics(
            Namespace="AWS/Events",
            MetricName=metric,
            Dimensions=[{"Name": "RuleName", "Value": rule}],
            StartTime=now - 86400,
            EndTime=now + 60,
            Period=2 * 86400,
            Statistics=["Sum"],
        )
        return sum(point["Sum"] for point in found["Datapoints"])


@pytest.fixture
def world(server, client, account):
    return World(server, client, account)


def test_an_alarm_waits_a_minute_goes_on_with_data_and_off_without(world):
    world.alarm("errors")
    assert world.state("errors") == "INSUFFICIENT_DATA"
    world.advance(60)
    assert world.state("errors") == "OK"
    assert world.subjects() == ['OK: "errors" in EU (Ireland)']
    world.put(1)
    world.advance(60)
    assert world.state("errors") == "ALARM"
    (heard,) = world.heard()
    assert heard["Subject"] == 'ALARM: "errors" in EU (Ireland)'
    said = json.loads(heard["Message"])
    assert (said["OldStateValue"], said["NewStateValue"]) == ("OK", "ALARM")
    assert said["AlarmArn"].endswith(":alarm:errors")
    assert (said["AlarmDescription"], said["AWSAccountId"]) == ("Words.", world.account)
    assert (said["Trigger"]["MetricName"], said["Trigger"]["Statistic"]) == ("Errors", "SUM")
    # The guide: CloudWatch looks back farther than one period when data are missing.
    world.advance(120)
    assert world.state("errors") == "ALARM"
    world.advance(60)
    assert world.state("errors") == "OK"
    assert world.subjects() == ['OK: "errors" in EU (Ireland)']
    world.advance(600)
    assert world.heard() == []


def test_no_state_is_passed_over_however_far_the_clock_goes(world):
    world.alarm("errors")
    world.put(1)
    world.advance(3600)
    assert world.subjects() == [
        'ALARM: "errors" in EU (Ireland)',
        'OK: "errors" in EU (Ireland)',
    ]


def test_only_the_exact_dimensions_count(world):
    dimensions = [{"Name": "ServiceName", "Value": "app"}, {"Name": "ServiceID", "Value": "1"}]
    world.alarm("errors", Dimensions=dimensions)
    world.put(5)
    world.put(5, Dimensions=dimensions[:1])
    world.put(5, Dimensions=[dimensions[0], {"Name": "ServiceID", "Value": "2"}])
    world.advance(60)
    assert world.state("errors") == "OK"
    world.put(5, Dimensions=dimensions[::-1])
    world.advance(60)
    assert world.state("errors") == "ALARM"


@pytest.mark.parametrize(
    ("statistic", "value"),
    [
        ({"Statistic": "Sum"}, 10.0),
        ({"Statistic": "Average"}, 2.5),
        ({"Statistic": "Minimum"}, 1.0),
        ({"Statistic": "Maximum"}, 4.0),
        ({"Statistic": "SampleCount"}, 4.0),
        ({"ExtendedStatistic": "p50"}, 2.0),
    ],
)
def test_each_statistic_is_what_it_is_called(world, statistic, value):
    members = {"Statistic": "Sum", **statistic}
    if "ExtendedStatistic" in statistic:
        del members["Statistic"]
    cloudwatch = world.client("cloudwatch")
    for name, threshold in (("at", value), ("above", value + 0.01)):
        request = {
            "AlarmName": name,
            "Namespace": "app",
            "MetricName": "Errors",
            "ComparisonOperator": "GreaterThanOrEqualToThreshold",
            "EvaluationPeriods": 1,
            "Period": 300,
            "Threshold": threshold,
        }
        cloudwatch.put_metric_alarm(**request, **members)
    for number in (1, 2, 3, 4):
        world.put(number)
    world.advance(60)
    assert (world.state("at"), world.state("above")) == ("ALARM", "OK")


def test_an_alarm_on_a_rate_ignores_little_traffic(world):
    def metric(name):
        metric = {"Namespace": "app", "MetricName": name}
        stat = {"Metric": metric, "Period": 60, "Stat": "Sum"}
        return {"Id": name.lower(), "MetricStat": stat, "ReturnData": False}

    rate = "IF(requests >= 20, 100 * FILL(errors, 0) / requests, 0)"
    world.client("cloudwatch").put_metric_alarm(
        AlarmName="rate",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Threshold=10,
        TreatMissingData="notBreaching",
        Metrics=[
            {"Id": "rate", "Expression": rate, "ReturnData": True},
            metric("Errors"),
            metric("Requests"),
        ],
    )
    for errors, requests, expected in ((5, 10, "OK"), (5, 25, "ALARM"), (1, 100, "OK")):
        world.put(errors)
        world.put(requests, "Requests")
        world.advance(60)
        assert world.state("rate") == expected


@pytest.mark.parametrize(
    "members",
    [
        {"ComparisonOperator": "GreaterThanUpperThreshold"},
        {"ExtendedStatistic": "pr(0:300)", "Statistic": None},
    ],
)
def test_an_alarm_that_is_not_understood_stays_as_it_is(world, members):
    request = {
        "AlarmName": "strange",
        "Namespace": "app",
        "MetricName": "Errors",
        "ComparisonOperator": "GreaterThanThreshold",
        "EvaluationPeriods": 1,
        "Period": 60,
        "Threshold": 1.0,
        "Statistic": "Sum",
        **members,
    }
    request = {name: value for name, value in request.items() if value is not None}
    world.client("cloudwatch").put_metric_alarm(**request)
    world.put(5)
    world.advance(60)
    assert world.state("strange") == "INSUFFICIENT_DATA"


def test_a_composite_alarm_tells_once_for_all_its_children(world):
    for name in ("errors", "latency"):
        world.alarm(name, MetricName=name, AlarmActions=[], OKActions=[])
    world.client("cloudwatch").put_composite_alarm(
        AlarmName="page",
        AlarmRule="ALARM(errors) OR ALARM(latency)",
        AlarmActions=[world.topic],
        OKActions=[world.topic],
    )
    world.advance(60)
    assert world.state("page", "CompositeAlarm") == "OK"
    world.heard()
    world.put(1, "errors")
    world.advance(60)
    world.put(1, "latency")
    world.advance(60)
    assert world.state("page", "CompositeAlarm") == "ALARM"
    (heard,) = world.heard()
    said = json.loads(heard["Message"])
    assert (heard["Subject"], said["AlarmRule"]) == (
        'ALARM: "page" in EU (Ireland)',
        "ALARM(errors) OR ALARM(latency)",
    )
    assert [child["Arn"].rsplit(":", 1)[1] for child in said["TriggeringChildren"]] == ["errors"]
    world.advance(600)
    assert world.subjects() == ['OK: "page" in EU (Ireland)']


def test_an_alarm_without_enabled_actions_tells_nobody(world):
    world.alarm("errors", ActionsEnabled=False)
    world.put(1)
    world.advance(60)
    assert world.state("errors") == "ALARM"
    assert world.heard() == []


def test_a_state_that_is_set_runs_its_actions_and_is_taken_back_by_the_data(world):
    world.alarm("errors")
    world.advance(60)
    world.heard()
    cloudwatch = world.client("cloudwatch")
    cloudwatch.set_alarm_state(AlarmName="errors", StateValue="ALARM", StateReason="a test")
    assert world.state("errors") == "ALARM"
    assert world.subjects() == ['ALARM: "errors" in EU (Ireland)']
    world.advance(60)
    assert world.state("errors") == "OK"


def test_an_object_becomes_a_message_an_alarm_and_an_end_of_it(world):
    world.rule()
    world.allow("drift")
    put = world.bucket(f"drift-{world.account}")
    metric = {
        "Namespace": "AWS/Events",
        "MetricName": "MatchedEvents",
        "Dimensions": [{"Name": "RuleName", "Value": "drift"}],
        "Period": 300,
    }
    world.alarm("drift", **metric)
    world.advance(60)
    world.heard()
    put("drift/today.html")
    put("drift/today.json")
    (heard,) = world.heard()
    event = json.loads(heard["Message"])
    assert (event["source"], event["detail-type"]) == ("aws.s3", "Object Created")
    assert event["detail"]["object"]["key"] == "drift/today.json"
    assert event["time"].endswith("Z")
    assert "Subject" not in heard
    world.advance(60)
    assert world.state("drift") == "ALARM"
    assert world.subjects() == ['ALARM: "drift" in EU (Ireland)']
    world.advance(900)
    assert world.state("drift") == "OK"
    assert world.subjects() == ['OK: "drift" in EU (Ireland)']


def test_a_rule_counts_what_it_matches_and_what_it_reaches(world):
    world.rule()
    world.allow("drift")
    put = world.bucket(f"drift-{world.account}")
    put("drift/1.json")
    put("drift/2.json")
    put("drift/2.html")
    for metric in ("MatchedEvents", "TriggeredRules", "Invocations"):
        assert world.counted(metric) == 2
    assert world.counted("FailedInvocations") == 0


def test_a_topic_hears_nothing_of_a_rule_that_its_policy_does_not_name(world):
    world.rule()
    put = world.bucket(f"drift-{world.account}")
    put("drift/1.json")
    world.allow("another-rule")
    put("drift/2.json")
    assert world.heard() == []
    assert (world.counted("MatchedEvents"), world.counted("FailedInvocations")) == (2, 2)
    world.allow("dri*")
    put("drift/3.json")
    assert len(world.heard()) == 1
    assert world.counted("FailedInvocations") == 2


def test_a_disabled_rule_matches_nothing(world):
    world.rule()
    world.allow("drift")
    world.client("events").disable_rule(Name="drift")
    world.bucket(f"drift-{world.account}")("drift/1.json")
    assert (world.heard(), world.counted("MatchedEvents")) == ([], 0)


@pytest.mark.parametrize(
    ("target", "expected"),
    [
        ({"Input": '{"a": 1}'}, '{"a": 1}'),
        ({"InputPath": "$.detail.object.key"}, '"drift/1.json"'),
        (
            {
                "InputTransformer": {
                    "InputPathsMap": {
                        "key": "$.detail.object.key",
                        "size": "$.detail.object.size",
                        "nothing": "$.detail.nothing",
                    },
                    "InputTemplate": '"<key> has <size> bytes<nothing>."',
                }
            },
            '"drift/1.json has 5 bytes."',
        ),
    ],
)
def test_a_target_is_told_what_it_asked_for(world, target, expected):
    world.rule(**target)
    world.allow("drift")
    world.bucket(f"drift-{world.account}")("drift/1.json")
    (heard,) = world.heard()
    assert heard["Message"] == expected


def test_one_target_that_fails_does_not_stop_the_next(world):
    world.rule()
    world.allow("drift")
    lost = f"arn:aws:lambda:{REGION}:{world.account}:function:lost"
    targets = [{"Id": "0", "Arn": lost}, {"Id": "2", "Arn": world.topic}]
    world.client("events").put_targets(Rule="drift", Targets=targets)
    world.client("events").remove_targets(Rule="drift", Ids=["1"])
    world.bucket(f"drift-{world.account}")("drift/1.json")
    assert len(world.heard()) == 1
    assert (world.counted("Invocations"), world.counted("FailedInvocations")) == (2, 1)


def test_a_pattern_can_be_tried_out(client, refused):
    events = client("events")
    event = {
        **{"id": "1", "account": "1", "source": "aws.s3", "time": "2026-11-21T12:00:00Z"},
        **{"region": REGION, "resources": [], "detail-type": "Object Created"},
        "detail": {"object": {"key": "drift/1.json"}},
    }
    pattern = json.dumps(PATTERN)
    assert events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))["Result"]
    event["source"] = "app"
    answer = events.test_event_pattern(EventPattern=pattern, Event=json.dumps(event))
    assert answer["Result"] is False
    with refused("InvalidEventPatternException", "Event pattern is not valid"):
        events.test_event_pattern(EventPattern='{"source": "x"}', Event=json.dumps(event))
    with refused("ValidationException", "it lacks id"):
        events.test_event_pattern(EventPattern=pattern, Event='{"source": "app"}')


@pytest.mark.parametrize("query", ["", "?seconds=", "?seconds=0", "?seconds=-5", "?seconds=9e9"])
def test_the_clock_goes_forward_by_whole_seconds_only(server, query):
    with pytest.raises(urllib.error.HTTPError) as caught:
        server.call("POST", f"/local/clock/advance{query}")
    with caught.value as answer:
        assert answer.code == 400
        assert "whole number from 1" in json.loads(answer.read())["error"]


def test_a_reset_puts_the_clock_right(start_server):
    server = start_server()
    assert server.call("POST", "/local/clock/advance?seconds=61")[1]["ahead"] == 61
    server.call("POST", "/local/reset")
    assert server.call("GET", "/local/clock")[1]["ahead"] == 0
