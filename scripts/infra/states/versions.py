"""Which versions of a state the bucket has, and what the ledger knows of them."""

from __future__ import annotations

import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from datetime import UTC
from typing import Any

from infra import json_text
from infra.backend import Backend
from infra.clients import Clients
from infra.errors import InfraError, StateCorruptError, UsageError
from infra.ledger.records import ENDS, MalformedError, parse
from infra.ledger.store import Stored
from infra.stored_state import StoredState, parsed_state, read_object

READERS = 8
SHOWN = 10
SEARCHED = 200
"""How many versions are searched for a serial; further back, the version's id is needed."""

SHORTEST_ID = 6


@dataclass(frozen=True)
class Version:
    """One version of a state's object.

    id: S3's. written: when, UTC. deleted: it says that somebody deleted the object. state: what it
    says, None where it can't be read or says nothing. body: its bytes, which hold secrets.
    """

    id: str
    written: str
    size: int
    latest: bool
    deleted: bool = False
    state: StoredState | None = None
    body: bytes = field(default=b"", repr=False)

    @property
    def content(self) -> str:
        """In a word what it is."""
        if self.deleted:
            return "deleted"
        if not self.body:
            return "empty"
        return "unreadable" if self.state is None else "state"

    def document(self) -> dict[str, Any]:
        """As JSON, without any value of the state."""
        return {
            "version": self.id,
            "written": self.written,
            "size": self.size,
            "latest": self.latest,
            "content": self.content,
            "serial": self.state.serial if self.state else None,
            "lineage": self.state.lineage if self.state else None,
            "resources": self.state.count if self.state else None,
        }


@dataclass(frozen=True)
class Writer:
    """Who was at work when a serial came about, by the ledger. record: its number."""

    record: int
    what: str
    who: str


def list_versions(make: Clients, backend: Backend, limit: int) -> list[Version]:
    """The newest versions, newest first, each with what it says. Raises InfraError."""
    found = list(itertools.islice(_listed(make, backend), limit))
    with ThreadPoolExecutor(READERS) as pool:
        return list(pool.map(lambda version: _read(make, backend, version), found))


def find_version(make: Clients, backend: Backend, wanted: str) -> Version:
    """The version with this serial, or whose id begins so; "latest" is the newest.

    Raises UsageError, with what there is, and InfraError.
    """
    listed = list(itertools.islice(_listed(make, backend), SEARCHED))
    if wanted == "latest" and listed:
        return _read(make, backend, listed[0])
    by_id = [item for item in listed if item.id == wanted]
    if not by_id and len(wanted) >= SHORTEST_ID:
        by_id = [item for item in listed if item.id.startswith(wanted)]
    if len(by_id) == 1:
        return _read(make, backend, by_id[0])
    if by_id or not re.fullmatch(r"\d{1,9}", wanted):
        raise UsageError(
            f"{'Several versions begin' if by_id else 'No version of the state begins'} with"
            f" {wanted!r}.",
            hint="Give a serial, or the id of a version: infra state versions ENV",
        )
    with ThreadPoolExecutor(READERS) as pool:
        read = list(pool.map(lambda item: _read(make, backend, item), listed))
    same = [item for item in read if item.state is not None and item.state.serial == int(wanted)]
    if not same:
        raise UsageError(
            f"No version of the state has serial {wanted}.",
            hint="infra state versions ENV shows the newest ones.",
        )
    if len({item.body for item in same}) > 1:
        raise UsageError(
            f"{len(same)} versions of the state have serial {wanted}.",
            details=tuple(f"{item.id}, written {item.written}" for item in same),
            hint="Give the id of the one that is meant.",
        )
    return same[0]


def writers(stored: Sequence[Stored]) -> dict[tuple[str, int], Writer]:
    """Who brought a state about, by lineage and serial: the first record that knows of it."""
    found: dict[tuple[str, int], Writer] = {}
    for item in stored:
        try:
            record = parse(item.text or "").record
        except MalformedError:
            continue
        mark, fields = record.mark, record.fields
        if mark is None or record.kind not in ENDS:
            continue
        who = str(fields["user"] or str(fields["actor"]).split(":", 5)[-1])
        # Newest first, so that the oldest stays: the state is as it left it.
        found[mark.lineage, mark.serial] = Writer(record.sequence, record.kind, who)
    return found


def _listed(make: Clients, backend: Backend) -> Iterator[Version]:
    """All versions without their content, newest first, as S3 lists those of one key."""
    from botocore.exceptions import BotoCoreError, ClientError

    pages = make("s3").get_paginator("list_object_versions")
    try:
        for page in pages.paginate(Bucket=backend.bucket, Prefix=backend.key):
            both = [
                *((item, False) for item in page.get("Versions", [])),
                *((item, True) for item in page.get("DeleteMarkers", [])),
            ]
            ours = [(item, gone) for item, gone in both if item["Key"] == backend.key]
            ours.sort(key=lambda one: (one[0]["IsLatest"], one[0]["LastModified"]), reverse=True)
            for item, gone in ours:
                yield _version(item, gone=gone)
    except (BotoCoreError, ClientError) as error:
        raise InfraError(
            f"The versions of s3://{backend.bucket}/{backend.key} can't be listed: {error}.",
            hint="Check the credentials and the network. Nothing was changed.",
        ) from error


def _version(item: Mapping[str, Any], *, gone: bool) -> Version:
    written = item["LastModified"].astimezone(UTC)
    return Version(
        id=str(item["VersionId"]),
        written=f"{written:%Y-%m-%d %H:%M:%S}",
        size=int(item.get("Size", 0)),
        latest=bool(item["IsLatest"]),
        deleted=gone,
    )


def _read(make: Clients, backend: Backend, version: Version) -> Version:
    if version.deleted:
        return version
    body = read_object(make, backend, version.id).body
    state: StoredState | None
    try:
        state = parsed_state(body, version.id) if body else None
    except StateCorruptError:
        state = None
    if state is not None and not state.lineage:
        state = None
    return Version(
        version.id, version.written, version.size, version.latest, state=state, body=body
    )


def with_serial(body: bytes, serial: int) -> bytes:
    """The same state under another serial, written as Terraform writes it."""
    document = json_text.load(body)
    document["serial"] = serial
    return json.dumps(document, indent=2, ensure_ascii=False).encode() + b"\n"
