"""Faults, one of each kind, and what must catch each: the check, its rule, the file, the line.

All of a check's faults are in one small tree, so that each tool runs once.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from linting import (
    checkov_seeds,
    document_seeds,
    python_seeds,
    terraform_seeds,
    workflow_seeds,
)


@dataclass(frozen=True)
class Fault:
    """One seeded fault. at: what stands in the line that must be named; "" for a whole file."""

    name: str
    check: str
    rule: str
    file: str
    at: str = ""

    @property
    def id(self) -> str:
        """What the test is called."""
        return f"{self.check}: {self.name}"


_MODULES = (checkov_seeds, document_seeds, python_seeds, terraform_seeds, workflow_seeds)

SEEDS: Mapping[str, Mapping[str, str]] = {
    check: files for module in _MODULES for check, files in module.SEEDS.items()
}
"""By check, the files of its tree."""

FAULTS = [
    Fault(name, check, *rest)
    for module in _MODULES
    for check, faults in module.FAULTS.items()
    for name, *rest in faults
]
