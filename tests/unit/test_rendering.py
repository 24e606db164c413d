"""What a person reads."""

from __future__ import annotations

import io

from rich.console import Console, RenderableType

from infra import rendering
from infra.diagnostics import Diagnostic
from infra.errors import InfraError, TerraformError
from infra.plans import Action, AttributeChange, PlanSummary, ResourceChange


def text(renderable: RenderableType) -> str:
    console = Console(file=io.StringIO(), width=200)
    console.print(renderable)
    file = console.file
    assert isinstance(file, io.StringIO)
    return file.getvalue()


def resource(address: str, action: Action, reason: str = "") -> ResourceChange:
    module = address.rpartition(".aws_")[0]
    return ResourceChange(address, module, "aws_thing", action, reason)


def test_risky_changes_come_first_with_their_reason_and_the_counts_last() -> None:
    shown = text(
        rendering.plan(
            PlanSummary(
                (
                    resource("module.a.aws_x.gone", Action.DELETE, "count is now lower"),
                    resource("module.a.aws_x.renewed", Action.REPLACE),
                    resource("module.a.aws_x.new", Action.CREATE),
                )
            )
        )
    )
    lines = [line for line in shown.splitlines() if line.strip()]
    assert lines[0].startswith("Look at these first")
    assert "- module.a.aws_x.gone  destroy because count is now lower" in lines[1]
    assert "± module.a.aws_x.renewed" in lines[2]
    assert lines[3] == "a"
    assert lines[4].strip() == "+ aws_x.new"
    assert lines[-1] == "Plan: 1 to create, 1 to replace, 1 to destroy."


def test_an_empty_plan_says_so() -> None:
    assert "No changes" in text(rendering.plan(PlanSummary()))


def test_only_outputs_is_no_empty_plan() -> None:
    shown = text(rendering.plan(PlanSummary(outputs=(AttributeChange("url", "a", "b"),))))
    assert "only outputs" in shown
    assert "url: a → b" in shown


def test_square_brackets_of_an_address_are_no_markup() -> None:
    shown = text(rendering.plan(PlanSummary((resource('aws_x.y["[red]"]', Action.CREATE),))))
    assert 'aws_x.y["[red]"]' in shown


def test_an_error_says_what_happened_and_what_to_do() -> None:
    shown = text(rendering.error(InfraError("It broke.", hint="Mend it.", details=("at 3",))))
    assert shown.splitlines() == ["Error: It broke.", "  at 3", "Next: Mend it."]


def test_terraforms_errors_come_with_file_and_line() -> None:
    found = Diagnostic("error", "Invalid value", "Must be even.", "aws_x.y", "main.tf", 7, "a = 3")
    shown = text(rendering.error(TerraformError("plan failed.", diagnostics=(found,))))
    assert "main.tf:7 · aws_x.y" in shown
    assert "a = 3" in shown
    assert "Must be even." in shown


def test_sensitive_outputs_stay_masked() -> None:
    shown = text(
        rendering.outputs(
            {
                "token": {"value": "canary", "sensitive": True},
                "url": {"value": "https://a", "sensitive": False},
                "names": {"value": ["a", "b"]},
            }
        )
    )
    assert "canary" not in shown
    assert "https://a" in shown
    assert '["a", "b"]' in shown


def test_long_values_are_cut_around_the_place_where_they_differ() -> None:
    before, after = rendering.shortened("a" * 500 + "X" + "b" * 500, "a" * 500 + "Y" + "b" * 500)
    assert "X" in before
    assert "Y" in after
    assert max(len(before), len(after)) <= rendering.VALUE_LENGTH + 2
    assert rendering.shortened("short", "values") == ("short", "values")


def test_what_is_created_shows_its_attributes_only_when_asked() -> None:
    created = ResourceChange(
        "aws_x.y", "", "aws_x", Action.CREATE, attributes=(AttributeChange("name", "null", "n"),)
    )
    assert "name: n" not in text(rendering.plan(PlanSummary((created,))))
    assert "name: n" in text(rendering.plan(PlanSummary((created,)), full=True))


def test_a_replacement_leads_with_what_forces_it_and_folds_what_is_unknown() -> None:
    attributes = (
        AttributeChange("arn", "arn:old", "(known after apply)"),
        AttributeChange("id", "old", "(known after apply)"),
        AttributeChange("name", "old", "new", forces_replacement=True),
    )
    replaced = ResourceChange("aws_x.y", "", "aws_x", Action.REPLACE, attributes=attributes)
    lines = text(rendering.plan(PlanSummary((replaced,)))).splitlines()
    assert lines[2].strip() == "name: old → new"
    assert lines[3].strip() == "and 2 more, known after apply"


def test_outputs_are_never_cut() -> None:
    file = io.StringIO()
    console = Console(file=file, width=40, soft_wrap=True)
    console.print(rendering.outputs({"arn": {"value": "x" * 300}}))
    assert "x" * 300 in file.getvalue()
