"""An approval is of one plan, in one place, for a day, by somebody else."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from infra.commands import promotion
from infra.commands.shared import Context
from infra.environments import Environment
from infra.errors import ApprovalError, ApprovalMissingError
from infra.plans import PlanSummary
from infra.promotion import approvals
from infra.promotion.approvals import Approval, Person, Question

PROD = Environment("prod", "333333333333", "eu-west-1", "local", "staging", Path())
PLAN = "prod-7f3a-91c2-0b5d-44e1-8a90-3c7e-d2f6-61b8"
NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
ROLE = "arn:aws:sts::333333333333:assumed-role/infra/ada"
ADA, BOB = Person(ROLE, "ada"), Person(ROLE.replace("ada", "bob"), "bob")
QUESTION = Question(PROD, "local", PLAN, PlanSummary(), ADA)
GIVEN = approvals.make(PROD, PLAN, BOB, NOW)


class Terminal:
    """Standard input, as a person at a terminal has it."""

    def isatty(self) -> bool:
        return True


def refused(approval: Approval, question: Question = QUESTION, now: datetime = NOW) -> str:
    """What a person is told of an approval that does not hold."""
    with pytest.raises(ApprovalError) as caught:
        approvals.check(approval, question, now)
    assert caught.value.exit_code == 10
    assert "Nothing was changed." in caught.value.message
    return caught.value.message


def test_it_holds_for_a_day() -> None:
    last = NOW + timedelta(hours=24) - timedelta(seconds=1)
    assert approvals.check(GIVEN, QUESTION, last).by == BOB
    assert "expired at 2026-11-26T12:00:00" in refused(GIVEN, now=NOW + timedelta(hours=24))


def test_a_clock_that_is_minutes_ahead_is_borne_and_hours_are_not() -> None:
    assert approvals.check(GIVEN, QUESTION, NOW - timedelta(minutes=14)).by == BOB
    assert "in the future" in refused(GIVEN, now=NOW - timedelta(hours=1))


def test_it_is_of_one_plan_and_one_account() -> None:
    assert "of another plan" in refused(replace(GIVEN, identity=PLAN.replace("7f3a", "0000")))
    assert "for staging" in refused(replace(GIVEN, environment="staging"))
    assert "account 222222222222" in refused(replace(GIVEN, account="222222222222"))


def test_in_aws_people_are_told_apart_by_what_the_account_says() -> None:
    aws = replace(QUESTION, target="aws")
    renamed = replace(GIVEN, arn=ADA.arn)
    assert "is the one who promotes" in refused(renamed, aws)
    assert approvals.check(replace(GIVEN, user="ada"), aws, NOW).by.arn == BOB.arn


@pytest.mark.parametrize(
    ("typed", "approved"),
    [("d2f6-61b8", True), (" D2F6-61B8 ", True), ("", False), ("yes", False), (PLAN, False)],
)
def test_at_a_terminal_a_person_types_what_only_this_plan_has(
    monkeypatch: pytest.MonkeyPatch, typed: str, approved: bool
) -> None:
    asked: list[str] = []

    def prompt(text: str, **_options: object) -> str:
        asked.append(text)
        return typed

    monkeypatch.setattr("sys.stdin", Terminal())
    monkeypatch.setattr("click.prompt", prompt)
    choose = promotion._ask
    if approved:
        assert choose(Context(), QUESTION, "infra promote staging prod").method == "terminal"
    else:
        with pytest.raises(ApprovalError, match=r"Not approved\. Nothing was changed\."):
            choose(Context(), QUESTION, "infra promote staging prod")
    assert asked == [f"Type d2f6-61b8 to apply {PLAN} in account 333333333333"]


def test_nobody_is_asked_where_there_is_no_terminal(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("sys.stdin", Terminal())
    with pytest.raises(ApprovalMissingError) as caught:
        promotion._ask(Context(as_json=True), QUESTION, "infra promote staging prod")
    assert f"infra approve prod {PLAN}" in caught.value.hint
