"""Programs that the command starts: how they are stopped, and that none is left behind."""

from __future__ import annotations

import io
import os
import signal
import subprocess
import sys
import threading
from pathlib import Path
from typing import Any

import psutil
import pytest

from harness.checkout import Checkout, terraform_of
from harness.waiting import PATIENCE_SECONDS, wait_until
from infra import processes

PRINTS_SIGNALS = """
import os, signal, time
signal.signal(signal.SIGINT, lambda *_: (os.write(1, b"got it\\n"), os._exit(3)))
print("ready", flush=True)
time.sleep(3600)
"""

PARENT = """
import sys, time
from infra import processes
program = "import time; print('up', flush=True); time.sleep(3600)"
processes.Companion([sys.executable, "-c", program], environment={},
    on_line=lambda line: print(line.strip(), flush=True), on_end=lambda: None)
time.sleep(3600)
"""


COUNTS_INTERRUPTS = """
import os, signal, sys, time
count = 0
def told(*_):
    global count
    count += 1
signal.signal(signal.SIGINT, told)
print(os.getpid(), flush=True)
while not count:
    time.sleep(0.01)
# More than a pipe holds, and time for a second signal.
for _ in range(100):
    print("x" * 10_000, flush=True)
    time.sleep(0.005)
open(sys.argv[1], "w").write(str(count))
"""

STREAMING = """
import sys, threading, time
from pathlib import Path
from infra import processes
for _ in range(8):
    threading.Thread(target=time.sleep, args=(3600,), daemon=True).start()
processes.stream([sys.executable, "-c", sys.argv[1], sys.argv[2]], environment={},
    directory=Path.cwd(), on_line=lambda line: print(line.strip(), flush=True))
"""

SHARING = """
import subprocess, sys, time
from infra import processes
program = "import os; print(os.getpid(), flush=True); os.read(0, 1)"
companion = processes.Companion([sys.executable, "-c", program], environment={},
    on_line=lambda line: print(line.strip(), flush=True), on_end=lambda: None, shared=True)
needs = subprocess.Popen([sys.executable, "-c", "import time; time.sleep(3600)"],
    stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL, pass_fds=companion.lifeline)
print(needs.pid, flush=True)
time.sleep(3600)
"""


class Interrupting(io.RawIOBase):
    """A stream in whose writing Ctrl-C comes."""

    def __init__(self) -> None:
        self.written = b""

    def writable(self) -> bool:
        return True

    def write(self, data: Any) -> int:
        if not self.written:
            os.kill(os.getpid(), signal.SIGINT)
        self.written += bytes(data)
        return len(data)


def test_an_interrupt_in_the_middle_of_a_line_is_told_after_it(tmp_path: Path) -> None:
    raw = Interrupting()
    stream = io.BufferedWriter(raw)

    def say(text: str) -> None:
        stream.write(text.encode())
        stream.flush()

    done = processes.stream(
        [sys.executable, "-c", PRINTS_SIGNALS],
        environment={},
        directory=tmp_path,
        on_line=say,
        on_interrupt=lambda count: say(f"interrupt {count}\n"),
    )
    assert done.returncode == 3
    assert sorted(raw.written.splitlines()) == [b"got it", b"interrupt 1", b"ready"]


def test_the_first_interrupt_is_passed_on_once_and_the_program_waited_for(tmp_path: Path) -> None:
    lines: list[str] = []
    counts: list[int] = []

    def on_line(line: str) -> None:
        lines.append(line.strip())
        if line.strip() == "ready":
            os.kill(os.getpid(), signal.SIGINT)

    done = processes.stream(
        [sys.executable, "-c", PRINTS_SIGNALS],
        environment={},
        directory=tmp_path,
        on_line=on_line,
        on_interrupt=counts.append,
    )
    assert (lines, done.returncode, counts) == (["ready", "got it"], 3, [1])
    assert done.interrupts == 1


def test_signals_are_ours_again_after_a_run(tmp_path: Path) -> None:
    before = signal.getsignal(signal.SIGINT)
    processes.stream(["true"], environment={}, directory=tmp_path, on_line=lambda _line: None)
    assert signal.getsignal(signal.SIGINT) is before


def test_a_program_gets_the_environment_it_was_given_and_nothing_else() -> None:
    done = processes.run(["env"], environment={"ONLY": "this", "PATH": os.environ["PATH"]})
    names = {line.partition("=")[0] for line in done.stdout.splitlines()}
    assert names <= {"ONLY", "PATH", "PWD", "SHLVL", "_"}
    assert "ONLY=this" in done.stdout


def test_a_companion_is_heard_and_ended() -> None:
    lines: list[str] = []
    ended = threading.Event()
    companion = processes.Companion(
        [sys.executable, "-c", "import time; print('up', flush=True); time.sleep(3600)"],
        environment={},
        on_line=lines.append,
        on_end=ended.set,
    )
    assert wait_until(lambda: lines == ["up\n"])
    companion.end()
    assert ended.is_set()


def test_a_companion_does_not_outlive_a_killed_parent() -> None:
    parent = subprocess.Popen(
        [sys.executable, "-c", PARENT], stdout=subprocess.PIPE, text=True, env=dict(os.environ)
    )
    assert parent.stdout is not None
    assert parent.stdout.readline() == "up\n"
    (child,) = psutil.Process(parent.pid).children()
    parent.kill()
    parent.wait()
    parent.stdout.close()
    assert wait_until(lambda: not child.is_running() or child.status() == psutil.STATUS_ZOMBIE)


def parent_of(program: str, *arguments: str) -> subprocess.Popen[str]:
    """A Python process of its own; what it prints is read from its standard output."""
    return subprocess.Popen(
        [sys.executable, "-c", program, *arguments],
        stdout=subprocess.PIPE,
        text=True,
        env=dict(os.environ),
    )


def killed(parent: subprocess.Popen[str]) -> None:
    parent.kill()
    parent.wait()
    assert parent.stdout is not None
    parent.stdout.close()


def ended(process: psutil.Process) -> bool:
    return not process.is_running() or process.status() == psutil.STATUS_ZOMBIE


def test_a_program_whose_starter_is_killed_is_interrupted_once_and_heard_out(
    tmp_path: Path,
) -> None:
    counted = tmp_path / "count"
    parent = parent_of(STREAMING, COUNTS_INTERRUPTS, str(counted))
    assert parent.stdout is not None
    program = psutil.Process(int(parent.stdout.readline()))
    killed(parent)
    assert wait_until(lambda: ended(program))
    assert counted.read_text() == "1"


def test_nobody_watches_a_program_that_has_ended(tmp_path: Path) -> None:
    before = psutil.Process().children()
    processes.stream(["true"], environment={}, directory=tmp_path, on_line=lambda _line: None)
    assert psutil.Process().children() == before


def test_a_program_that_can_not_be_started_leaves_nothing(tmp_path: Path) -> None:
    before = (psutil.Process().children(), psutil.Process().num_fds())
    with pytest.raises(FileNotFoundError):
        processes.stream(
            [str(tmp_path / "none")], environment={}, directory=tmp_path, on_line=print
        )
    assert (psutil.Process().children(), psutil.Process().num_fds()) == before


def test_a_shared_companion_stays_for_whoever_needs_it_and_no_longer() -> None:
    parent = parent_of(SHARING)
    assert parent.stdout is not None
    first, second = (psutil.Process(int(parent.stdout.readline())) for _ in range(2))
    needs, companion = sorted((first, second), key=lambda one: "os.read" in one.cmdline()[-1])
    killed(parent)
    assert not ended(companion)
    needs.kill()
    assert wait_until(lambda: ended(companion))


@pytest.mark.terraform
def test_a_command_leaves_no_terraform_and_no_provider_behind(checkout: Checkout) -> None:
    assert checkout.infra("plan", "staging").code == 2
    assert terraform_of(checkout) == []


@pytest.mark.terraform
def test_a_killed_command_leaves_no_terraform_and_no_provider_behind(checkout: Checkout) -> None:
    checkout.hold_applies()
    process = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    assert len(terraform_of(checkout)) >= 2
    process.kill()
    process.communicate(timeout=PATIENCE_SECONDS)
    assert wait_until(lambda: terraform_of(checkout) == [])


def test_a_process_that_waits_to_be_collected_is_at_work_no_more() -> None:
    process = subprocess.Popen(["sleep", "60"])
    assert processes.is_running(process.pid)
    process.kill()
    try:
        assert wait_until(lambda: psutil.Process(process.pid).status() == psutil.STATUS_ZOMBIE)
        assert not processes.is_running(process.pid)
    finally:
        process.wait(PATIENCE_SECONDS)
    assert not processes.is_running(process.pid)
