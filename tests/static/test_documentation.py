"""What the documents say is there."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness.places import ROOT, environment_names
from infra import documents, errors
from infra.cli import COMMANDS, EXIT_BUG, EXIT_NO_READER, cli
from infra.commands.ledger import EXIT_BROKEN
from infra.commands.local import local
from infra.commands.terraform import EXIT_CHANGES
from infra.linting import workflow_tools
from infra.linting.findings import Report
from infra.linting.site import Site
from infra.promotion.approvals import SUFFIX
from infra.repository import Repository

README = (ROOT / "README.md").read_text(encoding="utf-8")
DOCUMENTS = sorted(
    path
    for pattern in ("*.md", "bootstrap/*.md", "docs/**/*.md", "modules/**/*.md", "scripts/**/*.md")
    for path in ROOT.glob(pattern)
)


@pytest.mark.parametrize("command", [*COMMANDS, *(f"local {name}" for name in local.commands)])
def test_the_readme_names_every_command(command: str) -> None:
    if command.startswith("local "):
        command = command.removeprefix("local ")
        assert re.search(rf"`infra local [^|]*`?{command}|`{command}`", README)
    else:
        assert f"infra {command}" in README


def test_the_readme_names_every_exit_code() -> None:
    documented = set(map(int, re.findall(r"^\| (\d+) \|", README, re.MULTILINE)))
    raised = {
        kind.exit_code
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.InfraError)
    }
    returned = {0, EXIT_BROKEN, EXIT_CHANGES, EXIT_BUG, EXIT_NO_READER, Report.EXIT_FINDINGS}
    assert documented == raised | returned


def test_every_make_target_that_the_readme_shows_exists() -> None:
    makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
    targets = set(re.findall(r"^\.PHONY: (\S+)$", makefile, re.MULTILINE))
    shown = set(re.findall(r"\bmake ([a-z]+)\b(?= ENV|`|\n| TESTS)", README))
    assert {"plan", "test", "apply"} <= shown
    assert shown <= targets


def test_ci_runs_the_readmes_test_command() -> None:
    script = (ROOT / ".ci" / "run").read_text(encoding="utf-8")
    assert re.search(r"^make test$", script, re.MULTILINE)
    assert "\nmake test\n" in README


@pytest.mark.parametrize("document", DOCUMENTS, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_link_leads_somewhere(document: Path) -> None:
    for target in re.findall(r"\]\(([^)#\s]+)[^)]*\)", document.read_text(encoding="utf-8")):
        if "://" not in target:
            assert (document.parent / target).exists(), target


def test_every_decision_is_in_the_index() -> None:
    folder = ROOT / "docs" / "adr"
    index = (folder / "README.md").read_text(encoding="utf-8")
    pages = sorted(path.name for path in folder.glob("[0-9]*.md"))
    assert pages
    assert re.findall(r"\]\((\d{4}-[^)]+)\)", index) == pages


def test_the_generated_parts_are_up_to_date() -> None:
    found = documents.pages(Repository(ROOT), cli)
    assert len(found) > 5
    stale = "".join(page.difference() for page in found if page.stale)
    assert not stale, f"run `make docs`:\n{stale}"


def test_the_readme_says_that_app_runner_is_closed_on_its_first_screen() -> None:
    assert "2026-04-30" in "\n".join(README.splitlines()[:20])


def test_an_approval_in_the_checkout_is_not_in_the_way_of_its_promotion() -> None:
    """The gate clean-tree refuses files that git does not know and does not ignore."""
    ignored = (ROOT / ".gitignore").read_text(encoding="utf-8").splitlines()
    assert f"*{SUFFIX}" in ignored


def test_the_readme_names_every_environment() -> None:
    for name in environment_names():
        assert name in README


def test_actions_are_pinned_to_commits() -> None:
    looked = workflow_tools.check_pins(Site(Repository(ROOT)))
    assert looked.files > 0
    assert looked.findings == ()


def test_dependencies_are_pinned_with_hashes_and_without_index_addresses() -> None:
    locks = sorted((ROOT / "requirements").glob("*.txt"))
    assert len(locks) == 6
    for lock in locks:
        text = lock.read_text(encoding="utf-8")
        assert "://" not in text
        assert "--index-url" not in text
        names = re.findall(r"^[A-Za-z0-9._-]+==", text, re.MULTILINE)
        entries = re.split(r"^(?=[A-Za-z0-9._-]+==)", text, flags=re.MULTILINE)[1:]
        assert len(entries) == len(names) > 0
        assert all("--hash=sha256:" in entry for entry in entries)
