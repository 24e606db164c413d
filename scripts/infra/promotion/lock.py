"""One promotion or rollback of an environment at a time.

The lock is an object beside the state, held like the lock of the state itself (see
`infra.state_lock`): by a process that gives it back when this command ends, however it ends. In one
checkout a locked file comes before it, because a dry run writes the pin too, and takes no object.
"""

from __future__ import annotations

import contextlib
import json
import uuid
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

import filelock

from infra import __version__, files, json_text
from infra.backend import Backend
from infra.errors import InfraError, PromotionRunningError
from infra.repository import Repository, private_folder
from infra.state_lock import HeldLock, held_object, holder_details, lock_info

SUFFIX = ".promotion-lock"
WAIT_SECONDS = 3
"""Long enough for the lock of a command that was just killed to be given back."""

LONGEST_HOLDER = 4096
"""Bytes of what the holder says of itself."""


@contextlib.contextmanager
def checkout_lock(
    repository: Repository, environment: str, target: str, operation: str
) -> Iterator[None]:
    """Keep other promotions of this checkout out for the block.

    operation: what for, as others are told. Raises PromotionRunningError, which names the holder.
    """
    folder = private_folder(repository.private / "promotions")
    held_by = folder / f"{environment}-{target}.holder.json"
    with contextlib.ExitStack() as stack:
        try:
            stack.enter_context(
                filelock.FileLock(folder / f"{environment}-{target}.lock", timeout=WAIT_SECONDS)
            )
        except filelock.Timeout as error:
            raise _running(environment, " in this checkout", _read(held_by)) from error
        info = lock_info(str(uuid.uuid4()), operation, __version__, str(held_by))
        files.replace(held_by, json.dumps(info).encode(), mode=0o600)
        stack.callback(held_by.unlink, missing_ok=True)
        yield


def _read(path: Path) -> Mapping[str, Any]:
    """Who holds it; nothing where that can't be read, for the lock itself is another file."""
    try:
        found = json_text.load(path.read_bytes(), most=LONGEST_HOLDER)
    except (OSError, ValueError):
        return {}
    return found if isinstance(found, dict) else {}


@contextlib.contextmanager
def promotion_lock(
    environment: str, backend: Backend, variables: Mapping[str, str], operation: str
) -> Iterator[HeldLock]:
    """Hold the lock for the block.

    variables: the process environment of the run. operation: what for, as others are told.
    Raises PromotionRunningError, which names the holder, and InfraError when S3 refuses.
    """
    key = f"{backend.key}{SUFFIX}"
    place = f"s3://{backend.bucket}/{key}"
    info = lock_info(str(uuid.uuid4()), operation, __version__, f"{backend.bucket}/{key}")
    with held_object(
        backend.bucket,
        key,
        variables,
        info,
        timeout=WAIT_SECONDS,
        refused=lambda answer: _refused(answer, environment, place),
        unreleased=f"The lock of promotions, {place}, was not given back: %s.",
    ) as lock:
        yield lock


def _refused(answer: Mapping[str, Any], environment: str, place: str) -> InfraError:
    holder = answer.get("holder")
    if holder is None:
        return InfraError(
            f"The lock of promotions, {place}, can't be taken:"
            f" {answer.get('error', 'S3 did not answer')}.",
            hint="Check the credentials and the network. Nothing was changed.",
        )
    return _running(
        environment,
        "",
        holder,
        f"\nWhether it is dead, and what it left, says: infra recover {environment}"
        "\nIf it is known to be dead, by a crash of its machine for example:"
        f" infra unlock {environment} --promotion",
    )


def _running(
    environment: str, place: str, holder: Mapping[str, Any], more: str = ""
) -> PromotionRunningError:
    return PromotionRunningError(
        f"Another promotion or rollback of {environment} is at work{place}:"
        f" {holder.get('Operation', 'it does not say which')}, by {holder.get('Who', 'nobody')}."
        " Nothing was changed.",
        details=holder_details(holder) if holder else (),
        hint=f"Wait for it and run the command again.{more}",
    )
