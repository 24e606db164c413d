"""A ledger as a file: one entry a line, oldest first, with its signature."""

from __future__ import annotations

import os
from collections.abc import Iterable, Sequence
from pathlib import Path

from infra.errors import UsageError
from infra.ledger.records import MalformedError, parse
from infra.ledger.store import Stored


def write(path: Path, lines: Iterable[str]) -> None:
    """Write a file that only its owner may read. Raises UsageError."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.writelines(line.replace("\n", " ") + "\n" for line in lines)
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise UsageError(f"{path} can't be written: {error.strerror}.") from error


def lines(stored: Sequence[Stored]) -> list[str]:
    """What there is to read, oldest first, as it is: a broken ledger stays broken in a file."""
    ordered = sorted(stored, key=lambda item: (item.sequence is None, item.sequence or 0))
    return [item.text for item in ordered if item.text is not None]


def read(path: Path) -> list[Stored]:
    """The entries of a file, each in the place that it claims. Raises UsageError.

    A line that is no entry, or comes before its turn, stands where the line before it leaves off.
    """
    try:
        text = path.read_text(encoding="utf-8", errors="replace")
    except OSError as error:
        raise UsageError(f"{path} can't be read: {error.strerror}.") from error
    found: list[Stored] = []
    before = 0
    for number, line in enumerate(text.splitlines(), 1):
        try:
            claimed = parse(line).record.sequence
        except MalformedError:
            claimed = before + 1
        place = claimed if claimed > before else before + 1
        found.append(Stored(f"line {number}", place, line))
        before = place
    return found
