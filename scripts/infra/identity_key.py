"""The key of an environment's identities: an object beside the state, made once.

Whoever reads the state, which holds all secrets, reads the key; nobody else does (decision 14). A
process of its own reads it, `python -m infra.identity_key`: it sees the environment that Terraform
gets.
"""

from __future__ import annotations

import base64
import json
import secrets
import subprocess
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

from infra import processes
from infra.errors import IdentityKeyError
from infra.identity import Key

if TYPE_CHECKING:  # A process that starts beside Terraform reads with this, and must be quick.
    from infra.backend import Backend

READ_SECONDS = 60.0
KEY_BYTES = 32
SUFFIX = ".identity-key"
NOT_THERE = (403, 404)
"""What S3 answers for a missing object, with and without the right to list."""

TAKEN = (409, 412)


_known: dict[tuple[str, str, frozenset[tuple[str, str]]], Key] = {}


def load_key(backend: Backend, environment: Mapping[str, str]) -> Key:
    """Read the key once a command; make it where there is none. Raises IdentityKeyError."""
    place = (backend.bucket, backend.key, frozenset(environment.items()))
    if place not in _known:
        _known[place] = _loaded(backend, environment)
    return _known[place]


def remember_key(backend: Backend, environment: Mapping[str, str], key: Key) -> None:
    """Spare `load_key` a process of its own: another one has read the key."""
    _known[backend.bucket, backend.key, frozenset(environment.items())] = key


def _loaded(backend: Backend, environment: Mapping[str, str]) -> Key:
    name = backend.key + SUFFIX
    try:
        done = processes.run(
            [sys.executable, "-m", "infra.identity_key", backend.bucket, name],
            # The same code as here, also where another checkout is the one that is installed.
            environment={**environment, "PYTHONPATH": str(Path(__file__).parents[1])},
            timeout=READ_SECONDS,
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        answer = {"error": "S3 did not answer"}
    return key_of(answer, backend)


def key_of(answer: Mapping[str, Any], backend: Backend) -> Key:
    """The key that a process answered with. Raises IdentityKeyError."""
    name = backend.key + SUFFIX
    if "key" not in answer:
        raise IdentityKeyError(
            f"The key of the plans' identities, s3://{backend.bucket}/{name},"
            f" can't be read or made: {answer.get('error')}.",
            hint="Check the credentials. The first `infra plan ENV --out` of somebody who may"
            " apply makes it. Nothing was changed.",
        )
    secret = base64.b64decode(answer["key"])
    if len(secret) != KEY_BYTES:
        raise IdentityKeyError(
            f"s3://{backend.bucket}/{name} is no key: it has {len(secret)} bytes, not {KEY_BYTES}.",
            hint="Find out who wrote it. Delete it, and the next plan makes a new one; plans that"
            " are stored are then of no use.",
        )
    return Key(secret)


def read_or_make(s3: Any, bucket: str, name: str) -> bytes:
    """The key's bytes. Two who make it at once end with the same one. Raises botocore's errors."""
    from botocore.exceptions import ClientError

    try:
        return _read(s3, bucket, name)
    except ClientError as error:
        if _status(error) not in NOT_THERE:
            raise
    made = secrets.token_bytes(KEY_BYTES)
    try:
        s3.put_object(Bucket=bucket, Key=name, Body=made, IfNoneMatch="*")
    except ClientError as error:
        if _status(error) not in TAKEN:
            raise
        return _read(s3, bucket, name)
    return made


def answered(s3: Any, bucket: str, name: str) -> dict[str, str]:
    """The key for `key_of`, or why there is none."""
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        return {"key": base64.b64encode(read_or_make(s3, bucket, name)).decode()}
    except (BotoCoreError, ClientError) as error:
        return {"error": str(error).rstrip(".")}


def _read(s3: Any, bucket: str, name: str) -> bytes:
    content = s3.get_object(Bucket=bucket, Key=name)["Body"].read()
    assert isinstance(content, bytes)  # noqa: S101
    return content


def _status(error: Any) -> int:
    return int(error.response["ResponseMetadata"]["HTTPStatusCode"])


def main() -> int:
    """Print one JSON object: {"key": ...} to the parent's pipe, or {"error": ...}."""
    import boto3

    bucket, name = sys.argv[1:]
    sys.stdout.write(json.dumps(answered(boto3.session.Session().client("s3"), bucket, name)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
