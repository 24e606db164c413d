"""The newest record that this checkout has seen of a ledger.

Whoever can delete versions of objects can cut off the end of a ledger and leave nothing of it in
S3. A checkout that saw the end remembers it.
"""

from __future__ import annotations

import json
import os
from dataclasses import asdict, dataclass
from pathlib import Path

from infra import json_text
from infra.ledger.records import Entry
from infra.repository import private_folder


@dataclass(frozen=True)
class Seen:
    """A record by number and hash. instance: the run of the local cloud, empty in AWS."""

    sequence: int
    hash: str
    instance: str


class Witness:
    """Remembers in a file of the checkout; a file that can't be written remembers nothing."""

    def __init__(self, directory: Path, environment: str, target: str, instance: str) -> None:
        self._path = directory / f"{environment}-{target}.json"
        self._instance = instance

    def seen(self) -> Seen | None:
        """What was seen last of the ledger that is there now."""
        try:
            found = json_text.fill(Seen, json_text.load(self._path.read_bytes()))
        except (OSError, ValueError):
            return None
        return found if found.instance == self._instance else None

    def remember(self, entry: Entry) -> None:
        """Take in a record, unless a later one was seen."""
        before = self.seen()
        record = entry.record
        if before is not None and before.sequence >= record.sequence:
            return
        text = json.dumps(asdict(Seen(record.sequence, record.hash, self._instance)))
        private_folder(self._path.parent)
        fresh = self._path.with_suffix(f".{os.getpid()}.new")
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
        with os.fdopen(descriptor, "w", encoding="utf-8") as file:
            file.write(text)
        fresh.replace(self._path)
