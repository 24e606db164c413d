"""What a verification found."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, field
from typing import Any

PASSED = "passed"
FAILED = "failed"
INCONCLUSIVE = "inconclusive"
"""Neither: it could not be found out in time. No success either."""

Scalar = str | int | bool | None


@dataclass(frozen=True)
class Check:
    """One check. text: what was found, a sentence without its stop. budget: in seconds."""

    name: str
    status: str
    text: str
    seconds: float = 0.0
    budget: float = 0.0

    @property
    def passed(self) -> bool:
        """It holds."""
        return self.status == PASSED


@dataclass(frozen=True)
class Verification:
    """All checks of an environment.

    release: the id of the pinned release, None for a pin that has none. digest: what it pins.
    running_digest: of the image that the service runs, "" where that is none by digest. proof: see
    `infra.trees`. lineage, serial: of the state.
    """

    checks: tuple[Check, ...]
    release: str | None
    digest: str
    running_digest: str
    rolled_back_by_app_runner: bool
    proof: Mapping[str, str] = field(default_factory=dict)
    lineage: str = ""
    serial: int = 0

    @property
    def passed(self) -> bool:
        """All of them hold."""
        return all(check.passed for check in self.checks)

    @property
    def reason(self) -> str:
        """The stable code of a failure, "" where there is none."""
        if self.passed:
            return ""
        return "rolled-back-by-app-runner" if self.rolled_back_by_app_runner else "unhealthy"

    def details(self) -> Mapping[str, Any]:
        """What the ledger keeps: codes and digests, and no word that a service said."""
        return {
            "release": self.release,
            "digest": self.running_digest or None,
            "pinned_digest": self.digest,
            "proof": dict(self.proof),
            "state": {"lineage": self.lineage, "serial": self.serial},
            "checks": {check.name: check.status for check in self.checks},
        }
