"""Terraform's event stream, and what a failed run is called."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.errors import ApplyFailedError, InfraError, StateLockedError, TerraformError
from infra.processes import Completed
from infra.terraform.binary import Binary
from infra.terraform.events import Stream
from infra.terraform.runner import failure, interruption

BINARY = Binary(("terraform",), "1.11.4", "PATH")
HERE = Path("/checkout/environments/staging")
DATA = Path("/checkout/.local/terraform/staging-local")


def stream(*events: dict[str, object] | str) -> Stream:
    made = Stream()
    for event in events:
        made.read(event if isinstance(event, str) else json.dumps(event))
    return made


def diagnostic(summary: str, detail: str = "", severity: str = "error") -> dict[str, object]:
    return {
        "type": "diagnostic",
        "diagnostic": {
            "severity": severity,
            "summary": summary,
            "detail": detail,
            "range": {"filename": "main.tf", "start": {"line": 7, "column": 3}},
            "snippet": {"code": "  size = 3"},
            "address": "aws_a.x",
        },
    }


def test_a_diagnostic_keeps_file_line_and_snippet() -> None:
    (error,) = stream(diagnostic("Invalid value", "must be even")).errors
    assert (error.filename, error.line, error.snippet) == ("main.tf", 7, "size = 3")
    assert (error.address, error.detail) == ("aws_a.x", "must be even")


def test_a_lock_that_was_given_back_meanwhile_is_told_as_that() -> None:
    detail = "PutObject, StatusCode: 412, ConditionalRequestConflict; GetObject: NoSuchKey"
    locked = stream(diagnostic("Error acquiring the state lock", detail))
    error = failure("apply", locked, Completed(1, "", ""), BINARY, HERE, DATA)
    assert isinstance(error, StateLockedError)
    assert "can't be read any more" in error.message
    assert "LOCK-ID" not in error.hint
    assert "Nothing was changed" in error.hint


def test_warnings_are_no_errors() -> None:
    made = stream(diagnostic("Deprecated", severity="warning"))
    assert not made.errors
    assert [item.summary for item in made.warnings] == ["Deprecated"]


@pytest.mark.parametrize(
    ("event", "changed"),
    [
        ({"type": "planned_change", "change": {"action": "create"}}, True),
        ({"type": "resource_drift", "change": {"action": "update"}}, False),
        ({"type": "outputs", "outputs": {"a": {"action": "update"}}}, True),
        ({"type": "outputs", "outputs": {"a": {"action": "noop"}}}, False),
        ({"type": "refresh_complete"}, False),
    ],
)
def test_a_stream_tells_whether_anything_would_change(
    event: dict[str, object], changed: bool
) -> None:
    assert stream(event).changed is changed


def test_lines_that_are_no_events_are_kept_as_text() -> None:
    made = stream("panic: runtime error", '"a string"', "")
    assert made.text == ["panic: runtime error", '"a string"']


def test_a_locked_state_says_who_holds_it() -> None:
    detail = (
        "ConditionalCheckFailed\nLock Info:\n  ID:        abc\n  Who:       ann@vm\n  Path: p\n"
    )
    error = failure(
        "plan",
        stream(diagnostic("Error acquiring the state lock", detail)),
        Completed(1, "", ""),
        BINARY,
        HERE,
        DATA,
    )
    assert isinstance(error, StateLockedError)
    assert error.reason == "state-locked"
    assert error.details == ("ID:        abc", "Who:       ann@vm")


def test_a_failure_before_the_first_change_has_changed_nothing() -> None:
    error = failure("apply", stream(diagnostic("No")), Completed(1, "", ""), BINARY, HERE, DATA)
    assert type(error) is TerraformError
    assert error.exit_code == 1
    assert "nothing was changed" in error.message


def test_a_failure_after_the_first_change_has_its_own_exit_code() -> None:
    made = stream(
        {"type": "apply_start"},
        {"type": "apply_start"},
        {"type": "apply_complete"},
        diagnostic("AccessDenied"),
    )
    error = failure("apply", made, Completed(1, "", ""), BINARY, HERE, DATA)
    assert isinstance(error, ApplyFailedError)
    assert error.exit_code == 20
    assert "1 of 2" in error.message


def test_a_half_way_failure_names_what_is_done_and_what_is_not() -> None:
    def happened(kind: str, address: str) -> dict[str, object]:
        return {"type": kind, "hook": {"resource": {"addr": address}, "action": "create"}}

    names = [f'aws_a.x["{number}"]' for number in range(12)]
    made = stream(
        *(happened(kind, name) for name in names for kind in ("apply_start", "apply_complete")),
        happened("apply_start", "aws_b.ill"),
        happened("apply_start", "aws_b.cut"),
        happened("apply_errored", "aws_b.ill"),
        diagnostic("AccessDenied"),
    )
    error = failure("apply", made, Completed(1, "", ""), BINARY, HERE, DATA)
    assert error.details == (
        f"Finished: {', '.join(names[:10])} and 2 more",
        "Failed: aws_b.ill",
        "Begun, and not finished: aws_b.cut",
        "Every other planned change was not begun.",
    )


def test_errors_in_plain_text_lose_their_frame() -> None:
    text = "╷\n│ Error: Unsupported argument\n│ \n│   on main.tf line 3\n╵\n"
    error = failure("output", stream(), Completed(1, "", text), BINARY, HERE, DATA)
    assert isinstance(error, TerraformError)
    assert error.diagnostics[0].summary == "Unsupported argument"
    assert error.diagnostics[0].detail == "on main.tf line 3"


def test_a_failure_without_a_word_is_still_told() -> None:
    error = failure("plan", stream(), Completed(1, "", ""), BINARY, HERE, DATA)
    assert isinstance(error, TerraformError)
    assert error.diagnostics


def test_the_hint_of_a_lock_is_a_whole_command() -> None:
    detail = (
        "operation error S3: PutObject, StatusCode: 412, RequestID: r1, HostID: h1, api error\n"
        "Lock Info:\n  ID:        abc-123\n  Who:       ann@vm\n"
    )
    locked = stream(diagnostic("Error acquiring the state lock", detail))
    error = failure("apply", locked, Completed(1, "", ""), BINARY, HERE, DATA)
    assert "terraform -chdir=/checkout/environments/staging force-unlock abc-123\n" in error.hint
    assert "TF_DATA_DIR=/checkout/.local/terraform/staging-local terraform" in error.hint
    assert 'eval "$(infra local env staging)"' in error.hint


@pytest.mark.parametrize("command", ["plan", "init"])
def test_an_interruption_before_apply_changed_nothing(command: str, tmp_path: Path) -> None:
    error: InfraError = interruption(command, stream(), tmp_path, DATA, forced=False)
    assert error.exit_code == 130
    assert "nothing was changed" in error.message


def test_an_interrupted_apply_says_how_far_it_came(tmp_path: Path) -> None:
    made = stream(
        {"type": "apply_start", "hook": {"action": "create"}},
        {"type": "apply_complete", "hook": {"action": "create"}},
        {"type": "apply_complete", "hook": {"action": "read"}},
    )
    error = interruption("apply", made, tmp_path, DATA, forced=False)
    assert "after 1 change." in error.message
    assert "lock is released" in error.message


def test_a_forced_stop_promises_nothing(tmp_path: Path) -> None:
    error = interruption("apply", stream(), tmp_path, DATA, forced=True)
    assert "saved" not in error.message
    assert "the lock may remain" in error.message


def test_a_state_that_could_not_be_saved_is_named(tmp_path: Path) -> None:
    (tmp_path / "errored.tfstate").write_text("{}")
    error = interruption("apply", stream(), tmp_path, DATA, forced=False)
    assert str(tmp_path / "errored.tfstate") in error.message
