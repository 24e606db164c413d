"""What a check finds, and what becomes of all checks together."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass
from enum import StrEnum
from typing import Any, ClassVar

from infra.errors import LintToolError


class Level(StrEnum):
    """How much a finding weighs: an error fails the run, a note is only told."""

    ERROR = "error"
    NOTE = "note"


class Status(StrEnum):
    """What became of a check."""

    CLEAN = "clean"
    FINDINGS = "findings"
    MISSING = "not installed"
    BROKEN = "could not run"


@dataclass(frozen=True)
class Finding:
    """One fault at one place.

    rule: the tool's own id. file: relative to the checkout. line: counted from 1; None for the
    whole file. advice: what to do about it.
    """

    tool: str
    rule: str
    file: str
    line: int | None
    message: str
    advice: str = ""
    level: Level = Level.ERROR

    @property
    def place(self) -> str:
        """File and line, as editors and terminals make links of them."""
        return self.file if self.line is None else f"{self.file}:{self.line}"


@dataclass(frozen=True)
class Looked:
    """What a check looked at and found. remark: what a person should know besides."""

    files: int
    findings: tuple[Finding, ...] = ()
    remark: str = ""


@dataclass(frozen=True)
class Result:
    """What became of one check.

    reason, advice: why it did not run, and what to do about that. tolerated: a tool that may be
    missing on a developer's machine, because no package registry has it.
    """

    check: str
    status: Status
    files: int = 0
    findings: tuple[Finding, ...] = ()
    seconds: float = 0.0
    remark: str = ""
    reason: str = ""
    advice: str = ""
    tolerated: bool = False

    @property
    def errors(self) -> int:
        """How many findings fail the run."""
        return sum(finding.level is Level.ERROR for finding in self.findings)

    @property
    def unchecked(self) -> bool:
        """Whether something that must be checked was not."""
        return self.status is Status.BROKEN or (
            self.status is Status.MISSING and not self.tolerated
        )


@dataclass(frozen=True)
class Report:
    """All checks of one run, in the order of the registry. seconds: by the clock."""

    results: tuple[Result, ...]
    seconds: float = 0.0

    EXIT_FINDINGS: ClassVar[int] = 3
    EXIT_UNCHECKED: ClassVar[int] = LintToolError.exit_code

    @property
    def findings(self) -> tuple[Finding, ...]:
        """The findings of all checks."""
        return tuple(finding for result in self.results for finding in result.findings)

    @property
    def exit_code(self) -> int:
        """0 clean, 3 findings, 4 none but a tool could not run."""
        if any(result.errors for result in self.results):
            return self.EXIT_FINDINGS
        if any(result.unchecked for result in self.results):
            return self.EXIT_UNCHECKED
        return 0

    def document(self) -> Mapping[str, Any]:
        """The result for `--json`."""
        return {
            "checks": [
                {
                    "name": result.check,
                    "status": result.status.value,
                    "files": result.files,
                    "errors": result.errors,
                    "notes": len(result.findings) - result.errors,
                    "seconds": round(result.seconds, 2),
                    "remark": result.remark,
                    "reason": result.reason,
                    "advice": result.advice,
                }
                for result in self.results
            ],
            "findings": [asdict(finding) for finding in self.findings],
            "seconds": round(self.seconds, 2),
            "exit_code": self.exit_code,
        }
