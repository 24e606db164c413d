"""Tables at any width: nothing that is copied is cut in two."""

from __future__ import annotations

import io

import pytest
from rich.console import Console, RenderableType
from rich.text import Text

from infra import rendering
from infra.commands.shared import Context
from infra.doctor import Check
from infra.observing import verification
from infra.progress import Progress
from infra.releases import rendering as releases_rendering
from infra.releases.comparison import ReleaseDifference
from infra.tables import Columns
from infra.verification.checks import Check as VerificationCheck
from infra.verification.checks import Verification

DIGEST = "sha256:" + "f05b4899" * 8
WIDTHS = (60, 80, 200)


def shown(renderable: RenderableType, width: int) -> list[str]:
    """The lines on a terminal of this width."""
    file = io.StringIO()
    console = Console(file=file, width=width, force_terminal=True, color_system=None)
    Context(stdout=console).show(renderable)
    return [line.rstrip() for line in file.getvalue().splitlines()]


def columns() -> Columns:
    made = Columns("No.", "What", "Found", right=("No.",))
    made.add("7", Text("image"), f"RUNNING on {DIGEST}")
    made.add("12", "alarms", "all of the alarms stayed quiet for as long as they were watched")
    made.add("13", "none", "")
    return made


def test_what_fits_is_a_table() -> None:
    lines = shown(columns(), 120)
    assert lines[0] == "No.  What    Found"
    assert lines[1] == f"  7  image   RUNNING on {DIGEST}"
    assert lines[3] == " 13  none"


def test_what_nearly_fits_is_wrapped_between_words() -> None:
    lines = shown(columns(), 90)
    assert lines[1:3] == ["  7  image   RUNNING on", f"             {DIGEST}"]
    assert all(len(line) <= 90 for line in lines)


def test_what_does_not_fit_has_a_line_for_each_cell() -> None:
    assert shown(columns(), 60) == [
        *("No.    7", "What   image", f"Found  RUNNING on {DIGEST}", ""),
        *("No.    12", "What   alarms"),
        "Found  all of the alarms stayed quiet for as long as they were watched",
        *("", "No.    13", "What   none"),
    ]


TABLES: dict[str, RenderableType] = {
    "doctor": rendering.checks([Check("image", "1", "ok", DIGEST)]),
    "release": releases_rendering.differences(
        "r-0123456789abcdef",
        "r-fedcba9876543210",
        [ReleaseDifference("image", "digest", DIGEST, DIGEST.replace("f05", "e05"))],
    ),
    "verify": verification(
        Verification(
            (VerificationCheck("image", "passed", f"RUNNING on {DIGEST}"),),
            release="r-0123456789abcdef",
            digest=DIGEST,
            running_digest=DIGEST,
            rolled_back_by_app_runner=False,
        ),
        7,
    ),
}


@pytest.mark.parametrize("width", WIDTHS)
@pytest.mark.parametrize("name", TABLES)
def test_no_table_cuts_a_digest(name: str, width: int) -> None:
    lines = shown(TABLES[name], width)
    assert any(DIGEST in line for line in lines), lines


def test_outside_of_a_terminal_a_table_takes_the_room_that_it_needs(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.delenv("COLUMNS", raising=False)
    wide = Columns("A", "B")
    wide.add("x " * 200, DIGEST)
    rendering.console().print(wide)
    assert len(capsys.readouterr().out.splitlines()) == 2


@pytest.mark.parametrize("width", WIDTHS)
def test_columns_of_the_shell_are_kept(
    width: int, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("COLUMNS", str(width))
    text = Columns("A")
    text.add("word " * 100)
    rendering.console().print(text)
    assert max(map(len, capsys.readouterr().out.splitlines())) <= width


def test_colours_end_with_no_color(monkeypatch: pytest.MonkeyPatch) -> None:
    failed = Text("failed", style="bold red")
    codes = {}
    for name in ("", "1"):
        monkeypatch.setenv("NO_COLOR", name)
        monkeypatch.setenv("TERM", "xterm-256color")
        file = io.StringIO()
        Console(file=file, force_terminal=True).print(failed)
        codes[name] = "\x1b[1;31m" in file.getvalue()
    assert codes == {"": True, "1": False}


def progress(*, quiet: bool = False) -> tuple[Progress, io.StringIO]:
    file = io.StringIO()
    return Progress(Console(file=file, width=200), quiet=quiet), file


def test_a_long_step_is_told_with_its_time(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("infra.progress.time.monotonic", lambda: now)
    made, file = progress()
    for text, seconds in (("Planning", 2.43), ("Reading", 0.4), ("Applying", 61.0)):
        made.step(text)
        now += seconds
    made.end()
    made.end()
    assert file.getvalue().splitlines() == [
        *("Planning ...", "  Planning: 2.4 s", "Reading ...", "Applying ...", "  Applying: 61.0 s")
    ]


def test_a_machine_is_told_nothing(monkeypatch: pytest.MonkeyPatch) -> None:
    now = 100.0
    monkeypatch.setattr("infra.progress.time.monotonic", lambda: now)
    made, file = progress(quiet=True)
    made.step("Planning")
    now += 60
    made.end()
    assert file.getvalue() == ""
