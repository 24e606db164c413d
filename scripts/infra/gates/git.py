"""git, asked about the checkout and nothing else.

Nothing of the caller's environment that could lead git to another repository, index or
configuration gets in, and nothing is locked or written.
"""

from __future__ import annotations

import os
import re
import subprocess
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from infra import processes
from infra.gates.results import UncheckedError

SECONDS = 30.0
PASSED_ON = ("HOME", "LANG", "PATH", "TMPDIR", "XDG_CONFIG_HOME")
SETTINGS = ("-c", "core.fsmonitor=false", "-c", "core.quotePath=false")
MOVED_BY_PROMOTION = re.compile(
    r"environments/[^/]+/release\.auto\.tfvars\.json|releases/[^/]+\.json"
)
"""What a promotion itself writes before it is committed: the pins and the releases. Both are bound
by the release's id and by the identity of the plan."""


@dataclass(frozen=True)
class Checkout:
    """A git checkout. prefix: where the repository of infra is in it, "" for its root."""

    root: Path
    prefix: str

    def ask(self, *arguments: str) -> str:
        """Run git; raise UncheckedError where it fails."""
        done = _git(self.root, *arguments)
        if done.returncode != 0:
            raise UncheckedError(f"git {arguments[0]} failed: {_first_line(done.stderr)}.")
        return done.stdout

    def answer(self, *arguments: str) -> str:
        """What git answers in one line, "" where it fails."""
        done = _git(self.root, *arguments)
        return done.stdout.strip() if done.returncode == 0 else ""

    def paths(self, *arguments: str) -> list[str]:
        """What git lists with -z."""
        return [path for path in self.ask(*arguments).split("\0") if path]

    def others(self, paths: Sequence[str]) -> list[str]:
        """Those paths that no promotion writes."""
        return sorted(
            path
            for path in paths
            if not path.startswith(self.prefix)
            or not MOVED_BY_PROMOTION.fullmatch(path.removeprefix(self.prefix))
        )


def checkout(root: Path) -> Checkout | None:
    """The git checkout that holds a folder; None where there is none. Raises UncheckedError."""
    done = _git(root, "rev-parse", "--is-inside-work-tree", "--show-prefix")
    lines = done.stdout.splitlines()
    if done.returncode != 0:
        if "not a git repository" in done.stderr:
            return None
        raise UncheckedError(f"git can't read {root}: {_first_line(done.stderr)}.")
    if not lines or lines[0] != "true":
        return None
    return Checkout(root, lines[1] if len(lines) > 1 else "")


def _git(root: Path, *arguments: str) -> processes.Completed:
    inherited = {name: os.environ[name] for name in PASSED_ON if name in os.environ}
    quiet = {"GIT_OPTIONAL_LOCKS": "0", "GIT_TERMINAL_PROMPT": "0", "LC_ALL": "C"}
    try:
        return processes.run(
            ["git", "-C", str(root), *SETTINGS, *arguments],
            environment={**inherited, **quiet},
            timeout=SECONDS,
        )
    except FileNotFoundError as error:
        raise UncheckedError("git was not found.", hint="Install git.") from error
    except (OSError, subprocess.TimeoutExpired) as error:
        raise UncheckedError(f"git did not answer ({type(error).__name__}).") from error


def _first_line(text: str) -> str:
    lines = text.strip().splitlines()
    return lines[0].removeprefix("fatal: ").rstrip(".") if lines else "it said nothing"
