"""What an interrupted promotion must know and the ledger does not: a private file.

It is written before the pin is, and taken away when the promotion ends. Who finds it knows what
the pin was before, even when the command that wrote it was killed.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass, replace
from pathlib import Path

from infra import json_text
from infra.repository import Repository, private_folder


@dataclass(frozen=True)
class Note:
    """before: the pin file as it was, None for none. written: as the promotion wrote it. identity:
    of the plan that was kept, "" for none."""

    change: str
    before: str | None
    written: str = ""
    identity: str = ""


class Journal:
    """The file of one environment and target. A file that can't be read says nothing."""

    def __init__(self, repository: Repository, environment: str, target: str) -> None:
        self._folder = repository.private / "promotions"
        self._path = self._folder / f"{environment}-{target}.json"

    def read(self) -> Note | None:
        """What an earlier command left."""
        try:
            return json_text.fill(Note, json_text.load(self._path.read_bytes()))
        except (OSError, ValueError):
            return None

    def write(self, note: Note) -> Note:
        """Remember, complete or not at all."""
        private_folder(self._folder)
        fresh = self._path.with_suffix(f".{os.getpid()}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            json.dump(asdict(note), file)
        fresh.replace(self._path)
        return note

    def identified(self, identity: str) -> None:
        """Remember which plan was kept."""
        note = self.read()
        if note is not None:
            self.write(replace(note, identity=identity))

    def clear(self) -> None:
        """Nothing is under way any more."""
        self._path.unlink(missing_ok=True)


def restore(path: Path, content: str | None) -> None:
    """Make a file what it was, by rename; None: take it away."""
    if content is None:
        path.unlink(missing_ok=True)
        return
    if path.is_file() and path.read_text(encoding="utf-8") == content:
        return
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    fresh.write_text(content, encoding="utf-8")
    fresh.replace(path)


def content(path: Path) -> str | None:
    """What a file holds, None where there is none."""
    return path.read_text(encoding="utf-8") if path.is_file() else None
