"""What a person sees of a promotion: each step while it lasts, then how long it took and what it
found. On a terminal the step under way is a live line; elsewhere each is a plain one."""

from __future__ import annotations

import contextlib
import time
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from typing import Any

from rich.console import Console
from rich.text import Text

from infra.errors import InfraError, InterruptedRunError
from infra.progress import Progress

DONE, FAILED, KNOWN, LEFT_OUT = "done", "failed", "known", "left-out"
MARKS = {
    DONE: ("✓", "green"),
    FAILED: ("✗", "bold red"),
    KNOWN: ("=", "cyan"),
    LEFT_OUT: ("-", "dim"),
}
WIDTH = 10


@dataclass(frozen=True)
class Done:
    """A step that has ended. status: `done`, `failed`, or `known` where an earlier run did it."""

    name: str
    status: str
    text: str
    seconds: float


class Step:
    """A step under way; it says what it found."""

    def __init__(self) -> None:
        self.text = ""
        self.status = DONE

    def found(self, text: str, status: str = DONE) -> None:
        """What to show of it when it has ended."""
        self.text, self.status = text, status


class Steps:
    """Shows steps, and remembers them for `--json`."""

    def __init__(self, console: Console, progress: Progress, *, quiet: bool = False) -> None:
        self.progress = progress
        self.done: list[Done] = []
        self._console = console
        self._quiet = quiet

    @contextlib.contextmanager
    def step(self, name: str, text: str) -> Iterator[Step]:
        """Show a step while the block lasts."""
        self.progress.step(text)
        begun = time.monotonic()
        step = Step()
        try:
            yield step
        except BaseException as error:
            told = error.reason if isinstance(error, InfraError) else InterruptedRunError.reason
            step.found(step.text or told, FAILED)
            raise
        finally:
            self._end(Done(name, step.status, step.text, round(time.monotonic() - begun, 2)))

    def note(self, text: str) -> None:
        """Something below the last step."""
        if not self._quiet:
            self._console.print(Text(f"  {'':<{WIDTH}}         {text}"))

    def document(self) -> list[dict[str, Any]]:
        """All steps for `--json`."""
        return [asdict(item) for item in self.done]

    def _end(self, item: Done) -> None:
        self.done.append(item)
        self.progress.end(told=True)
        if self._quiet:
            return
        mark, style = MARKS[item.status]
        line = Text.assemble((f"{mark} ", style), (f"{item.name:<{WIDTH}}", "bold"))
        line.append(f"{item.seconds:6.1f} s  ", "dim")
        self._console.print(line.append(item.text))
