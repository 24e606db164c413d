"""The account that copies go to: it is there before the module that is tested, and after it."""

from __future__ import annotations

import contextlib
from collections.abc import Iterator
from pathlib import Path

from harness.accounts import REGION, enter
from infra.local_cloud import Endpoint

DESTINATION = "999999999999"
"""The account of the destination in the READMEs' examples."""


@contextlib.contextmanager
def destination_buckets(cloud: Endpoint, folder: Path, *names: str) -> Iterator[None]:
    """Versioned buckets of these names in the destination's account."""
    s3 = enter(DESTINATION, cloud, folder).client("s3")
    for name in names:
        s3.create_bucket(
            Bucket=name,
            CreateBucketConfiguration={"LocationConstraint": REGION},
            ObjectLockEnabledForBucket=True,
        )
    yield
    for name in names:
        s3.delete_bucket(Bucket=name)
