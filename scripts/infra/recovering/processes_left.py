"""Processes of Terraform and providers that work on a root module of this checkout."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra.broken_locks import PROC
from infra.processes import WATCHER

STOP_SECONDS = 300.0
"""Terraform that is told to stop waits for what it has begun; App Runner takes minutes."""

END_SECONDS = 10.0
COMMAND = "-chdir="
PROVIDER = "terraform-provider-"


@dataclass(frozen=True)
class Worker:
    """A process. kind: "terraform" or "provider". orphan: the run that started it is no more."""

    pid: int
    kind: str
    began: float
    orphan: bool


def workers(data: Path) -> tuple[Worker, ...]:
    """All that work with this TF_DATA_DIR and can be seen."""
    return tuple(_found(data))


def _found(data: Path) -> Iterator[Worker]:
    import psutil

    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error, OSError):
            if process.pid == os.getpid() or process.status() == psutil.STATUS_ZOMBIE:
                continue
            if process.environ().get("TF_DATA_DIR") != str(data):
                continue
            words = process.cmdline()
            if any(word.startswith(COMMAND) for word in words):
                kind = "terraform"
            elif any(PROVIDER in word for word in words[:1]):
                kind = "provider"
            else:
                continue
            yield Worker(process.pid, kind, process.create_time(), _is_orphan(process, data))


def _is_orphan(process: object, data: Path) -> bool:
    """Whether nobody waits for it: neither Terraform, nor infra, nor the shell it was typed in."""
    import psutil

    assert isinstance(process, psutil.Process)  # noqa: S101
    top = process
    while (parent := top.parent()) is not None:
        if _is_infra(parent):
            return False
        try:
            same = parent.environ().get("TF_DATA_DIR") == str(data)
        except psutil.Error:
            same = False
        if not same:
            break
        top = parent
    # A run of infra begins a session of its own; one that a person typed belongs to the shell's.
    return os.getsid(top.pid) == top.pid


def _is_infra(process: object) -> bool:
    import psutil

    assert isinstance(process, psutil.Process)  # noqa: S101
    try:
        words = process.cmdline()
    except psutil.Error:
        return True
    return any(word == "infra" or word.endswith(("/infra", "/infra/__main__.py")) for word in words)


def _is_told(process: object) -> bool:
    """Whether a watcher tells it to end (see `infra.watcher`): Terraform gives up on a second word.

    A watcher can read what its Terraform prints, and no other one can.
    """
    import psutil

    assert isinstance(process, psutil.Process)  # noqa: S101
    printed = _files(process.pid) if PROC.is_dir() else set()
    for other in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            if str(WATCHER) in other.cmdline() and _files(other.pid) & printed:
                return True
    return False


def _files(pid: int) -> set[str]:
    """The pipes that a process has open, where the system shows them (Linux)."""
    found = set()
    with contextlib.suppress(OSError):
        for descriptor in (PROC / str(pid) / "fd").iterdir():
            with contextlib.suppress(OSError):
                found.add(str(descriptor.readlink()))
    return {name for name in found if name.startswith("pipe:")}


def stop(worker: Worker) -> bool:
    """Ask a process to end, as Ctrl-C does, and wait; tell whether it has ended.

    Terraform saves its state and gives back its lock then. It is asked once, by whomever.
    """
    import psutil

    try:
        process = psutil.Process(worker.pid)
        if process.create_time() != worker.began:
            return True
        if worker.kind == "terraform":
            if not _is_told(process):
                process.send_signal(2)
            process.wait(STOP_SECONDS)
        else:
            process.terminate()
            process.wait(END_SECONDS)
    except psutil.NoSuchProcess:
        return True
    except psutil.TimeoutExpired:
        return bool(process.status() == psutil.STATUS_ZOMBIE)
    return True
