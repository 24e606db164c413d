"""The module ecr_repository: tags that stay, scans, encryption, and which images are kept."""

from __future__ import annotations

import fnmatch
import json
from collections.abc import Mapping
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.applied import Applied, statements
from harness.plan_text import REPLACE

pytestmark = pytest.mark.terraform

MODULE = "ecr_repository"
EXTRA = """
module "kms_key" {
  source = "../../modules/kms_key"

  name        = "trending-now-images"
  description = "Images of the trending-now example."
}

resource "aws_iam_role" "puller" {
  name = "puller"
  assume_role_policy = jsonencode({
    Version   = "2012-10-17"
    Statement = [{ Effect = "Allow", Action = "sts:AssumeRole", Principal = { Service = "ecs.amazonaws.com" } }]
  })
}

module "shared" {
  source = "../../modules/ecr_repository"

  name                = "trending-now/shared"
  build_image_count   = 7
  build_tag_pattern   = "ci-*"
  force_delete        = true
  kms_key_arn         = module.kms_key.arn
  pull_principal_arns = { puller = aws_iam_role.puller.arn }
  release_tag_pattern = "v*"
  untagged_days       = 3
}

output "ecr_repository" { value = module.ecr_repository }
output "shared" { value = module.shared }
output "key" { value = module.kms_key.arn }
output "puller" { value = aws_iam_role.puller.arn }
"""  # noqa: E501

REPOSITORIES = ("ecr_repository", "shared")


def described(applied: Applied, output: str) -> Any:
    """A repository, as ECR describes it."""
    names = [applied.outputs[output]["name"]]
    (found,) = applied.client("ecr").describe_repositories(repositoryNames=names)["repositories"]
    return found


def test_outputs_are_what_ecr_has(applied: Applied) -> None:
    for output in REPOSITORIES:
        outputs, found = applied.outputs[output], described(applied, output)
        assert outputs["arn"] == found["repositoryArn"]
        assert outputs["url"] == found["repositoryUri"]
        assert outputs["registry_id"] == found["registryId"] == applied.account.account_id
        stored = applied.client("ecr").get_lifecycle_policy(repositoryName=outputs["name"])
        assert json.loads(outputs["lifecycle_policy_json"]) == json.loads(
            stored["lifecyclePolicyText"]
        )


@pytest.mark.parametrize("output", REPOSITORIES)
def test_tags_can_not_be_moved_and_images_are_scanned(applied: Applied, output: str) -> None:
    found = described(applied, output)
    assert found["imageTagMutability"] == "IMMUTABLE"
    assert found.get("imageTagMutabilityExclusionFilters", []) == []
    assert found["imageScanningConfiguration"] == {"scanOnPush": True}


def test_images_are_encrypted_with_kms(applied: Applied) -> None:
    assert described(applied, "ecr_repository")["encryptionConfiguration"]["encryptionType"] == (
        "KMS"
    )
    assert described(applied, "shared")["encryptionConfiguration"] == {
        "encryptionType": "KMS",
        "kmsKey": applied.outputs["key"],
    }


def lifecycle(applied: Applied, output: str) -> Any:
    """The rules of a repository's lifecycle policy, without their descriptions."""
    name = applied.outputs[output]["name"]
    stored = applied.client("ecr").get_lifecycle_policy(repositoryName=name)
    policy = json.loads(stored["lifecyclePolicyText"])
    assert policy.keys() == {"rules"}
    for rule in policy["rules"]:
        rule.pop("description")
    return policy["rules"]


def expired(rules: Any, images: list[tuple[str, set[str], int]]) -> set[str]:
    """What ECR would expire of images, which have a digest, tags and an age in days.

    "Lifecycle policies in Amazon ECR": rules go by priority, and an image that matches the tagging
    requirements of a rule cannot be expired by a later one.
    """
    gone: set[str] = set()
    claimed: set[str] = set()
    for rule in sorted(rules, key=lambda item: item["rulePriority"]):
        selection = rule["selection"]
        matching = [image for image in images if _is_selected(selection, image[1])]
        newest_first = sorted(matching, key=lambda image: image[2])
        if selection["countType"] == "imageCountMoreThan":
            old = newest_first[selection["countNumber"] :]
        else:
            old = [image for image in matching if image[2] > selection["countNumber"]]
        gone |= {digest for digest, *_ in old} - claimed
        claimed |= {digest for digest, *_ in matching}
    return gone


def _is_selected(selection: Mapping[str, Any], tags: set[str]) -> bool:
    if selection["tagStatus"] == "untagged":
        return not tags
    # Every pattern must be met by some tag.
    return all(fnmatch.filter(tags, pattern) for pattern in selection["tagPatternList"])


@pytest.mark.parametrize(
    ("output", "releases", "builds", "count", "days"),
    [("ecr_repository", "release-*", "build-*", 50, 14), ("shared", "v*", "ci-*", 7, 3)],
)
def test_lifecycle_rules_are_as_configured(
    applied: Applied, output: str, releases: str, builds: str, count: int, days: int
) -> None:
    def tagged(pattern: str, number: int) -> dict[str, Any]:
        return {
            "tagStatus": "tagged",
            "tagPatternList": [pattern],
            "countType": "imageCountMoreThan",
            "countNumber": number,
        }

    untagged = {
        "tagStatus": "untagged",
        "countType": "sinceImagePushed",
        "countUnit": "days",
        "countNumber": days,
    }
    selections = [tagged(releases, 999999), tagged(builds, count), untagged]
    assert lifecycle(applied, output) == [
        {"rulePriority": priority, "selection": selection, "action": {"type": "expire"}}
        for priority, selection in enumerate(selections, 1)
    ]


def test_an_image_with_a_release_tag_never_expires(applied: Applied) -> None:
    # given more releases than anybody keeps, each a build as well, and newer builds and leftovers
    releases = [(f"release{n}", {f"release-{n}", f"build-{n}"}, 1000 + n) for n in range(300)]
    builds = [(f"build{n}", {f"build-1{n}"}, n) for n in range(60)]
    others = [("named", {"cache"}, 900), ("fresh", set[str](), 14), ("stale", set[str](), 15)]
    # when ECR applies the rules
    gone = expired(lifecycle(applied, "ecr_repository"), [*releases, *builds, *others])
    # then of the tagged images only the oldest builds go
    assert gone == {f"build{n}" for n in range(50, 60)} | {"stale"}


def test_without_principals_nobody_else_may_pull(applied: Applied) -> None:
    with pytest.raises(ClientError) as caught:
        applied.client("ecr").get_repository_policy(
            repositoryName=applied.outputs["ecr_repository"]["name"]
        )
    assert caught.value.response["Error"]["Code"] == "RepositoryPolicyNotFoundException"


def test_the_principals_that_are_named_may_pull_and_no_more(applied: Applied) -> None:
    stored = applied.client("ecr").get_repository_policy(
        repositoryName=applied.outputs["shared"]["name"]
    )
    assert statements(stored["policyText"]) == {
        "Pull": {
            "Effect": "Allow",
            "Action": [
                "ecr:BatchCheckLayerAvailability",
                "ecr:BatchGetImage",
                "ecr:DescribeImages",
                "ecr:GetDownloadUrlForLayer",
            ],
            "Principal": {"AWS": [applied.outputs["puller"]]},
        }
    }


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_a_new_name_replaces_the_repository_and_its_lifecycle(applied: Applied) -> None:
    changes = applied.planned_changes('module "ecr_repository" {\n  name = "another"\n}')
    assert changes == {
        "module.ecr_repository.aws_ecr_repository.this": REPLACE,
        "module.ecr_repository.aws_ecr_lifecycle_policy.this": REPLACE,
    }


def test_a_new_key_replaces_the_repository(applied: Applied) -> None:
    changes = applied.planned_changes(
        'module "ecr_repository" {\n  kms_key_arn = module.kms_key.arn\n}'
    )
    assert changes == {
        "module.ecr_repository.aws_ecr_repository.this": REPLACE,
        "module.ecr_repository.aws_ecr_lifecycle_policy.this": REPLACE,
    }


def test_a_replaced_repository_gets_its_permissions_back_in_the_same_plan(
    applied: Applied,
) -> None:
    changes = applied.planned_changes('module "shared" {\n  name = "another"\n}')
    assert changes == {
        "module.shared.aws_ecr_repository.this": REPLACE,
        "module.shared.aws_ecr_lifecycle_policy.this": REPLACE,
        "module.shared.aws_ecr_repository_policy.pull[0]": REPLACE,
    }


def test_a_key_that_is_taken_out_of_the_call_stays_with_the_repository(applied: Applied) -> None:
    assert applied.planned_changes('module "shared" {\n  kms_key_arn = null\n}') == {}


def test_what_is_kept_changes_without_touching_the_repository(applied: Applied) -> None:
    changes = applied.planned_changes('module "ecr_repository" {\n  build_image_count = 51\n}')
    assert changes == {"module.ecr_repository.aws_ecr_lifecycle_policy.this": REPLACE}


def test_images_are_not_destroyed_unless_that_was_asked(applied: Applied) -> None:
    found = {r["address"]: r["values"] for r in applied.resources("aws_ecr_repository")}
    example = found["module.ecr_repository.aws_ecr_repository.this"]
    assert not example["force_delete"]
    assert found["module.shared.aws_ecr_repository.this"]["force_delete"] is True
