"""Deleting from a bucket whose versioning is suspended.

AWS ("Working with delete markers" and "Deleting objects from versioning-suspended buckets", S3 user
guide): with a version id that version goes for good; without one the object gets a delete marker
whose version is null, in place of a null version where there is one, and all other versions stay.
moto 5.2.5 takes suspended for never enabled: it drops all versions, and fails where one of them is
a delete marker. Fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import AccessDeniedByLock
from moto.s3.models import FakeDeleteMarker, FakeKey, S3Backend

from local_aws.patches import wrap

_NULL = "null"


def apply() -> None:
    """Delete one version, or put a marker, as S3 does."""
    wrap(S3Backend, "delete_object", _delete_object)


def _delete_object(
    original: Callable[..., Any],
    self: S3Backend,
    bucket_name: str,
    key_name: str,
    version_id: str | None = None,
    bypass: bool = False,
) -> tuple[bool, dict[str, Any]]:
    bucket = self.get_bucket(bucket_name)
    if getattr(bucket, "versioning_status", None) != "Suspended":
        answer: tuple[bool, dict[str, Any]] = original(
            bucket_name, key_name, version_id=version_id, bypass=bypass
        )
        return answer
    doomed = version_id or _NULL
    versions = bucket.keys.getlist(key_name, [])
    going = [one for one in versions if str(one.version_id) == doomed]
    if any(isinstance(one, FakeKey) and one.is_locked(governance_bypass=bypass) for one in going):
        raise AccessDeniedByLock
    bucket.keys.setlist(key_name, [one for one in versions if one not in going])
    if not versions:
        return False, {}
    if version_id is None:
        marker = FakeDeleteMarker(key=versions[-1])
        marker._version_id = _NULL
        bucket.keys[key_name] = marker
        return True, {"version-id": _NULL, "delete-marker": "true"}
    if not bucket.keys.getlist(key_name):
        bucket.keys.pop(key_name)
    return True, {"version-id": version_id}
