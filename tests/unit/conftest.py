"""A small pretend checkout, made of files alone."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.github import Hub, serving
from infra.repository import Repository

ENVIRONMENT_YAML = """\
name: {name}
account_id: "222222222222"
region: eu-west-1
target: local
promotes_from: null
"""

BACKEND_TF = """\
terraform {
  backend "s3" {
    bucket              = "state-222222222222"
    key                 = "staging/terraform.tfstate"
    region              = "eu-west-1"
    use_lockfile        = true
    allowed_account_ids = ["222222222222"]
  }
}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """A checkout with the environments dev and staging."""
    (tmp_path / "modules").mkdir()
    for name in ("dev", "staging"):
        folder = tmp_path / "environments" / name
        folder.mkdir(parents=True)
        (folder / "environment.yaml").write_text(ENVIRONMENT_YAML.format(name=name))
        (folder / "backend.tf").write_text(BACKEND_TF)
    return Repository(tmp_path)


@pytest.fixture
def edit(repository: Repository) -> Callable[[str, str, str], None]:
    """Replace text in a file of the staging environment."""

    def replace(file: str, old: str, new: str) -> None:
        path = repository.environments / "staging" / file
        text = path.read_text()
        assert old in text
        path.write_text(text.replace(old, new))

    return replace


@pytest.fixture
def hub() -> Iterator[Hub]:
    """GitHub on loopback, which knows a repository and nothing in it."""
    with serving() as made:
        yield made
