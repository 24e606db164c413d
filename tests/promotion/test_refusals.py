"""What is not promoted, each with its typed reason, and with nothing changed."""

from __future__ import annotations

import json
import shutil
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.checkout import Answer
from harness.promoting import Bed, Proved, python
from infra.ledger.store import folder
from infra.terraform.binary import find_terraform

pytestmark = pytest.mark.terraform

BUCKET = "bed-tfstate-%s"
STATE = "prod/terraform.tfstate"


def refused(bed: Bed, reason: str, *arguments: str) -> Any:
    """Promote to prod, which must be refused and change nothing. Returns the failure."""
    before = bed.look("prod")
    answer = bed.infra("promote", "staging", "prod", "--json", *(arguments or ("--yes",)))
    return checked(bed, answer, reason, before)


def checked(bed: Bed, answer: Answer, reason: str, before: tuple[Any, ...]) -> Any:
    """See that an answer is a refusal, and that nothing was changed."""
    failure = answer.json["error"]
    assert failure["reason"] == reason, failure
    assert answer.code == failure["exit_code"]
    assert bed.look("prod") == before
    assert not (bed.root / ".local" / "promotions" / "prod-local.json").exists()
    return failure


def approved(bed: Bed, identity: str, user: str = "reviewer") -> Path:
    """An approval by somebody."""
    path = bed.root.parent / f"{user}.json"
    answer = bed.infra_as(user, "approve", "prod", identity, "--out", str(path))
    assert answer.code == 0, answer.err
    return path


@pytest.mark.mode(42, "not-verified")
def test_a_release_that_staging_never_verified(proved: Proved) -> None:
    other = proved.bed.release(model="never")
    failure = refused(proved.bed, "not-verified", "--release", other.id, "--yes")
    assert failure["causes"] == ["never"]


@pytest.mark.mode(43, "not-verified")
def test_staging_moved_on(proved: Proved) -> None:
    proved.bed.prove(proved.bed.release(model="newer"))
    failure = refused(proved.bed, "not-verified", "--release", proved.release.id, "--yes")
    assert failure["causes"] == ["moved-on", "state", "running"]


def test_modules_changed_after_the_verification(proved: Proved) -> None:
    module = proved.bed.root / "modules" / "app" / "main.tf"
    module.write_text(module.read_text() + "# later\n")
    proved.bed.commit()
    assert refused(proved.bed, "not-verified")["causes"] == ["modules"]


@pytest.mark.mode(36, "not-verified")
def test_another_provider_lock(proved: Proved) -> None:
    lock = proved.bed.file(".terraform.lock.hcl", "staging")
    lock.write_text(lock.read_text() + "# another\n")
    proved.bed.commit()
    assert refused(proved.bed, "not-verified")["causes"] == ["lock"]


def test_another_terraform_version(proved: Proved) -> None:
    bed, real = proved.bed, find_terraform()
    other = bed.root.parent / "terraform"
    command = " ".join(f"'{part}'" for part in real.arguments)
    version = json.dumps({"terraform_version": "1.99.0"})
    other.write_text(
        f"#!/bin/sh\nif [ \"$1\" = version ]; then echo '{version}'; exit 0; fi\n"
        f'exec {command} "$@"\n'
    )
    other.chmod(other.stat().st_mode | stat.S_IXUSR)
    bed.variables["INFRA_TERRAFORM"] = str(other)
    try:
        failure = refused(bed, "not-verified")
    finally:
        del bed.variables["INFRA_TERRAFORM"]
    assert failure["causes"] == ["terraform"]
    assert "1.99.0" in failure["details"][0]


@pytest.mark.mode(34, "plan-changed")
def test_a_plan_that_differs_only_in_a_secret(proved: Proved) -> None:
    bed = proved.bed
    path = approved(bed, bed.waiting()[1])
    values = bed.file("terraform.tfvars", "prod")
    values.write_text('token = "another-secret"\n')
    bed.commit()
    failure = refused(bed, "plan-changed", "--approval", str(path))
    assert "another-secret" not in json.dumps(failure)
    assert any("(sensitive, differs)" in line for line in failure["details"])


@pytest.mark.mode(10, "plan-tampered")
def test_a_tampered_plan_file(proved: Proved) -> None:
    bed = proved.bed
    identity = bed.waiting()[1]
    path = approved(bed, identity)
    plan = bed.root / ".local" / "plans" / "prod" / identity / "plan.tfplan"
    plan.write_bytes(plan.read_bytes() + b"x")
    refused(bed, "plan-tampered", "--approval", str(path))


def _edited(objects: list[dict[str, Any]]) -> None:
    objects[1]["record"]["user"] = "somebody else"


def _dropped(objects: list[dict[str, Any]]) -> None:
    objects[1].clear()


def _reordered(objects: list[dict[str, Any]]) -> None:
    objects[1], objects[2] = objects[2], objects[1]


def _forged(objects: list[dict[str, Any]]) -> None:
    objects[-1]["signature"]["value"] = objects[0]["signature"]["value"]


@pytest.mark.parametrize("harm", [_edited, _dropped, _reordered, _forged])
@pytest.mark.mode(57, "not-verified")
def test_a_harmed_ledger(proved: Proved, harm: Callable[[list[dict[str, Any]]], None]) -> None:
    bed, bucket = proved.bed, BUCKET % "222222222222"
    s3 = bed.client("s3", "staging")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix=folder("staging"))["Contents"]
    keys = [item["Key"] for item in listed][::-1]
    objects = [json.loads(s3.get_object(Bucket=bucket, Key=key)["Body"].read()) for key in keys]
    harmed = [dict(item) for item in objects]
    harm(harmed)
    for key, before, after in zip(keys, objects, harmed, strict=True):
        if not after:
            s3.delete_object(Bucket=bucket, Key=key)
        elif after != before or harm is not _dropped:
            s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(after).encode())
    assert refused(bed, "not-verified")["causes"] == ["ledger"]


@pytest.mark.mode(11, "approval-invalid")
def test_an_approval_for_another_identity(proved: Proved) -> None:
    bed = proved.bed
    identity = bed.waiting()[1]
    other = identity[:-4] + ("0000" if not identity.endswith("0000") else "1111")
    failure = refused(bed, "approval-invalid", "--approval", str(approved(bed, other)))
    assert other in failure["message"]


@pytest.mark.mode(54, "approval-invalid")
def test_an_approval_by_the_one_who_promotes(proved: Proved) -> None:
    bed = proved.bed
    path = bed.root.parent / "own.json"
    bed.succeed("approve", "prod", bed.waiting()[1], "--out", str(path))
    failure = refused(bed, "approval-invalid", "--approval", str(path))
    assert "is the one who promotes" in failure["message"]


def test_an_approval_that_was_edited(proved: Proved) -> None:
    bed = proved.bed
    path = approved(bed, bed.waiting()[1])
    path.write_text(path.read_text().replace('"reviewer"', '"somebody"'))
    assert "was edited" in refused(bed, "approval-invalid", "--approval", str(path))["message"]


@pytest.mark.mode(39, "image-missing")
def test_a_digest_that_is_not_in_the_registry(proved: Proved) -> None:
    proved.bed.client("ecr", "staging").batch_delete_image(
        repositoryName="bed-staging", imageIds=[{"imageDigest": proved.release.image_digest}]
    )
    refused(proved.bed, "image-missing")


@pytest.mark.mode(24, "wrong-account")
def test_credentials_of_another_account(proved: Proved) -> None:
    bed = proved.bed
    program = (
        "import sys; from infra import sessions, cli;"
        "sessions.caller_account = lambda *_: '222222222222';"
        "cli.main(sys.argv[1:])"
    )
    before = bed.look("prod")
    arguments = ["-C", str(bed.root), "rollback", "prod", "--target", "aws", "--json"]
    process = python(bed, program, arguments)
    out, err = process.communicate(timeout=60)
    failure = checked(bed, Answer(process.returncode, out, err), "wrong-account", before)
    assert "333333333333" in failure["message"]


@pytest.mark.mode(7, "gate-refused")
def test_a_dirty_tree(proved: Proved) -> None:
    (proved.bed.root / "environments" / "notes.txt").write_text("mine\n")
    failure = refused(proved.bed, "gate-refused")
    assert "clean-tree" in failure["message"]


@pytest.mark.mode(51, "gate-refused")
def test_a_protected_resource_to_be_destroyed(proved: Proved) -> None:
    values = proved.bed.file("terraform.tfvars", "prod")
    values.write_text(values.read_text() + 'suffix = "-new"\n')
    proved.bed.commit()
    failure = refused(proved.bed, "gate-refused")
    assert "policy" in failure["message"]
    assert any("aws_ecr_repository" in line for line in failure["details"])


@pytest.mark.mode(12, "gate-refused")
def test_drift_in_prod(proved: Proved) -> None:
    cloudwatch = proved.bed.client("cloudwatch", "prod")
    (alarm,) = cloudwatch.describe_alarms()["MetricAlarms"]
    names = (
        *("AlarmName", "Namespace", "MetricName", "Statistic", "ComparisonOperator"),
        *("Period", "EvaluationPeriods", "TreatMissingData"),
    )
    cloudwatch.put_metric_alarm(**{name: alarm[name] for name in names}, Threshold=99)
    failure = refused(proved.bed, "gate-refused")
    assert "no-drift" in failure["message"]


def lock(bed: Bed, key: str) -> None:
    """Leave a lock behind, as a machine that crashed does."""
    said = {
        "ID": "6f2b4c1e-0000-4000-8000-000000000000",
        "Operation": "promotion of something",
        "Who": "alice@laptop",
        "Created": "2026-11-25T08:00:00.000000Z",
    }
    bed.client("s3", "prod").put_object(
        Bucket=BUCKET % "333333333333", Key=key, Body=json.dumps(said).encode()
    )


@pytest.mark.mode(1, "promotion-running")
def test_a_second_promotion_at_the_same_time(proved: Proved) -> None:
    lock(proved.bed, f"{STATE}.promotion-lock")
    failure = refused(proved.bed, "promotion-running")
    assert "alice@laptop" in failure["message"]


@pytest.mark.mode(2, "state-locked")
def test_a_stale_lock(proved: Proved) -> None:
    lock(proved.bed, f"{STATE}.tflock")
    failure = refused(proved.bed, "state-locked", "--yes", "--lock-timeout", "0")
    assert any("alice@laptop" in line for line in failure["details"])


def test_environments_that_are_no_neighbours(proved: Proved) -> None:
    answer = proved.bed.infra("promote", "dev", "prod", "--yes", "--json")
    assert (answer.code, answer.json["error"]["reason"]) == (1, "usage")


def test_a_dry_run_changes_nothing_and_writes_no_record(proved: Proved) -> None:
    """Not even a lock of promotions: who may only look could not take it. It shows its plan."""
    bed = proved.bed
    lock(bed, f"{STATE}.promotion-lock")
    before, records = bed.look("prod"), bed.kinds("prod")
    output = bed.root.parent / "output"
    bed.variables |= {"GITHUB_ACTIONS": "true", "GITHUB_OUTPUT": str(output)}
    try:
        answer = bed.succeed("promote", "staging", "prod", "--dry-run", "--announce", "--json")
    finally:
        del bed.variables["GITHUB_ACTIONS"], bed.variables["GITHUB_OUTPUT"]
    assert answer.json["result"]["status"] == "dry-run"
    assert (bed.look("prod"), bed.kinds("prod")) == (before, records)
    identity = answer.json["result"]["identity"]
    assert f"::notice title=infra plan::{identity}\n" in answer.err
    assert {"dry-run", identity, proved.release.id} <= set(output.read_text().splitlines())
    shutil.rmtree(bed.root / ".local" / "plans")
