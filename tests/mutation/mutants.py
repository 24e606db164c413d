"""The mutants, as mutants/*.toml describe them."""

from __future__ import annotations

import hashlib
import json
import tomllib
from collections.abc import Iterator
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from harness.places import ENVIRONMENTS, MODULES, ROOT, environment_names

FOLDER = Path(__file__).parent / "mutants"
KEYS = {"name", "means", "file", "old", "new", "survives"}


class MutantError(Exception):
    """A mutant that does not fit the code any more."""


@dataclass(frozen=True)
class Mutant:
    """One setting flipped or dropped.

    survives: why nothing need catch it, or "". iam_first: tests/iam will sooner catch it than the
    module's own tests.
    """

    module: str
    name: str
    means: str
    old: str
    new: str
    file: str = "main.tf"
    survives: str = ""
    iam_first: bool = False

    @property
    def id(self) -> str:
        """What it is called in reports."""
        return f"{self.module}/{self.name}"

    @property
    def digest(self) -> str:
        """Changes when the mutant does."""
        told = {key: value for key, value in asdict(self).items() if key != "iam_first"}
        return hashlib.sha256(json.dumps(told).encode()).hexdigest()[:16]

    @property
    def folders(self) -> list[Path]:
        """Where it is, relative to a checkout."""
        if self.module == "environments":
            return [ENVIRONMENTS.relative_to(ROOT) / name for name in environment_names()]
        if (MODULES / self.module).is_dir():
            return [MODULES.relative_to(ROOT) / self.module]
        return [Path(self.module)]

    def mutated(self, folder: Path) -> str:
        """The file with the mutant in it. Raises MutantError unless it fits exactly once."""
        path = folder / self.file
        if not path.is_file():
            raise MutantError(f"{self.id}: there is no {self.file}")
        text = path.read_text(encoding="utf-8")
        if text.count(self.old) != 1:
            raise MutantError(f"{self.id}: stands {text.count(self.old)} times in {self.file}")
        return text.replace(self.old, self.new)

    def apply(self, checkout: Path) -> None:
        """Put it into a checkout."""
        for folder in self.folders:
            text = self.mutated(checkout / folder)
            (checkout / folder / self.file).write_text(text, encoding="utf-8")


def all_mutants() -> list[Mutant]:
    """Every mutant, by module."""
    return [mutant for path in sorted(FOLDER.glob("*.toml")) for mutant in _read(path)]


def _read(path: Path) -> Iterator[Mutant]:
    document: dict[str, Any] = tomllib.loads(path.read_text(encoding="utf-8"))
    for raw in document["mutant"]:
        strange = raw.keys() - KEYS
        if strange:
            raise MutantError(f"{path.name}: {raw.get('name')}: unknown key {', '.join(strange)}")
        yield Mutant(module=path.stem, iam_first=document.get("iam_first", False), **raw)
