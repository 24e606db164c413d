"""S3: Object Lock on a bucket that is in use.

AWS ("Enable Object Lock on an existing bucket", S3 user guide): a versioned bucket can be given
Object Lock, and another default retention, at any time; from then on its versions cannot be
suspended. moto 5.2.5 refuses the first while there are objects in the bucket, and allows the
suspension. Fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import S3ClientError
from moto.s3.models import S3Backend

from local_aws.patches import wrap


class InvalidBucketStateError(S3ClientError):
    code = "InvalidBucketState"
    status_code = 409


def apply() -> None:
    """Let the lock come and change whatever the bucket holds, and keep its versions."""
    wrap(S3Backend, "put_object_lock_configuration", _put_object_lock_configuration)
    wrap(S3Backend, "put_bucket_versioning", _put_bucket_versioning)


def _put_object_lock_configuration(
    original: Callable[..., Any],
    self: S3Backend,
    bucket_name: str,
    lock_enabled: bool,
    mode: str | None = None,
    days: int | None = None,
    years: int | None = None,
) -> None:
    del original
    bucket = self.get_bucket(bucket_name)
    if not bucket.is_versioned:
        raise InvalidBucketStateError(
            "Versioning must be 'Enabled' on the bucket to apply a Object Lock configuration"
        )
    bucket.object_lock_enabled = bucket.object_lock_enabled or lock_enabled
    bucket.default_lock_mode = mode or ""
    bucket.default_lock_days = days
    bucket.default_lock_years = years


def _put_bucket_versioning(
    original: Callable[..., Any], self: S3Backend, bucket_name: str, status: str
) -> Any:
    if status != "Enabled" and self.get_bucket(bucket_name).object_lock_enabled:
        raise InvalidBucketStateError(
            "An Object Lock configuration is present on this bucket, so the versioning state "
            "cannot be changed."
        )
    return original(bucket_name, status)
