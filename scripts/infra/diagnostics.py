"""Terraform's own errors and warnings, as data."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Diagnostic:
    """One error or warning of Terraform's. line: 0 where there is no place in a file."""

    severity: str
    summary: str
    detail: str = ""
    address: str = ""
    filename: str = ""
    line: int = 0
    snippet: str = ""
