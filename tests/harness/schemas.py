"""What `--json` prints, against docs/schemas: whatever is printed there must be documented."""

from __future__ import annotations

import json
from functools import cache
from pathlib import Path
from typing import Any

import jsonschema
from referencing import Registry, Resource

from harness.places import ROOT

SCHEMAS = ROOT / "docs" / "schemas"
COMMON = "common.json"
ERROR = "error.json"


def check(document: Any) -> None:
    """Fail unless a document is what the schema of its command says."""
    name = ERROR if "error" in document else file_name(document["command"])
    found = sorted(_validator(name).iter_errors(document), key=lambda error: list(error.path))
    told = [
        f"{'/'.join(map(str, error.path)) or 'the document'}: {_best(error)}" for error in found
    ]
    assert not told, f"docs/schemas/{name} says otherwise:\n" + "\n".join(told)


def parsed(text: str) -> Any:
    """What a command printed, which must be one document, as its schema says."""
    document = json.loads(text)
    check(document)
    return document


def file_name(command: str) -> str:
    """The schema of a command, such as `ledger verify`."""
    return f"{command.replace(' ', '_')}.json"


def read(path: Path) -> Any:
    """A schema."""
    return json.loads(path.read_text(encoding="utf-8"))


@cache
def _validator(name: str) -> jsonschema.Draft202012Validator:
    path = SCHEMAS / name
    assert path.is_file(), f"docs/schemas/{name} is missing: nobody knows what the command prints"
    common = Resource.from_contents(read(SCHEMAS / COMMON))
    registry: Registry[Any] = Registry().with_resource(COMMON, common)
    return jsonschema.Draft202012Validator(read(path), registry=registry)


def _best(error: jsonschema.ValidationError) -> str:
    best = jsonschema.exceptions.best_match([error])
    return str((best or error).message)[:500]
