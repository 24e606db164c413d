"""A process that tells a program to stop when the one that started it is killed.

`python watcher.py DESCRIPTOR...` reads its standard input: a process id, and, when that process has
ended, OVER. An end of the input without it is the end of the starter: the kernel closes what a
killed process held. The program then gets one SIGINT, and what it still says, on the descriptors,
is read on: it must not wait for a reader before it has saved anything.

Linux's PR_SET_PDEATHSIG can't do this: it is sent as each thread of the starter ends, and Terraform
gives up at once on a second SIGINT.
"""

from __future__ import annotations

import contextlib
import os
import select
import signal
import sys
from collections.abc import Callable, Sequence

OVER = b"over\n"
CHUNK_BYTES = 65536


def _signaller(pid: int) -> Callable[[], None]:
    """How this very process gets its SIGINT, and none that has its id after it."""
    if sys.platform != "linux":
        return lambda: os.kill(pid, signal.SIGINT)
    handle = os.pidfd_open(pid)
    return lambda: signal.pidfd_send_signal(handle, signal.SIGINT)


def _read_on(descriptors: Sequence[int]) -> None:
    """Read to the end, for nobody."""
    left = set(descriptors)
    while left:
        for ready in select.select(left, [], [])[0]:
            if not os.read(ready, CHUNK_BYTES):
                left.remove(ready)


def main(arguments: Sequence[str]) -> int:
    """Watch, until the program or the starter ends."""
    said = sys.stdin.buffer
    pid = said.readline()
    # A program that could not be started, or that has ended already.
    if not pid.strip().isdigit():
        return 0
    with contextlib.suppress(ProcessLookupError):
        interrupt = _signaller(int(pid))
        if said.read() != OVER:
            interrupt()
            _read_on([int(number) for number in arguments])
    return 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
