"""infra ci as the workflows call it."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness import schemas
from harness.github import ADA, REPOSITORY, SHA, TOKEN, Hub
from infra.cli import run
from infra.commands import ci, promotion
from infra.drift import DriftReport
from infra.environments import load_environment
from infra.plans import PlanSummary
from infra.promotion.approvals import Person, Question
from infra.repository import Repository
from infra.unmanaged import Unmanaged

Infra = Callable[..., tuple[int, Any, str]]


@pytest.fixture
def infra(
    repository: Repository,
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
) -> Infra:
    """Run a command in a job; return its exit code, its JSON and all that it printed."""
    for name, value in hub.variables().items():
        monkeypatch.setenv(name, value)

    def call(*arguments: str) -> tuple[int, Any, str]:
        code = run(["-C", str(repository.root), *arguments, "--json"])
        printed = capfd.readouterr()
        return code, schemas.parsed(printed.out), printed.out + printed.err

    return call


def test_the_matrix_of_a_workflow(
    infra: Infra,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    edit: Callable[[str, str, str], None],
) -> None:
    output = tmp_path / "output"
    monkeypatch.setenv("GITHUB_OUTPUT", str(output))
    code, document, _ = infra("ci", "environments", "--target", "aws")
    assert (code, document["result"]["environments"]) == (0, [])
    assert output.read_text().splitlines()[1] == "[]"
    output.unlink()
    edit("environment.yaml", "target: local", "target: aws")
    infra("ci", "environments", "--target", "aws", "staging", "dev")
    assert json.loads(output.read_text().splitlines()[1]) == ["staging"]


def test_a_matrix_of_an_unknown_environment(infra: Infra) -> None:
    code, document, _ = infra("ci", "environments", "stagin")
    assert (code, document["error"]["reason"]) == (1, "environment-unknown")


def test_nothing_to_log_in_to(infra: Infra) -> None:
    code, document, _ = infra("ci", "login", "dev:plan", "staging:apply")
    assert (code, document["result"]) == (0, {"roles": {}, "local": ["dev", "staging"]})


def test_a_job_that_deploys_needs_an_account(infra: Infra) -> None:
    code, document, _ = infra("ci", "login", "--require", "staging:apply")
    assert code == 1
    assert "target: aws" in document["error"]["hint"]


def test_one_role_an_environment(infra: Infra, edit: Callable[[str, str, str], None]) -> None:
    edit("environment.yaml", "target: local", "target: aws")
    code, document, _ = infra("ci", "login", "staging:plan", "staging:apply")
    assert (code, document["error"]["reason"]) == (1, "usage")


def test_a_comment_on_the_pull_request_of_the_event(
    infra: Infra, hub: Hub, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    event = tmp_path / "event.json"
    event.write_text(json.dumps({"pull_request": {"number": 12, "head": {"sha": "c" * 40}}}))
    monkeypatch.setenv("GITHUB_EVENT_PATH", str(event))
    (tmp_path / "plan-staging").mkdir()
    (tmp_path / "plan-staging" / "plan.md").write_text("### staging\n\nTwo things.")
    code, document, printed = infra("ci", "comment", str(tmp_path))
    assert (code, document["result"]["comment"]) == (0, "created")
    assert "Two things." in hub.comments[0]["body"]
    assert "## dev: no plan" in hub.comments[0]["body"]
    assert hub.comments[0]["issue"] == 12
    assert TOKEN not in printed


def test_a_comment_on_no_pull_request(infra: Infra, tmp_path: Path) -> None:
    code, document, _ = infra("ci", "comment", str(tmp_path))
    assert (code, document["error"]["reason"]) == (1, "usage")


def test_what_github_refuses_ends_the_command(infra: Infra, hub: Hub, tmp_path: Path) -> None:
    hub.broken["GET /repos"] = (403, {"message": f"no, {TOKEN}"})
    code, document, printed = infra("ci", "comment", str(tmp_path), "--pull-request", "12")
    assert (code, document["error"]["reason"]) == (1, "github")
    assert TOKEN not in printed


def test_no_drift_is_looked_for_in_the_local_cloud(infra: Infra, hub: Hub) -> None:
    code, document, _ = infra("ci", "drift", "staging")
    assert (code, document["result"]) == (0, {"findings": [], "issue": "nothing"})
    assert hub.asked == []


def test_drift_is_told_in_an_issue_until_it_is_gone(
    infra: Infra,
    hub: Hub,
    monkeypatch: pytest.MonkeyPatch,
    edit: Callable[[str, str, str], None],
) -> None:
    edit("environment.yaml", "target: local", "target: aws")
    stranger = Unmanaged("aws_s3_bucket", "somebodys")
    found = [DriftReport(unmanaged=(stranger,)), DriftReport()]
    monkeypatch.setattr(ci, "open_session", lambda *_given: contextlib.nullcontext())
    monkeypatch.setattr(ci, "drift_of", lambda *_given: found.pop(0))
    done = [infra("ci", "drift", "staging")[:2] for _ in range(2)]
    assert [(code, document["result"]["issue"]) for code, document in done] == [
        (0, "opened"),
        (0, "closed"),
    ]
    assert "somebodys" in hub.issues[0]["body"]


def test_a_summary(infra: Infra, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITHUB_STEP_SUMMARY", str(tmp_path / "summary"))
    (tmp_path / "a.md").write_text("# A")
    assert infra("ci", "summary", str(tmp_path / "a.md"))[0] == 0
    assert (tmp_path / "summary").read_text() == "# A\n"


def test_announcing_needs_a_dry_run(infra: Infra) -> None:
    code, document, _ = infra("promote", "dev", "staging", "--announce")
    assert (code, document["error"]["reason"]) == (1, "usage")
    assert "--dry-run" in document["error"]["message"]


@pytest.mark.parametrize("words", [("promote", "dev", "staging"), ("rollback", "staging")])
def test_github_is_asked_for_its_approval(
    infra: Infra, hub: Hub, monkeypatch: pytest.MonkeyPatch, words: tuple[str, ...]
) -> None:
    """Of the plan that the promotion comes up with, in the place of the real one."""
    arn = "arn:aws:sts::222222222222:assumed-role/trending-now-staging-apply/github-77-1"
    hub.run = {
        "status": "in_progress",
        "run_attempt": 1,
        "head_sha": SHA,
        "actor": ADA,
        "repository": {"full_name": REPOSITORY},
    }

    def bring(repository: Repository, _request: Any, choose: Any, _steps: Any) -> None:
        staging = load_environment(repository, "staging")
        choose(None)(Question(staging, "aws", "staging-1", PlanSummary(), Person(arn, "runner")))

    monkeypatch.setattr(promotion.flow, "promote", bring)
    monkeypatch.setattr(promotion.rolling, "roll_back", bring)
    code, document, _ = infra(*words, "--approval", "github")
    assert (code, document["error"]["reason"]) == (10, "approval-invalid")
    assert "shows a plan" in document["error"]["message"]
    assert f"GET /repos/{REPOSITORY}/actions/runs/77" in hub.asked


def test_where_no_pin_is_proposed_an_apply_may_go_on(infra: Infra) -> None:
    code, told, _ = infra("ci", "unmerged", "staging")
    assert (code, told["result"]) == (0, {"open": False})
