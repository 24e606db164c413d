"""The parts of the local cloud that need no server: policies, alarm rules, a failing deployment."""

import json

import pytest

from local_aws import environment
from local_aws.alarm_rules import RuleError, parse
from local_aws.policies import Access, decide
from local_aws.services.apprunner.models.service import Configuration, Service

KEYS = {"aws:sourceip": "127.0.0.1", "s3:x-amz-acl": None, "aws:requestedregion": "eu-west-1"}


def _decide(**statement):
    statement = {"Effect": "Deny", "Action": "s3:*", "Resource": "*", **statement}
    access = Access("s3:PutObject", "arn:aws:s3:::b/raw/a[1]", frozenset({"arn:me"}), KEYS)
    return decide(json.dumps({"Statement": statement}), access)


@pytest.mark.parametrize(
    "statement",
    [
        {},
        {"Action": ["s3:putobject"]},
        {"NotAction": "s3:Get*"},
        {"Resource": "arn:aws:s3:::b/raw/a[1]"},
        {"NotResource": "arn:aws:s3:::b/tmp/*"},
        {"Principal": {"AWS": ["arn:me"]}},
        {"NotPrincipal": {"AWS": "arn:you"}},
        {"Condition": {"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}},
        {"Condition": {"StringLike": {"aws:RequestedRegion": ["us-*", "eu-*"]}}},
        {"Condition": {"Null": {"s3:x-amz-acl": "true"}}},
        {"Condition": {"StringNotEquals": {"s3:x-amz-acl": "private"}}},
        {"Condition": {"StringEqualsIfExists": {"s3:x-amz-acl": "private"}}},
        {"Condition": {"ForAllValues:StringEquals": {"s3:x-amz-acl": "private"}}},
    ],
)
def test_a_statement_that_matches_denies(statement):
    assert _decide(**statement) == "Deny"


@pytest.mark.parametrize(
    "statement",
    [
        {"Action": "s3:Get*"},
        {"NotAction": "s3:Put*"},
        {"Resource": "arn:aws:s3:::b/tmp/*"},
        {"Principal": {"AWS": "arn:you"}},
        {"Principal": {"Service": "logging.s3.amazonaws.com"}},
        {"NotPrincipal": {"AWS": "arn:me"}},
        {"Condition": {"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}},
        {"Condition": {"StringEquals": {"s3:x-amz-acl": "private"}}},
        {"Condition": {"ForAnyValue:StringNotEquals": {"s3:x-amz-acl": "private"}}},
        {"Condition": {"StringNotEquals": {"aws:PrincipalOrgID": "o-1"}}},
        {"Condition": {"DateGreaterThan": {"aws:RequestedRegion": "2020-01-01"}}},
        {"Condition": {"NumericLessThan": {"aws:RequestedRegion": "1"}}},
    ],
)
def test_a_statement_that_does_not_match_decides_nothing(statement):
    assert _decide(**statement) is None


@pytest.mark.parametrize(
    ("text", "holds"),
    [
        ("ALARM(a)", True),
        ('OK("a") OR INSUFFICIENT_DATA(b)', False),
        ("ALARM(a) AND (OK(b) OR FALSE)", True),
        ("NOT ALARM(a) OR TRUE AND FALSE", False),
        ("ALARM(arn:aws:cloudwatch:eu-west-1:1:alarm:a)", True),
    ],
)
def test_an_alarm_rule_is_true_or_false_of_the_states(text, holds):
    assert parse(text).holds({"a": "ALARM", "b": "OK"}) is holds


@pytest.mark.parametrize("text", ["", "ALARM(a) OK(b)", "(ALARM(a)", "AND", "ALARM a", "NOT"])
def test_what_is_no_alarm_rule_is_refused(text):
    with pytest.raises(RuleError):
        parse(text)


class Silent:
    """Tells nobody."""

    def __getattr__(self, name):
        return lambda *_: None


def _service(reasons):
    configuration = Configuration({"image": 1}, {}, {}, {}, "arn", None)
    return Service(
        name="app",
        id="1",
        arn="arn",
        host="host",
        configuration=configuration,
        encryption=None,
        check=lambda service: reasons.get(service.configuration.source["image"]),
        notices=Silent(),
    )


def test_a_failed_first_deployment_leaves_the_service_failed():
    service = _service({1: "no such image"})
    service.begin("CREATE_SERVICE", "RUNNING")
    service.settle()
    assert (service.status, service.operations[0].status) == ("CREATE_FAILED", "FAILED")


def test_a_service_that_never_ran_has_nothing_to_be_rolled_back_to():
    service = _service({1: "no such image", 2: "no such image either"})
    service.begin("CREATE_SERVICE", "RUNNING")
    service.settle()
    service.begin("UPDATE_SERVICE", "RUNNING", Configuration({"image": 2}, {}, {}, {}, "arn", None))
    service.settle()
    assert (service.status, service.operations[0].status) == ("CREATE_FAILED", "FAILED")
    service.begin("UPDATE_SERVICE", "RUNNING", Configuration({"image": 3}, {}, {}, {}, "arn", None))
    service.settle()
    assert (service.status, service.operations[0].status) == ("RUNNING", "SUCCEEDED")


def test_a_failed_update_is_rolled_back_and_the_service_runs():
    service = _service({2: "no such image"})
    service.begin("CREATE_SERVICE", "RUNNING")
    service.settle()
    service.begin("UPDATE_SERVICE", "RUNNING", Configuration({"image": 2}, {}, {}, {}, "arn", None))
    service.settle()
    assert (service.status, service.operations[0].status) == ("RUNNING", "ROLLBACK_SUCCEEDED")
    assert service.configuration.source == {"image": 1}


def test_the_environment_is_prepared_for_moto():
    settings = {"MOTO_ACCOUNT_ID": "1", "AWS_CA_BUNDLE": "x", "PATH": "/bin"}
    environment.prepare(settings, 4711, "http://127.0.0.1:4712")
    assert "MOTO_ACCOUNT_ID" not in settings
    assert "AWS_CA_BUNDLE" not in settings
    assert settings["MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS"] == "false"
    assert settings["MOTO_PORT"] == "4711"
    assert settings["HTTPS_PROXY"] == settings["http_proxy"] == "http://127.0.0.1:4712"
    assert settings["NO_PROXY"] == "127.0.0.1"
