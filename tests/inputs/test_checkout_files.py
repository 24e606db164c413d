"""Files of a checkout that a person writes: taken, or refused in one sentence, and left alone."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness import hostile
from harness.harmless import judge, look, printed
from infra import differences, environments, rendering
from infra.backend import load_backend
from infra.errors import InfraError, UnknownEnvironmentError
from infra.gates import declared
from infra.gates.exceptions import exceptions_of
from infra.releases import Release, pinned_release
from infra.releases.collection import Wanted, collect
from infra.releases.pins import pinned_release_id
from infra.releases.store import load_release
from infra.repository import Repository
from infra.values import effective_values
from infra.verification.settings import settings
from inputs.valid import (
    BACKEND_TF,
    CANARY,
    ENVIRONMENT,
    EXCEPTIONS,
    EXPLANATIONS,
    MADE,
    RELEASE,
    TFVARS,
    write_checkout,
)

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)


@pytest.fixture(scope="module")
def repository(scratch: Path) -> Repository:
    """A checkout with dev and staging."""
    for folder in write_checkout(scratch):
        (folder / "variables.tf").write_text('variable "token" {\n  sensitive = true\n}\n')
        (folder / "release.auto.tfvars.json").write_bytes(hostile.as_json({"release": MADE.pin()}))
    return Repository(scratch)


@contextlib.contextmanager
def swapped(repository: Repository, path: Path, content: bytes) -> Iterator[None]:
    """A file of the checkout that is something else for a moment; nothing else may change."""
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(content)
    all_files = look(repository.root)
    try:
        yield
        assert look(repository.root) == all_files
    finally:
        if before is None:
            path.unlink()
        else:
            path.write_bytes(before)


def says_no_secret(failure: InfraError | None) -> None:
    """Values are secrets until somebody says otherwise: none is quoted."""
    if failure is not None:
        assert CANARY not in f"{failure.message} {failure.hint} {failure.details}"


@pytest.mark.mode(29, "environment-unknown")
@given(hostile.texts())
@example("a" * 100_000)
def test_the_name_of_an_environment(repository: Repository, name: str) -> None:
    before = look(repository.root)
    failure = judge(lambda: environments.load_environment(repository, name))
    assert (failure is None) == (name in ("dev", "staging"))
    assert failure is None or isinstance(failure, UnknownEnvironmentError)
    assert look(repository.root) == before


@given(hostile.yaml_files(ENVIRONMENT))
@example(b"name: .inf")
@example(b'"\\e[2J\\u202e": 1')
@example(b"name: 0x" + b"f" * 10_000)
@example(b"name: 2026-13-45")
@example(b"gates: " + b"[" * 5000)
@example(b"region: " + b"1:" * 2000 + b"1.5")
def test_environment_yaml(repository: Repository, content: bytes) -> None:
    def load() -> None:
        found = environments.load_environment(repository, "staging")
        declared(found)
        settings(found, found.target)

    with swapped(repository, repository.environments / "staging" / "environment.yaml", content):
        judge(load)


@given(hostile.yaml_files(EXCEPTIONS))
def test_the_file_of_exceptions(repository: Repository, content: bytes) -> None:
    staging = environments.load_environment(repository, "staging")
    with swapped(repository, repository.environments / "exceptions.yaml", content):
        judge(lambda: exceptions_of(repository, staging, NOW).allow("destroy", "*"))


@given(hostile.yaml_files(EXPLANATIONS))
def test_the_file_of_explained_differences(repository: Repository, content: bytes) -> None:
    with swapped(repository, repository.environments / "differences.yaml", content):
        judge(lambda: differences.load_explanations(repository))


@given(hostile.hcl_files(BACKEND_TF))
@example(BACKEND_TF.replace("staging/", "a/../../prod/").encode())
@example(BACKEND_TF.replace("state-", "../").encode())
def test_backend_tf(repository: Repository, content: bytes) -> None:
    staging = environments.load_environment(repository, "staging")
    with swapped(repository, staging.directory / "backend.tf", content):
        judge(lambda: load_backend(staging))


@pytest.mark.parametrize("wrong", ["../x", "a/../b", "/a", "a//b", "a/", "a/./b", "$(id)", "a b"])
def test_a_state_is_kept_where_its_key_says(repository: Repository, wrong: str) -> None:
    """Terraform takes some of these, and then writes the state of another environment."""
    staging = environments.load_environment(repository, "staging")
    content = BACKEND_TF.replace("staging/terraform.tfstate", wrong).encode()
    with swapped(repository, staging.directory / "backend.tf", content):
        failure = judge(lambda: load_backend(staging))
    assert failure is not None and "key is" in failure.message


@given(hostile.hcl_files(TFVARS))
@example(b"a = [" + b"1, " * 50_000 + b"1]")
def test_terraform_tfvars(repository: Repository, content: bytes) -> None:
    staging = environments.load_environment(repository, "staging")
    with swapped(repository, staging.directory / "terraform.tfvars", content):
        says_no_secret(judge(lambda: effective_values(staging)))


@given(hostile.hcl_files('variable "a" {\n  type = string\n  default = "b"\n}\n'))
def test_a_file_of_variables(repository: Repository, content: bytes) -> None:
    staging = environments.load_environment(repository, "staging")
    with swapped(repository, staging.directory / "variables.tf", content):
        judge(lambda: differences.compare(repository, "dev", "staging"))


@given(hostile.json_files({"token": CANARY, "scaling": {"min": 1}, "names": ["a"]}))
def test_values_as_json(repository: Repository, content: bytes) -> None:
    staging = environments.load_environment(repository, "staging")
    with swapped(repository, staging.directory / "more.auto.tfvars.json", content):
        says_no_secret(judge(lambda: effective_values(staging)))
        said: list[object] = []
        compare = differences.compare
        judge(lambda: said.append(rendering.comparison(compare(repository, "dev", "staging"))))
        # Under another name, or twice, it is no secret of which anybody has said so.
        if b'"token": ' in content and content.count(b"canary") == 1:
            assert all(CANARY not in printed(one) for one in said)


@given(hostile.json_files(RELEASE))
def test_the_file_of_a_release(repository: Repository, content: bytes) -> None:
    with swapped(repository, repository.root / "releases" / f"{MADE.id}.json", content):
        failure = judge(lambda: load_release(repository, MADE.id))
        assert (failure is None) == (content == MADE.content)


@given(hostile.texts())
def test_the_id_of_a_release(repository: Repository, text: str) -> None:
    failure = judge(lambda: load_release(repository, text))
    assert failure is not None or text == MADE.id


@given(hostile.json_files({"release": MADE.pin()}))
def test_a_pin(repository: Repository, content: bytes) -> None:
    staging = environments.load_environment(repository, "staging")
    with swapped(repository, staging.directory / "release.auto.tfvars.json", content):
        judge(lambda: pinned_release_id(repository, staging))
        judge(lambda: pinned_release(repository, staging))


@given(
    hostile.json_files({"auc": 0.9, "loss": {"train": 0.1}}),
    hostile.texts(),
    st.sampled_from(["image", "code", "data", "model", "thresholds", "lineage"]),
)
def test_what_a_release_is_made_of(
    repository: Repository, metrics: bytes, text: str, place: str
) -> None:
    path = repository.root / "releases" / "metrics.json"
    said: dict[str, Any] = {"image": "sha256:" + "a" * 64, "model": "m", "code": "0" * 40}
    said |= {"data": "d", "metrics": path}
    said[place] = {"thresholds": [text], "lineage": {"pipeline_run": text}}.get(place, text)
    versions = repository.environments / "dev" / "versions.tf"
    version = b'terraform {\n  required_version = ">= 1.11"\n}\n'
    with swapped(repository, path, metrics), swapped(repository, versions, version):
        judge(lambda: Release.of(collect(repository, Wanted(**said), None)))
