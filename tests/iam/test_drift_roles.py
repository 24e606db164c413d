"""Who plans, and who applies, may also look for what is in the account and in no state.

`infra drift` and the gate no-drift send these calls beside those of a plan.
"""

from __future__ import annotations

from dataclasses import replace

import pytest

from harness.accounts import Account
from harness.authorization import Asked, asked
from harness.deployed import Role, read_surroundings
from harness.recording import Recorder
from infra.backend import Backend
from infra.bootstrap import STATE_KEY
from infra.stored_state import read_stored_state
from infra.unmanaged import LISTINGS, unmanaged

pytestmark = pytest.mark.terraform

SERVICES = ("apprunner", "cloudwatch", "ecr", "iam", "logs", "s3", "sns")


@pytest.fixture(scope="module")
def questions(deployed_account: Account) -> list[Asked]:
    """What IAM is asked while somebody looks for strangers, of nearly each type."""
    account = deployed_account
    ecr, cloudwatch = account.client("ecr"), account.client("cloudwatch")
    ecr.create_repository(repositoryName="somebodys")
    cloudwatch.put_metric_alarm(
        AlarmName="somebodys",
        Namespace="somebodys",
        MetricName="x",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    recorder = Recorder(account.endpoint)
    recorder.start()
    try:
        by_way = replace(account, endpoint=recorder.endpoint)
        made = {name: by_way.client(name) for name in SERVICES}
        bucket = f"trending-now-tfstate-{account.account_id}"
        read_stored_state(made.__getitem__, Backend(bucket, STATE_KEY, "eu-west-1", ()))
        found = unmanaged(made.__getitem__, (), (), "trending-now-staging")
        calls = recorder.take()
    finally:
        recorder.stop()
        ecr.delete_repository(repositoryName="somebodys")
        cloudwatch.delete_alarms(AlarmNames=["somebodys"])
    assert "unreadable" not in {call.service for call in calls}
    without = {"aws_apprunner_service", "aws_cloudwatch_composite_alarm"}
    assert {item.kind for item in found} == {one.kind for one in LISTINGS} - without
    around = read_surroundings(account)
    return [item for call in calls for item in asked(call, around)]


@pytest.mark.parametrize("role", ["plan", "apply"])
def test_a_role_may_look_for_drift(
    roles: dict[str, Role], questions: list[Asked], role: str
) -> None:
    denied = {
        f"{item.action} on {item.resource}"
        for item in questions
        if not roles[role].may(item.action, item.resource, keys=item.keys).allowed
    }
    assert denied == set()
    assert {item.action for item in questions} >= {"s3:ListAllMyBuckets", "iam:ListRoles"}
