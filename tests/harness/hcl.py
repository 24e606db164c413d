"""What stands in Terraform files, read with python-hcl2 and freed of its quotes."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from typing import Any

import hcl2


@dataclass(frozen=True)
class Variable:
    """A variable block. default: its text, or None where the variable is required."""

    name: str
    type: str | None
    description: str | None
    default: Any
    required: bool
    messages: tuple[str, ...]


@cache
def parsed(path: Path) -> Mapping[str, Any]:
    """A file as hcl2 reads it."""
    document: Mapping[str, Any] = hcl2.loads(path.read_text(encoding="utf-8"))
    return document


def text(value: Any) -> str:
    """A quoted string of HCL, such as \"a \\\\\"b\\\\\"\", as what it stands for."""
    unquoted = json.loads(value)
    assert isinstance(unquoted, str)
    return unquoted


def blocks(path: Path, kind: str) -> Iterator[tuple[str, Mapping[str, Any]]]:
    """The blocks of a kind with one label, and their labels."""
    for block in parsed(path).get(kind, []):
        for label, body in block.items():
            if not label.startswith("__"):
                yield text(label), body


def variables(folder: Path) -> list[Variable]:
    """The variables of a module in the order of its variables.tf."""
    return [
        Variable(
            name=name,
            type=body.get("type"),
            description=text(body["description"]) if "description" in body else None,
            default=body.get("default"),
            required="default" not in body,
            messages=tuple(text(v["error_message"]) for v in body.get("validation", [])),
        )
        for name, body in blocks(folder / "variables.tf", "variable")
    ]


def outputs(folder: Path) -> Mapping[str, str | None]:
    """The descriptions of a module's outputs by name, in the order of its outputs.tf."""
    return {
        name: text(body["description"]) if "description" in body else None
        for name, body in blocks(folder / "outputs.tf", "output")
    }
