"""What a person asks for, and how it ended."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.promotion.approvals import Approver
from infra.promotion.bench import Bench
from infra.promotion.change import Brought
from infra.promotion.evidence import Evidence
from infra.releases import Release

PROMOTED, ALREADY, REHEARSED, ROLLED_BACK = "promoted", "already", "dry-run", "rolled-back"

ChooseApprover = Callable[[Bench], Approver]
"""How the plan gets approved, once its environment is entered."""


@dataclass(frozen=True)
class Request:
    """A promotion or a rollback. source: "" for a rollback. release: None to have it chosen.

    override: of the target. wanted: the identity that the plan must have, "" for any. command: all
    of it, to be repeated after an interruption.
    """

    source: str
    target: str
    release: str | None
    override: str | None
    wanted: str
    dry_run: bool
    lock_timeout: int
    command: str


@dataclass(frozen=True)
class Outcome:
    """How it ended. status: `promoted`, `already`, `dry-run` or `rolled-back`."""

    status: str
    change: str
    environment: str
    release: Release
    basis: Evidence | None = None
    brought: Brought | None = None

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        basis, brought = self.basis, self.brought
        evidence = None
        if basis is not None:
            evidence = {
                "environment": basis.environment,
                "sequence": basis.sequence,
                "hash": basis.hash,
            }
        return {
            "status": self.status,
            "change": self.change,
            "environment": self.environment,
            "release": self.release.id,
            "image_digest": self.release.image_digest,
            "evidence": evidence,
            "identity": (brought.identity or None) if brought else None,
        }
