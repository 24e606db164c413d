"""The endpoint file: how a client learns where the local cloud listens and which run answers."""

from __future__ import annotations

import json
import os
import uuid
from dataclasses import asdict, dataclass, field
from datetime import UTC, datetime
from pathlib import Path

FILE_NAME = "endpoint.json"


def _now() -> str:
    return datetime.now(UTC).isoformat(timespec="milliseconds")


@dataclass(frozen=True)
class Endpoint:
    """One run of the local cloud. A reset is a new run: nothing from before it exists any more.

    guard: the proxy that refuses and records whatever is not meant for loopback. restored: when
    what it holds from before was saved; empty for one that began empty. note: why it had to begin
    empty, though something was saved.
    """

    url: str
    port: int
    pid: int
    moto: str
    guard: str = ""
    restored: str = ""
    note: str = ""
    instance: str = field(default_factory=lambda: str(uuid.uuid4()))
    started_at: str = field(default_factory=_now)

    def renewed(self, restored: str = "") -> Endpoint:
        """The same address with a new identity."""
        return Endpoint(
            url=self.url,
            port=self.port,
            pid=self.pid,
            moto=self.moto,
            guard=self.guard,
            restored=restored,
        )

    def to_json(self) -> str:
        return json.dumps(asdict(self), sort_keys=True)


def write(directory: Path, endpoint: Endpoint) -> None:
    """Replace the endpoint file in one step, so that a reader never sees half of it."""
    directory.mkdir(parents=True, exist_ok=True)
    temporary = directory / f".{FILE_NAME}.{endpoint.pid}"
    temporary.unlink(missing_ok=True)
    descriptor = os.open(temporary, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as stream:
        stream.write(endpoint.to_json() + "\n")
    temporary.replace(directory / FILE_NAME)


def remove(directory: Path, endpoint: Endpoint) -> None:
    """Remove the endpoint file unless another run has replaced it since."""
    path = directory / FILE_NAME
    try:
        current = json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        return
    if current.get("pid") == endpoint.pid and current.get("instance") == endpoint.instance:
        path.unlink(missing_ok=True)
