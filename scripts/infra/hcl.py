"""Reading Terraform's language: python-hcl2, with its marks of syntax taken off."""

from __future__ import annotations

import contextlib
import json
import os
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from infra import json_text
from infra.errors import RepositoryError
from infra.repository import private_folder

MOST_BYTES = 32 * 1024
"""The parser takes seconds for more; the longest file of this repository has 12 KB."""

_MARKS = ("__is_block__", "__comments__", "__inline_comments__")


class TooLargeError(ValueError):
    """A file that is larger than what is read."""


def read(path: Path) -> dict[str, Any]:
    """Parse a file; names and strings come without quotes, expressions as `${...}`.

    Raises OSError, and ValueError when the file is not valid.
    """
    import hcl2  # Its grammar takes a tenth of a second, which few commands need.

    try:
        document = _plain(hcl2.loads(_content(path).decode("utf-8")))
    except (OSError, TooLargeError):
        raise
    except Exception as error:  # the parser raises whatever its own parser raises
        raise ValueError(f"{path.name} is not valid HCL") from error
    assert isinstance(document, dict)  # noqa: S101
    return document


def read_again(path: Path, folder: Path) -> dict[str, Any]:
    """The same, of a file that each command reads: what was parsed is kept in `folder`.

    To load the parser and parse ten lines takes it a third of a second.
    """
    content = _content(path)
    kept = folder / f"{sha256(version('python-hcl2').encode() + content).hexdigest()}.json"
    try:
        document = json_text.load(kept.read_bytes())
    except (OSError, ValueError):
        document = None
    if isinstance(document, dict):
        return document
    document = read(path)
    # That it can't be kept costs only time, and what ends in a refusal leaves no folder behind.
    if not folder.parent.is_dir():
        return document
    with contextlib.suppress(OSError, RepositoryError):
        fresh = private_folder(folder) / f"{kept.stem}.{os.getpid()}.new"
        fresh.write_text(json.dumps(document), encoding="utf-8")
        fresh.replace(kept)
    return document


def labelled(document: dict[str, Any], kind: str) -> dict[str, dict[str, Any]]:
    """The blocks of one kind that carry one label, by that label, in their order."""
    return {
        name: body
        for block in blocks(document, kind)
        for name, body in block.items()
        if isinstance(body, dict)
    }


def blocks(document: dict[str, Any], kind: str) -> list[dict[str, Any]]:
    """The blocks of one kind; an attribute of that name is none."""
    found = document.get(kind)
    return [block for block in found if isinstance(block, dict)] if isinstance(found, list) else []


def _content(path: Path) -> bytes:
    with path.open("rb") as file:
        content = file.read(MOST_BYTES + 1)
    if len(content) > MOST_BYTES:
        raise TooLargeError(f"{path.name} is larger than {MOST_BYTES // 1024} KB")
    return content


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
