"""What must hold of whatever somebody feeds in: taken, or refused in one clear sentence."""

from __future__ import annotations

import contextlib
import io
import json
import resource
import time
import traceback
from collections.abc import Callable, Iterator
from pathlib import Path

import psutil
from rich.console import Console

from infra import rendering, reports
from infra.errors import LONGEST_LINE, LONGEST_MESSAGE, InfraError, InternalError
from infra.untrusted import visible

SECONDS = 2.0
"""Of processor time: a machine that is busy with something else is no fault."""

ROOM = 512 * 1024 * 1024
"""How much memory the input may make a process take."""

tried = 0
"""How many inputs there were in this process."""


def judge(call: Callable[[], object]) -> InfraError | None:
    """Run what reads the input. Returns the error by which it was refused, None where it was taken.

    Anything but an InfraError gets through, and is a fault.
    """
    global tried
    tried += 1
    begun = time.process_time()
    failure = None
    try:
        call()
    except InfraError as error:
        failure = error
    assert time.process_time() - begun < SECONDS
    if failure is not None:
        is_clear(failure)
    return failure


def is_clear(failure: InfraError) -> None:
    """A sentence of bounded length, of which nothing would be obeyed by a terminal."""
    assert not isinstance(failure, InternalError)
    assert 10 < len(failure.message) <= LONGEST_MESSAGE
    for text in (failure.message, *failure.details, failure.hint):
        assert "Traceback" not in text
        for line in text.split("\n"):
            assert line == visible(line)
            assert len(line) <= LONGEST_LINE
    assert failure.reason and failure.reason == failure.reason.lower()
    json.loads(reports.text(reports.error(failure)))
    is_harmless(printed(rendering.error(failure)))


def is_harmless(text: str) -> None:
    """What was printed moves no cursor, hides nothing and can be encoded."""
    for line in text.split("\n"):
        assert line == visible(line)


def printed(renderable: object) -> str:
    """What a person is shown, without colours."""
    stream = io.StringIO()
    console: Console = rendering.console()
    console.file = stream
    console.print(renderable, crop=False)
    return stream.getvalue()


def look(folder: Path) -> dict[str, tuple[int, int]]:
    """All files of a folder with their size and the time at which they were written."""
    found = {}
    for path in sorted(folder.rglob("*")):
        said = path.lstat()
        if path.is_dir():
            found[str(path.relative_to(folder))] = (0, 0)
            continue
        found[str(path.relative_to(folder))] = (said.st_size, said.st_mtime_ns)
    return found


@contextlib.contextmanager
def little_room() -> Iterator[None]:
    """Let this process take no more than so much memory besides what it has."""
    now = psutil.Process().memory_info().vms
    before = resource.getrlimit(resource.RLIMIT_AS)
    resource.setrlimit(resource.RLIMIT_AS, (now + ROOM, before[1]))
    try:
        yield
    finally:
        resource.setrlimit(resource.RLIMIT_AS, before)


def run(arguments: list[str]) -> tuple[int, str, str]:
    """The infra command in this process, through its own door: exit code, output, errors."""
    from infra import cli

    global tried
    tried += 1
    out, err = io.StringIO(), io.StringIO()
    begun = time.process_time()
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        code = cli.run(arguments)
    assert time.process_time() - begun < SECONDS
    return code, out.getvalue(), err.getvalue()


def crash_of(folder: Path) -> str:
    """The newest report of a crash, for the message of a test."""
    reports_ = sorted((folder / ".local" / "crashes").glob("*"))
    return reports_[-1].read_text() if reports_ else "".join(traceback.format_stack(limit=1))
