"""make, as the README shows it."""

from __future__ import annotations

import os
import re
import subprocess
from pathlib import Path

import pytest

from harness.modes import told
from harness.places import ROOT
from harness.waiting import PATIENCE_SECONDS

MAKEFILE = (ROOT / "Makefile").read_text(encoding="utf-8")
VERBS = ("bootstrap", "plan", "apply", "output", "destroy", "verify")


def make(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
    """Run make in this checkout, as a user's shell does."""
    environment = {k: v for k, v in os.environ.items() if not k.startswith(("MAKE", "ENV"))}
    return subprocess.run(
        ["make", *arguments],
        cwd=ROOT,
        env={**environment, **variables},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )


@pytest.fixture(autouse=True)
def _set_up() -> None:
    """These tests use the set-up that is there, and must not be the ones to make it."""
    if make("--question", ".venv/.ready").returncode != 0:
        pytest.fail("the set-up is not up to date: run `make setup`, or the tests by `make test`")


def test_setting_up_a_second_time_does_nothing() -> None:
    done = make("setup")
    assert done.returncode == 0
    assert "Setting up" not in done.stdout
    assert done.stderr == ""


@pytest.mark.parametrize("verb", VERBS)
def test_a_missing_environment_is_told_with_an_example(verb: str) -> None:
    done = make(verb)
    assert done.returncode == 2
    assert f"make {verb} ENV=" in done.stderr


@pytest.mark.parametrize("verb", VERBS)
def test_an_unknown_environment_is_told_and_changes_nothing(verb: str) -> None:
    done = make(verb, "ENV=nowhere")
    assert done.returncode == 2
    assert "There is no environment named 'nowhere'" in done.stderr


@pytest.mark.parametrize(
    "value",
    [
        "x; touch {file}",
        "$(touch {file})",
        "`touch {file}`",
        "$(shell touch {file})",
        '"; touch {file}; "',
    ],
)
@pytest.mark.parametrize("given", ["argument", "environment"])
@pytest.mark.mode(30)
def test_the_shell_never_parses_the_environments_name(
    tmp_path: Path, value: str, given: str
) -> None:
    file = tmp_path / "touched"
    text = value.format(file=file)
    done = make("plan", f"ENV={text}") if given == "argument" else make("plan", ENV=text)
    assert done.returncode == 2
    assert not file.exists()
    (said,) = [line for line in done.stderr.splitlines() if "There is no environment named" in line]
    told(said)


def test_make_alone_lists_every_target() -> None:
    listed = make().stdout
    targets = set(re.findall(r"^\.PHONY: (\S+)$", MAKEFILE, re.MULTILINE))
    assert len(targets) > 10
    for target in targets:
        assert f"make {target} " in listed, f"{target} has no help text"
