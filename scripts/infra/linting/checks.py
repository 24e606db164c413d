"""What a check is."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass

from infra.linting.findings import Looked
from infra.linting.site import Site


@dataclass(frozen=True)
class Check:
    """One check of the registry.

    looks_at: in words, for people. run: raises LintToolError when it can't do its work. fix:
    repairs what can be repaired without a decision. tolerated: a missing tool is told and no more.
    """

    name: str
    looks_at: str
    run: Callable[[Site], Looked]
    fix: Callable[[Site], None] | None = None
    tolerated: bool = False
