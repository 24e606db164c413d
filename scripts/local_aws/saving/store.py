"""Saved memory on disk.

    DIRECTORY/saved/current          what the local cloud holds
    DIRECTORY/saved/unread           a `current` that could not be brought back
    DIRECTORY/saved/snapshots/NAME   what somebody wants to come back to
    DIRECTORY/saved/objects/SHA256   the contents of S3 objects, for all of these

A file is one line of JSON, the header, and then the memory (see `memory`). It is written beside
the old one, brought to the disk, and renamed, so that there is always a whole one. All is readable
by its owner alone: it holds secrets in clear. Reading memory can run code, so a file is read only
if it belongs to this user and nobody else can read or write it; the SHA-256 in the header finds
damage, not malice.
"""

from __future__ import annotations

import json
import os
import re
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import datetime
from functools import cache
from hashlib import sha256
from importlib.metadata import version
from pathlib import Path
from typing import Any

from local_aws.saving.memory import Written

FORMAT = 1
_HEADER_LIMIT = 64 * 1024 * 1024
_NAME = re.compile(r"[a-z0-9][a-z0-9._-]{0,62}")


class RefusedError(Exception):
    """A saved file is damaged, of another version, or not safe to read. The text says which."""


class NoSuchSnapshotError(Exception):
    """Nothing was saved by this name."""


class BadNameError(Exception):
    """A snapshot can't have this name."""


@dataclass(frozen=True)
class Header:
    """What is known of a saved file without reading its memory.

    size: of all that it takes to bring it back, in bytes. objects: the S3 contents that it needs.
    """

    saved_at: str
    made_by: Mapping[str, str]
    accounts: list[str]
    size: int
    sha256: str
    objects: list[str]
    format: int = FORMAT

    @property
    def summary(self) -> dict[str, Any]:
        """For an answer."""
        return {"saved_at": self.saved_at, "size": self.size, "accounts": self.accounts}


@cache
def made_by() -> Mapping[str, str]:
    """What must be the same for memory to be brought back: it consists of objects of this code."""
    digest = sha256()
    package = Path(__file__).parents[1]
    for path in sorted(package.rglob("*.py")):
        digest.update(f"{path.relative_to(package)}\0".encode() + path.read_bytes() + b"\0")
    return {
        "moto": version("moto"),
        "local_aws": digest.hexdigest()[:12],
        "python": f"{sys.version_info.major}.{sys.version_info.minor}",
    }


class Store:
    """The files under `directory`, which is made when something is first saved."""

    def __init__(self, directory: Path) -> None:
        self._directory = directory
        self._objects = directory / "objects"
        self._snapshots = directory / "snapshots"
        self.current = directory / "current"
        self.unread = directory / "unread"

    def snapshot(self, name: str) -> Path:
        """Where a snapshot is. Raises BadNameError."""
        if not _NAME.fullmatch(name):
            raise BadNameError(
                "a snapshot's name has up to 63 lower case letters, digits, dots, hyphens and"
                " underscores, and begins with a letter or digit"
            )
        return self._snapshots / name

    def prepare(self) -> None:
        """Make the folders, and remove contents that nothing needs any more."""
        for folder in (self._directory, self._objects, self._snapshots):
            folder.mkdir(parents=True, exist_ok=True, mode=0o700)
            for path in folder.iterdir():
                if path.name.startswith("."):
                    # A crash left it half written.
                    path.unlink()
        self.sweep({path.name for path in self._objects.iterdir()})

    def sweep(self, candidates: set[str]) -> None:
        """Remove those of the contents that no file needs. Where a file can't be read, none."""
        needed: set[str] = set()
        for path in [self.current, self.unread, *self._snapshots.iterdir()]:
            if not path.exists():
                continue
            try:
                needed.update(read_header(path).objects)
            except RefusedError:
                if path != self.unread:
                    return
        for name in candidates - needed:
            (self._objects / name).unlink(missing_ok=True)

    def write(self, path: Path, written: Written, moment: datetime) -> Header:
        """Put memory into a file, all of it or nothing. Raises OSError."""
        size = len(written.data)
        for digest, content in written.objects.items():
            target = self._objects / digest
            if content is not None and not target.exists():
                _put(target, content)
            size += target.stat().st_size
        header = Header(
            saved_at=moment.isoformat(timespec="milliseconds"),
            made_by=made_by(),
            accounts=written.accounts,
            size=size,
            sha256=sha256(written.data).hexdigest(),
            objects=sorted(written.objects),
        )
        _put(path, json.dumps(asdict(header)).encode() + b"\n", written.data)
        return header

    def read(self, path: Path) -> tuple[Header, bytes]:
        """A file's header and memory. Raises RefusedError."""
        header = read_header(path)
        if header.made_by != made_by():
            raise RefusedError(f"was saved by another version ({_difference(header.made_by)})")
        data = path.read_bytes().partition(b"\n")[2]
        if sha256(data).hexdigest() != header.sha256:
            raise RefusedError("is damaged")
        return header, data

    def content(self, digest: str) -> bytes:
        """The content of an S3 object. Raises RefusedError."""
        try:
            data = (self._objects / digest).read_bytes()
        except OSError as error:
            raise RefusedError(f"lacks the content of an object: {error.strerror}") from error
        if sha256(data).hexdigest() != digest:
            raise RefusedError("is damaged: the content of an object has changed")
        return data


def read_header(path: Path) -> Header:
    """What a saved file says of itself. Raises RefusedError."""
    try:
        with path.open("rb") as file:
            about = os.fstat(file.fileno())
            if about.st_uid != os.getuid() or about.st_mode & 0o077:
                raise RefusedError("can be read or changed by others than its owner")
            header = Header(**json.loads(file.readline(_HEADER_LIMIT)))
    except OSError as error:
        raise RefusedError(f"can't be read: {error.strerror}") from error
    except (ValueError, TypeError) as error:
        raise RefusedError("is damaged") from error
    if header.format != FORMAT:
        raise RefusedError(f"has format {header.format}, not {FORMAT}")
    return header


def _difference(other: Mapping[str, str]) -> str:
    own = made_by()
    return ", ".join(
        f"{name} {other.get(name, 'unknown')}, not {own[name]}"
        for name in own
        if other.get(name) != own[name]
    )


def _put(path: Path, *parts: bytes) -> None:
    """Write a file that is whole or not there, also after a loss of power."""
    fresh = path.with_name(f".{path.name}.{os.getpid()}")
    fresh.unlink(missing_ok=True)
    try:
        descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
        with os.fdopen(descriptor, "wb") as file:
            for part in parts:
                file.write(part)
            file.flush()
            os.fsync(file.fileno())
        fresh.replace(path)
    finally:
        fresh.unlink(missing_ok=True)
    folder = os.open(path.parent, os.O_RDONLY)
    try:
        os.fsync(folder)
    finally:
        os.close(folder)
