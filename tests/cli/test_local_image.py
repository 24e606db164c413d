"""infra local image push: what a build would push."""

from __future__ import annotations

import hashlib
import json
from typing import Any

import pytest

from harness.checkout import ACCOUNTS, Checkout
from infra import accounts
from infra.environments import load_environment
from infra.repository import Repository

PUSH = ("local", "image", "push", "staging")


def ecr(checkout: Checkout) -> Any:
    """ECR in the account of staging."""
    endpoint = checkout.cloud.ensure_started().endpoint
    environment = load_environment(Repository(checkout.root), "staging")
    credentials = accounts.assume_role(environment, endpoint)
    return accounts.client("ecr", environment, endpoint, credentials)


@pytest.fixture
def registry(checkout: Checkout) -> Any:
    """ECR in the account of staging, with a repository."""
    client = ecr(checkout)
    client.create_repository(repositoryName="app", imageTagMutability="IMMUTABLE")
    return client


def test_each_push_is_an_image_of_its_own(checkout: Checkout, registry: Any) -> None:
    first, second = (checkout.infra(*PUSH, "--json") for _ in range(2))
    assert (first.code, second.code) == (0, 0), first.out + second.out
    results = [answer.json["result"] for answer in (first, second)]
    assert results[0]["digest"] != results[1]["digest"]
    for result in results:
        host = f"{ACCOUNTS['staging']}.dkr.ecr.eu-west-1.amazonaws.com"
        assert result["reference"] == f"{host}/app@{result['digest']}"
        assert result["tag"].startswith("release-")
        named = [{"imageTag": result["tag"]}]
        (image,) = registry.batch_get_image(repositoryName="app", imageIds=named)["images"]
        manifest = image["imageManifest"].encode()
        assert result["digest"] == "sha256:" + hashlib.sha256(manifest).hexdigest()
        layers = [blob["digest"] for blob in json.loads(manifest)["layers"]]
        there = registry.batch_check_layer_availability(repositoryName="app", layerDigests=layers)
        assert [layer["layerAvailability"] for layer in there["layers"]] == ["AVAILABLE"]
    assert "local-cloud.health" not in results[0]["labels"]


def test_a_person_is_told_the_digest_and_the_reference(checkout: Checkout, registry: Any) -> None:
    answer = checkout.infra(*PUSH, "--tag", "release-1")
    (listed,) = registry.list_images(repositoryName="app")["imageIds"]
    pushed, digest, reference = answer.out.splitlines()
    assert pushed == "Pushed app:release-1."
    assert digest == listed["imageDigest"]
    assert reference.endswith(f"/app@{digest}")


def test_an_image_says_what_it_was_labelled_with(checkout: Checkout, registry: Any) -> None:
    assert registry
    labels = ("--label", "team=trends", "--label", "note=a=b")
    answer = checkout.infra(*PUSH, "--unhealthy", *labels, "--json")
    found = answer.json["result"]["labels"]
    assert (found["team"], found["note"]) == ("trends", "a=b")
    assert found["local-cloud.health"] == "unhealthy"


def test_an_image_is_ill_in_the_accounts_of_other_environments(
    checkout: Checkout, registry: Any
) -> None:
    assert registry
    answer = checkout.infra(*PUSH, "--unhealthy-in", "dev", "--json")
    found = answer.json["result"]["labels"]
    assert found["local-cloud.unhealthy-in"] == ACCOUNTS["dev"]
    assert "local-cloud.health" not in found
    wrong = checkout.infra(*PUSH, "--unhealthy-in", "nowhere", "--json")
    assert (wrong.code, wrong.json["error"]["reason"]) == (1, "environment-unknown")


def test_a_tag_that_is_taken_is_told(checkout: Checkout, registry: Any) -> None:
    assert registry
    assert checkout.infra(*PUSH, "--tag", "release-1").code == 0
    answer = checkout.infra(*PUSH, "--tag", "release-1", "--json")
    assert (answer.code, answer.json["error"]["reason"]) == (1, "registry")
    assert "The image tag 'release-1' already exists" in answer.json["error"]["message"]


def test_without_a_repository_or_with_several_it_says_what_to_do(checkout: Checkout) -> None:
    client = ecr(checkout)
    answer = checkout.infra(*PUSH)
    assert answer.code == 1
    assert "infra apply staging" in answer.err
    for name in ("one", "two"):
        client.create_repository(repositoryName=name)
    answer = checkout.infra(*PUSH)
    assert answer.code == 1
    assert "--repository: one, two" in answer.err
    assert checkout.infra(*PUSH, "--repository", "two").code == 0
    assert len(client.list_images(repositoryName="two")["imageIds"]) == 1
    answer = checkout.infra(*PUSH, "--repository", "three")
    assert (answer.code, "three" in answer.err) == (1, True)


def test_a_label_without_a_value_is_refused(checkout: Checkout) -> None:
    answer = checkout.infra(*PUSH, "--label", "team", "--json")
    assert (answer.code, answer.json["error"]["reason"]) == (1, "usage")
    assert "KEY=VALUE" in answer.json["error"]["message"]
