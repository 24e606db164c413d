"""One promotion or rollback of an environment at a time.

The lock is an object beside the state, held like the lock of the state itself (see
`infra.state_lock`): by a process that gives it back when this command ends, however it ends. In one
checkout a locked file comes before it, because a dry run writes the pin too, and takes no object.
"""

from __future__ import annotations

import contextlib
import uuid
from collections.abc import Iterator, Mapping
from typing import Any

import filelock

from infra import __version__
from infra.backend import Backend
from infra.errors import InfraError, PromotionRunningError
from infra.repository import Repository, private_folder
from infra.state_lock import HeldLock, held_object, holder_details, lock_info

SUFFIX = ".promotion-lock"
WAIT_SECONDS = 3
"""Long enough for the lock of a command that was just killed to be given back."""


@contextlib.contextmanager
def checkout_lock(repository: Repository, environment: str, target: str) -> Iterator[None]:
    """Keep other promotions of this checkout out for the block. Raises PromotionRunningError."""
    folder = private_folder(repository.private / "promotions")
    try:
        with filelock.FileLock(folder / f"{environment}-{target}.lock", timeout=WAIT_SECONDS):
            yield
    except filelock.Timeout as error:
        raise PromotionRunningError(
            f"Another promotion or rollback of {environment} is at work in this checkout."
            " Nothing was changed.",
            hint="Wait for it and run the command again.",
        ) from error


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
    return PromotionRunningError(
        f"Another promotion or rollback of {environment} is at work:"
        f" {holder.get('Operation', 'it does not say which')}, by {holder.get('Who', 'nobody')}."
        " Nothing was changed.",
        details=holder_details(holder),
        hint="Wait for it and run the command again."
        f"\nWhether it is dead, and what it left, says: infra recover {environment}"
        "\nIf it is known to be dead, by a crash of its machine for example:"
        f" infra unlock {environment} --promotion",
    )
