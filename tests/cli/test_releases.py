"""infra release: from an image that was pushed to a pin in git."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import pytest

from harness.checkout import Checkout, make_checkout
from infra import accounts
from infra.environments import load_environment
from infra.repository import Repository

CREATE = ("release", "create", "--data", "trends-1", "--model", "ranker-1", "--json")


@pytest.fixture(scope="module")
def shared(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """A checkout whose two environments have a registry each; dev comes before staging."""
    made = make_checkout(tmp_path_factory.mktemp("releases") / "checkout")
    path = made.file("environment.yaml")
    path.write_text(path.read_text().replace("promotes_from: null", "promotes_from: dev"))
    for name in ("dev", "staging"):
        registry(made, name).create_repository(repositoryName="app")
    yield made
    made.close()


@pytest.fixture
def checkout(shared: Checkout) -> Any:
    """The same without releases and pins."""
    yield shared
    for path in shared.root.glob("releases/*"):
        path.unlink()
    for path in shared.root.glob("environments/*/release.auto.tfvars.json"):
        path.unlink()


def registry(checkout: Checkout, name: str) -> Any:
    endpoint = checkout.cloud.ensure_started().endpoint
    environment = load_environment(Repository(checkout.root), name)
    credentials = accounts.assume_role(environment, endpoint)
    return accounts.client("ecr", environment, endpoint, credentials)


@pytest.fixture(scope="module")
def image(shared: Checkout) -> Any:
    """An image in dev's registry."""
    return shared.infra("local", "image", "push", "dev", "--json").json["result"]


def files(checkout: Checkout) -> list[Path]:
    return sorted(checkout.root.glob("releases/*"))


def test_a_release_is_made_shown_listed_and_pinned(checkout: Checkout, image: Any) -> None:
    made = checkout.infra(*CREATE, "--image", image["digest"], "--pin", "dev")
    assert made.code == 0, made.err + made.out
    result = made.json["result"]
    (path,) = files(checkout)
    assert result["file"] == f"releases/{path.name}"
    assert (result["new"], result["pinned"]) == (True, ["dev"])
    assert (
        result["release"]["code"]["git_sha"] == image["labels"]["org.opencontainers.image.revision"]
    )
    again = checkout.infra(*CREATE, "--image", image["digest"]).json["result"]
    assert (again["id"], again["new"], files(checkout)) == (result["id"], False, [path])

    pin = json.loads(checkout.file("release.auto.tfvars.json", "dev").read_text())["release"]
    assert (pin["id"], pin["image_digest"]) == (result["id"], image["digest"])
    pinned = checkout.infra("release", "pin", "staging", result["id"], "--json").json["result"]
    assert (pinned["release"], pinned["before"]) == (pin, None)

    shown = checkout.infra("release", "show", result["id"])
    assert (shown.code, "pinned in dev, staging" in shown.out) == (0, True)
    assert image["digest"] in shown.out.replace("\n", "").replace(" ", "")
    (listed,) = checkout.infra("release", "list", "--json").json["result"]["releases"]
    assert (listed["id"], listed["pinned"]) == (result["id"], ["dev", "staging"])


def test_two_releases_are_compared(checkout: Checkout, image: Any) -> None:
    one, two = (
        checkout.infra(*CREATE, "--image", image["digest"], "--model", model).json["result"]["id"]
        for model in ("ranker-1", "ranker-2")
    )
    answer = checkout.infra("release", "diff", one, two, "--json")
    assert answer.code == 2
    assert answer.json["result"]["differences"] == [
        {"artifact": "model", "name": "version", "before": "ranker-1", "after": "ranker-2"}
    ]
    assert "ranker-2" in checkout.infra("release", "diff", one, two).out
    assert checkout.infra("release", "diff", one, one).code == 0


def test_an_image_that_is_not_in_the_registry_makes_no_release(
    checkout: Checkout, image: Any
) -> None:
    nowhere = checkout.infra(*CREATE, "--image", "sha256:" + "0" * 64, "--pin", "dev")
    elsewhere = checkout.infra(*CREATE, "--image", image["digest"], "--registry", "staging")
    for answer in (nowhere, elsewhere):
        assert (answer.code, answer.json["error"]["reason"]) == (10, "image-missing")
    assert files(checkout) == []
    assert not checkout.file("release.auto.tfvars.json", "dev").exists()


@pytest.mark.parametrize(
    ("arguments", "reason", "told"),
    [
        (["--image", "app:v1"], "release-invalid", "a tag can be moved"),
        (["--image", "\x1b[31mv1"], "release-invalid", "a tag can be moved"),
        (["--image", "sha256:1"], "release-invalid", "is not a digest"),
        (["--code", "HEAD"], "release-invalid", "code.git_sha"),
        (["--model", "a\nb"], "release-invalid", "model.version"),
        (["--model", "m" * 5000], "release-invalid", "model.version"),
        (["--data", "-x"], "release-invalid", "data.version"),
        (["--pipeline-run", "\x07"], "release-invalid", "lineage.pipeline_run"),
        (["--parent-release", "r-" + "0" * 16], "release-unknown", "There is no release"),
        (["--metrics", "none.json"], "release-invalid", "can't be read"),
        (["--registry", "nowhere"], "environment-unknown", "nowhere"),
        (["--pin", "nowhere"], "environment-unknown", "nowhere"),
        (["--repository", "\x1b[31m"], "registry", "no image repository"),
    ],
)
def test_what_no_release_can_say_is_refused(
    checkout: Checkout, image: Any, arguments: list[str], reason: str, told: str
) -> None:
    answer = checkout.infra(*CREATE, "--image", image["digest"], *arguments)
    error = answer.json["error"]
    assert (error["reason"], told in error["message"]) == (reason, True), error
    assert (error["message"] + error["hint"]).isprintable()
    assert files(checkout) == []


@pytest.mark.mode(57, "release-invalid")
def test_an_edited_release_is_refused_everywhere(checkout: Checkout, image: Any) -> None:
    release = checkout.infra(*CREATE, "--image", image["digest"]).json["result"]["id"]
    (path,) = files(checkout)
    path.write_text(path.read_text().replace("ranker-1", "ranker-9"))
    for command in (
        ("show", release),
        ("list",),
        ("pin", "dev", release),
        ("diff", release, release),
    ):
        answer = checkout.infra("release", *command, "--json")
        assert (answer.code, answer.json["error"]["reason"]) == (1, "release-invalid")
    assert not checkout.file("release.auto.tfvars.json", "dev").exists()
