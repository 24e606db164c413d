"""Terraform files as the repository's own rules see them."""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import Any

from infra import hcl
from infra.linting.site import Site

_COMMENT = re.compile(r"\s*(#|//)")
_FOR_PEOPLE = re.compile(r"\s*(error_message|description)\s*=")


@dataclass(frozen=True)
class TerraformFile:
    """One .tf file. name: as findings show it."""

    path: Path
    name: str

    @cached_property
    def lines(self) -> list[str]:
        """The text; comments are blank, so that numbers stay right."""
        text = self.path.read_text(encoding="utf-8").splitlines()
        return ["" if _COMMENT.match(line) else line for line in text]

    @cached_property
    def code(self) -> list[str]:
        """The lines without the texts meant for people, which may give examples."""
        return ["" if _FOR_PEOPLE.match(line) else line for line in self.lines]

    @cached_property
    def document(self) -> Mapping[str, Any]:
        """The parsed file; empty where it doesn't parse, which terraform-validate tells."""
        try:
            return hcl.read(self.path)
        except ValueError:
            return {}

    def labelled(self, kind: str) -> Mapping[str, Mapping[str, Any]]:
        """The blocks of a kind with one label, by that label."""
        return hcl.labelled(dict(self.document), kind)

    def blocks(self) -> Iterator[tuple[str, str, Mapping[str, Any]]]:
        """Resources, data sources and module calls: keyword, address in the file, body."""
        for keyword in ("resource", "data"):
            for block in self.document.get(keyword, []):
                for kind, named in block.items():
                    for name, body in named.items():
                        yield keyword, f"{kind}.{name}", body
        for name, body in self.labelled("module").items():
            yield "module", name, body

    def line(self, keyword: str, *labels: str) -> int | None:
        """Where a block begins."""
        head = r"\s+".join([re.escape(keyword), *(f'"{re.escape(label)}"' for label in labels)])
        return self._first(re.compile(rf"\s*{head}\s*\{{"), 0)

    def line_in(self, start: int | None, attribute: str) -> int | None:
        """Where an attribute stands, from the line on at which its block begins."""
        found = self._first(re.compile(rf"\s*{re.escape(attribute)}\s*="), (start or 1) - 1)
        return found or start

    def _first(self, pattern: re.Pattern[str], start: int) -> int | None:
        numbered = enumerate(self.lines[start:], start + 1)
        return next((number for number, line in numbered if pattern.match(line)), None)


@dataclass(frozen=True)
class Folder:
    """A module or root module. files: sorted by name."""

    path: Path
    name: str
    files: tuple[TerraformFile, ...]

    @property
    def is_module(self) -> bool:
        """Whether others call it; the rest are root modules."""
        return self.name.startswith("modules/")


def folders(site: Site) -> list[Folder]:
    """All modules and root modules."""
    found: dict[Path, list[TerraformFile]] = {}
    for path in site.terraform_files:
        found.setdefault(path.parent, []).append(TerraformFile(path, site.name(path)))
    return [Folder(path, site.name(path), tuple(files)) for path, files in found.items()]
