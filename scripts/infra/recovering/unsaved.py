"""The file in which Terraform leaves a state that it could not upload, with secrets in clear."""

from __future__ import annotations

import json
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path

from infra.errors import StateCorruptError
from infra.ledger.records import Mark
from infra.repository import Repository, private_folder
from infra.stored_state import StateObject, StoredState, parsed_state
from infra.terraform.runner import UNSAVED_STATE

PUSH, SAVED, OLDER, FOREIGN = "push", "saved", "older", "foreign"
UNREADABLE, KEPT = "unreadable", "kept"


@dataclass(frozen=True)
class Unsaved:
    """The file, and what it says. state: None where it can't be read."""

    path: Path
    written_at: str
    content: bytes = field(repr=False)
    state: StoredState | None


def find_unsaved(directory: Path) -> Unsaved | None:
    """The unsaved state of a root module, None where there is none. It is made private at once."""
    path = directory / UNSAVED_STATE
    try:
        path.chmod(0o600)
        content = path.read_bytes()
        written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    except FileNotFoundError:
        return None
    state: StoredState | None
    try:
        state = parsed_state(content, str(path)) if content else None
    except StateCorruptError:
        state = None
    return Unsaved(path, f"{written:%Y-%m-%d %H:%M:%S} UTC", content, state)


def verdict(
    unsaved: Unsaved, there: StateObject, stored: StoredState | None, mark: Mark | None
) -> str:
    """What is to be done with it: PUSH only what goes on from what is stored.

    stored: None where what is stored can't be read. mark: of the state, as the ledger has it.
    """
    state = unsaved.state
    if state is None or not (state.lineage or state.count):
        return UNREADABLE
    if not state.lineage:
        # Terraform gives a state its name as it saves the first one: this one never was.
        first = stored is not None and not stored.lineage and mark is None
        return PUSH if first else FOREIGN
    if unsaved.content == there.body:
        return SAVED
    if stored is None:
        # Without something to compare it with, only the ledger can say that it goes on from there.
        fits = mark is not None and mark.lineage == state.lineage and mark.serial < state.serial
        return PUSH if fits else KEPT
    known = stored.lineage or (mark.lineage if mark else "")
    if known and known != state.lineage:
        return FOREIGN
    return PUSH if state.serial > stored.serial else OLDER


def named(unsaved: Unsaved) -> bytes:
    """What is to be saved: a state that was never saved gets its name and its first serial now."""
    if unsaved.state is not None and unsaved.state.lineage:
        return unsaved.content
    document = json.loads(unsaved.content)
    document |= {"lineage": str(uuid.uuid4()), "serial": max(1, int(document.get("serial") or 0))}
    return json.dumps(document, indent=2).encode()


def put_aside(unsaved: Unsaved, repository: Repository, environment: str) -> Path:
    """Take it out of the working tree, to a private place, and say where to."""
    folder = private_folder(repository.private / "unsaved")
    stamp = datetime.now(UTC).strftime("%Y%m%dT%H%M%SZ")
    target = folder / f"{environment}-{stamp}.tfstate"
    number = 1
    while target.exists():
        number += 1
        target = folder / f"{environment}-{stamp}-{number}.tfstate"
    unsaved.path.replace(target)
    return target
