"""The infra command in a process that need not import it first: forked, not started.

Importing Python's libraries takes longer than most of what a test asks of the command. A server
that has imported them forks a process for each command, with the arguments, process environment and
standard streams that `subprocess` would give it.
"""

from __future__ import annotations

import multiprocessing
import os
import subprocess
import sys
import tempfile
from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.cli import COMMANDS

AT_START = ("PYTHON", "LANG", "LC_", "LD_")
"""The beginnings of the variables that decide how Python starts."""

_server = multiprocessing.get_context("forkserver")
_server.set_forkserver_preload(["infra.cli", *sorted(set(COMMANDS.values())), "boto3"])


def fits(environment: Mapping[str, str]) -> bool:
    """Whether a command with this environment would start as the server did."""
    return _at_start(environment) == _at_start(os.environ)


def run(
    arguments: Sequence[str], environment: Mapping[str, str], timeout: float
) -> subprocess.CompletedProcess[str]:
    """Run `infra ARGUMENTS` to its end. Raises subprocess.TimeoutExpired when it was ended."""
    command = ["infra", *arguments]
    with tempfile.TemporaryDirectory(prefix="infra-") as folder:
        out, err = Path(folder) / "out", Path(folder) / "err"
        process = _server.Process(target=_be, args=(command, dict(environment), str(out), str(err)))
        process.start()
        process.join(timeout)
        if process.exitcode is None:
            process.kill()
            process.join()
            raise subprocess.TimeoutExpired(command, timeout)
        return subprocess.CompletedProcess(
            command, process.exitcode, out.read_text("utf-8"), err.read_text("utf-8")
        )


def _at_start(environment: Mapping[str, str]) -> dict[str, str]:
    return {name: value for name, value in environment.items() if name.startswith(AT_START)}


def _be(command: Sequence[str], environment: Mapping[str, str], out: str, err: str) -> None:
    """Become the command."""
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL
    files = (
        os.open(os.devnull, os.O_RDONLY),
        os.open(out, flags, 0o600),
        os.open(err, flags, 0o600),
    )
    for number, file in enumerate(files):
        os.dup2(file, number)
        os.close(file)
    os.environ.clear()
    os.environ.update(environment)
    sys.argv = list(command)
    from infra.__main__ import main

    main()
