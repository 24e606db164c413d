"""An approval that GitHub took: whose, of which plan, in which run."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.github import ADA, BOB, REPOSITORY, SHA, TOKEN, Hub
from infra.ci.runs import PLAN_NOTICE
from infra.environments import Environment
from infra.errors import ApprovalError
from infra.plans import PlanSummary
from infra.promotion.approvals import Approved, Person, Question
from infra.promotion.github_approval import github_approver

APPLY = "arn:aws:sts::333333333333:assumed-role/trending-now-prod-apply/github-77-1"
PLAN = "prod-7f3a-91c2-0b5d-44e1-8a90-3c7e-d2f6-61b8"
OTHER = "prod-0000-91c2-0b5d-44e1-8a90-3c7e-d2f6-61b8"


@pytest.fixture
def waiting(hub: Hub) -> Hub:
    """Ada started the run that this job is part of; it showed the plan, and nobody has approved."""
    hub.run = {
        "status": "in_progress",
        "run_attempt": 1,
        "head_sha": SHA,
        "actor": ADA,
        "triggering_actor": ADA,
        "repository": {"full_name": REPOSITORY},
    }
    hub.notices = [("some linter", "unused"), (PLAN_NOTICE, PLAN)]
    return hub


def review(by: dict[str, Any], state: str = "approved", environment: str = "prod") -> Any:
    """What a reviewer decided."""
    return {"environments": [{"id": 9, "name": environment}], "state": state, "user": by}


def ask(hub: Hub, asker: str = APPLY, **variables: str) -> Approved:
    """Have the plan approved by the job."""
    prod = Environment("prod", "333333333333", "eu-west-1", "aws", "staging", Path())
    question = Question(prod, "aws", PLAN, PlanSummary(), Person(asker, "runner"))
    return github_approver(hub.variables(**variables))(question)


def refused(hub: Hub, asker: str = APPLY, **variables: str) -> str:
    """The same, which must be refused. Returns all that a person is told."""
    with pytest.raises(ApprovalError) as caught:
        ask(hub, asker, **variables)
    assert caught.value.exit_code == 10
    assert "Nothing was changed." in caught.value.message
    told = f"{caught.value.message}\n{caught.value.hint}"
    assert TOKEN not in told
    return told


def test_a_reviewer_approved_what_the_run_shows(waiting: Hub) -> None:
    waiting.reviews = [review(BOB)]
    approved = ask(waiting)
    assert (approved.method, approved.by.user) == ("github", "github:bob#77")
    assert approved.by.arn == APPLY


def test_the_starter_may_approve_beside_somebody_else(waiting: Hub) -> None:
    waiting.reviews = [review(BOB), review(ADA)]
    assert ask(waiting).by.user == "github:bob#77"


def test_rejected(waiting: Hub) -> None:
    waiting.reviews = [review(BOB), review({"id": 3, "login": "eve"}, "rejected")]
    assert "eve rejected it" in refused(waiting)


@pytest.mark.mode(54, "approval-invalid")
def test_approved_by_who_started_it(waiting: Hub) -> None:
    waiting.reviews = [review(ADA)]
    assert "ada approved it, and is the one who started it" in refused(waiting)


def test_approved_by_who_started_it_under_a_new_name(waiting: Hub) -> None:
    waiting.reviews = [review({"id": ADA["id"], "login": "ada-renamed"})]
    assert "is the one who started it" in refused(waiting)


def test_approved_by_who_started_it_for_somebody_else(waiting: Hub) -> None:
    waiting.run["triggering_actor"] = BOB
    waiting.reviews = [review(BOB)]
    assert "is the one who started it" in refused(waiting)


@pytest.mark.parametrize(
    "reviews",
    [[], [review(BOB, environment="staging")], [review(BOB, state="pending")]],
    ids=["nobody was asked", "another environment", "a comment alone"],
)
def test_nobody_approved(waiting: Hub, reviews: list[Any]) -> None:
    waiting.reviews = reviews
    assert "required reviewers" in refused(waiting)


def test_the_run_shows_another_plan(waiting: Hub) -> None:
    waiting.reviews = [review(BOB)]
    waiting.notices = [(PLAN_NOTICE, OTHER)]
    told = refused(waiting)
    assert OTHER in told
    assert PLAN in told


def test_the_run_shows_two_plans(waiting: Hub) -> None:
    waiting.reviews = [review(BOB)]
    waiting.notices.append((PLAN_NOTICE, OTHER))
    assert OTHER in refused(waiting)


def test_the_run_shows_no_plan(waiting: Hub) -> None:
    waiting.reviews = [review(BOB)]
    waiting.notices = [("some linter", PLAN)]
    assert "--announce" in refused(waiting)


@pytest.mark.parametrize(
    "facts",
    [
        {"status": "completed"},
        {"head_sha": "b" * 40},
        {"repository": {"full_name": "eve/trending-now"}},
    ],
    ids=["it has ended", "another commit", "another repository"],
)
def test_an_approval_of_another_run(waiting: Hub, facts: dict[str, Any]) -> None:
    waiting.reviews = [review(BOB)]
    waiting.run |= facts
    assert "not the one of this job" in refused(waiting)


def test_a_run_that_github_does_not_know(waiting: Hub) -> None:
    waiting.reviews = [review(BOB)]
    assert "404" in refused(waiting, GITHUB_RUN_ID="78")


@pytest.mark.parametrize(("known", "told"), [(2, "2"), (1, "2"), (2, "1")])
def test_a_second_attempt_needs_a_new_approval(waiting: Hub, known: int, told: str) -> None:
    waiting.reviews = [review(BOB)]
    waiting.run["run_attempt"] = known
    assert "Start the workflow anew" in refused(waiting, GITHUB_RUN_ATTEMPT=told)


@pytest.mark.parametrize("path", ["actions/runs/77", "actions/runs/77/approvals", "check-runs"])
def test_github_forbids_to_look(waiting: Hub, path: str) -> None:
    waiting.reviews = [review(BOB)]
    said = {"message": f"Resource not accessible by integration, {TOKEN}"}
    waiting.broken[f"GET /repos/{REPOSITORY}/{path}"] = (403, said)
    told = refused(waiting)
    assert "403" in told
    assert "permission" in told


@pytest.mark.parametrize("answer", [(500, {}), (200, b"<html>"), (200, {"actor": None})])
def test_github_is_not_itself(waiting: Hub, answer: tuple[int, Any]) -> None:
    waiting.reviews = [review(BOB)]
    waiting.broken[f"GET /repos/{REPOSITORY}/actions/runs/77"] = answer
    assert "can't be told" in refused(waiting)


def test_github_can_not_be_reached(waiting: Hub) -> None:
    assert "can't be reached" in refused(waiting, GITHUB_API_URL="http://127.0.0.1:9")


def test_a_token_that_github_does_not_take(waiting: Hub) -> None:
    assert "401" in refused(waiting, GITHUB_TOKEN="ghs_other")


def test_no_token_at_all(waiting: Hub) -> None:
    assert "GITHUB_TOKEN is not set" in refused(waiting, GITHUB_TOKEN="")


def test_outside_of_github_actions(waiting: Hub) -> None:
    waiting.reviews = [review(BOB)]
    assert "no job of GitHub Actions" in refused(waiting, GITHUB_ACTIONS="")
    assert waiting.asked == []


@pytest.mark.parametrize(
    "asker",
    [
        APPLY.replace("prod-apply", "prod-plan"),
        APPLY.replace("prod-apply", "staging-apply"),
        "arn:aws:iam::333333333333:user/trending-now-prod-apply",
    ],
)
def test_a_job_without_the_apply_role(waiting: Hub, asker: str) -> None:
    waiting.reviews = [review(BOB)]
    assert "not the apply role" in refused(waiting, asker)
    assert waiting.asked == []
