"""docs/failure_modes.md: all sixty, each with a test that met it or a reason why it can't."""

from __future__ import annotations

import pytest

from harness import modes
from harness.modes import Heard, Mark, Mode, matched, page


def test_there_are_sixty() -> None:
    assert [mode.number for mode in modes.all_modes()] == list(range(1, 61))


def test_the_page_is_what_the_tests_say() -> None:
    assert modes.is_current() == [], "renew it: make failure-modes"


@pytest.mark.parametrize(
    ("reason", "heard", "expected"),
    [
        ("state-locked", [Heard("state-locked", 1, "a"), Heard("usage", 1, "b")], "a"),
        # An error that another one takes up on its way: the last is what is shown.
        ("plan-changed", [Heard("plan-changed", 10, "a"), Heard("plan-changed", 10, "b")], "b"),
        ("plan-changed", [Heard("", 10, "without --json")], "without --json"),
        ("plan-changed", [Heard("", 1, "another exit code")], None),
        ("plan-changed", [Heard("usage", 1, "another reason")], None),
        ("", [Heard("usage", 1, "not asked for")], None),
        ("", [Heard("", 1, "not asked for either")], None),
        ("", [Heard("", None, "said by hand")], "said by hand"),
    ],
)
def test_what_was_said_is_found(reason: str, heard: list[Heard], expected: str | None) -> None:
    found = matched(Mark(1, "t", reason), heard)
    assert (found.text if found else None) == expected


def test_a_mode_has_a_row_for_each_test_and_a_reason_without_one() -> None:
    marks = [Mark(1, "tests/a.py::test_it_works", "usage"), Mark(1, "tests/b.py::test_b", "")]
    text = page([Mode(1, "Two | at once"), Mode(2, "Gone", "There is none.")], marks, {})
    assert "1 of 2 are tried by 2 tests; 1 this product can't meet." in text
    assert "| 1 | Two \\| at once | `usage` | 1 | nothing" in text
    assert "| `a.py`: it works |" in text
    assert "| 2 | Gone | | | not applicable | |" in text
    assert "- 2: There is none." in text


def test_nothing_of_this_machine_gets_onto_the_page() -> None:
    text = "/home/x/y/checkout at 2026-11-25T10:00:00Z, process 12, " + "ab" * 32
    assert modes.shortened(text) == ".../checkout at TIME, process N, 7f3a..."
    assert modes.shortened("s3://bucket/key and staging/a.tf") == "s3://bucket/key and staging/a.tf"
