"""What a gate answers."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from enum import StrEnum
from typing import Any

from infra.errors import InfraError


class Status(StrEnum):
    """How a gate ended. `error` means that it could not be checked, which refuses as well."""

    PASSED = "passed"
    FAILED = "failed"
    ERROR = "error"


@dataclass(frozen=True)
class Outcome:
    """What a gate's own check found: one sentence, and what was measured, fit for JSON."""

    passed: bool
    text: str
    details: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class GateResult:
    """The answer of one gate.

    text: one sentence. details: what was measured, fit for JSON and free of secrets; by convention
    `findings` holds one line for each thing that is wrong.
    """

    name: str
    status: Status
    text: str
    details: Mapping[str, Any] = field(default_factory=dict)
    seconds: float = 0.0

    @property
    def refused(self) -> bool:
        """Whether nothing may be applied because of it."""
        return self.status is not Status.PASSED

    def document(self) -> dict[str, Any]:
        """The result for the ledger and for `--json`."""
        return {**asdict(self), "status": self.status.value}


class UncheckedError(InfraError):
    """A gate can't be checked, and why; it never leaves this package."""

    reason = "gate-unchecked"
