"""A promotion that is stopped after each of its steps ends as one that was never stopped."""

from __future__ import annotations

import shutil
import signal

import pytest

from harness.promoting import Bed, Proved, stopped

pytestmark = [pytest.mark.terraform, pytest.mark.exhaustive]

STEPS = (
    *("enter", "lock", "ledger", "evidence", "image", "drift", "pin", "plan", "gates"),
    *("approval", "copy", "apply", "verify", "record"),
)
ONE_CHAIN = [
    *("promotion-started", "gate", "approved", "apply-started", "applied", "verified", "promoted"),
]


def elsewhere(bed: Bed) -> None:
    """Go on as in another checkout of the same commit, such as that of a job that is run again."""
    bed.git("checkout", "--quiet", "--", "environments")
    shutil.rmtree(bed.root / ".local" / "promotions")
    shutil.rmtree(bed.root / ".local" / "plans")


# Each of them at each step. After the apply that SIGTERM ends another checkout goes on.
@pytest.mark.parametrize(
    "number",
    [
        pytest.param(signal.SIGINT, marks=pytest.mark.mode(15, "interrupted"), id="SIGINT"),
        pytest.param(signal.SIGKILL, id="SIGKILL"),
        pytest.param(signal.SIGTERM, id="SIGTERM"),
    ],
)
def test_a_promotion_stopped_after_each_step_goes_on_to_the_same_end(
    proved: Proved, number: signal.Signals
) -> None:
    bed, release = proved.bed, proved.release
    before, began = bed.pin("prod"), len(bed.kinds("prod"))
    for step in STEPS:
        answer = stopped(bed, step, number, "promote", "staging", "prod", "--yes")
        if number is signal.SIGKILL:
            assert answer.code == -number, (step, answer.err)
            continue
        assert answer.code == 130, (step, answer.err)
        assert "Traceback" not in answer.err
        if step == "apply" and number is signal.SIGTERM:
            elsewhere(bed)
        if step in STEPS[: STEPS.index("apply")]:
            assert bed.pin("prod") == before, step
        if step != STEPS[-1]:
            assert "infra promote staging prod --yes" in answer.err, (step, answer.err)
    bed.succeed("promote", "staging", "prod", "--yes")

    assert bed.kinds("prod")[began:] == ONE_CHAIN
    assert bed.running("prod") == release.image_digest
    assert release.id in bed.pin("prod")
    assert not (bed.root / ".local" / "promotions" / "prod-local.json").exists()
    pushed = bed.client("ecr", "prod").describe_images(repositoryName="bed-prod")["imageDetails"]
    assert [item["imageDigest"] for item in pushed] == [release.image_digest]
    bed.succeed("ledger", "verify", "prod")
