"""Holding Terraform's lock of a state over several runs of Terraform.

The lock is Terraform's own, the object KEY.tflock that only one can make (`use_lockfile`), so that
everybody else's Terraform waits for it and `terraform force-unlock` knows it. A process of its own
holds it, `python -m infra.state_lock`, until nobody holds the other end of its standard input any
more: not this command, and no Terraform that it started. So the lock outlives neither of them, and
never goes while a Terraform is still at work, even when this command was killed.
"""

from __future__ import annotations

import contextlib
import getpass
import json
import os
import re
import select
import socket
import subprocess
import sys
import time
import uuid
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from infra.backend import Backend
from infra.errors import InfraError
from infra.terraform.runner import state_locked, unlocking

RELEASE_SECONDS = 60.0
TRY_EVERY_SECONDS = 1.0
GONE_SECONDS = 5.0
TAKEN = (409, 412)
GONE = 404
CLOSED = -1
HOLDER = re.compile(r"held by process (\d{1,9})\b")
"""What a lock of ours says of the process that holds it."""


@dataclass
class HeldLock:
    """The lock while it is held.

    descriptor: what each Terraform under the lock must inherit. problem: why it could not be given
    back, once the block has ended; "" where it could.
    """

    descriptor: int
    identifier: str
    problem: str = ""


@contextlib.contextmanager
def held_lock(
    backend: Backend,
    environment: Mapping[str, str],
    *,
    operation: str,
    terraform_version: str,
    timeout: int,
    directory: Path,
    data: Path,
) -> Iterator[HeldLock]:
    """Hold the lock for the block.

    environment: the process environment of the run. operation: what for, as others are told.
    timeout: how long to wait for it, in seconds. directory, data: of the root module, and its
    TF_DATA_DIR, for a message.
    Raises StateLockedError, and InfraError when S3 refuses.
    """
    identifier = str(uuid.uuid4())
    remedy = unlocking(directory, data, identifier).replace("%", "%%")
    path = f"{backend.bucket}/{backend.key}"
    info = lock_info(identifier, operation, terraform_version, path)
    with held_object(
        backend.bucket,
        f"{backend.key}.tflock",
        environment,
        info,
        timeout=timeout,
        refused=lambda answer: _refused(answer, backend, directory, data),
        unreleased="The lock of the state was not given back: %s."
        f" When nobody is at work any more:\n{remedy}",
    ) as lock:
        yield lock


@contextlib.contextmanager
def held_object(
    bucket: str,
    key: str,
    environment: Mapping[str, str],
    info: Mapping[str, str],
    *,
    timeout: int,
    refused: Callable[[Mapping[str, Any]], InfraError],
    unreleased: str,
) -> Iterator[HeldLock]:
    """Hold an object that only one can make, for the block, by a process of its own.

    info: what the object says; `ID` tells it from others. refused: the error for an answer that
    says who has it (`holder`), or why it can't be had (`error`). unreleased: what to say when it
    could not be given back, with %s for the reason.
    """
    reading, writing = os.pipe()
    order = {"bucket": bucket, "key": key, "timeout": timeout, "info": dict(info)}
    try:
        process = subprocess.Popen(
            [sys.executable, "-m", "infra.state_lock", json.dumps(order)],
            env={**environment, "PYTHONPATH": str(Path(__file__).parents[1])},
            stdin=reading,
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            # Of a terminal's Ctrl-C it must not hear.
            start_new_session=True,
        )
    finally:
        os.close(reading)
    lock = HeldLock(writing, info["ID"])
    held = False
    try:
        assert process.stdout is not None  # noqa: S101
        answer = _answer(process.stdout.readline())
        held = bool(answer.get("held"))
        if not held:
            raise refused(answer)
        yield lock
    except InfraError as error:
        lock.problem = _release(process, lock, unreleased) if held else ""
        error.details += (lock.problem,) if lock.problem else ()
        raise
    finally:
        if process.returncode is None:
            lock.problem = _release(process, lock, unreleased)


def lock_info(identifier: str, operation: str, version: str, path: str) -> dict[str, str]:
    """What a lock says of itself, as Terraform writes it into its own."""
    return {
        "ID": identifier,
        "Operation": operation,
        "Info": "",
        "Who": who(),
        "Version": version,
        "Created": datetime.now(UTC).strftime("%Y-%m-%dT%H:%M:%S.%fZ"),
        "Path": path,
    }


def holder_details(holder: Mapping[str, Any]) -> tuple[str, ...]:
    """Who holds a lock, one fact a line."""
    names = ("ID", "Operation", "Who", "Created")
    return tuple(f"{name + ':':<11}{holder.get(name, '')}" for name in names)


def who() -> str:
    """The user and machine, as Terraform writes them into its own locks."""
    try:
        return f"{getpass.getuser()}@{socket.gethostname()}"
    except (KeyError, OSError):
        return f"{os.getuid()}@{socket.gethostname()}"


def _release(process: subprocess.Popen[str], lock: HeldLock, unreleased: str) -> str:
    """Let go of the lock; return "" or what is wrong."""
    descriptor, lock.descriptor = lock.descriptor, CLOSED
    if descriptor != CLOSED:
        os.close(descriptor)
    try:
        said, _ = process.communicate(timeout=RELEASE_SECONDS)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
        said = ""
    answer = _answer(said)
    if answer.get("released"):
        return ""
    return unreleased % str(answer.get("error", "S3 did not answer"))


def _answer(line: str) -> Mapping[str, Any]:
    try:
        found = json.loads(line)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _refused(
    answer: Mapping[str, Any], backend: Backend, directory: Path, data: Path
) -> InfraError:
    holder = answer.get("holder")
    if holder is None:
        return InfraError(
            f"The lock of the state, s3://{backend.bucket}/{backend.key}.tflock, can't be taken:"
            f" {answer.get('error', 'S3 did not answer')}.",
            hint="Check the credentials and the network. Nothing was changed.",
        )
    return state_locked(holder_details(holder), directory, data, str(holder.get("ID", "LOCK-ID")))


def main() -> int:
    """Take the lock, say so, wait for the end of the input, give the lock back, say so."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    order = json.loads(sys.argv[1])
    s3 = boto3.session.Session().client("s3")
    info = {**order["info"], "Info": f"infra, held by process {os.getpid()}"}
    try:
        holder = take(s3, order["bucket"], order["key"], info, float(order["timeout"]))
        if holder is not None:
            _say({"holder": holder})
            return 1
        _say({"held": True})
        while os.read(sys.stdin.fileno(), 1):
            pass
        give_back(s3, order["bucket"], order["key"], order["info"]["ID"])
        _say({"released": True})
    except (BotoCoreError, ClientError, ValueError) as error:
        _say({"error": str(error).rstrip(".")})
        return 1
    return 0


def take(
    s3: Any, bucket: str, key: str, info: Mapping[str, str], timeout: float
) -> Mapping[str, str] | None:
    """Take the lock; return None, or who still had it when the time was over.

    The answer to an attempt that took it may get lost, and the next one is refused then: the lock
    says whose it is. Gives up when the input ends. Raises botocore's errors.
    """
    from botocore.exceptions import ClientError

    end = time.monotonic() + timeout
    while True:
        try:
            s3.put_object(Bucket=bucket, Key=key, Body=json.dumps(info).encode(), IfNoneMatch="*")
            return None
        except ClientError as error:
            if error.response["ResponseMetadata"]["HTTPStatusCode"] not in TAKEN:
                raise
        found = _holder(s3, bucket, key)
        if found.get("ID") == info["ID"]:
            return None
        left = end - time.monotonic()
        # Whoever had it may have given it back just now; nobody is told of nobody.
        gone = not found and left > -GONE_SECONDS
        wait = max(0.0, min(TRY_EVERY_SECONDS, left))
        asked_to_end = bool(select.select([sys.stdin], [], [], wait)[0])
        if (left <= 0 and not gone) or asked_to_end:
            return found


def give_back(s3: Any, bucket: str, key: str, identifier: str) -> None:
    """Remove the lock, unless somebody has: then it may be another one's. Raises ValueError."""
    holder = _holder(s3, bucket, key)
    if holder.get("ID") != identifier:
        raise ValueError("somebody has removed it meanwhile (terraform force-unlock)")
    s3.delete_object(Bucket=bucket, Key=key)


def _holder(s3: Any, bucket: str, key: str) -> Mapping[str, str]:
    from botocore.exceptions import ClientError

    try:
        return _answer(s3.get_object(Bucket=bucket, Key=key)["Body"].read())
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == GONE:
            return {}
        raise


def _say(answer: Mapping[str, Any]) -> None:
    sys.stdout.write(json.dumps(answer) + "\n")
    sys.stdout.flush()


if __name__ == "__main__":
    sys.exit(main())
