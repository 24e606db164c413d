"""What an interrupted run leaves behind, and `infra recover`, which puts it right."""

from __future__ import annotations

import stat
from typing import Any

import pytest

from harness.checkout import Answer, Checkout
from harness.waiting import PATIENCE_SECONDS

pytestmark = pytest.mark.terraform

BUCKET = "state-222222222222"
GONE = 2**22 + 1
"""No process can have this number: it is above Linux's highest (PID_MAX_LIMIT)."""

LOCK = "staging/terraform.tfstate.tflock"


def codes(answer: Answer) -> list[str]:
    """What was found."""
    return [item["kind"] for item in answer.json["result"]["found"]]


def lose_the_place_of_the_state(checkout: Checkout) -> None:
    """Let an apply find no bucket when it wants to save, and bring the bucket back after it."""
    checkout.hold_applies()
    process = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    s3 = checkout.client("s3")
    keys = [item["Key"] for item in s3.list_objects_v2(Bucket=BUCKET)["Contents"]]
    bodies = {key: s3.get_object(Bucket=BUCKET, Key=key)["Body"].read() for key in keys}
    listed = s3.list_object_versions(Bucket=BUCKET)
    for item in [*listed["Versions"], *listed.get("DeleteMarkers", [])]:
        s3.delete_object(Bucket=BUCKET, Key=item["Key"], VersionId=item["VersionId"])
    s3.delete_bucket(Bucket=BUCKET)
    checkout.let_go()
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 20, out + err
    assert "The state could not be saved" in err
    assert "infra recover staging" in err
    region = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket=BUCKET, CreateBucketConfiguration=region)
    s3.put_bucket_versioning(Bucket=BUCKET, VersioningConfiguration={"Status": "Enabled"})
    for key, body in bodies.items():
        s3.put_object(Bucket=BUCKET, Key=key, Body=body)


def kinds(checkout: Checkout) -> list[tuple[str, str]]:
    """What the ledger says, oldest first."""
    records: list[Any] = checkout.infra("history", "staging", "--json").json["result"]["records"]
    return [(record["kind"], record["result"]) for record in reversed(records)]


@pytest.mark.mode(19, "state-unsaved")
def test_a_run_that_could_not_save_its_state_is_put_right(checkout: Checkout) -> None:
    lose_the_place_of_the_state(checkout)
    unsaved = checkout.file("errored.tfstate")
    assert stat.S_IMODE(unsaved.stat().st_mode) == 0o600

    refused = checkout.infra("plan", "staging", "--json")
    assert refused.json["error"]["reason"] == "state-unsaved"
    assert "infra recover staging" in refused.json["error"]["hint"]

    (checkout.root / ".local" / "plans" / f"{GONE}-x").mkdir()
    looked = checkout.infra("recover", "staging", "--json")
    assert looked.code == 2, looked.out + looked.err
    assert codes(looked) == ["stale-lock", "unsaved-state", "open-run", "left-plans"]
    steps = [item["kind"] for item in looked.json["result"]["steps"]]
    assert steps == ["break-lock", "save-state", "close-record", "remove-plans"]
    assert looked.json["result"]["done"] == []
    assert unsaved.exists() and LOCK in checkout.state_objects()

    done = checkout.infra("recover", "staging", "--yes")
    assert done.code == 0, done.out + done.err
    assert "Broke the lock" in done.out
    assert "Saved the state, serial 1, and removed the file." in " ".join(done.out.split())
    assert "Nothing is left to do: a plan finds no changes." in done.out
    assert not unsaved.exists()
    assert checkout.state_objects() == ["staging/terraform.tfstate"]
    assert list((checkout.root / ".local" / "plans").glob("[0-9]*")) == []
    assert kinds(checkout) == [
        ("apply-started", "started"),
        ("state-repaired", "started"),
        ("unlocked", "started"),
        ("unlocked", "succeeded"),
        ("apply-failed", "interrupted"),
        ("state-repaired", "succeeded"),
    ]
    assert checkout.infra("ledger", "verify", "staging").code == 0
    again = checkout.infra("recover", "staging")
    assert again.code == 0, again.out + again.err
    assert "No run left anything behind." in again.out


def test_nothing_is_put_right_while_a_run_is_at_work(checkout: Checkout) -> None:
    checkout.hold_applies()
    process = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    refused = checkout.infra("recover", "staging", "--yes", "--json")
    assert refused.code == 1, refused.out
    assert refused.json["error"]["reason"] == "state-locked"
    assert "A run is at work in staging" in refused.json["error"]["message"]
    checkout.let_go()
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, out + err


def test_a_state_of_another_lineage_is_put_aside_and_never_saved(checkout: Checkout) -> None:
    assert checkout.infra("apply", "staging").code == 0
    before = checkout.state()
    unsaved = checkout.file("errored.tfstate")
    unsaved.write_bytes(before.replace(b'"lineage": "', b'"lineage": "f'))
    done = checkout.infra("recover", "staging", "--yes", "--json")
    assert done.code == 2, done.out + done.err
    assert codes(done) == ["unsaved-state"]
    assert "lineages differ" in done.json["result"]["found"][0]["text"]
    assert not unsaved.exists()
    assert checkout.state() == before
    (kept,) = (checkout.root / ".local" / "unsaved").iterdir()
    assert stat.S_IMODE(kept.stat().st_mode) == 0o600
    assert done.json["result"]["plan"] == {}
