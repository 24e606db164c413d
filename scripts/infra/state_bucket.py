"""The bucket of an account's states, which must be there before Terraform has a place to plan from.

In AWS a process of its own looks and makes it, `python -m infra.state_bucket`: it sees the
environment that Terraform gets. What else the bucket needs, Terraform gives it (see bootstrap/).
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any

from infra import processes
from infra.backend import Backend
from infra.environments import Environment
from infra.errors import StateBucketError

LOOK_SECONDS = 120.0
HIDDEN = 403
MISSING = 404
ELSEWHERE = (301, 400)


@dataclass(frozen=True)
class StateBucket:
    """Which bucket is meant, and whose it must be."""

    name: str
    region: str
    account_id: str


def state_bucket(environment: Environment, backend: Backend) -> StateBucket:
    """The bucket that an environment's backend.tf names."""
    return StateBucket(backend.bucket, backend.region, environment.account_id)


def exists(s3: Any, bucket: StateBucket) -> bool:
    """Tell whether the account has the bucket.

    Raises StateBucketError when it is another account's, or in another region.
    """
    from botocore.exceptions import ClientError

    try:
        found = s3.head_bucket(Bucket=bucket.name, ExpectedBucketOwner=bucket.account_id)
        region = _region(found, bucket)
    except ClientError as error:
        status = error.response["ResponseMetadata"]["HTTPStatusCode"]
        if status == MISSING:
            return False
        if status == HIDDEN:
            raise _foreign(bucket) from error
        region = _region(error.response, bucket)
        if status not in ELSEWHERE or region == bucket.region:
            raise
    if region != bucket.region:
        raise StateBucketError(
            f"The state bucket {bucket.name} is in region {region}, not in {bucket.region}.",
            hint="A bucket can't move. Name its region, or another bucket, in backend.tf and"
            " environment.yaml. Nothing was changed.",
        )
    return True


def make(s3: Any, bucket: StateBucket) -> None:
    """Make the bucket, closed and versioned. Raises StateBucketError when the name is taken."""
    from botocore.exceptions import ClientError

    location = (
        {}
        if bucket.region == "us-east-1"
        else {"CreateBucketConfiguration": {"LocationConstraint": bucket.region}}
    )
    try:
        s3.create_bucket(Bucket=bucket.name, ObjectOwnership="BucketOwnerEnforced", **location)
    except ClientError as error:
        code = error.response["Error"]["Code"]
        if code == "BucketAlreadyExists":
            raise _foreign(bucket) from error
        if code != "BucketAlreadyOwnedByYou":
            raise
    closed = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    s3.put_public_access_block(Bucket=bucket.name, PublicAccessBlockConfiguration=closed)
    s3.put_bucket_versioning(Bucket=bucket.name, VersioningConfiguration={"Status": "Enabled"})


def run(action: str, bucket: StateBucket, environment: Mapping[str, str]) -> bool:
    """Do one action, `exists` or `make`, in a process that sees `environment`.

    Returns whether the bucket is there. Raises StateBucketError.
    """
    try:
        done = processes.run(
            [sys.executable, "-m", "infra.state_bucket", action, json.dumps(asdict(bucket))],
            # The same code as here, also where another checkout is the one that is installed.
            environment={**environment, "PYTHONPATH": str(Path(__file__).parents[1])},
            timeout=LOOK_SECONDS,
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        answer = {
            "message": f"Whether the state bucket {bucket.name} exists can't be found out.",
            "hint": "Check the credentials and the network, and run the command again.",
        }
    if "message" in answer:
        raise StateBucketError(str(answer["message"]), hint=str(answer["hint"]))
    return bool(answer["exists"])


def _region(answer: Mapping[str, Any], bucket: StateBucket) -> str:
    headers = answer["ResponseMetadata"].get("HTTPHeaders") or {}
    return str(headers.get("x-amz-bucket-region") or bucket.region)


def _foreign(bucket: StateBucket) -> StateBucketError:
    return StateBucketError(
        f"The state bucket {bucket.name} exists, but account {bucket.account_id} can't use it:"
        " it belongs to another account, or these credentials may not see it.",
        hint="Bucket names are unique in all of AWS. If it is not yours, put another name into"
        " backend.tf. Nothing was changed.",
    )


def main() -> int:
    """Do what the arguments say; print one JSON object."""
    import boto3
    from botocore.exceptions import BotoCoreError, ClientError

    action, document = sys.argv[1:]
    bucket = StateBucket(**json.loads(document))
    answer: dict[str, Any]
    try:
        s3 = boto3.session.Session(region_name=bucket.region).client("s3")
        if action == "make":
            make(s3, bucket)
        answer = {"exists": exists(s3, bucket)}
    except StateBucketError as error:
        answer = {"message": error.message, "hint": error.hint}
    except (BotoCoreError, ClientError) as error:
        text = str(error).rstrip(".")
        answer = {
            "message": f"The state bucket {bucket.name} can't be set up: {text}.",
            "hint": "Run the command again when the cause is mended; it goes on from there.",
        }
    sys.stdout.write(json.dumps(answer))
    return 0


if __name__ == "__main__":
    sys.exit(main())
