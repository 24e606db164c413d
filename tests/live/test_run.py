"""What a run makes is there, and works: in the local cloud always, in AWS with `make test-live`."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest

from harness.live import Live
from harness.places import environment_names
from harness.sandboxes import comes_true
from infra.live.leftovers import Leftover, State
from infra.live.runs import EXPIRES_TAG, NAME_PATTERN, OWNER_TAG, RUN_TAG
from infra.live.sweeping import look

pytestmark = pytest.mark.terraform


def resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """All managed resources of a state."""
    yield from (item for item in module.get("resources", []) if item["mode"] == "managed")
    for child in module.get("child_modules", []):
        yield from resources(child)


def test_everything_is_tagged_and_named_by_its_run_and_the_sweeper_knows_it(live: Live) -> None:
    taggable = {
        item["values"].get("arn", item["address"]): item["values"]["tags_all"]
        for item in resources(live.state["root_module"])
        if "tags_all" in item["values"]
    }
    assert len(taggable) >= 9
    for arn, tags in taggable.items():
        assert tags == {**tags, **live.run.tags}, arn

    def found() -> list[Leftover]:
        every = look(live.place.clients, environment_names(), datetime.now(UTC))
        return [item for item in every if item.run == live.run.name]

    # AWS's list follows within a minute.
    assert comes_true(live.place, lambda: {item.arn for item in found()} == set(taggable))
    assert {item.state for item in found()} == {State.ALIVE}
    assert {item.expires for item in found()} == {live.run.expires.replace(microsecond=0)}


def test_nothing_is_made_that_can_not_be_found_again(live: Live) -> None:
    """What has no tags of its own is a part of something that has."""
    parts = {
        "aws_cloudwatch_event_target",
        "aws_ecr_lifecycle_policy",
        "aws_iam_role_policy_attachment",
        "aws_sns_topic_policy",
    }
    untagged = {
        item["type"]
        for item in resources(live.state["root_module"])
        if "tags_all" not in item["values"]
    }
    assert {kind for kind in untagged if not kind.startswith("aws_s3_bucket_")} <= parts


def test_a_run_has_its_own_name_an_owner_and_an_end(live: Live) -> None:
    assert NAME_PATTERN.fullmatch(live.run.name)
    assert set(live.run.tags) == {RUN_TAG, OWNER_TAG, EXPIRES_TAG}
    left = live.run.expires - datetime.now(UTC)
    assert timedelta(0) < left <= live.place.settings.lifetime


def test_it_costs_what_is_allowed_and_nothing_is_without_a_price(live: Live) -> None:
    assert live.cost.estimate.unpriced == ()
    assert 0 < live.cost.usd <= live.place.settings.budget_usd


def test_the_bucket_is_closed_and_keeps_versions_under_a_key(live: Live) -> None:
    s3, bucket = live.client("s3"), live.output("bucket")
    closed = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert set(closed.values()) == {True}
    for body in (b"first", b"second"):
        put = s3.put_object(Bucket=bucket, Key="models/one", Body=body)
    assert put["ServerSideEncryption"] == "aws:kms"
    assert s3.get_object(Bucket=bucket, Key="models/one")["Body"].read() == b"second"
    assert len(s3.list_object_versions(Bucket=bucket, Prefix="models/one")["Versions"]) == 2


def test_the_repository_moves_no_tag_and_scans_what_is_pushed(live: Live) -> None:
    listed = live.client("ecr").describe_repositories(repositoryNames=[live.output("repository")])
    (found,) = listed["repositories"]
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}
    assert found["encryptionConfiguration"]["encryptionType"] == "KMS"


def test_the_roles_let_in_app_runner_alone(live: Live) -> None:
    iam, names = live.client("iam"), live.output("roles")
    for role, who in (("access", "build"), ("instance", "tasks")):
        found = iam.get_role(RoleName=names[role])["Role"]["AssumeRolePolicyDocument"]
        (statement,) = found["Statement"]
        assert statement["Principal"] == {"Service": f"{who}.apprunner.amazonaws.com"}
        attached = iam.list_attached_role_policies(RoleName=names[role])["AttachedPolicies"]
        assert attached, f"{role} may do nothing"


def test_the_log_group_forgets_and_takes_what_is_written(live: Live) -> None:
    logs, name = live.client("logs"), live.output("log_group")
    (group,) = logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]
    assert group["retentionInDays"] == 1
    logs.create_log_stream(logGroupName=name, logStreamName="one")
    now = int(datetime.now(UTC).timestamp() * 1000)
    event = {"timestamp": now, "message": json.dumps({"level": "INFO"})}
    answer = logs.put_log_events(logGroupName=name, logStreamName="one", logEvents=[event])
    assert "rejectedLogEventsInfo" not in answer or not answer["rejectedLogEventsInfo"]


def test_a_drift_report_sets_the_alarm_off(live: Live) -> None:
    cloudwatch, name = live.client("cloudwatch"), live.output("alarm")
    s3, bucket = live.client("s3"), live.output("bucket")

    def goes_off() -> bool:
        (alarm,) = cloudwatch.describe_alarms(AlarmNames=[name])["MetricAlarms"]
        assert alarm["AlarmActions"] == [live.output("topic")]
        # A bucket that has just been told to send its events does so after some minutes.
        s3.put_object(Bucket=bucket, Key="drift/now.json", Body=b"{}")
        return bool(alarm["StateValue"] == "ALARM")

    assert comes_true(live.place, goes_off)


def test_the_service_runs_the_image_that_was_asked_for(live: Live) -> None:
    arn = live.output("service_arn")
    assert (arn is None) == (live.place.image is None)
    if live.place.image is not None:
        found = live.client("apprunner").describe_service(ServiceArn=arn)["Service"]
        assert found["Status"] == "RUNNING"
        image = found["SourceConfiguration"]["ImageRepository"]["ImageIdentifier"]
        assert image.endswith(f"@{live.place.image['digest']}")


def test_a_second_plan_is_empty(live: Live) -> None:
    live.root.assert_nothing_to_do()
