"""What the checks look at: one checkout, the files in it, and the programs that belong to it."""

from __future__ import annotations

import os
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, date, datetime
from fnmatch import fnmatch
from functools import cached_property
from pathlib import Path

from infra.repository import Repository

NOT_OURS = (
    ".git",
    ".local",
    ".terraform",
    "__pycache__",
    "build",
    "*.egg-info",
    ".venv*",
    ".*_cache",
)
"""Folders that tools make (see .gitignore)."""

TERRAFORM_FOLDERS = ("bootstrap", "environments", "modules")


def _today() -> date:
    return datetime.now(UTC).date()


@dataclass(frozen=True)
class Site:
    """One checkout. today: the day on which dated facts are judged."""

    repository: Repository
    today: date = field(default_factory=_today)

    @property
    def root(self) -> Path:
        """The checkout's folder."""
        return self.repository.root

    def name(self, path: Path | str) -> str:
        """A path as findings show it: relative to the checkout, also when a tool made it absolute.

        A path elsewhere stays as it is.
        """
        absolute = Path(os.path.normpath(self.root / path))
        try:
            return absolute.relative_to(self.root).as_posix()
        except ValueError:
            return str(path)

    @cached_property
    def files(self) -> tuple[Path, ...]:
        """Every file that is not a tool's own, sorted by name."""
        return tuple(sorted(_walk(self.root)))

    def matching(self, *patterns: str) -> list[Path]:
        """The files whose names relative to the checkout match one of the patterns."""
        return [
            path
            for path in self.files
            if any(fnmatch(self.name(path), pattern) for pattern in patterns)
        ]

    @cached_property
    def terraform_files(self) -> list[Path]:
        """The .tf files of modules and root modules."""
        return self.matching(*(f"{folder}/*.tf" for folder in TERRAFORM_FOLDERS))


def _walk(root: Path) -> Iterator[Path]:
    for folder, folders, files in os.walk(root):
        folders[:] = [
            name for name in folders if not any(fnmatch(name, pattern) for pattern in NOT_OURS)
        ]
        yield from (Path(folder) / name for name in files)
