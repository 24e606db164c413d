"""Finding and running the programs that the checks are made of."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

from infra import processes
from infra.errors import LintToolError, LintToolMissingError
from infra.linting.site import Site
from infra.processes import Completed
from infra.targets import DEAD_END

TIMEOUT_SECONDS = 600.0
SHOWN_LINES = 12

LINT_ENVIRONMENT = ".venv-lint"
CHECKOV_ENVIRONMENT = ".venv-checkov"
_KEPT = ("PATH", "HOME", "LANG", "LC_ALL", "TMPDIR", "TERM", "XDG_CACHE_HOME")


def program(site: Site, name: str, environment: str) -> str:
    """The program of that name in one of the checkout's own environments.

    Not the one on PATH: its version would not be the pinned one. Raises LintToolMissingError.
    """
    path = site.root / environment / "bin" / name
    if not path.is_file():
        raise LintToolMissingError(
            f"{name} is not in {environment}.",
            hint=f"`make {environment.removeprefix('.')}` sets it up, as `make lint` does.",
        )
    return str(path)


def installed(name: str, hint: str) -> str:
    """The program of that name on PATH. Raises LintToolMissingError."""
    path = shutil.which(name)
    if path is None:
        raise LintToolMissingError(f"{name} is not on PATH.", hint=hint)
    return str(Path(path).absolute())


def module(name: str) -> list[str]:
    """How to run a Python program of the environment that this one runs in."""
    return [sys.executable, "-m", name]


def surroundings(added: Mapping[str, str] | None = None) -> dict[str, str]:
    """A program's environment: nothing of AWS's or Terraform's, and no way out of the machine."""
    return {
        **{key: value for key, value in os.environ.items() if key in _KEPT},
        "CHECKPOINT_DISABLE": "1",
        "HTTP_PROXY": DEAD_END,
        "HTTPS_PROXY": DEAD_END,
        "NO_COLOR": "1",
        "TF_CLI_CONFIG_FILE": os.devnull,
        **(added or {}),
    }


def run(
    site: Site,
    arguments: Sequence[str],
    *,
    accepted: Sequence[int],
    environment: Mapping[str, str] | None = None,
    directory: Path | None = None,
) -> Completed:
    """Run a program in the checkout. accepted: the exit codes with which it has done its work.

    Raises LintToolError when it ends otherwise, can't be started or takes too long.
    """
    name = Path(arguments[0]).name if arguments[0] != sys.executable else arguments[2]
    try:
        done = processes.run(
            arguments,
            environment=surroundings() if environment is None else environment,
            directory=directory or site.root,
            timeout=TIMEOUT_SECONDS,
        )
    except OSError as error:
        raise LintToolError(
            f"{name} can't be started: {error.strerror}.",
            hint="`make repair` sets everything up again.",
        ) from error
    except subprocess.TimeoutExpired as error:
        raise LintToolError(
            f"{name} did not end in {TIMEOUT_SECONDS:.0f} seconds.",
            hint="Run the check alone: infra lint --only NAME",
        ) from error
    if done.returncode not in accepted:
        raise failure(name, f"ended with exit code {done.returncode}", done)
    return done


def failure(name: str, what: str, done: Completed) -> LintToolError:
    """The error for a program that did not do its work, with the last that it said."""
    said = [line for line in (done.stderr or done.stdout).splitlines() if line.strip()]
    return LintToolError(
        f"{name} {what}.",
        hint="Look at what it said, and run the check alone: infra lint --only NAME",
        details=tuple(said[-SHOWN_LINES:]),
    )


def parsed(name: str, done: Completed) -> Any:
    """A program's standard output, which must be JSON. Raises LintToolError."""
    try:
        return json.loads(done.stdout)
    except ValueError as error:
        raise failure(name, "did not answer in JSON", done) from error
