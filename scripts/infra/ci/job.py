"""The job of GitHub Actions that runs this command: what it is told, and what it can tell.

Variables, files and workflow commands: "Workflow commands for GitHub Actions" (GitHub docs).
"""

from __future__ import annotations

import json
import secrets
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any, TextIO

from infra.errors import UsageError

MOST_SUMMARY = 1024 * 1024
"""Bytes of a step's summary; GitHub drops all of a longer one."""

CUT = "\n\nThe rest is longer than GitHub shows."


@dataclass(frozen=True)
class Job:
    """A job, by its variables. Outside of GitHub Actions it has none, and tells nobody.

    out: where workflow commands are written; GitHub reads both streams of a step.
    """

    variables: Mapping[str, str]
    out: TextIO | None = None

    @property
    def in_actions(self) -> bool:
        """Whether there is a job at all."""
        return self.variables.get("GITHUB_ACTIONS") == "true"

    @property
    def run_url(self) -> str:
        """Where a person sees the run, "" outside of GitHub Actions."""
        server = self.variables.get("GITHUB_SERVER_URL", "https://github.com")
        repository = self.variables.get("GITHUB_REPOSITORY", "")
        run = self.variables.get("GITHUB_RUN_ID", "")
        return f"{server}/{repository}/actions/runs/{run}" if repository and run else ""

    def event(self) -> dict[str, Any]:
        """What set the workflow off; {} outside of GitHub Actions. Raises UsageError."""
        path = self.variables.get("GITHUB_EVENT_PATH")
        if not path:
            return {}
        try:
            event = json.loads(Path(path).read_text(encoding="utf-8"))
        except (OSError, ValueError) as error:
            raise UsageError(f"The event that GitHub wrote can't be read: {path}.") from error
        return event if isinstance(event, dict) else {}

    def output(self, name: str, value: str) -> None:
        """Set an output of the step, for other jobs."""
        self._append("GITHUB_OUTPUT", _assignment(name, value))

    def export(self, name: str, value: str) -> None:
        """Set a variable for all later steps of the job."""
        self._append("GITHUB_ENV", _assignment(name, value))

    def summary(self, markdown: str) -> None:
        """Add to the page of the run."""
        text = f"{markdown}\n"
        if len(text.encode()) > MOST_SUMMARY:
            room = MOST_SUMMARY - len(CUT) - 1
            text = text.encode()[:room].decode(errors="ignore") + f"{CUT}\n"
        self._append("GITHUB_STEP_SUMMARY", text)

    def notice(self, title: str, message: str) -> None:
        """Write a notice onto the page of the run, where the API finds it too."""
        if self.in_actions:
            self._command(f"notice title={_property(title)}", message)

    def mask(self, value: str) -> None:
        """Have GitHub hide a value in the log from here on."""
        if self.in_actions:
            self._command("add-mask", value)

    def _command(self, name: str, value: str) -> None:
        stream = self.out or sys.stdout
        stream.write(f"::{name}::{_data(value)}\n")
        stream.flush()

    def _append(self, variable: str, text: str) -> None:
        path = self.variables.get(variable)
        if not path:
            return
        try:
            with Path(path).open("a", encoding="utf-8") as file:
                file.write(text)
        except OSError as error:
            raise UsageError(f"{variable} names a file that can't be written: {path}.") from error


def _assignment(name: str, value: str) -> str:
    """With an end that the value can't know, so that no value sets another variable."""
    end = f"end-{secrets.token_hex(16)}"
    return f"{name}<<{end}\n{value}\n{end}\n"


def _data(text: str) -> str:
    return text.replace("%", "%25").replace("\r", "%0D").replace("\n", "%0A")


def _property(text: str) -> str:
    return _data(text).replace(":", "%3A").replace(",", "%2C")
