"""What the service's roles may do, and what bucket, key and topic let anyone do."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.deployed import Role
from infra.iam.document import Policy
from infra.iam.evaluation import Policies, Principal, Request, decide

pytestmark = pytest.mark.terraform

OTHER = "444455556666"
DATA = "arn:aws:s3:::trending-now-staging-data-{a}"
MODEL = DATA + "/models/ranker.bin"
REPORT = DATA + "/reports/drift.json"
STATE = "arn:aws:s3:::trending-now-tfstate-{a}/staging/terraform.tfstate"
SECRET = "arn:aws:secretsmanager:eu-west-1:{a}:secret:trending-now/staging/session-key-a1B2c3"
REPOSITORY = "arn:aws:ecr:eu-west-1:{a}:repository/trending-now-staging"
LOGS = "arn:aws:logs:eu-west-1:{a}:log-group:/trending-now/staging/application"
KEY = "arn:aws:kms:eu-west-1:{a}:key/11111111-1111-1111-1111-111111111111"
TOPIC = "arn:aws:sns:eu-west-1:{a}:trending-now-staging-alarms"
ALARM = "arn:aws:cloudwatch:eu-west-1:{a}:alarm:trending-now-staging-latency"
RULE = "arn:aws:events:eu-west-1:{a}:rule/trending-now-staging-drift"
BUDGET = "arn:aws:budgets::{a}:budget/trending-now-staging"
OURS = {"cloudwatch:namespace": "trending-now/staging"}
PLAIN = {"aws:SecureTransport": "false"}
OLD_TLS = {"s3:TlsVersion": "1.1"}
VIA_S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
VIA_EC2 = {"kms:ViaService": "ec2.eu-west-1.amazonaws.com"}

# The role, the action, the resource, further keys, and whether it is allowed. The bucket and the
# key decide with their own policies, too.
ROWS: list[tuple[str, str, str, dict[str, Any], bool]] = [
    ("instance", "s3:GetObject", MODEL, {}, True),
    ("instance", "s3:PutObject", REPORT, {}, True),
    ("instance", "s3:ListBucket", DATA, {"s3:prefix": "models/"}, True),
    ("instance", "s3:ListBucket", DATA, {}, False),
    ("instance", "s3:ListBucket", DATA, {"s3:prefix": "raw/"}, False),
    ("instance", "s3:GetObject", REPORT, {}, False),
    ("instance", "s3:PutObject", MODEL, {}, False),
    ("instance", "s3:GetObject", DATA + "/raw/a", {}, False),
    ("instance", "s3:DeleteObject", REPORT, {}, False),
    ("instance", "s3:GetObject", MODEL, PLAIN, False),
    ("instance", "s3:GetObject", MODEL, OLD_TLS, False),
    ("instance", "s3:PutBucketPolicy", DATA, {}, False),
    ("instance", "s3:GetObject", MODEL.replace("staging", "prod"), {}, False),
    ("instance", "s3:GetObject", STATE, {}, False),
    ("instance", "secretsmanager:GetSecretValue", SECRET, {}, True),
    ("instance", "secretsmanager:GetSecretValue", SECRET.replace("a1B2c3", "a1B2c4"), {}, False),
    ("instance", "secretsmanager:PutSecretValue", SECRET, {}, False),
    ("instance", "kms:Decrypt", "{key}", VIA_S3, True),
    ("instance", "kms:GenerateDataKey", "{key}", VIA_S3, True),
    ("instance", "kms:Decrypt", "{key}", {}, False),
    ("instance", "kms:Decrypt", "{key}", VIA_EC2, False),
    ("instance", "kms:ScheduleKeyDeletion", "{key}", VIA_S3, False),
    ("instance", "logs:PutLogEvents", LOGS + ":log-stream:web", {}, True),
    ("instance", "logs:DeleteLogGroup", LOGS, {}, False),
    ("instance", "logs:PutLogEvents", LOGS.replace("staging", "prod") + ":log-stream:x", {}, False),
    ("instance", "cloudwatch:PutMetricData", "*", OURS, True),
    ("instance", "cloudwatch:PutMetricData", "*", {"cloudwatch:namespace": "AWS/S3"}, False),
    ("instance", "cloudwatch:PutMetricData", "*", {}, False),
    ("instance", "xray:PutTraceSegments", "*", {}, True),
    ("instance", "ecr:BatchGetImage", REPOSITORY, {}, False),
    ("instance", "sns:Publish", TOPIC, {}, False),
    ("instance", "iam:PassRole", "arn:aws:iam::{a}:role/trending-now-staging-access", {}, False),
    ("access", "ecr:BatchGetImage", REPOSITORY, {}, True),
    ("access", "ecr:GetAuthorizationToken", "*", {}, True),
    ("access", "ecr:BatchGetImage", REPOSITORY.replace("staging", "prod"), {}, False),
    ("access", "ecr:PutImage", REPOSITORY, {}, False),
    ("access", "s3:GetObject", MODEL, {}, False),
]


def _resource(resource: str, role: Role) -> str:
    """A row's resource in full. The policy of the role names the one key that it may use."""
    keys = [
        value
        for policy in role.identity
        for statement in policy.statements
        if statement.resources
        for value in statement.resources.values
        if ":key/" in value
    ]
    return resource.replace("{key}", keys[0] if keys else "").replace("{a}", role.account)


@pytest.mark.parametrize(
    ("role", "action", "resource", "keys", "allowed"),
    ROWS,
    ids=[f"{r[0]} {'may' if r[4] else 'may not'} {r[1]} {n}" for n, r in enumerate(ROWS)],
)
def test_a_role_of_the_service(
    roles: dict[str, Role],
    resource_policies: dict[str, Policy],
    role: str,
    action: str,
    resource: str,
    keys: dict[str, Any],
    allowed: bool,
) -> None:
    found = roles[role]
    target = _resource(resource, found)
    own = "key" if ":kms:" in target else "bucket" if "staging-data" in target else ""
    own_policy = resource_policies.get(own)
    assert found.may(action, target, keys=keys, resource_policy=own_policy).allowed is allowed
    # The boundary is the last resort: the role's own policies say the same without it.
    unbounded = replace(found, boundary=None)
    assert unbounded.may(action, target, keys=keys, resource_policy=own_policy).allowed is allowed


@pytest.mark.parametrize(
    ("role", "service", "opens"),
    [
        ("access", "build.apprunner.amazonaws.com", True),
        ("access", "tasks.apprunner.amazonaws.com", False),
        ("instance", "tasks.apprunner.amazonaws.com", True),
        ("instance", "build.apprunner.amazonaws.com", False),
        ("instance", "lambda.amazonaws.com", False),
    ],
)
def test_only_the_right_part_of_app_runner_takes_a_role(
    roles: dict[str, Role], role: str, service: str, opens: bool
) -> None:
    taken = roles[role].lets_in(Principal("Service", service), "sts:AssumeRole")
    assert taken.allowed is opens


@pytest.mark.parametrize("role", ["access", "instance"])
def test_nobody_in_the_account_takes_a_role_of_the_service(
    roles: dict[str, Role], role: str
) -> None:
    found = roles[role]
    admin = Principal("AWS", f"arn:aws:iam::{found.account}:role/admin", found.account)
    assert not found.lets_in(admin, "sts:AssumeRole").allowed


ALARMS = Principal("Service", "cloudwatch.amazonaws.com")
BUDGETS = Principal("Service", "budgets.amazonaws.com")
EVENTS = Principal("Service", "events.amazonaws.com")
STRANGER = Principal("AWS", f"arn:aws:iam::{OTHER}:role/eve", OTHER)
TLS = {"aws:SecureTransport": "true", "s3:TlsVersion": "1.3"}
FROM_US = {"aws:SourceAccount": "{a}", "aws:SourceArn": ALARM}
FROM_THEM = {"aws:SourceAccount": OTHER, "aws:SourceArn": ALARM.replace("{a}", OTHER)}
FROM_BUDGET = {"aws:SourceAccount": "{a}", "aws:SourceArn": BUDGET}

# The resource policy, who asks, the action, the resource, keys, and whether it is allowed.
RESOURCE_ROWS: list[tuple[str, Principal, str, str, dict[str, Any], bool]] = [
    ("topic", ALARMS, "sns:Publish", TOPIC, FROM_US, True),
    ("topic", ALARMS, "sns:Publish", TOPIC, FROM_THEM, False),
    ("topic", ALARMS, "sns:Publish", TOPIC, {}, False),
    ("topic", ALARMS, "sns:Publish", TOPIC, {**FROM_US, "aws:SourceAccount": OTHER}, False),
    (
        "topic",
        ALARMS,
        "sns:Publish",
        TOPIC,
        {**FROM_US, "aws:SourceArn": ALARM.replace("staging", "prod")},
        False,
    ),
    ("topic", ALARMS, "sns:Subscribe", TOPIC, FROM_US, False),
    ("topic", EVENTS, "sns:Publish", TOPIC, FROM_US, False),
    ("topic", EVENTS, "sns:Publish", TOPIC, {"aws:SourceArn": RULE}, True),
    ("topic", EVENTS, "sns:Publish", TOPIC, {"aws:SourceArn": RULE.replace("{a}", OTHER)}, False),
    ("topic", EVENTS, "sns:Publish", TOPIC, {"aws:SourceArn": RULE.replace("-d", "d")}, False),
    ("topic", EVENTS, "sns:Publish", TOPIC, {}, False),
    ("topic", EVENTS, "sns:SetTopicAttributes", TOPIC, {"aws:SourceArn": RULE}, False),
    ("topic", BUDGETS, "sns:Publish", TOPIC, FROM_BUDGET, True),
    ("topic", BUDGETS, "sns:Publish", TOPIC, {**FROM_BUDGET, "aws:SourceAccount": OTHER}, False),
    ("topic", BUDGETS, "sns:Publish", TOPIC, {"aws:SourceAccount": "{a}"}, False),
    ("topic", BUDGETS, "sns:Publish", TOPIC, {}, False),
    ("topic", STRANGER, "sns:Publish", TOPIC, FROM_US, False),
    ("bucket", STRANGER, "s3:GetObject", MODEL, TLS, False),
    ("bucket", EVENTS, "s3:PutObject", REPORT, TLS, False),
    ("key", ALARMS, "kms:Decrypt", KEY, {"aws:SourceAccount": "{a}"}, True),
    ("key", ALARMS, "kms:GenerateDataKeyPair", KEY, {"aws:SourceAccount": "{a}"}, True),
    ("key", ALARMS, "kms:Decrypt", KEY, {"aws:SourceAccount": OTHER}, False),
    ("key", ALARMS, "kms:Decrypt", KEY, {}, False),
    ("key", ALARMS, "kms:PutKeyPolicy", KEY, {"aws:SourceAccount": "{a}"}, False),
    ("key", EVENTS, "kms:Decrypt", KEY, {"aws:SourceAccount": "{a}"}, False),
    ("key", STRANGER, "kms:Decrypt", KEY, {}, False),
]


@pytest.mark.parametrize(
    ("name", "principal", "action", "resource", "keys", "allowed"),
    RESOURCE_ROWS,
    ids=[f"{r[0]}: {r[1].identifier} {r[2]} {n}" for n, r in enumerate(RESOURCE_ROWS)],
)
def test_a_resource_policy(
    roles: dict[str, Role],
    resource_policies: dict[str, Policy],
    name: str,
    principal: Principal,
    action: str,
    resource: str,
    keys: dict[str, Any],
    allowed: bool,
) -> None:
    account = roles["instance"].account
    filled = {key: value.replace("{a}", account) for key, value in keys.items()}
    request = Request(principal, action, resource.replace("{a}", account), account, filled)
    found = decide(request, Policies(resource=resource_policies[name]))
    assert found.allowed is allowed
