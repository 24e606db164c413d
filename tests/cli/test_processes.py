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
