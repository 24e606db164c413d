"""What becomes of a report: its verdict, and its forms for programs."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from infra.linting import junit, sarif
from infra.linting.findings import Finding, Level, Report, Result, Status

ERROR = Finding("ruff", "E501", "a.py", 3, "too long \x1b[31m")
NOTE = Finding("mypy", "note", "a.py", None, "by the way", level=Level.NOTE)
CLEAN = Result("ruff-format", Status.CLEAN, files=2)
FAILED = Result("ruff", Status.FINDINGS, 2, (ERROR,))
NOTED = Result("mypy", Status.FINDINGS, 2, (NOTE,))
TOLERATED = Result("tflint", Status.MISSING, reason="not on PATH.", tolerated=True)
MISSING = Result("zizmor", Status.MISSING, reason="not there.", advice="Set it up.")
BROKEN = Result("checkov", Status.BROKEN, reason="crashed.")


@pytest.mark.parametrize(
    ("results", "code"),
    [
        ((CLEAN,), 0),
        ((CLEAN, NOTED, TOLERATED), 0),
        ((CLEAN, FAILED), 3),
        ((CLEAN, MISSING), 4),
        ((CLEAN, BROKEN), 4),
        ((FAILED, BROKEN), 3),
    ],
)
def test_there_is_an_exit_code_for_each_kind(results: tuple[Result, ...], code: int) -> None:
    assert Report(results).exit_code == code


def test_junit_tells_failures_from_errors_and_from_what_was_left_out() -> None:
    results = (CLEAN, FAILED, NOTED, TOLERATED, MISSING, BROKEN)
    root = ElementTree.fromstring(junit.document(Report(results)))  # noqa: S314
    counts = {suite.get("name"): suite.attrib for suite in root}
    assert {name: counts["ruff"][name] for name in ("tests", "failures")} == {
        "tests": "1",
        "failures": "1",
    }
    assert counts["mypy"]["failures"] == counts["ruff-format"]["failures"] == "0"
    assert counts["tflint"]["skipped"] == "1"
    assert counts["zizmor"]["errors"] == counts["checkov"]["errors"] == "1"
    assert (root.get("tests"), root.get("failures"), root.get("errors")) == ("6", "1", "2")


def test_sarif_says_which_checks_did_not_run() -> None:
    runs = sarif.document(Report((FAILED, NOTED, TOLERATED, BROKEN)))["runs"]
    succeeded = [run["invocations"][0]["executionSuccessful"] for run in runs]
    assert succeeded == [True, True, False, False]
    levels = [
        note["level"]
        for run in runs
        for note in run["invocations"][0].get("toolExecutionNotifications", [])
    ]
    assert levels == ["note", "error"]
    assert [result["level"] for run in runs for result in run["results"]] == ["error", "note"]


def test_sarif_gives_a_whole_file_a_line_because_github_shows_nothing_without() -> None:
    (run,) = sarif.document(Report((NOTED,)))["runs"]
    place = run["results"][0]["locations"][0]["physicalLocation"]
    assert place["region"] == {"startLine": 1}
