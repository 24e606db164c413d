"""backend.tf must agree with environment.yaml, because Terraform can't make it."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.backend import load_backend
from infra.environments import load_environment
from infra.errors import EnvironmentFileError
from infra.repository import Repository

Edit = Callable[[str, str, str], None]


def test_the_backend_is_read(repository: Repository) -> None:
    backend = load_backend(load_environment(repository, "staging"))
    assert backend.bucket == "state-222222222222"
    assert backend.key == "staging/terraform.tfstate"
    assert backend.region == "eu-west-1"


def test_another_account_in_the_backend_is_refused(repository: Repository, edit: Edit) -> None:
    edit("backend.tf", '["222222222222"]', '["333333333333"]')
    with pytest.raises(EnvironmentFileError, match=r"allowed_account_ids is .*333333333333"):
        load_backend(load_environment(repository, "staging"))


def test_a_second_allowed_account_is_refused(repository: Repository, edit: Edit) -> None:
    edit("backend.tf", '["222222222222"]', '["222222222222", "333333333333"]')
    with pytest.raises(EnvironmentFileError, match="allowed_account_ids"):
        load_backend(load_environment(repository, "staging"))


@pytest.mark.mode(25, "environment-invalid")
def test_another_region_in_the_backend_is_refused(repository: Repository, edit: Edit) -> None:
    edit("backend.tf", '"eu-west-1"', '"us-east-1"')
    with pytest.raises(EnvironmentFileError, match="region is us-east-1"):
        load_backend(load_environment(repository, "staging"))


@pytest.mark.parametrize(
    ("old", "new"),
    [
        ('    bucket              = "state-222222222222"\n', ""),
        ('backend "s3"', 'backend "local"'),
        ("terraform {", "terraform {{"),
    ],
)
def test_an_incomplete_backend_is_refused(
    repository: Repository, edit: Edit, old: str, new: str
) -> None:
    edit("backend.tf", old, new)
    with pytest.raises(EnvironmentFileError, match=r"staging/backend\.tf is not a terraform block"):
        load_backend(load_environment(repository, "staging"))
