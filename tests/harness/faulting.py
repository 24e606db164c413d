"""Ending processes at a chosen call of a run, and what must be true of an environment after it.

Points are numbers of calls to the local cloud, held there by a fault until the blow has fallen.
"""

from __future__ import annotations

import contextlib
import os
import random
import signal
import subprocess
import threading
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import psutil

from harness.checkout import MAIN_TF, Answer, Checkout, terraform_of
from harness.waiting import PATIENCE_SECONDS, wait_until
from infra import local_faults

SEED = int(os.environ.get("FAULTS_SEED") or 1)
"""Of all chance in these tests; `make test-faults SEED=N` sets it."""

TOOL, TERRAFORM, CLOUD = "infra", "terraform", "local cloud"
VICTIMS = (TOOL, TERRAFORM, CLOUD)
SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGKILL)
POINTS = 25
UNTIL_END = 0.95
"""The last calls of a run are not the same each time, so that their number may not be reached."""

SIZE = "  default = 2\n"

CHUNK = 5
"""How many runs are one test."""


@dataclass(frozen=True)
class Kill:
    """point: the number of a call. victim: which process gets the signal then."""

    point: int
    victim: str
    number: signal.Signals

    def __str__(self) -> str:
        return f"{self.number.name} to {self.victim} at call {self.point} (seed {SEED})"


@dataclass(frozen=True)
class Recorded:
    """A run that nothing happened to.

    calls: how many it made. alive: during which of them Terraform was at work.
    """

    calls: int
    alive: tuple[int, ...]


@dataclass(frozen=True)
class Blow:
    """What a run was doing when it was hit, and what it printed.

    held: the call. children: the processes that it had then.
    """

    held: str
    answer: Answer
    children: tuple[psutil.Process, ...]


@dataclass
class Small:
    """A checkout whose staging was applied. size: what its files say."""

    checkout: Checkout
    size: int = 2

    def change(self) -> None:
        """Give the next apply something to do."""
        self.size += 2
        text = MAIN_TF % ""
        assert SIZE in text
        text = text.replace(SIZE, f"  default = {self.size}\n")
        self.checkout.file("main.tf").write_text(text)


def kills(recorded: Recorded, runs: int, name: str) -> list[Kill]:
    """So many kills: each point in turn, each signal to each process in turn, in any order.

    name: of the command, so that two do not get the same order.
    """
    chance = random.Random(f"{SEED} {name}")  # noqa: S311
    last = int(recorded.calls * UNTIL_END)
    everywhere = _spread(range(1, last + 1))
    at_work = _spread(recorded.alive)
    pairs = [(victim, number) for victim in VICTIMS for number in SIGNALS]
    chance.shuffle(pairs)
    begin = chance.randrange(POINTS)
    # 9 and 25 have no common divisor: no pair meets a point twice before all have met it.
    made = []
    for i in range(runs):
        victim, number = pairs[i % len(pairs)]
        points = at_work if victim == TERRAFORM else everywhere
        made.append(Kill(points[(begin + i) % POINTS], victim, number))
    return made


def _spread(numbers: Sequence[int]) -> list[int]:
    """As many of the numbers as there are points, at even distances."""
    return [numbers[i * (len(numbers) - 1) // (POINTS - 1)] for i in range(POINTS)]


def record(checkout: Checkout, *arguments: str) -> Recorded:
    """Count the calls of a run, and note during which ones Terraform is at work."""
    counted = local_faults.add(checkout.cloud, "counted")
    alive: set[int] = set()
    over = threading.Event()

    def look() -> None:
        while not over.wait(0.02):
            if terraforms(checkout):
                alive.add(_fault(checkout, counted.number).matched)

    looking = threading.Thread(target=look)
    looking.start()
    try:
        answer = checkout.infra(*arguments)
    finally:
        over.set()
        looking.join(PATIENCE_SECONDS)
    assert answer.code == 0, answer.out + answer.err
    calls = _fault(checkout, counted.number).matched
    local_faults.clear(checkout.cloud)
    seen = sorted(number for number in alive if 0 < number <= calls * UNTIL_END)
    return Recorded(calls, tuple(range(seen[0], seen[-1] + 1)))


def strike(checkout: Checkout, kill: Kill, *arguments: str) -> Blow | None:
    """Run the command and send a process a signal at a call; None where it ended before that."""
    checkout.cloud.ensure_started()
    process = checkout.start(*arguments)
    with _ended(process):
        held = _reached(checkout, process, kill)
        if held is None:
            return None
        children = tuple(psutil.Process(process.pid).children(recursive=True))
        for pid in _victims(checkout, process, kill.victim):
            os.kill(pid, kill.number)
        if kill.victim != CLOUD:
            local_faults.clear(checkout.cloud)
        out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return Blow(held, Answer(process.returncode, out, err), children)


def settled(checkout: Checkout, environment: str, keys: Sequence[str]) -> None:
    """Fail unless an environment is as if nothing had ever happened. keys: in its state bucket."""
    last = checkout.infra("recover", environment, "--json")
    assert last.code == 0, last.out + last.err
    assert (last.json["result"]["found"], last.json["result"]["plan"]) == ([], {})
    verified = checkout.infra("ledger", "verify", environment, "--json")
    assert verified.code == 0, verified.out
    assert sorted(checkout.state_objects(environment)) == sorted(keys)
    assert not checkout.file("errored.tfstate", environment).exists()
    assert wait_until(lambda: not orphans(checkout)), orphans(checkout)


def terraforms(checkout: Checkout) -> list[int]:
    """Terraform's own processes of a checkout, without providers."""
    found = []
    for process in terraform_of(checkout):
        with contextlib.suppress(psutil.Error):
            if any(word.startswith("-chdir=") for word in process.cmdline()):
                found.append(process.pid)
    return found


def left_of(blow: Blow) -> list[psutil.Process]:
    """What a run had started and is still there."""
    return [
        child
        for child in blow.children
        if child.is_running() and child.status() != psutil.STATUS_ZOMBIE
    ]


def orphans(checkout: Checkout) -> list[str]:
    """All that still works for a checkout, but for its local cloud."""
    endpoint = checkout.cloud.running()
    assert endpoint is not None
    found = []
    for process in psutil.process_iter():
        with contextlib.suppress(psutil.Error):
            variables = process.environ()
            ours = variables.get("AWS_ENDPOINT_URL") == endpoint.url or variables.get(
                "TF_DATA_DIR", ""
            ).startswith(str(checkout.root))
            if ours and process.status() != psutil.STATUS_ZOMBIE:
                found.append(f"{process.pid}: {' '.join(process.cmdline())[:200]}")
    return found


@contextlib.contextmanager
def _ended(process: subprocess.Popen[str]) -> Iterator[None]:
    """Never leave a command behind that a test has started."""
    try:
        yield
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def _reached(checkout: Checkout, process: subprocess.Popen[str], kill: Kill) -> str | None:
    """Wait until the call is held and its victim is there; the next call takes over where not."""
    calls, before = kill.point, None
    while True:
        fault = local_faults.add(checkout.cloud, "held", calls=str(calls))
        if before is not None:
            local_faults.clear(checkout.cloud, before)
        number = before = fault.number

        def held_or_over(number: int = number) -> bool:
            return process.poll() is not None or bool(_fault(checkout, number).waiting)

        assert wait_until(held_or_over)
        if process.poll() is not None:
            local_faults.clear(checkout.cloud)
            process.communicate()
            return None
        if _victims(checkout, process, kill.victim):
            return _fault(checkout, number).waiting[0]
        calls = 1


def _victims(checkout: Checkout, process: subprocess.Popen[str], victim: str) -> list[int]:
    if victim == TOOL:
        return [process.pid]
    if victim == TERRAFORM:
        return terraforms(checkout)
    endpoint = checkout.cloud.running()
    assert endpoint is not None
    return [endpoint.pid]


def _fault(checkout: Checkout, number: int) -> local_faults.Fault:
    return next(one for one in local_faults.listed(checkout.cloud) if one.number == number)
