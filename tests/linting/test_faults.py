"""Each seeded fault is caught by its check, under its rule, at its place."""

from __future__ import annotations

import shutil
from collections.abc import Callable
from datetime import date
from functools import cache

import pytest

from harness.places import ENVIRONMENTS, ROOT
from infra.linting import checkov_tool, running
from infra.linting.checks import Check
from infra.linting.findings import Level, Result
from infra.linting.plan_files import check_of
from infra.linting.registry import CHECKS
from infra.linting.site import Site
from infra.repository import Repository
from linting.checkov_seeds import PLAN
from linting.faults import FAULTS, SEEDS, Fault

SETTINGS = (".checkov.yaml", ".rumdl.toml", ".yamllint.yaml", "pyproject.toml", "zizmor.yml")
TODAY = date(2026, 6, 1)
Run = Callable[[str], Result]


@pytest.fixture(scope="module")
def run(tmp_path_factory: pytest.TempPathFactory) -> Run:
    """Run a check over the tree with its faults, once."""

    @cache
    def once(name: str) -> Result:
        root = tmp_path_factory.mktemp(name)
        for folder in ("modules", "environments/dev"):
            (root / folder).mkdir(parents=True)
        shutil.copy(ENVIRONMENTS / "dev" / ".terraform.lock.hcl", root / "environments" / "dev")
        for file in SETTINGS:
            shutil.copy(ROOT / file, root)
        shutil.copytree(ROOT / "policies", root / "policies")
        for folder in (".venv-lint", ".venv-checkov"):
            (root / folder).symlink_to(ROOT / folder)
        for file, text in SEEDS[name].items():
            (root / file).parent.mkdir(parents=True, exist_ok=True)
            (root / file).write_text(text, encoding="utf-8")
        site = Site(Repository(root), TODAY)
        (result,) = running.run(site, [_check(site, name)]).results
        return result

    return once


def _check(site: Site, name: str) -> Check:
    return (
        check_of(site.repository, str(site.root / PLAN)) if name == "checkov-plan" else CHECKS[name]
    )


def test_there_are_faults_for_every_check_that_runs_here() -> None:
    # tflint is in no package registry, so nothing here can run it.
    assert {fault.check for fault in FAULTS} == {*CHECKS, checkov_tool.PLAN} - {"tflint"}
    assert len({(fault.check, fault.name) for fault in FAULTS}) == len(FAULTS) >= 60


@pytest.mark.parametrize("fault", FAULTS, ids=lambda fault: fault.id)
def test_a_fault_is_caught(run: Run, fault: Fault) -> None:
    result = run(fault.check)
    assert result.reason == ""
    found = [f for f in result.findings if (f.rule, f.file) == (fault.rule, fault.file)]
    assert found, f"only {[(f.rule, f.place) for f in result.findings]}"
    assert all(finding.message and finding.advice for finding in found)
    if fault.at:
        lines = SEEDS[fault.check][fault.file].splitlines()
        assert any(finding.line and fault.at in lines[finding.line - 1] for finding in found)


@pytest.mark.parametrize("check", ["checkov", checkov_tool.PLAN])
def test_a_service_as_it_should_be_keeps_every_policy(run: Run, check: str) -> None:
    ours = [f for f in run(check).findings if f.rule.startswith("CKV_TN_")]
    assert ours
    assert not any("aws_apprunner_service.good" in finding.message for finding in ours)


def test_what_a_plan_alone_knows_is_not_judged_in_code(run: Run) -> None:
    judged = {f.rule for f in run("checkov").findings if "by_reference" in f.message}
    assert "CKV_TN_1" in judged
    assert "CKV_TN_6" not in judged


@pytest.mark.parametrize(
    ("check", "only"),
    [
        ("terraform-rules", 16),
        ("action-pins", 3),
        ("terraform-fmt", 2),
        ("documents", 2),
        ("dated-facts", 4),
    ],
)
def test_nothing_else_is_taken_for_a_fault(run: Run, check: str, only: int) -> None:
    seeded = {(f.rule, f.file) for f in FAULTS if f.check == check}
    found = [(f.rule, f.place) for f in run(check).findings]
    assert {(f.rule, f.file) for f in run(check).findings} == seeded
    assert len(found) == only, found


def test_a_fact_that_is_soon_due_is_told_and_fails_nothing(run: Run) -> None:
    levels = {f.rule: f.level for f in run("dated-facts").findings}
    assert levels["fact-soon-due"] is Level.NOTE
    assert levels["overdue-fact"] is Level.ERROR
