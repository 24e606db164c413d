"""Files that are written whole or not at all."""

from __future__ import annotations

import contextlib
import os
import tempfile
from pathlib import Path

from infra.errors import RepositoryError

MODE = 0o644


def replace(path: Path, content: bytes, mode: int = MODE) -> None:
    """Write a file in the place of what was there. Raises RepositoryError."""
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        descriptor, name = tempfile.mkstemp(prefix=".", suffix=".new", dir=path.parent)
        try:
            with os.fdopen(descriptor, "wb") as file:
                file.write(content)
                os.fchmod(file.fileno(), mode)
                os.fsync(file.fileno())
            Path(name).replace(path)
        except BaseException:
            with contextlib.suppress(OSError):
                Path(name).unlink()
            raise
    except OSError as error:
        raise RepositoryError(
            f"{path} can't be written: {error.strerror}.",
            hint="It is as it was before. Free space, or make the folder writable.",
        ) from error
