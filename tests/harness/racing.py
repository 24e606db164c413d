"""Two people who work on the same environment at once, one held while the other goes on."""

from __future__ import annotations

import json
import random
import subprocess
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from harness.checkout import Answer, Checkout
from harness.faulting import SEED
from harness.waiting import PATIENCE_SECONDS, wait_until
from infra import local_faults

ANN, BOB = "ann", "bob"


@dataclass(frozen=True)
class Order:
    """Ann is held at a call. Bob goes through meanwhile; or he is held as well, and Ann goes first.

    bob: the number of his call, None where he is not held.
    """

    ann: int
    bob: int | None

    def __str__(self) -> str:
        then = "bob goes through" if self.bob is None else f"bob at call {self.bob}, ann goes first"
        return f"ann at call {self.ann}, {then} (seed {SEED})"


def orders(name: str, races: int, calls: int) -> list[Order]:
    """So many interleavings, by the seed. calls: how many a run makes."""
    chance = random.Random(f"{SEED} {name}")  # noqa: S311
    return [
        Order(
            chance.randint(1, calls),
            chance.randint(1, calls) if chance.random() < 0.5 else None,
        )
        for _ in range(races)
    ]


def person(checkout: Checkout, name: str, arguments: Sequence[str]) -> subprocess.Popen[str]:
    """Start the command as somebody who is called so."""
    return subprocess.Popen(
        checkout.command(*arguments),
        env={**checkout.shell(), "LOGNAME": name, "USER": name},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )


def race(
    checkout: Checkout,
    order: Order,
    ann: Sequence[str],
    bob: Sequence[str] | Callable[[], Sequence[str]],
    his_checkout: Checkout | None = None,
) -> tuple[Answer, Answer]:
    """What both were answered, Ann first.

    bob: may depend on what he sees then. his_checkout: where he works, if not in hers.
    """
    his_checkout = his_checkout or checkout
    first = second = None
    try:
        first = _held(checkout, ANN, ann, order.ann)
        his_words = bob() if callable(bob) else bob
        if order.bob is None:
            second = person(his_checkout, BOB, his_words)
            his = _end(second)
            local_faults.clear(checkout.cloud)
            return _end(first), his
        his_fault = local_faults.add(checkout.cloud, "held", calls=str(order.bob)).number
        second = person(his_checkout, BOB, his_words)
        _wait(checkout, second, his_fault)
        if second.poll() is not None:
            # He never got there, and Ann must not be held there in his place.
            local_faults.clear(checkout.cloud)
        for one in local_faults.listed(checkout.cloud):
            if one.number != his_fault:
                local_faults.clear(checkout.cloud, one.number)
        hers = _end(first)
        local_faults.clear(checkout.cloud)
        return hers, _end(second)
    finally:
        local_faults.clear(checkout.cloud)
        for process in (first, second):
            if process is not None and process.poll() is None:
                process.kill()
                process.communicate()


def error(answer: Answer) -> Mapping[str, Any]:
    """The failure that --json printed."""
    found: Mapping[str, Any] = json.loads(answer.out)["error"]
    return found


def _held(
    checkout: Checkout, name: str, arguments: Sequence[str], call: int
) -> subprocess.Popen[str]:
    fault = local_faults.add(checkout.cloud, "held", calls=str(call))
    process = person(checkout, name, arguments)
    _wait(checkout, process, fault.number)
    if process.poll() is not None:
        # Not all runs make as many calls, and the next one must not be held there in its place.
        local_faults.clear(checkout.cloud, fault.number)
    return process


def _wait(checkout: Checkout, process: subprocess.Popen[str], number: int) -> None:
    """Wait until a fault holds a call, or the command has ended before that."""

    def held_or_over() -> bool:
        found = [one for one in local_faults.listed(checkout.cloud) if one.number == number]
        return process.poll() is not None or any(one.waiting for one in found)

    assert wait_until(held_or_over)


def _end(process: subprocess.Popen[str]) -> Answer:
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    return Answer(process.returncode, out, err)
