"""Drift: reality against the state, git against the state, and what nobody manages."""

from __future__ import annotations

import json

import pytest

from harness.checkout import line_with
from harness.modes import told
from harness.promoting import Bed
from harness.secrets import CANARY

pytestmark = pytest.mark.terraform

DRIFT = 2
ALARM = "module.app.aws_cloudwatch_metric_alarm.this"
OWNED = [{"Key": "owner", "Value": "jo"}]


def looked(bed: Bed) -> dict[str, list[dict[str, object]]]:
    """What drift finds in dev; it must find something."""
    answer = bed.infra("drift", "dev", "--json")
    assert answer.code == DRIFT, answer.out + answer.err
    assert CANARY not in answer.out
    (found,) = answer.json["result"]["environments"]
    return dict(found)


def test_an_environment_as_it_was_applied_has_none(bed: Bed) -> None:
    before = (bed.state("dev"), bed.records("dev"))
    answer = bed.infra("drift", "dev")
    assert answer.code == 0, answer.out + answer.err
    assert "No drift" in answer.out
    assert (bed.state("dev"), bed.records("dev")) == before


def test_what_was_changed_outside_of_terraform_is_told_and_left_alone(bed: Bed) -> None:
    cloudwatch = bed.client("cloudwatch", "dev")
    (alarm,) = cloudwatch.describe_alarms()["MetricAlarms"]
    wanted = ("AlarmName", "Namespace", "MetricName", "Statistic", "ComparisonOperator", "Period")
    settings = {name: alarm[name] for name in wanted}
    cloudwatch.put_metric_alarm(
        **settings, EvaluationPeriods=1, Threshold=99, TreatMissingData="notBreaching"
    )
    found = looked(bed)
    (change,) = found["reality"]
    assert (change["address"], change["action"]) == (ALARM, "update")
    assert [item["path"] for item in change["attributes"]] == ["threshold"]  # type: ignore[attr-defined]
    assert (found["pending"], found["unmanaged"]) == ([], [])
    assert f"reality: {ALARM} was changed: threshold" in bed.infra("drift", "dev").out
    assert cloudwatch.describe_alarms()["MetricAlarms"][0]["Threshold"] == 99


@pytest.mark.mode(13)
def test_what_was_deleted_is_told_as_gone(bed: Bed) -> None:
    bed.client("cloudwatch", "dev").delete_alarms(AlarmNames=["bed-dev-drift"])
    answer = bed.infra("drift", "dev")
    assert answer.code == DRIFT
    assert f"reality: {ALARM} is gone" in answer.out
    told(line_with(answer, "is gone"))


def test_what_git_says_and_nobody_applied_is_no_drift_of_reality(bed: Bed) -> None:
    bed.file("terraform.tfvars", "dev").write_text(f'token = "{CANARY}-new"\n')
    found = looked(bed)
    assert found["reality"] == []
    assert [item["address"] for item in found["pending"]] == ["module.app.terraform_data.secret"]


def test_both_at_once_are_told_apart(bed: Bed) -> None:
    bed.file("terraform.tfvars", "dev").write_text(f'token = "{CANARY}-new"\n')
    bed.client("cloudwatch", "dev").delete_alarms(AlarmNames=["bed-dev-drift"])
    found = looked(bed)
    assert [item["address"] for item in found["reality"]] == [ALARM]
    assert [item["address"] for item in found["pending"]] == ["module.app.terraform_data.secret"]


def test_what_nobody_manages_is_listed_with_a_hint_at_its_owner(bed: Bed) -> None:
    dev = {
        name: bed.client(name, "dev") for name in ("cloudwatch", "ecr", "iam", "logs", "s3", "sns")
    }
    place = {"LocationConstraint": "eu-west-1"}
    dev["s3"].create_bucket(Bucket="stray-bucket", CreateBucketConfiguration=place)
    dev["s3"].put_bucket_tagging(Bucket="stray-bucket", Tagging={"TagSet": OWNED})
    dev["ecr"].create_repository(repositoryName="stray")
    dev["sns"].create_topic(Name="stray", Tags=OWNED)
    dev["logs"].create_log_group(logGroupName="/stray")
    dev["logs"].create_log_group(logGroupName="/aws/lambda/of-a-service-of-aws")
    for name in ("bed-dev-stray", "of-another-team"):
        dev["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=OWNED)
    dev["cloudwatch"].put_metric_alarm(
        AlarmName="stray",
        Namespace="x",
        MetricName="x",
        Statistic="Sum",
        ComparisonOperator="GreaterThanThreshold",
        Threshold=1,
        Period=60,
        EvaluationPeriods=1,
    )
    found = looked(bed)
    assert (found["reality"], found["pending"]) == ([], [])
    told = {(item["type"], item["id"]): item["owner"] for item in found["unmanaged"]}
    none = "it has no tag that says whose it is"
    assert told == {
        ("aws_cloudwatch_log_group", "/stray"): none,
        ("aws_cloudwatch_metric_alarm", "stray"): none,
        ("aws_ecr_repository", "stray"): none,
        ("aws_iam_role", "bed-dev-stray"): "owner=jo",
        ("aws_s3_bucket", "stray-bucket"): "owner=jo",
        ("aws_sns_topic", "arn:aws:sns:eu-west-1:111111111111:stray"): "owner=jo",
    }


def test_without_a_name_every_environment_is_looked_at_and_no_lock_is_waited_for(bed: Bed) -> None:
    lock = json.dumps({"ID": "x", "Who": "jo@laptop", "Created": "2026-11-25T08:00:00Z"})
    bed.client("s3", "dev").put_object(
        Bucket="bed-tfstate-111111111111", Key="dev/terraform.tfstate.tflock", Body=lock.encode()
    )
    answer = bed.infra("drift", "--json")
    assert answer.code == DRIFT, answer.out + answer.err
    found = {item["environment"]: item for item in answer.json["result"]["environments"]}
    assert list(found) == ["dev", "staging", "prod"]
    assert found["dev"]["empty"] is True
    # Nothing was ever applied there.
    assert (found["prod"]["applied"], found["prod"]["empty"]) == (False, False)
    assert bed.state_objects("dev") == ["dev/terraform.tfstate", "dev/terraform.tfstate.tflock"]


TRUST = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [
            {
                "Effect": "Allow",
                "Action": "sts:AssumeRole",
                "Principal": {"Service": "ec2.amazonaws.com"},
            }
        ],
    }
)
