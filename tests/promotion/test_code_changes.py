"""The same release with other code: proved, promoted, and not taken back."""

from __future__ import annotations

import pytest

from harness.promoting import Bed, Proved

pytestmark = [pytest.mark.terraform, pytest.mark.exhaustive]

REPOSITORY = 'resource "aws_ecr_repository" "this" {\n'
PROMOTE = ("promote", "staging", "prod", "--yes", "--json")


def change_code(bed: Bed, value: str) -> None:
    """Give the repository of each environment another tag."""
    module = bed.root / "modules" / "app" / "main.tf"
    text = module.read_text()
    before = text.partition(REPOSITORY)[2].partition("  name ")[0]
    module.write_text(
        text.replace(REPOSITORY + before, f'{REPOSITORY}  tags = {{ code = "{value}" }}\n')
    )
    bed.commit()


def prove(bed: Bed) -> None:
    """Have staging prove the release that it has with the code of now."""
    bed.succeed("apply", "staging")
    bed.succeed("verify", "staging")


def code(bed: Bed, environment: str) -> str:
    """The tag, as ECR has it."""
    ecr = bed.client("ecr", environment)
    (found,) = ecr.describe_repositories()["repositories"]
    tags = ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"]
    return {item["Key"]: item["Value"] for item in tags}.get("code", "")


def test_other_code_reaches_prod_by_way_of_staging(proved: Proved) -> None:
    bed, release = proved.bed, proved.release
    bed.succeed(*PROMOTE)
    bed.commit()
    assert bed.succeed(*PROMOTE).json["result"]["status"] == "already"

    change_code(bed, "new")
    refused = bed.infra(*PROMOTE)
    assert refused.json["error"]["causes"] == ["modules"]
    assert code(bed, "prod") == ""

    prove(bed)
    began = len(bed.kinds("prod"))
    assert bed.succeed(*PROMOTE).json["result"]["status"] == "promoted"
    assert code(bed, "prod") == "new"
    assert bed.running("prod") == release.image_digest
    assert bed.kinds("prod")[began:] == [
        *("promotion-started", "gate", "approved", "apply-started", "applied"),
        *("verified", "promoted"),
    ]
    assert bed.succeed(*PROMOTE).json["result"]["status"] == "already"


def test_code_that_makes_prod_ill_is_not_answered_with_an_older_release(proved: Proved) -> None:
    bed, release = proved.bed, proved.release
    bed.succeed(*PROMOTE)
    bed.without_gate("prod", "alarms-ok")
    change_code(bed, "ill")
    prove(bed)
    bed.ring("prod", "ALARM")
    answer = bed.infra(*PROMOTE)
    failure = answer.json["error"]
    assert (answer.code, failure["reason"]) == (21, "unhealthy"), answer.out
    assert "with this code it is not" in failure["message"]
    assert "Revert the change of the code" in failure["hint"]
    assert bed.running("prod") == release.image_digest
    assert bed.kinds("prod")[-2:] == ["unhealthy", "promotion-failed"]

    bed.ring("prod", "OK")
    change_code(bed, "mended")
    prove(bed)
    assert bed.succeed(*PROMOTE).json["result"]["status"] == "promoted"
    assert code(bed, "prod") == "mended"
