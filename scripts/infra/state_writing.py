"""Writing a state into its bucket without Terraform, as carefully as `terraform state push`.

It is done under Terraform's own lock, and only over the object that was looked at: S3 compares its
etag. The versions of before stay, as the bucket keeps them.
"""

from __future__ import annotations

from infra.broken_locks import CHANGED_HANDS
from infra.errors import InfraError, StateLockedError
from infra.state_lock import held_lock
from infra.stored_state import StateObject
from infra.terraform.binary import find_terraform
from infra.terraform.runner import LOCK_TIMEOUT_SECONDS
from infra.visits import Visit


def write_state(
    visited: Visit,
    content: bytes,
    seen: StateObject,
    operation: str,
    timeout: int = LOCK_TIMEOUT_SECONDS,
) -> str:
    """Make `content` the state of an environment. The caller has checked lineage and serial.

    seen: what is stored as far as the caller knows; nothing is written over anything else.
    operation: what others who meet the lock are told. timeout: how long to wait for the lock, in
    seconds. Returns what is wrong with the lock afterwards, "" for nothing.
    Raises StateLockedError, TerraformMissingError, InfraError.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    backend = visited.backend
    over = {"IfMatch": seen.etag} if seen.exists else {"IfNoneMatch": "*"}
    with held_lock(
        backend,
        visited.run.variables,
        operation=operation,
        terraform_version=find_terraform().version,
        timeout=timeout,
        directory=visited.environment.directory,
        data=visited.data,
    ) as lock:
        try:
            visited.clients("s3").put_object(
                Bucket=backend.bucket,
                Key=backend.key,
                Body=content,
                ContentType="application/json",
                ChecksumAlgorithm="SHA256",
                **over,
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in CHANGED_HANDS:
                raise StateLockedError(
                    "The stored state changed while this command looked at it.",
                    hint="Somebody is at work without the lock. Nothing was written; run the"
                    " command again when nobody is.",
                ) from error
            raise _unwritten(error) from error
        except BotoCoreError as error:
            raise _unwritten(error) from error
    return lock.problem


def _unwritten(error: Exception) -> InfraError:
    return InfraError(
        f"The state can't be written: {str(error).rstrip('.')}.",
        hint="Check the credentials and the network, and run the command again.",
    )
