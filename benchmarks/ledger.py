"""What a record costs in a ledger of 1,000, against one of 10, and what a verification takes.

Against a local cloud of its own, through a clerk as `infra apply` has one, in one run. Times are
medians of ten, in seconds.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from pathlib import Path

from benchmarks.figures import Figure, at_most, seconds
from harness.accounts import enter
from infra.backend import Backend
from infra.ledger.client import open_ledger
from infra.ledger.records import Event, Kind
from infra.ledger.signing import Checker
from infra.ledger.verification import verify
from infra.ledger.witness import Witness
from infra.local_cloud import LocalCloud
from infra.targets import local_run, local_variables

LIMIT_RATIO = 2.0
"""S3 finds the end of a list at once; moto goes through all keys, which is what the rest is."""

AROUND = 10


RECORDS = 1000


def run(_runs: int) -> Iterator[Figure]:
    """Fill a ledger with 1,000 records once, and look at all of it."""
    for name in [key for key in os.environ if key.startswith(("AWS_", "TF_"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        cloud = LocalCloud(Path(folder) / "cloud")
        try:
            yield from measure(cloud, Path(folder), RECORDS)
        finally:
            cloud.stop()


def measure(cloud: LocalCloud, folder: Path, count: int) -> Iterator[Figure]:
    """One record at the end against one at the beginning; reading all against checking all."""
    account = enter("700000000001", cloud.ensure_started().endpoint, folder)
    region, bucket = account.environment.region, f"states-{account.account_id}"
    s3 = account.client("s3")
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": region})
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    variables = local_variables(
        account.environment, account.endpoint, account.credentials, Path(os.devnull), folder
    )
    with open_ledger(
        account.environment,
        Backend(bucket, "state", region, (account.account_id,)),
        local=True,
        variables=local_run(variables).variables,
        witness=Witness(folder / "witness", "bench", "local", ""),
    ) as ledger:
        ledger.append(Event(Kind.GATE, "passed"))  # the clerk gets ready
        times = []
        for _ in range(count - 1):
            started = time.perf_counter()
            ledger.append(Event(Kind.GATE, "passed"))
            times.append(time.perf_counter() - started)
        early, late = statistics.median(times[:AROUND]), statistics.median(times[-AROUND:])
        started = time.perf_counter()
        snapshot = ledger.everything()
        read = time.perf_counter() - started
        started = time.perf_counter()
        checker = Checker(list(snapshot.keys.values()))
        found = verify(snapshot.stored, checker.signed, account.environment.name, None)
        checked = time.perf_counter() - started
    assert found.count == count and not found.findings
    milliseconds = 1000
    yield at_most(
        f"append record {count}",
        late * milliseconds,
        early * milliseconds,
        f"the first {AROUND}",
        LIMIT_RATIO,
        "ms",
    )
    yield seconds(f"check {count} records, offline", checked, read, "read them")
