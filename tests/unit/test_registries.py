"""Which repository is an environment's own, and the way to its layers."""

from __future__ import annotations

from collections.abc import Iterator
from types import SimpleNamespace
from typing import Any

import boto3
import pytest
from botocore.stub import Stubber

from infra import layers, registries
from infra.environments import Environment, load_environment
from infra.errors import RegistryError
from infra.repository import Repository

OWN = "trending-now-staging"
VARIABLES_TF = 'variable "project" {\n  default = "trending-now"\n}\n'


@pytest.fixture
def environment(repository: Repository) -> Environment:
    (repository.environments / "staging" / "variables.tf").write_text(VARIABLES_TF)
    return load_environment(repository, "staging")


@pytest.fixture
def ecr() -> Any:
    return boto3.client(
        "ecr", region_name="eu-west-1", aws_access_key_id="x", aws_secret_access_key="x"
    )


@pytest.fixture
def answers(ecr: Any) -> Iterator[Stubber]:
    """What ECR says, in this order; the test fails when it was not asked for all of it."""
    with Stubber(ecr) as stubber:
        yield stubber
        stubber.assert_no_pending_responses()


def there(*names: str) -> dict[str, Any]:
    return {"repositories": [{"repositoryName": name} for name in names]}


def test_the_only_repository_is_the_one(
    ecr: Any, answers: Stubber, environment: Environment
) -> None:
    answers.add_response("describe_repositories", there("any"), {})
    assert registries.choose(ecr, environment)["repositoryName"] == "any"


def test_of_several_it_is_the_one_that_is_called_like_the_environment(
    ecr: Any, answers: Stubber, environment: Environment
) -> None:
    answers.add_response("describe_repositories", there("other", OWN), {})
    assert registries.choose(ecr, environment)["repositoryName"] == OWN


def test_who_may_see_its_own_alone_is_not_asked_for_all(
    ecr: Any, answers: Stubber, environment: Environment
) -> None:
    answers.add_client_error("describe_repositories", "AccessDeniedException")
    answers.add_response("describe_repositories", there(OWN), {"repositoryNames": [OWN]})
    assert registries.choose(ecr, environment)["repositoryName"] == OWN


def test_without_any_it_says_what_to_do(
    ecr: Any, answers: Stubber, environment: Environment
) -> None:
    answers.add_response("describe_repositories", there(), {})
    answers.add_client_error("describe_repositories", "RepositoryNotFoundException")
    with pytest.raises(RegistryError) as caught:
        registries.choose(ecr, environment)
    assert "infra apply staging" in caught.value.hint


def client(endpoint: str, proxies: dict[str, str] | None = None) -> Any:
    return SimpleNamespace(
        meta=SimpleNamespace(endpoint_url=endpoint, config=SimpleNamespace(proxies=proxies))
    )


LOCAL = "http://127.0.0.1:5000"
AWS = "https://api.ecr.eu-west-1.amazonaws.com"
LAYER = "https://layers.s3.eu-west-1.amazonaws.com/x?X-Amz-Signature=secret"


def test_a_layer_is_fetched_through_the_proxies_of_the_run(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HTTPS_PROXY", "http://proxy.example.com:3128")
    assert layers.proxies(client(AWS), LAYER)["https"] == "http://proxy.example.com:3128"
    own = {"https": "http://own.example.com"}
    assert layers.proxies(client(AWS, own), LAYER) == own
    monkeypatch.setenv("NO_PROXY", ".amazonaws.com")
    assert layers.proxies(client(AWS), LAYER) == {}


def test_a_layer_of_the_local_cloud_is_on_this_machine() -> None:
    assert layers.proxies(client(LOCAL, {}), f"{LOCAL}/local/layer") == {}
    for endpoint, url in (
        (LOCAL, LAYER),
        (LOCAL, "http://127.0.0.1.example.com/x?X-Amz-Signature=secret"),
        (AWS, LAYER.replace("https", "http")),
    ):
        with pytest.raises(RegistryError) as caught:
            layers.proxies(client(endpoint), url)
        assert "secret" not in caught.value.message
