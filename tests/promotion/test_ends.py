"""The other ends: nothing to go back to, a rollback that fails, a rollback that was interrupted."""

from __future__ import annotations

import itertools
import signal

import pytest

from harness.promoting import Bed, Proved, stopped
from infra import local_faults

pytestmark = [pytest.mark.terraform, pytest.mark.exhaustive]

STEPS = (
    *("enter", "lock", "ledger", "image", "pin", "plan", "gates"),
    *("approval", "copy", "apply", "verify", "record"),
)
SIGNALS = (signal.SIGTERM, signal.SIGKILL, signal.SIGINT)


def promote(bed: Bed, model: str, **ill: str) -> str:
    """Have staging prove a new release; returns its image."""
    release = bed.release(model=model, **ill)
    bed.prove(release)
    return release.image_digest


def test_without_a_release_to_go_back_to_a_person_is_told_so(proved: Proved) -> None:
    bed = proved.bed
    bed.without_gate("prod", "alarms-ok")
    bed.commit()
    bed.ring("prod", "ALARM")
    answer = bed.infra("promote", "staging", "prod", "--yes", "--json")
    failure = answer.json["error"]
    assert (answer.code, failure["reason"]) == (21, "unhealthy"), answer.out
    assert bed.kinds("prod")[-2:] == ["unhealthy", "promotion-failed"]
    assert bed.running("prod") == proved.release.image_digest

    bed.ring("prod", "OK")
    bed.succeed("verify", "prod")


def test_a_service_that_was_made_without_an_answer_is_adopted_by_the_next_promotion(
    proved: Proved,
) -> None:
    """The provider asked again, and heard that the name is taken."""
    bed = proved.bed
    local_faults.add(bed.cloud, "unanswered", "apprunner.CreateService", calls="1")
    failed = bed.infra("promote", "staging", "prod", "--yes")
    local_faults.clear(bed.cloud)
    assert failed.code == 20, failed.out + failed.err
    assert bed.running("prod") == proved.release.image_digest
    again = bed.infra("promote", "staging", "prod", "--yes")
    assert again.code == 0, again.out + again.err
    assert "had made 1 thing that the state does not know" in again.err
    services = bed.client("apprunner", "prod").list_services()["ServiceSummaryList"]
    assert len(services) == 1
    assert "No changes" in bed.succeed("plan", "prod").out
    bed.succeed("ledger", "verify", "prod")


def test_a_first_release_that_is_not_healthy_does_not_stand_in_the_way_of_the_next(
    proved: Proved,
) -> None:
    """App Runner can only delete such a service, and makes no other one of its name."""
    bed = proved.bed
    promote(bed, "ranker-2", unhealthy_in="prod")
    failed = bed.infra("promote", "staging", "prod", "--yes")
    assert failed.code == 20, failed.out + failed.err
    assert "CREATE_FAILED" in failed.err

    digest = promote(bed, "ranker-3")
    refused = bed.infra("promote", "staging", "prod", "--yes")
    assert refused.code == 10, refused.out + refused.err
    assert "infra recover prod" in refused.err
    recovered = bed.infra("recover", "prod", "--yes")
    assert "Deleted 1 resource that AWS could not make." in recovered.out, recovered.err
    bed.succeed("promote", "staging", "prod", "--yes")
    assert bed.running("prod") == digest
    bed.succeed("ledger", "verify", "prod")


def test_a_rollback_that_can_not_be_done_is_told_as_that(proved: Proved) -> None:
    bed, first = proved.bed, proved.release.image_digest
    bed.succeed("promote", "staging", "prod", "--yes")
    bed.commit()
    promote(bed, "ranker-2", unhealthy_in="prod")
    bed.client("ecr", "prod").batch_delete_image(
        repositoryName="bed-prod", imageIds=[{"imageDigest": first}]
    )
    answer = bed.infra("promote", "staging", "prod", "--yes", "--json")
    failure = answer.json["error"]
    assert (answer.code, failure["reason"]) == (40, "rollback-failed"), answer.out
    assert "A person is needed now." in failure["hint"]
    assert first in failure["message"]
    assert bed.kinds("prod")[-1] == "promotion-failed"
    bed.succeed("ledger", "verify", "prod")


def test_a_rollback_stopped_after_each_step_goes_on_to_the_same_end(proved: Proved) -> None:
    bed, first = proved.bed, proved.release
    bed.succeed("promote", "staging", "prod", "--yes")
    bed.commit()
    promote(bed, "ranker-2")
    bed.succeed("promote", "staging", "prod", "--yes")
    bed.commit()
    began, before = len(bed.kinds("prod")), bed.pin("prod")
    for step, number in zip(STEPS, itertools.cycle(SIGNALS)):
        answer = stopped(bed, step, number, "rollback", "prod", "--yes")
        expected = -number if number is signal.SIGKILL else 130
        assert answer.code == expected, (step, answer.out, answer.err)
        assert "Traceback" not in answer.err
        if step in STEPS[: STEPS.index("apply")] and number is not signal.SIGKILL:
            assert bed.pin("prod") == before, step
    bed.succeed("rollback", "prod", "--yes")

    assert bed.kinds("prod")[began:] == [
        *("promotion-started", "gate", "approved", "apply-started", "applied"),
        *("verified", "rolled-back"),
    ]
    assert bed.running("prod") == first.image_digest
    assert first.id in bed.pin("prod")
    bed.succeed("ledger", "verify", "prod")
