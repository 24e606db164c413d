"""A program that answers, asked by several threads at once."""

from __future__ import annotations

import sys
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor

import pytest

from infra.processes import Conversation

ECHO = """\
import sys, time
for line in sys.stdin:
    time.sleep(0.01)
    print(line, end="", flush=True)
"""

ENDS = "input()"


def conversation(program: str) -> Conversation:
    return Conversation([sys.executable, "-c", program], environment={})


@pytest.fixture
def echo() -> Iterator[Conversation]:
    made = conversation(ECHO)
    yield made
    made.end()


def test_each_thread_gets_its_own_answer(echo: Conversation) -> None:
    """A plan reads the facts on a thread, while the command asks the ledger something else."""
    asked = [str(number) for number in range(60)]
    with ThreadPoolExecutor(6) as pool:
        answers = list(pool.map(lambda line: echo.ask(line, 60), asked))
    assert answers == [f"{line}\n" for line in asked]


def test_everybody_hears_that_it_has_ended() -> None:
    made = conversation(ENDS)

    def ask(_number: int) -> bool:
        try:
            made.ask("x", 60)
        except OSError:
            return True
        return False

    with ThreadPoolExecutor(4) as pool:
        assert all(pool.map(ask, range(8)))
    made.end()
