"""What one checkout of a test process has worked out, for the next of the same kind.

To initialise an environment Terraform reads all of the provider, and its schema is asked of it once
a checkout. A checkout that is given both still initialises its own modules and backend.
"""

from __future__ import annotations

import shutil
import tempfile
from dataclasses import replace
from functools import cache
from pathlib import Path

from infra.terraform import initialised


@cache
def _folder() -> tempfile.TemporaryDirectory[str]:
    """Removed when this process ends."""
    return tempfile.TemporaryDirectory(prefix="warm-")


def keep(checkout: Path, kind: str) -> None:
    """Keep what a checkout has, once it is not needed any more."""
    for found in (checkout / ".local" / "terraform").glob("*"):
        kept = Path(_folder().name) / kind / found.name
        whole = found.name in ("parsed", "schemas") or (found / initialised.RECORD).is_file()
        if whole and found.is_dir() and not kept.exists():
            shutil.copytree(found, kept, symlinks=True)
            seen = initialised.recorded(kept)
            if seen is not None:
                initialised.record(kept, replace(seen, inputs=""))


def give(checkout: Path, kind: str) -> None:
    """Give a new checkout what an earlier one of its kind had."""
    kept = Path(_folder().name) / kind
    if kept.is_dir():
        private = checkout / ".local"
        private.mkdir(mode=0o700, exist_ok=True)
        shutil.copytree(kept, private / "terraform", symlinks=True)
