"""S3: what a replication asks of the buckets on its two sides.

AWS: PutBucketReplication is refused with InvalidRequest unless every destination bucket exists, in
whatever account, and is versioned; and while the source has a replication, its versions cannot be
suspended. moto 5.2.5 takes any text for a destination and allows the suspension. Fit for upstream.

The rule is stored and nothing is copied, as in moto. Whether the role may read here and write there
AWS finds out only when it copies, so that isn't asked here either.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import S3ClientError
from moto.s3.models import S3Backend, s3_backends

from local_aws.patches import wrap


class InvalidBucketStateError(S3ClientError):
    code = "InvalidBucketState"
    status_code = 409


class InvalidReplicationRequestError(S3ClientError):
    code = "InvalidRequest"
    status_code = 400


def apply() -> None:
    """Look at the destinations before a replication is stored, and keep the source's versions."""
    wrap(S3Backend, "put_bucket_replication", _put_bucket_replication)
    wrap(S3Backend, "put_bucket_versioning", _put_bucket_versioning)


def _put_bucket_replication(
    original: Callable[..., Any], self: S3Backend, bucket_name: str, replication: dict[str, Any]
) -> Any:
    del self
    rules = replication["Rule"]
    for rule in rules if isinstance(rules, list) else [rules]:
        name = rule["Destination"]["Bucket"].rpartition(":")[2]
        if name not in s3_backends.bucket_accounts:
            raise InvalidReplicationRequestError("Destination bucket must exist.")
        partition, account = s3_backends.bucket_accounts[name]
        if not s3_backends[account][partition].buckets[name].is_versioned:
            raise InvalidReplicationRequestError("Destination bucket must have versioning enabled.")
    return original(bucket_name, replication)


def _put_bucket_versioning(
    original: Callable[..., Any], self: S3Backend, bucket_name: str, status: str
) -> Any:
    if status != "Enabled" and self.get_bucket_replication(bucket_name):
        raise InvalidBucketStateError(
            "A replication configuration is present on this bucket, so you cannot change the "
            "versioning state. To change the versioning state, first delete the replication "
            "configuration."
        )
    return original(bucket_name, status)
