"""Entering an environment's account in the local cloud.

As in AWS, an account is entered by an assumed role. The role is the one that AWS Organizations
creates in each member account, so it needs no bootstrap. The local cloud lets its entry credentials
take that role in any account, and nothing else (scripts/local_aws/README.md, "The contract").
"""

from __future__ import annotations

import functools
import json
import os
import threading
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra import json_text, state_bucket
from infra.backend import Backend
from infra.environments import Environment
from infra.errors import LocalCloudError
from infra.local_cloud import Endpoint
from infra.repository import private_folder

ENTRY_ROLE = "OrganizationAccountAccessRole"
# Access key and secret of the local cloud's management account. They are of no use elsewhere.
ENTRY_KEY = "local"
RENEW_BEFORE = timedelta(minutes=15)
ATTEMPTS = 5


@dataclass(frozen=True)
class Credentials:
    """Temporary credentials, of use in one run of the local cloud only."""

    access_key_id: str
    secret_access_key: str
    session_token: str
    expires_at: str
    instance: str
    state_bucket: str


def enter_account(
    environment: Environment,
    backend: Backend,
    endpoint: Endpoint,
    directory: Path,
    on_prepare: Callable[[str], None] = lambda _message: None,
) -> Credentials:
    """Return credentials for the environment's account, and see that its state bucket exists.

    They are kept (mode 0600) in `directory` and used again until they expire or the local cloud
    starts anew. Raises LocalCloudError, StateBucketError.
    """
    path = private_folder(directory) / f"{environment.name}.json"
    kept = _kept(path)
    if (
        kept is not None
        and kept.instance == endpoint.instance
        and kept.state_bucket == backend.bucket
        and datetime.fromisoformat(kept.expires_at) - RENEW_BEFORE > datetime.now(UTC)
    ):
        return kept
    on_prepare(f"Entering account {environment.account_id} of the local cloud")
    # Imported late: it takes longer than all else that a warm run does.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        credentials = assume_role(environment, endpoint, backend.bucket)
        s3 = client("s3", environment, endpoint, credentials)
        bucket = state_bucket.state_bucket(environment, backend)
        if not state_bucket.exists(s3, bucket):
            state_bucket.make(s3, bucket)
    except (BotoCoreError, ClientError) as error:
        raise LocalCloudError(
            f"Account {environment.account_id} of the local cloud can't be prepared: {error}.",
            hint="`infra local stop`, and try again.",
        ) from error
    _keep(path, credentials)
    return credentials


def client(
    service: str, environment: Environment, endpoint: Endpoint, credentials: Credentials | None
) -> Any:
    """A boto3 client that can reach the local cloud and nothing else.

    Without credentials it is of use for entering an account only.
    """
    from botocore.config import Config

    # Making clients is not safe in several threads at once, as boto3's guide says.
    with _making:
        return _session().client(
            service,
            endpoint_url=endpoint.url,
            region_name=environment.region,
            aws_access_key_id=credentials.access_key_id if credentials else ENTRY_KEY,
            aws_secret_access_key=credentials.secret_access_key if credentials else ENTRY_KEY,
            aws_session_token=credentials.session_token if credentials else None,
            config=Config(
                retries={"mode": "standard", "total_max_attempts": ATTEMPTS},
                proxies={},
                read_timeout=30,
            ),
        )


_making = threading.Lock()


@functools.cache
def _session() -> Any:
    """One for all clients: it keeps the service models, which take longest to read."""
    import boto3

    return boto3.session.Session()


def assume_role(
    environment: Environment, endpoint: Endpoint, state_bucket: str = ""
) -> Credentials:
    """Enter the environment's account anew. Raises botocore's errors."""
    answer = client("sts", environment, endpoint, None).assume_role(
        RoleArn=f"arn:aws:iam::{environment.account_id}:role/{ENTRY_ROLE}",
        RoleSessionName=f"infra-{environment.name}",
    )["Credentials"]
    return Credentials(
        access_key_id=answer["AccessKeyId"],
        secret_access_key=answer["SecretAccessKey"],
        session_token=answer["SessionToken"],
        expires_at=answer["Expiration"].isoformat(),
        instance=endpoint.instance,
        state_bucket=state_bucket,
    )


def _kept(path: Path) -> Credentials | None:
    try:
        found = json_text.fill(Credentials, json_text.load(path.read_bytes()))
        if datetime.fromisoformat(found.expires_at).tzinfo is None:
            return None
    except (OSError, ValueError):
        return None
    return found


def _keep(path: Path, credentials: Credentials) -> None:
    """Write by rename, so that a command beside this one never reads half a file."""
    fresh = path.with_suffix(f".{os.getpid()}.new")
    descriptor = os.open(fresh, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "w", encoding="utf-8") as file:
        json.dump(credentials.__dict__, file)
    fresh.replace(path)
