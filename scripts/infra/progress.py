"""Telling a person that Terraform is at work: a live line on a terminal, plain lines elsewhere."""

from __future__ import annotations

import contextlib
import threading
import time
from collections.abc import Mapping
from types import TracebackType
from typing import Any

from rich.console import Console
from rich.markup import escape
from rich.status import Status

HEARTBEAT_SECONDS = 10.0

NOTICED_SECONDS = 1.0
"""A step that takes as long is told how long it took."""

_VERBS = {"create": "Creating", "update": "Updating", "delete": "Destroying", "read": "Reading"}
_DONE = {"create": "Created", "update": "Updated", "delete": "Destroyed", "read": "Read"}


class Progress:
    """Shows steps and Terraform's events on standard error; a context manager.

    quiet: nothing at all is shown (for --json).
    """

    def __init__(self, console: Console, *, quiet: bool = False) -> None:
        self._console = console
        self._quiet = quiet
        self._live = console.is_terminal and not quiet
        self._status: Status | None = None
        self._started = time.monotonic()
        self._last = self._started
        self._step = ""
        self._seen = 0
        self._done = threading.Event()

    def __enter__(self) -> Progress:
        if not self._live and not self._quiet:
            threading.Thread(target=self._beat, daemon=True).start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        value: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._done.set()
        self.end()

    def step(self, text: str) -> None:
        """Say what is being done now, and how long the step before took."""
        self._tell_time()
        self._step = text
        self._seen = 0
        self._started = self._last = time.monotonic()
        if self._quiet:
            return
        if not self._live:
            self._console.print(f"{text} ...", style="dim")
        elif self._status is None:
            self._status = self._console.status(text)
            self._status.start()
        else:
            self._status.update(text)

    def note(self, text: str) -> None:
        """Say what a person should know, whatever comes of the rest."""
        if not self._quiet:
            self._console.print(text, style="yellow", markup=False)

    def end(self, *, told: bool = False) -> None:
        """Take the live line away; no step is under way. told: its time is told by others."""
        if not told:
            self._tell_time()
        self._step = ""
        if self._status is not None:
            self._status.stop()
            self._status = None

    def event(self, event: Mapping[str, Any]) -> None:
        """Take in one event of Terraform's stream."""
        kind = str(event.get("type", ""))
        hook = event.get("hook") or {}
        address = str((hook.get("resource") or {}).get("addr", ""))
        action = str(hook.get("action", ""))
        if kind in ("refresh_complete", "planned_change", "apply_complete"):
            self._seen += 1
        if kind == "apply_complete" and action in _DONE and action != "read":
            seconds = hook.get("elapsed_seconds")
            self._say(f"  {_DONE[action]} {address} ({seconds} s)")
        elif kind == "apply_errored":
            self._say(f"  Failed {address}")
        elif kind in ("apply_start", "apply_progress") and action in _VERBS:
            self._tell(f"{self._step}: {_VERBS[action].lower()} {address}")
        elif str(event.get("@message", "")).startswith("Acquiring state lock"):
            self.step("Waiting for the state lock, which somebody else holds")
        elif kind == "refresh_start":
            self._tell(f"{self._step}: reading {address}")
        else:
            self._tell(self._step)

    def interrupted(self, count: int) -> None:
        """The user pressed Ctrl-C while Terraform works."""
        if count == 1:
            self._say("Stopping: Terraform finishes what it has begun ...")
        elif count == 2:
            self._say("Stopping at once: the state may lack what was being changed.")

    def _tell_time(self) -> None:
        took = time.monotonic() - self._started
        if self._step and took >= NOTICED_SECONDS and not self._quiet:
            self._console.print(f"  {self._step}: {took:.1f} s", style="dim", markup=False)

    def _say(self, text: str) -> None:
        if not self._quiet:
            self._last = time.monotonic()
            self._console.print(text, markup=False)

    def _tell(self, text: str) -> None:
        """Something that only matters while it lasts: live, or now and then."""
        if self._status is not None:
            count = f" ({self._seen} so far)" if self._seen else ""
            self._status.update(escape(text + count))

    def _beat(self) -> None:
        """Where there is no live line, say now and then that work goes on."""
        while not self._done.wait(1.0):
            now = time.monotonic()
            if self._step and now - self._last >= HEARTBEAT_SECONDS:
                self._last = now
                count = f"{self._seen} so far, " if self._seen else ""
                passed = now - self._started
                with contextlib.suppress(OSError):
                    self._console.print(f"  {self._step}: {count}{passed:.0f} s", markup=False)
