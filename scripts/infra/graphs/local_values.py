"""What local values refer to, from the Terraform files: a plan's JSON does not say it."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from infra import hcl

_LOCALS = re.compile(r"^locals\s*\{", re.MULTILINE)
_REFERENCE = re.compile(
    r"(?<![\w.-])"
    r"(?:module\.[\w-]+(?:\[[^\]]*\])?(?:\.[\w-]+)?|data\.\w+\.[\w-]+|(?:var|local|\w+_\w+)\.[\w-]+)"
)
"""A name with a dot that isn't one finds nothing of that name, and does no harm."""


class Sources:
    """The folders that a plan's modules come from. root: nothing outside of it is read."""

    def __init__(self, root: Path) -> None:
        self._root = root.resolve()
        self._known: dict[Path, Mapping[str, set[str]]] = {}

    def module(self, folder: Path | None, source: Any) -> Path | None:
        """The folder of a module that is called in another one; None for one from elsewhere."""
        if folder is None or not isinstance(source, str) or not source.startswith(("./", "../")):
            return None
        return (folder / source).resolve()

    def references(self, folder: Path | None) -> Mapping[str, set[str]]:
        """By the name of each local value of a module, what it refers to."""
        if folder is None or not folder.is_relative_to(self._root):
            return {}
        if folder not in self._known:
            found: dict[str, set[str]] = {}
            for name, value in _locals(folder):
                found.setdefault(name, set()).update(_references(value))
            self._known[folder] = found
        return self._known[folder]


def _locals(folder: Path) -> Iterator[tuple[str, Any]]:
    for path in sorted(folder.glob("*.tf")):
        try:
            # Parsing takes longer than all else, and most files have none.
            if _LOCALS.search(path.read_text(encoding="utf-8")):
                for block in hcl.blocks(hcl.read(path), "locals"):
                    yield from block.items()
        except (OSError, ValueError):
            # A drawing without some lines is better than none.
            continue


def _references(value: Any) -> Iterator[str]:
    if isinstance(value, Mapping):
        for key, item in value.items():
            yield from _references(key)
            yield from _references(item)
    elif isinstance(value, list):
        for item in value:
            yield from _references(item)
    elif isinstance(value, str):
        yield from _REFERENCE.findall(value)
