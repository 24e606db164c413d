"""Terraform's machine-readable stream (`-json`), line by line.

Format: "Machine-Readable UI" in Terraform's documentation. Lines that are no JSON object are kept
as plain text, because crashes and some warnings come that way.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from infra.diagnostics import Diagnostic


class Progress(StrEnum):
    """How far a change got, as a person is told."""

    FINISHED = "Finished"
    FAILED = "Failed"
    BEGUN = "Begun, and not finished"


@dataclass
class Stream:
    """What a run has said so far.

    changed: it plans a change of a resource or an output. progress: how far the change of each
    address got that has begun.
    """

    diagnostics: list[Diagnostic] = field(default_factory=list)
    counts: dict[str, int] = field(default_factory=dict)
    text: list[str] = field(default_factory=list)
    started: int = 0
    finished: int = 0
    changed: bool = False
    outputs: dict[str, Any] = field(default_factory=dict)
    progress: dict[str, Progress] = field(default_factory=dict)

    def read(self, line: str) -> Mapping[str, Any] | None:
        """Take one line in; return the event, or None where the line is none."""
        try:
            event = json.loads(line)
        except ValueError:
            event = None
        if not isinstance(event, dict):
            if line.strip():
                self.text.append(line.rstrip())
            return None
        kind = event.get("type")
        if kind == "diagnostic":
            self.diagnostics.append(_diagnostic(event.get("diagnostic") or {}))
        elif kind == "change_summary":
            changes = event.get("changes") or {}
            self.counts = {key: value for key, value in changes.items() if isinstance(value, int)}
        elif kind == "planned_change":
            self.changed = True
        elif kind == "outputs":
            self.outputs = dict(event.get("outputs") or {})
            values = self.outputs.values()
            self.changed |= any(value.get("action", "noop") != "noop" for value in values)
        elif (event.get("hook") or {}).get("action") == "read":
            pass
        elif kind == "apply_start":
            self.started += 1
            self._note(event, Progress.BEGUN)
        elif kind == "apply_complete":
            self.finished += 1
            self._note(event, Progress.FINISHED)
        elif kind == "apply_errored":
            self._note(event, Progress.FAILED)
        return event

    def _note(self, event: Mapping[str, Any], progress: Progress) -> None:
        resource = (event.get("hook") or {}).get("resource") or {}
        if resource.get("addr"):
            self.progress[str(resource["addr"])] = progress

    @property
    def errors(self) -> list[Diagnostic]:
        """The diagnostics that are errors."""
        return [item for item in self.diagnostics if item.severity == "error"]

    @property
    def warnings(self) -> list[Diagnostic]:
        """The diagnostics that are not errors."""
        return [item for item in self.diagnostics if item.severity != "error"]


def _diagnostic(raw: Mapping[str, Any]) -> Diagnostic:
    place = raw.get("range") or {}
    snippet = raw.get("snippet") or {}
    return Diagnostic(
        severity=str(raw.get("severity", "error")),
        summary=str(raw.get("summary", "")),
        detail=str(raw.get("detail", "")),
        address=str(raw.get("address", "")),
        filename=str(place.get("filename", "")),
        line=int((place.get("start") or {}).get("line", 0)),
        snippet=str(snippet.get("code") or "").strip(),
    )
