"""JSON that somebody else wrote, read within bounds; and how what stands in it is shown."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from infra import json_text
from infra.errors import ReleaseError

MOST_BYTES = 256 * 1024


def shown(value: object, most: int = 60) -> str:
    """A value on one line, without control characters, and cut where it is long."""
    text = ascii(value[: most + 1]) if isinstance(value, str) else ascii(value)
    return text if len(text) <= most else text[: most - 3] + "..."


def read(path: Path, what: str, most: int = MOST_BYTES) -> bytes:
    """A file of the caller's, not larger than this. Raises ReleaseError."""
    try:
        with path.open("rb") as file:
            content = file.read(most + 1)
    except OSError as error:
        raise ReleaseError(f"{what} {shown(str(path))} can't be read: {error.strerror}.") from error
    except ValueError as error:
        raise ReleaseError(f"{what} {shown(str(path))} is not the name of a file.") from error
    if len(content) > most:
        raise ReleaseError(f"{what} {shown(str(path))} is larger than {most // 1024} KB.")
    return content


def parse(content: bytes) -> dict[str, Any]:
    """A JSON object of bounded size, no key twice, no NaN. Raises ReleaseError."""
    if len(content) > MOST_BYTES:
        raise ReleaseError(f"It is larger than {MOST_BYTES // 1024} KB.")
    try:
        document = json_text.load(content, unique=True)
    except ValueError as error:
        raise ReleaseError("It is not valid JSON.") from error
    if not isinstance(document, dict):
        raise ReleaseError("It must hold one JSON object.")
    return document
