"""environment.yaml: what is accepted, and what is said of the rest."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from infra.environments import environment_names, load_environment
from infra.errors import EnvironmentFileError, UnknownEnvironmentError
from infra.repository import Repository

Edit = Callable[[str, str, str], None]


def test_a_complete_file_is_read(repository: Repository) -> None:
    environment = load_environment(repository, "staging")
    assert environment.name == "staging"
    assert environment.account_id == "222222222222"
    assert environment.region == "eu-west-1"
    assert environment.target == "local"
    assert environment.promotes_from is None
    assert environment.directory == repository.environments / "staging"


def test_environments_come_in_promotion_order(repository: Repository) -> None:
    prod = repository.environments / "prod"
    prod.mkdir()
    (prod / "environment.yaml").write_text("name: prod\n")
    assert environment_names(repository) == ["dev", "staging", "prod"]


def test_an_unknown_name_lists_the_right_ones(repository: Repository) -> None:
    with pytest.raises(UnknownEnvironmentError) as caught:
        load_environment(repository, "stagin")
    assert "'stagin'" in caught.value.message
    assert "Did you mean staging?" in caught.value.hint
    assert "dev, staging" in caught.value.hint


@pytest.mark.parametrize(
    "name",
    ["../prod", "..", "", "staging/../dev", "-destroy", "a\x1b[31mb", "\u017ftaging", "x" * 300],
)
def test_a_name_is_never_used_as_a_path(repository: Repository, name: str) -> None:
    with pytest.raises(UnknownEnvironmentError) as caught:
        load_environment(repository, name)
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 120


@pytest.mark.parametrize(
    ("old", "new", "expected"),
    [
        ('account_id: "222222222222"', "account_id: 222222222222", "twelve digits in quotes"),
        ('account_id: "222222222222"', 'account_id: "22222"', "twelve digits in quotes"),
        ("region: eu-west-1", "region: Ireland", "an AWS region, such as eu-west-1"),
        ("target: local", "target: cloud", "local or aws"),
        ("target: local", "target: [local]", "local or aws"),
        ("promotes_from: null", "promotes_from: 3", "another environment's name, or null"),
    ],
)
def test_a_wrong_value_names_the_key_and_what_was_expected(
    repository: Repository, edit: Edit, old: str, new: str, expected: str
) -> None:
    edit("environment.yaml", old, new)
    with pytest.raises(EnvironmentFileError) as caught:
        load_environment(repository, "staging")
    assert caught.value.message.startswith(
        f"environments/staging/environment.yaml: {old.split(':')[0]} is "
    )
    assert expected in caught.value.hint


def test_a_missing_key_is_named(repository: Repository, edit: Edit) -> None:
    edit("environment.yaml", "region: eu-west-1\n", "")
    with pytest.raises(EnvironmentFileError, match="lacks the key region"):
        load_environment(repository, "staging")


def test_a_misspelt_key_gets_a_suggestion(repository: Repository, edit: Edit) -> None:
    edit("environment.yaml", "region:", "regoin:")
    with pytest.raises(EnvironmentFileError, match="unknown key: regoin") as caught:
        load_environment(repository, "staging")
    assert "Did you mean region?" in caught.value.hint


def test_broken_yaml_is_told_with_its_line(repository: Repository, edit: Edit) -> None:
    edit("environment.yaml", "region: eu-west-1", "region: [eu-west-1")
    with pytest.raises(EnvironmentFileError, match=r"not valid YAML at line \d+, column \d+"):
        load_environment(repository, "staging")


def test_a_list_in_place_of_keys_is_refused(repository: Repository) -> None:
    (repository.environments / "staging" / "environment.yaml").write_text("- a\n- b\n")
    with pytest.raises(EnvironmentFileError, match="must hold keys and values"):
        load_environment(repository, "staging")


def test_name_and_folder_must_agree(repository: Repository, edit: Edit) -> None:
    edit("environment.yaml", "name: staging", "name: production")
    with pytest.raises(EnvironmentFileError, match="name is 'production', but the folder"):
        load_environment(repository, "staging")


@pytest.mark.parametrize("source", ["prod", "staging"])
def test_promotes_from_must_be_another_environment(
    repository: Repository, edit: Edit, source: str
) -> None:
    edit("environment.yaml", "promotes_from: null", f"promotes_from: {source}")
    with pytest.raises(EnvironmentFileError, match="not another environment") as caught:
        load_environment(repository, "staging")
    assert "dev" in caught.value.hint
