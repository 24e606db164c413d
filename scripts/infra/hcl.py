"""Reading Terraform's language: python-hcl2, with its marks of syntax taken off."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

import hcl2

_MARKS = ("__is_block__", "__comments__", "__inline_comments__")


def read(path: Path) -> dict[str, Any]:
    """Parse a file; names and strings come without quotes, expressions as `${...}`.

    Raises OSError, and ValueError when the file is not valid.
    """
    try:
        document = _plain(hcl2.loads(path.read_text(encoding="utf-8")))
    except OSError:
        raise
    except Exception as error:  # the parser raises whatever its own parser raises
        raise ValueError(f"{path.name} is not valid HCL") from error
    assert isinstance(document, dict)  # noqa: S101
    return document


def labelled(document: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The blocks of one kind that carry one label, by that label, in their order."""
    return {name: body for block in document.get(kind, []) for name, body in block.items()}


def _plain(value: Any) -> Any:
    if isinstance(value, dict):
        return {
            _unquoted(str(key)): _plain(item)
            for key, item in value.items()
            if str(key) not in _MARKS
        }
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return _unquoted(value) if isinstance(value, str) else value


def _unquoted(text: str) -> str:
    if len(text) >= 2 and text[0] == text[-1] == '"':
        try:
            return str(json.loads(text))
        except ValueError:
            return text[1:-1]
    return text
