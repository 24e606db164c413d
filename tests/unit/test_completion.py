"""What a shell offers after Tab, and that nothing is asked for it."""

from __future__ import annotations

import os
import socket
import subprocess
import sys
from pathlib import Path
from typing import Any, NoReturn

import pytest
from click.shell_completion import ShellComplete

from infra import processes
from infra.cli import cli

RELEASES = ("r-0123456789abcdef", "r-0999999999999999")
PLANS = {"dev": "dev-7f3a-91c2", "staging": "staging-0b5d-44e1"}


@pytest.fixture
def checkout(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A checkout with releases, kept plans and a snapshot, in which nothing may be started."""
    for name in ("dev", "prod", "staging"):
        (tmp_path / "environments" / name).mkdir(parents=True)
        (tmp_path / "environments" / name / "environment.yaml").touch()
    (tmp_path / "modules").mkdir()
    (tmp_path / "releases").mkdir()
    for release in (*RELEASES, "r-short"):
        (tmp_path / "releases" / f"{release}.json").touch()
    for environment, plan in PLANS.items():
        folder = tmp_path / ".local" / "plans" / environment / plan
        folder.mkdir(parents=True)
        (folder / "manifest.json").touch()
    monkeypatch.chdir(tmp_path)

    def refuse(*_arguments: Any, **_options: Any) -> NoReturn:
        raise AssertionError("completion must not start or ask anything")

    monkeypatch.setattr(socket.socket, "connect", refuse)
    monkeypatch.setattr(subprocess, "Popen", refuse)
    monkeypatch.setattr(processes, "run", refuse, raising=False)
    return tmp_path


def offered(*words: str) -> list[str]:
    """What is offered for the last word."""
    found = ShellComplete(cli, {}, "infra", "_INFRA_COMPLETE")
    return [item.value for item in found.get_completions(list(words[:-1]), words[-1])]


@pytest.mark.usefixtures("checkout")
@pytest.mark.parametrize(
    ("words", "expected"),
    [
        (("pro",), ["promote"]),
        (("local", "sna"), ["snapshot"]),
        (("plan", ""), ["dev", "staging", "prod"]),
        (("plan", "st"), ["staging"]),
        (("plan", "dev", "--target", ""), ["local", "aws"]),
        (("promote", "staging", "p"), ["prod"]),
        (("ledger", "verify", "d"), ["dev"]),
        (("release", "show", ""), list(RELEASES)),
        (("release", "pin", "dev", "r-01"), [RELEASES[0]]),
        (("release", "diff", RELEASES[0], "r-09"), [RELEASES[1]]),
        (("promote", "staging", "prod", "--release", "r-0"), list(RELEASES)),
        (("rollback", "prod", "--to", "r-0"), list(RELEASES)),
        (("show", ""), list(PLANS.values())),
        (("show", "st"), [PLANS["staging"]]),
        (("apply", "staging", "--plan", ""), [PLANS["staging"]]),
        (("apply", "prod", "--plan", ""), []),
        (("approve", "dev", ""), [PLANS["dev"]]),
    ],
)
def test_what_is_offered(words: tuple[str, ...], expected: list[str]) -> None:
    assert offered(*words) == expected


def test_another_checkout_is_asked_where_the_line_names_one(
    checkout: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir("/")
    assert offered("plan", "") == []
    assert offered("-C", str(checkout), "plan", "d") == ["dev"]


def test_nothing_is_written_for_it(checkout: Path) -> None:
    before = sorted(checkout.rglob("*"))
    for words in (("plan", ""), ("show", ""), ("local", "snapshot", "load", "")):
        offered(*words)
    assert sorted(checkout.rglob("*")) == before


@pytest.mark.parametrize("shell", ["bash_source", "zsh_source", "fish_source"])
def test_each_shell_gets_its_script(shell: str) -> None:
    done = subprocess.run(
        [sys.executable, "-c", "from infra.cli import main; main([])"],
        env={**os.environ, "_INFRA_COMPLETE": shell, "PYTHONPATH": os.pathsep.join(sys.path)},
        capture_output=True,
        text=True,
        check=False,
    )
    assert "_INFRA_COMPLETE" in done.stdout, done.stderr
    assert done.returncode == 0, done.stderr
