"""S3: access control lists, refused where they are off.

AWS ("Controlling ownership of objects and disabling ACLs", S3 user guide): under the setting
BucketOwnerEnforced a request may name no list, or the one that gives its owner full control; any
other is a 400 AccessControlListNotSupported. moto 5.2.5 stores the list. Fit for upstream.

As in moto, a bucket has this setting once it was given it; in AWS a new one has it from the start.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import S3ClientError
from moto.s3.models import OWNER, FakeAcl
from moto.s3.responses import S3Response

from local_aws.patches import wrap

_OWNERS_OWN = "bucket-owner-full-control"


class AccessControlListNotSupportedError(S3ClientError):
    code = "AccessControlListNotSupported"
    message = "The bucket does not allow ACLs"
    status_code = 400


def apply() -> None:
    """Refuse requests that bring a list to a bucket that has none."""
    wrap(S3Response, "_bucket_response", _bucket_response)
    wrap(S3Response, "_key_response", _key_response)


def _bucket_response(
    original: Callable[..., Any], self: S3Response, request: Any, full_url: str
) -> Any:
    if request.method == "PUT" and "acl" in request.args:
        _check(self, request)
    return original(request, full_url)


def _key_response(
    original: Callable[..., Any], self: S3Response, request: Any, full_url: str
) -> Any:
    if request.method in ("POST", "PUT"):
        _check(self, request)
    return original(request, full_url)


def _check(response: S3Response, request: Any) -> None:
    bucket = response.backend.buckets.get(response.bucket_name)
    # moto declares a mapping here and stores the name of the setting.
    setting: Any = bucket.ownership_rule if bucket is not None else None
    if setting != "BucketOwnerEnforced":
        return
    canned = request.headers.get("x-amz-acl")
    if canned == _OWNERS_OWN:
        return
    if canned is not None:
        raise AccessControlListNotSupportedError()
    acl = response._acl_from_headers(request.headers)
    if acl is None and "acl" in request.args and response.body:
        acl = response._acl_from_body()
        if acl is None:
            raise AccessControlListNotSupportedError()
    if acl is not None and not _gives_the_owner_full_control(acl):
        raise AccessControlListNotSupportedError()


def _gives_the_owner_full_control(acl: FakeAcl) -> bool:
    granted = [
        (grantee.id, tuple(grant.permissions)) for grant in acl.grants for grantee in grant.grantees
    ]
    return granted == [(OWNER, ("FULL_CONTROL",))]
