"""boto3's own paginators and waiters, as scripts and tests use them, against the local cloud."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager
from typing import Any

import pytest
from botocore.session import get_session

TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}],
    }
)
NAMES = [f"thing-{number}" for number in range(5)]
PAGE = 2
WHERE = {"LocationConstraint": "eu-west-1"}


def s3_objects(s3: Any) -> Mapping[str, Any]:
    name = "paginated-objects"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=WHERE)
    for key in NAMES:
        s3.put_object(Bucket=name, Key=key, Body=b"x")
    return {"Bucket": name}


def s3_versions(s3: Any) -> Mapping[str, Any]:
    name = "paginated-versions"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=WHERE)
    s3.put_bucket_versioning(Bucket=name, VersioningConfiguration={"Status": "Enabled"})
    for key in NAMES:
        s3.put_object(Bucket=name, Key=key, Body=b"x")
    return {"Bucket": name}


def iam_roles(iam: Any) -> Mapping[str, Any]:
    for name in NAMES:
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST)
    return {}


def iam_policies(iam: Any) -> Mapping[str, Any]:
    for name in NAMES:
        iam.create_policy(PolicyName=name, PolicyDocument=POLICY)
    return {"Scope": "Local"}


def iam_attached(iam: Any) -> Mapping[str, Any]:
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=TRUST)
    for name in NAMES:
        arn = iam.create_policy(PolicyName=name, PolicyDocument=POLICY)["Policy"]["Arn"]
        iam.attach_role_policy(RoleName="role", PolicyArn=arn)
    return {"RoleName": "role"}


def iam_inline(iam: Any) -> Mapping[str, Any]:
    iam.create_role(RoleName="role", AssumeRolePolicyDocument=TRUST)
    for name in NAMES:
        iam.put_role_policy(RoleName="role", PolicyName=name, PolicyDocument=POLICY)
    return {"RoleName": "role"}


def log_groups(logs: Any) -> Mapping[str, Any]:
    for name in NAMES:
        logs.create_log_group(logGroupName=name)
    return {}


def log_streams(logs: Any) -> Mapping[str, Any]:
    logs.create_log_group(logGroupName="group")
    for name in NAMES:
        logs.create_log_stream(logGroupName="group", logStreamName=name)
    return {"logGroupName": "group"}


def alarms(cloudwatch: Any) -> Mapping[str, Any]:
    for name in NAMES:
        cloudwatch.put_metric_alarm(
            AlarmName=name,
            ComparisonOperator="GreaterThanThreshold",
            EvaluationPeriods=1,
            MetricName="Errors",
            Namespace="Things",
            Period=60,
            Statistic="Sum",
            Threshold=1,
        )
    return {}


def repositories(ecr: Any) -> Mapping[str, Any]:
    for name in NAMES:
        ecr.create_repository(repositoryName=name)
    return {}


PAGINATORS: list[tuple[str, str, str, str, Callable[[Any], Mapping[str, Any]]]] = [
    ("s3", "list_objects_v2", "Contents", "Key", s3_objects),
    ("s3", "list_object_versions", "Versions", "Key", s3_versions),
    ("iam", "list_roles", "Roles", "RoleName", iam_roles),
    ("iam", "list_policies", "Policies", "PolicyName", iam_policies),
    ("iam", "list_attached_role_policies", "AttachedPolicies", "PolicyName", iam_attached),
    ("iam", "list_role_policies", "PolicyNames", "", iam_inline),
    ("logs", "describe_log_groups", "logGroups", "logGroupName", log_groups),
    ("logs", "describe_log_streams", "logStreams", "logStreamName", log_streams),
    ("cloudwatch", "describe_alarms", "MetricAlarms", "AlarmName", alarms),
    ("ecr", "describe_repositories", "repositories", "repositoryName", repositories),
]


@pytest.mark.parametrize(
    ("service", "operation", "member", "key", "make"),
    PAGINATORS,
    ids=[f"{service}.{operation}" for service, operation, *_ in PAGINATORS],
)
def test_a_paginator_brings_everything_once_page_by_page(
    client: Callable[[str], Any],
    service: str,
    operation: str,
    member: str,
    key: str,
    make: Callable[[Any], Mapping[str, Any]],
) -> None:
    caller = client(service)
    arguments = make(caller)
    pages = list(
        caller.get_paginator(operation).paginate(**arguments, PaginationConfig={"PageSize": PAGE})
    )
    sizes = [len(page.get(member, [])) for page in pages]
    assert sizes == [2, 2, 1]
    items = [item for page in pages for item in page[member]]
    assert sorted(item[key] if key else item for item in items) == NAMES


def test_botocore_has_neither_paginators_nor_waiters_for_app_runner() -> None:
    # If this fails, there are some now: add them to the tests of this file.
    client = get_session().create_client("apprunner", region_name="eu-west-1")
    assert client.waiter_names == []
    assert not any(client.can_paginate(name) for name in client.meta.method_to_api_mapping)


@pytest.fixture
def waited(client: Callable[[str], Any]) -> Iterator[Callable[..., None]]:
    """Wait with a waiter of boto3's that asks at most twice."""

    def wait(service: str, name: str, **arguments: Any) -> None:
        patience = {"Delay": 0, "MaxAttempts": 2}
        client(service).get_waiter(name).wait(**arguments, WaiterConfig=patience)

    yield wait


def test_waiters_see_what_comes_and_what_goes(
    client: Callable[[str], Any], waited: Callable[..., None], account: str
) -> None:
    s3, name = client("s3"), f"waiters-{account}"
    waited("s3", "bucket_not_exists", Bucket=name)
    s3.create_bucket(Bucket=name, CreateBucketConfiguration=WHERE)
    waited("s3", "bucket_exists", Bucket=name)
    waited("s3", "object_not_exists", Bucket=name, Key="a")
    s3.put_object(Bucket=name, Key="a", Body=b"x")
    waited("s3", "object_exists", Bucket=name, Key="a")

    iam = client("iam")
    iam_roles(iam)
    waited("iam", "role_exists", RoleName=NAMES[0])
    arn = iam.create_policy(PolicyName="policy", PolicyDocument=POLICY)["Policy"]["Arn"]
    waited("iam", "policy_exists", PolicyArn=arn)

    alarms(client("cloudwatch"))
    waited("cloudwatch", "alarm_exists", AlarmNames=[NAMES[0]])


@pytest.mark.parametrize(
    ("service", "operation", "token", "code"),
    [
        ("iam", "list_role_policies", "Marker", "ValidationError"),
        ("cloudwatch", "describe_alarms", "NextToken", "InvalidNextToken"),
        ("ecr", "describe_repositories", "nextToken", "InvalidParameterException"),
    ],
)
def test_a_token_that_nobody_gave_is_refused(
    client: Callable[[str], Any],
    refused: Callable[[str, str], AbstractContextManager[None]],
    service: str,
    operation: str,
    token: str,
    code: str,
) -> None:
    caller = client(service)
    arguments = iam_inline(caller) if service == "iam" else {}
    with refused(code, "nonsense"):
        getattr(caller, operation)(**arguments, **{token: "nonsense"})
