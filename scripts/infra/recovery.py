"""Finishing a run that the end of the local cloud cut off.

Terraform takes the state's lock, works, saves the state and releases the lock. When the local cloud
ends in between, it comes back with the lock of a run that is no more, and Terraform has put the
state into a file beside the configuration. Whoever held the lock then lost the local cloud as well,
so nobody is at work with a lock from before. In AWS nothing of this happens.
"""

from __future__ import annotations

import json
import os
from datetime import UTC, datetime
from pathlib import Path

from infra import json_text
from infra.errors import LocalCloudError
from infra.repository import private_folder
from infra.terraform.runner import UNSAVED_STATE, Terraform


def remember(path: Path) -> None:
    """Leave word, for the next run, of one that failed because the local cloud went away."""
    private_folder(path.parent)
    fresh = path.with_suffix(f".{os.getpid()}.new")
    fresh.write_text(json.dumps({"lost_at": datetime.now(UTC).isoformat()}), encoding="utf-8")
    fresh.replace(path)


def lost_at(path: Path) -> datetime:
    """When the local cloud was lost, by that word. Raises LocalCloudError."""
    try:
        found = datetime.fromisoformat(json_text.load(path.read_bytes())["lost_at"])
        if found.tzinfo is None:
            raise ValueError("a time that is of no zone")
    except (OSError, ValueError, KeyError, TypeError) as error:
        raise LocalCloudError(
            f"{path} should say when the local cloud was lost, and can't be read. Nothing was"
            " changed.",
            hint="A lock may still be held: infra unlock ENV. Then remove the file.",
        ) from error
    return found


def finish(path: Path, terraform: Terraform) -> str:
    """Release the lock and save the state that were left, and say what was done.

    Raises LocalCloudError, TerraformError and StateLockedError; the word and the state stay then.
    """
    released = terraform.release_lock(lost_at(path))
    unsaved = terraform.directory / UNSAVED_STATE
    pushed = unsaved.exists()
    if pushed:
        terraform.push(unsaved)
        unsaved.unlink()
    path.unlink()
    done = [
        *(["released its state lock"] if released else []),
        *(["saved its state"] if pushed else []),
    ]
    what = " and ".join(done) or "there was nothing to mend"
    return f"An earlier run had lost the local cloud: {what}."
