"""The objects of a ledger in the state bucket.

S3 lists keys in ascending order. The number in a key therefore counts down, and the first key that
is listed is the newest record: the end of the chain is one request away however long it is, and no
pointer to it can be wrong.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from datetime import UTC, datetime
from email.utils import parsedate_to_datetime
from typing import Any

from infra.ledger.records import LAST_SEQUENCE, MAX_BYTES

LAST = LAST_SEQUENCE
READERS = 8
_NAME = re.compile(r"(\d{10})-(\d{10})\.json")
TAKEN = ("PreconditionFailed", "ConditionalRequestConflict")
MISSING = ("NoSuchKey", "404")


def folder(environment: str) -> str:
    """The prefix of all objects of a ledger."""
    return f"ledger/{environment}/"


def key_of(environment: str, sequence: int) -> str:
    """The key of a record, such as ledger/dev/9999999957-0000000042.json."""
    return f"{folder(environment)}{LAST - sequence:010}-{sequence:010}.json"


def sequence_of(environment: str, key: str) -> int | None:
    """The number that a key stands for, None for a key that no record can have."""
    found = _NAME.fullmatch(key.removeprefix(folder(environment)))
    if found is None or key_of(environment, int(found[2])) != key:
        return None
    return int(found[2])


@dataclass(frozen=True)
class Stored:
    """What stands in one place of a ledger.

    sequence: by its key, None for what is no place. text: None where nothing can be read.
    received: when S3 took it, ISO 8601. versions: how many S3 keeps. deleted: whether somebody
    deleted it.
    """

    key: str
    sequence: int | None
    text: str | None
    received: str = ""
    versions: int = 1
    deleted: bool = False

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


class Store:
    """One ledger's part of a bucket. All methods raise botocore's errors."""

    def __init__(self, s3: Any, bucket: str, owner: str, environment: str) -> None:
        self._s3 = s3
        self._place = {"Bucket": bucket, "ExpectedBucketOwner": owner}
        self._environment = environment

    def newest(self) -> tuple[Stored | None, datetime]:
        """The end of the chain, and what time it is by the clock of S3."""
        answer = self._list(1)
        now = _server_time(answer)
        for item in answer.get("Contents", []):
            return self._read(item["Key"]), now
        return None, now

    def latest(self, limit: int) -> list[Stored]:
        """The newest records, newest first; at most 1,000."""
        keys = [item["Key"] for item in self._list(limit).get("Contents", [])]
        with ThreadPoolExecutor(READERS) as pool:
            return list(pool.map(self._read, keys))

    def get(self, sequence: int) -> Stored:
        """What stands in one place; its text is None where nothing does."""
        return self._read(key_of(self._environment, sequence))

    def put(self, sequence: int, text: str) -> bool:
        """Write into a place that is free. Returns False when it is taken."""
        from botocore.exceptions import ClientError

        try:
            self._s3.put_object(
                **self._place,
                Key=key_of(self._environment, sequence),
                Body=text.encode("ascii"),
                ContentType="application/json",
                IfNoneMatch="*",
            )
        except ClientError as error:
            if error.response["Error"]["Code"] in TAKEN:
                return False
            raise
        return True

    def everything(self) -> list[Stored]:
        """All that is and all that was in the ledger, by S3's own account of versions."""
        versions: dict[str, int] = {}
        received: dict[str, str] = {}
        deleted: set[str] = set()
        for item, is_marker in self._versions():
            key = item["Key"]
            versions.setdefault(key, 0)
            if is_marker:
                deleted.add(key)
                continue
            versions[key] += 1
            # The first writing counts: a later one must not make a record look younger.
            received[key] = item["LastModified"].astimezone(UTC).isoformat(timespec="seconds")
        keys = sorted(versions, reverse=True)
        with ThreadPoolExecutor(READERS) as pool:
            read = list(pool.map(self._read, keys))
        return [
            Stored(
                item.key,
                item.sequence,
                item.text,
                received.get(item.key, ""),
                versions[item.key],
                item.key in deleted,
            )
            for item in read
        ]

    def _list(self, limit: int) -> Any:
        return self._s3.list_objects_v2(
            **self._place, Prefix=folder(self._environment), MaxKeys=min(limit, 1000)
        )

    def _versions(self) -> Iterator[tuple[Any, bool]]:
        pages = self._s3.get_paginator("list_object_versions").paginate(
            **self._place, Prefix=folder(self._environment)
        )
        for page in pages:
            for item in page.get("Versions", []):
                yield item, False
            for item in page.get("DeleteMarkers", []):
                yield item, True

    def _read(self, key: str) -> Stored:
        from botocore.exceptions import ClientError

        sequence = sequence_of(self._environment, key)
        try:
            body = self._s3.get_object(**self._place, Key=key)["Body"].read(MAX_BYTES + 1)
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                return Stored(key, sequence, None)
            raise
        return Stored(key, sequence, body.decode("utf-8", errors="replace"))


def _server_time(answer: Any) -> datetime:
    """The Date of an answer, so that no writer's own clock counts."""
    try:
        return parsedate_to_datetime(answer["ResponseMetadata"]["HTTPHeaders"]["date"])
    except (KeyError, TypeError, ValueError):
        return datetime.now(UTC)
