"""The one door to other programs.

Programs get argument lists, never a shell string, and exactly the process environment that the
caller built: nothing of the user's shell is inherited here.
"""

from __future__ import annotations

import contextlib
import ctypes
import os
import queue
import signal
import subprocess
import sys
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra.watcher import OVER

TERMINATION_GRACE_SECONDS = 10.0
WATCHER = Path(__file__).with_name("watcher.py")
PR_SET_PDEATHSIG = 1
"""Linux, prctl(2): the signal that a process gets when its parent ends."""


@dataclass(frozen=True)
class Completed:
    """What a program left behind. interrupts: how often the user asked it to stop."""

    returncode: int
    stdout: str
    stderr: str
    interrupts: int = 0


def run(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: Path | None = None,
    timeout: float | None = None,
    inherited: Sequence[int] = (),
) -> Completed:
    """Run a short program to its end and collect its output.

    timeout: in seconds. inherited: file descriptors that the program keeps open.
    Raises FileNotFoundError, PermissionError, subprocess.TimeoutExpired.
    """
    done = subprocess.run(
        list(arguments),
        cwd=directory,
        env=dict(environment),
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        errors="replace",
        timeout=timeout,
        pass_fds=tuple(inherited),
        check=False,
    )
    return Completed(done.returncode, done.stdout, done.stderr)


def stream(
    arguments: Sequence[str],
    *,
    environment: Mapping[str, str],
    directory: Path,
    on_line: Callable[[str], None],
    on_interrupt: Callable[[int], None] = lambda _count: None,
    inherited: Sequence[int] = (),
) -> Completed:
    """Run a long program, handing over its standard output line by line.

    The program runs in its own process group, so that a terminal's Ctrl-C reaches this process
    alone. The first SIGINT or SIGTERM is passed on once as SIGINT, and the program is waited for:
    Terraform then persists its state and releases its lock. Only a second one is passed on again
    (Terraform gives up at once on it). `on_interrupt` receives the count, on a thread of its own.
    Should this process be killed, a watcher sends the program its SIGINT (see `watcher`).
    inherited: file descriptors that the program, and what it starts, keep open.
    """
    # The program holds the reading ends as well: were this process and the watcher killed, writing
    # to a pipe that nobody reads would kill the program before it has saved anything.
    output, output_end = os.pipe()
    errors, errors_end = os.pipe()
    try:
        watcher = _Watcher((output, errors))
    except BaseException:
        for end in (output, output_end, errors, errors_end):
            os.close(end)
        raise
    try:
        process = subprocess.Popen(
            list(arguments),
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=output_end,
            stderr=errors_end,
            start_new_session=True,
            pass_fds=(output, errors, *inherited),
            preexec_fn=watcher.told_of_me,
        )
    except BaseException:
        watcher.end()
        os.close(output)
        os.close(errors)
        raise
    finally:
        os.close(output_end)
        os.close(errors_end)
    said: list[str] = []
    count = 0
    broken: Exception | None = None

    def read_errors() -> None:
        with os.fdopen(errors, encoding="utf-8", errors="replace") as lines:
            said.extend(lines)

    def forward(_signal: int, _frame: object) -> None:
        nonlocal count
        count += 1
        if count <= 2:
            with contextlib.suppress(ProcessLookupError):
                process.send_signal(signal.SIGINT)
        asked.put(count)

    def tell() -> None:
        nonlocal broken
        while (number := asked.get()) is not None:
            try:
                on_interrupt(number)
            except Exception as error:
                broken = broken or error

    # Never from the handler: it may have cut in where this thread is printing, and a stream can't
    # be written to while it is being written to.
    asked: queue.SimpleQueue[int | None] = queue.SimpleQueue()
    teller = threading.Thread(target=tell, daemon=True)
    teller.start()
    reader = threading.Thread(target=read_errors, daemon=True)
    reader.start()
    with _handling(forward), os.fdopen(output, encoding="utf-8", errors="replace") as lines:
        for line in lines:
            # Whatever a listener meets, the program is heard out and waited for.
            if broken is None:
                try:
                    on_line(line)
                except Exception as error:
                    broken = error
        returncode = process.wait()
        watcher.end()
    asked.put(None)
    teller.join(TERMINATION_GRACE_SECONDS)
    reader.join(TERMINATION_GRACE_SECONDS)
    if broken is not None:
        raise broken
    return Completed(returncode, "", "".join(said), interrupts=count)


class _Watcher:
    """The process that tells a program to stop when this one is killed.

    reading: the reading ends of the program's output, which it then reads on.
    """

    def __init__(self, reading: Sequence[int]) -> None:
        told, self._tell = os.pipe()
        try:
            self._process = subprocess.Popen(
                # Nothing of this installation or of the shell is needed, so it starts at once.
                [sys.executable, "-I", "-S", str(WATCHER), *map(str, reading)],
                env={},
                stdin=told,
                stdout=subprocess.DEVNULL,
                stderr=subprocess.DEVNULL,
                pass_fds=tuple(reading),
                start_new_session=True,
            )
        except BaseException:
            os.close(self._tell)
            raise
        finally:
            os.close(told)

    def told_of_me(self) -> None:
        """What the program's process runs before it becomes the program."""
        # Until the program has its own way of stopping, SIGINT ends it.
        signal.signal(signal.SIGINT, signal.SIG_DFL)
        os.write(self._tell, b"%d\n" % os.getpid())

    def end(self) -> None:
        """The program has ended, or was never started: nothing is left to watch."""
        # Its end may have come first: then nobody is left to be told.
        with contextlib.suppress(BrokenPipeError):
            os.write(self._tell, OVER)
        os.close(self._tell)
        self._process.wait()


@contextlib.contextmanager
def _handling(handler: Callable[[int, object], None]) -> Iterator[None]:
    """Route SIGINT and SIGTERM to `handler`; signals only work in the main thread."""
    if threading.current_thread() is not threading.main_thread():
        yield
        return
    numbers = (signal.SIGINT, signal.SIGTERM)
    before = [signal.signal(number, handler) for number in numbers]
    try:
        yield
    finally:
        for number, previous in zip(numbers, before, strict=True):
            signal.signal(number, previous)


class Companion:
    """A program that runs beside this one, and outlives neither it nor those who need it.

    Its standard output goes, line by line, to `on_line`, on a thread of its own; its standard error
    goes nowhere. shared: the program reads its standard input to the end, and then ends; `lifeline`
    holds the file descriptor that keeps that open, for this process and for whoever inherits it.
    Any other program gets a SIGTERM when this process is killed. Raises OSError when it can't be
    started.
    """

    def __init__(
        self,
        arguments: Sequence[str],
        *,
        environment: Mapping[str, str],
        on_line: Callable[[str], None],
        on_end: Callable[[], None],
        shared: bool = False,
    ) -> None:
        self._process = subprocess.Popen(
            list(arguments),
            env=dict(environment),
            stdin=subprocess.PIPE if shared else subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            start_new_session=True,
            preexec_fn=None if shared else _signalled_at_parents_end(signal.SIGTERM),
        )
        self.lifeline = () if self._process.stdin is None else (self._process.stdin.fileno(),)

        def read() -> None:
            assert self._process.stdout is not None  # noqa: S101
            for line in self._process.stdout:
                on_line(line)
            on_end()

        self._reader = threading.Thread(target=read, daemon=True)
        self._reader.start()

    def end(self) -> None:
        """End the program, and wait for it."""
        self._process.terminate()
        try:
            self._process.wait(TERMINATION_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(TERMINATION_GRACE_SECONDS)
        if self._process.stdin is not None:
            self._process.stdin.close()
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()


class Conversation:
    """A program that answers each line with one line, and never outlives this one.

    Threads may ask at once: each gets its own answer. Its standard error goes nowhere. Raises
    OSError when it can't be started.
    """

    def __init__(self, arguments: Sequence[str], *, environment: Mapping[str, str]) -> None:
        self._answers: queue.SimpleQueue[str | None] = queue.SimpleQueue()
        self._turn = threading.Lock()
        self._process = subprocess.Popen(
            list(arguments),
            env=dict(environment),
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            errors="replace",
            # A terminal's Ctrl-C reaches this process alone.
            start_new_session=True,
            preexec_fn=_signalled_at_parents_end(signal.SIGTERM),
        )
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def ask(self, line: str, timeout: float) -> str:
        """Say one line and return the answer.

        timeout: in seconds, from this one's turn. Raises OSError when the program has ended,
        TimeoutError when it does not answer; a late answer would be taken for the next one's, so
        nothing more can be asked.
        """
        with self._turn:
            if self._process.stdin is None or self._process.stdin.closed:
                raise BrokenPipeError("The program is not listening.")
            self._process.stdin.write(line + "\n")
            self._process.stdin.flush()
            try:
                answer = self._answers.get(timeout=timeout)
            except queue.Empty as error:
                self.end()
                raise TimeoutError("The program does not answer.") from error
        if answer is None:
            self._answers.put(None)  # for whoever asks next
            raise BrokenPipeError("The program has ended.")
        return answer

    def end(self) -> None:
        """End the program, and wait for it."""
        self._process.terminate()
        try:
            self._process.wait(TERMINATION_GRACE_SECONDS)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._reader.join(TERMINATION_GRACE_SECONDS)
        with contextlib.suppress(OSError):
            if self._process.stdin is not None:
                self._process.stdin.close()
        if self._process.stdout is not None and not self._reader.is_alive():
            self._process.stdout.close()

    def _read(self) -> None:
        assert self._process.stdout is not None  # noqa: S101
        for line in self._process.stdout:
            self._answers.put(line)
        self._answers.put(None)


@contextlib.contextmanager
def interrupts_held() -> Iterator[None]:
    """Let a first Ctrl-C or SIGTERM wait for the end of the block; a second one ends it at once."""
    asked = 0

    def hold(_signal: int, _frame: object) -> None:
        nonlocal asked
        asked += 1
        if asked > 1:
            raise KeyboardInterrupt

    with _handling(hold):
        yield
    if asked:
        raise KeyboardInterrupt


def _signalled_at_parents_end(number: signal.Signals) -> Callable[[], None] | None:
    """What a child runs before its program, so that it does not outlive a killed parent."""
    if sys.platform != "linux":
        return None
    prctl = ctypes.CDLL(None).prctl
    return lambda: prctl(PR_SET_PDEATHSIG, number)


def is_running(pid: int) -> bool:
    """Tell whether a process is at work: one that has ended and waits to be collected is not."""
    # Imported late: few commands ask.
    import psutil

    try:
        return bool(psutil.Process(pid).status() != psutil.STATUS_ZOMBIE)
    except psutil.NoSuchProcess:
        return False
    except psutil.AccessDenied:
        return True


def start_in_background(
    arguments: Sequence[str], *, environment: Mapping[str, str], directory: Path, log: Path
) -> int:
    """Start a program that outlives this one; its output goes to `log` (mode 0600).

    Returns its process id.
    """
    descriptor = os.open(log, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    try:
        process = subprocess.Popen(
            list(arguments),
            cwd=directory,
            env=dict(environment),
            stdin=subprocess.DEVNULL,
            stdout=descriptor,
            stderr=descriptor,
            start_new_session=True,
        )
    finally:
        os.close(descriptor)
    # The child is meant to outlive its parent, which therefore never waits for it.
    process.returncode = 0
    return process.pid
