"""An environment is verified by what runs, and the ledger has the evidence."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from harness.checkout import Answer, line_with
from harness.modes import told
from harness.promoting import Bed
from harness.secrets import CANARY
from infra.environments import load_environment
from infra.releases import pinned_release_id, write_pin
from infra.repository import Repository
from infra.trees import proof

pytestmark = pytest.mark.terraform

UNHEALTHY = 21
CHECKS = ["applied", "operation", "image", "registry", "health", "alarms", "outputs", "bake"]


def statuses(answer: Answer) -> dict[str, str]:
    """How each check ended."""
    return {check["name"]: check["status"] for check in answer.json["result"]["checks"]}


def failing(answer: Answer) -> list[str]:
    """The checks that failed or told nothing; the bake then has not begun."""
    assert answer.code == UNHEALTHY, answer.out + answer.err
    found = [name for name, status in statuses(answer).items() if status != "passed"]
    assert found[-1] == "bake"
    return found[:-1]


def arn(bed: Bed) -> str:
    """The service of dev."""
    (found,) = bed.client("apprunner", "dev").list_services()["ServiceSummaryList"]
    return str(found["ServiceArn"])


def test_a_healthy_release_is_verified_and_the_ledger_has_the_evidence(bed: Bed) -> None:
    verified = bed.infra("verify", "dev", "--json")
    assert verified.code == 0, verified.out + verified.err
    assert list(statuses(verified)) == CHECKS
    assert set(statuses(verified).values()) == {"passed"}
    assert verified.json["refused_requests"] == {}
    record = bed.records("dev")[-1]
    assert (record["kind"], record["result"]) == ("verified", "succeeded")
    repository = Repository(bed.root)
    environment = load_environment(repository, "dev")
    state = json.loads(bed.state("dev"))
    details = record["details"]
    assert details["release"] == pinned_release_id(repository, environment)
    assert details["digest"] == bed.running("dev")
    assert details["proof"] == proof(repository, environment, record["tools"]["terraform"])
    assert details["state"] == {"lineage": state["lineage"], "serial": state["serial"]}
    assert verified.json["result"]["record"] == record["sequence"]
    assert CANARY not in json.dumps(record) + verified.out


def test_a_person_sees_a_line_for_each_check(bed: Bed) -> None:
    shown = bed.infra("verify", "dev", "--bake", "0")
    assert shown.code == 0, shown.err
    lines = shown.out.splitlines()
    for name in CHECKS:
        assert any(line.startswith(f"{name} ") and "passed" in line for line in lines), shown.out
    assert "Verified: it runs r-" in shown.out
    assert "\x1b" not in shown.out


@pytest.mark.mode(44)
def test_a_deployment_that_app_runner_took_back_is_told_as_that(bed: Bed) -> None:
    before = bed.running("dev")
    repository = Repository(bed.root)
    ill = bed.release(unhealthy_in="dev")
    write_pin(repository, load_environment(repository, "dev"), ill)
    # Terraform takes it for well: the service is RUNNING again.
    bed.succeed("apply", "dev")
    found = bed.infra("verify", "dev", "--json")
    assert {"operation", "image", "health"} <= set(failing(found))
    result = found.json["result"]
    assert result["reason"] == "rolled-back-by-app-runner"
    assert result["rolled_back_by_app_runner"] is True
    assert (result["digest"], result["pinned_digest"]) == (before, ill.image_digest)
    record = bed.records("dev")[-1]
    assert (record["kind"], record["result"]) == ("unhealthy", "failed")
    assert record["reason"] == "rolled-back-by-app-runner"
    shown = bed.infra("verify", "dev")
    assert "App Runner took the deployment" in shown.out
    told(line_with(shown, "App Runner took the deployment"))


def test_a_service_that_does_not_answer_is_unhealthy(bed: Bed) -> None:
    bed.client("apprunner", "dev").pause_service(ServiceArn=arn(bed))
    found = bed.infra("verify", "dev", "--json")
    assert {"image", "health"} <= set(failing(found))
    (health,) = [c for c in found.json["result"]["checks"] if c["name"] == "health"]
    assert "answered 503" in health["text"]
    assert bed.kinds("dev")[-1] == "unhealthy"


@pytest.mark.mode(47)
def test_an_alarm_that_rings_and_one_that_is_gone_are_noticed(bed: Bed) -> None:
    cloudwatch = bed.client("cloudwatch", "dev")
    cloudwatch.set_alarm_state(AlarmName="bed-dev-drift", StateValue="ALARM", StateReason="x")
    assert failing(bed.infra("verify", "dev", "--json")) == ["alarms"]
    cloudwatch.delete_alarms(AlarmNames=["bed-dev-drift"])
    found = bed.infra("verify", "dev", "--json")
    assert failing(found) == ["alarms"]
    assert "bed-dev-drift does not exist" in found.out
    (text,) = [item["text"] for item in found.json["result"]["checks"] if item["name"] == "alarms"]
    told(text)


def test_an_image_that_nobody_could_pull_again_is_noticed(bed: Bed) -> None:
    digest = bed.running("dev")
    bed.client("ecr", "dev").batch_delete_image(
        repositoryName="bed-dev", imageIds=[{"imageDigest": digest}]
    )
    assert failing(bed.infra("verify", "dev", "--json")) == ["registry"]


def test_a_checkout_that_was_never_applied_proves_nothing(bed: Bed) -> None:
    values = bed.file("terraform.tfvars", "dev")
    values.write_text('token = "another"\n')
    found = bed.infra("verify", "dev", "--json")
    assert failing(found) == ["applied"]
    assert "this checkout is not what was applied" in found.out


@pytest.mark.parametrize(
    ("environment", "pin", "words"),
    [
        ("staging", None, "nothing has been applied"),
        ("dev", '{"release": null}\n', "no release is pinned"),
    ],
)
def test_where_there_is_nothing_to_verify_a_sentence_says_so(
    bed: Bed, environment: str, pin: str | None, words: str
) -> None:
    path: Path = bed.file("release.auto.tfvars.json", environment)
    if pin is not None:
        path.write_text(pin)
    before = bed.records("dev")
    found = bed.infra("verify", environment, "--json")
    assert found.code == 1
    assert found.json["error"]["reason"] == "usage"
    assert words in found.json["error"]["message"]
    assert bed.records("dev") == before


def test_wrong_settings_are_told_before_anything_is_asked(bed: Bed) -> None:
    path = bed.file("environment.yaml", "dev")
    path.write_text(path.read_text().replace("bake_seconds: 0", "bake_seconds: soon"))
    found = bed.infra("verify", "dev", "--json")
    assert (found.code, found.json["error"]["reason"]) == (1, "environment-invalid")
    assert "verify.bake_seconds is 'soon'" in found.json["error"]["message"]
