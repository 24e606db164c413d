"""The generated parts of the documents."""

from __future__ import annotations

from pathlib import Path

import click
import pytest

from infra.documents import Page, pages, write
from infra.errors import RepositoryError
from infra.repository import Repository

VARIABLES = """
variable "name" {
  description = "The name, \\"quoted\\" | and piped."
  type        = string
}

variable "rules" {
  description = "The rules."
  type = map(object({
    days = optional(number, 7)
    tags = optional(map(string), {})
  }))
  default = {}
}
"""
OUTPUTS = 'output "arn" {\n  description = "The ARN."\n  value = 1\n}\n'
README = """# bucket

By hand.

<!-- BEGIN INPUTS -->
stale
<!-- END INPUTS -->

<!-- BEGIN OUTPUTS -->
<!-- END OUTPUTS -->

Also by hand.
"""


@click.command()
def command() -> None:
    """Do it."""


@pytest.fixture
def module(tmp_path: Path) -> Path:
    """A module with a README."""
    folder = tmp_path / "modules" / "bucket"
    folder.mkdir(parents=True)
    (tmp_path / "environments").mkdir()
    (folder / "variables.tf").write_text(VARIABLES)
    (folder / "outputs.tf").write_text(OUTPUTS)
    (folder / "README.md").write_text(README)
    return folder


def readme_page(module: Path) -> Page:
    repository = Repository(module.parents[1])
    return next(page for page in pages(repository, command) if page.path.name == "README.md")


def test_a_table_has_each_variable_with_type_default_and_need(module: Path) -> None:
    wanted = readme_page(module).wanted
    assert '| `name` | The name, "quoted" \\| and piped. | `string` | - | yes |' in wanted
    kind = "map(object({ days = optional(number, 7), tags = optional(map(string), {}) }))"
    assert f"| `rules` | The rules. | `{kind}` | `{{}}` | no |" in wanted
    assert "| `arn` | The ARN. |" in wanted
    assert "stale" not in wanted


def test_what_is_written_by_hand_stays(module: Path) -> None:
    wanted = readme_page(module).wanted
    assert "By hand." in wanted
    assert wanted.endswith("Also by hand.\n")


def test_a_page_is_stale_until_it_is_written(module: Path) -> None:
    page = readme_page(module)
    assert page.stale
    assert "-stale" in page.difference()
    write([page])
    assert not readme_page(module).stale


def test_a_readme_without_marks_is_told_what_to_put_there(module: Path) -> None:
    (module / "README.md").write_text("# bucket\n")
    with pytest.raises(RepositoryError, match="lacks the marks") as caught:
        readme_page(module)
    assert "<!-- BEGIN INPUTS -->" in caught.value.hint


def test_broken_terraform_is_named(module: Path) -> None:
    (module / "variables.tf").write_text("variable {{")
    with pytest.raises(RepositoryError, match="modules/bucket can't be documented"):
        readme_page(module)


def test_the_page_of_commands_holds_every_help_text(module: Path) -> None:
    group = click.Group("infra", commands={"do": command})
    page = pages(Repository(module.parents[1]), group)[-1]
    assert "## infra do" in page.wanted
    assert "Do it." in page.wanted
