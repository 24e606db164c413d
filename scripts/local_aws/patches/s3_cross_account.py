"""S3: buckets of other accounts.

AWS ("Bucket owner granting cross-account bucket permissions", S3 user guide): requests on objects,
and lists of them, are answered as far as the bucket's policy allows the caller; the source of a
copy needs s3:GetObject. moto 5.2.5 answers all of them or, as it is set here (`environment.py`),
none. Other operations on foreign buckets, DeleteObjects among them, stay refused, whatever a policy
says, and no access control list opens a bucket. Fit for upstream.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit

from moto.s3.exceptions import S3AccessDeniedError
from moto.s3.models import S3Backend, s3_backends
from moto.s3.responses import S3Response

from local_aws import callers
from local_aws.patches import wrap
from local_aws.patches.s3_bucket_policy import action_of, keys_of
from local_aws.policies import ALLOW, Access, decide

_current = threading.local()
# Sub-resources of GET that lists have, by the action that they need ("Actions for Amazon S3").
_LISTS = {
    "location": "GetBucketLocation",
    "uploads": "ListBucketMultipartUploads",
    "versions": "ListBucketVersions",
}
_LIST_PARAMETERS = frozenset(
    {
        "continuation-token",
        "delimiter",
        "encoding-type",
        "fetch-owner",
        "key-marker",
        "list-type",
        "marker",
        "max-keys",
        "max-uploads",
        "prefix",
        "start-after",
        "upload-id-marker",
        "version-id-marker",
    }
)


def apply() -> None:
    """Open foreign buckets to requests that their policies allow."""
    wrap(S3Response, "_key_response", _key_response)
    wrap(S3Response, "_bucket_response", _bucket_response)
    wrap(S3Backend, "get_bucket", _get_bucket)


def _key_response(
    original: Callable[..., Any], self: S3Response, request: Any, full_url: str
) -> Any:
    key = self.parse_key_name()
    wanted = [(str(self.bucket_name), f"/{key}", action_of(request))]
    source = request.headers.get("x-amz-copy-source")
    if source:
        parts = urlsplit(source)
        bucket, _, key = unquote(parts.path).lstrip("/").partition("/")
        version = "Version" if "versionId" in parse_qs(parts.query) else ""
        wanted.append((bucket, f"/{key}", f"s3:GetObject{version}"))
    with _granting(self, request, wanted):
        return original(request, full_url)


def _bucket_response(
    original: Callable[..., Any], self: S3Response, request: Any, full_url: str
) -> Any:
    wanted = [(str(self.bucket_name), "", _list_action(request))]
    with _granting(self, request, wanted):
        return original(request, full_url)


def _list_action(request: Any) -> str | None:
    if request.method not in ("GET", "HEAD"):
        return None
    special = set(request.args) - _LIST_PARAMETERS
    if not special:
        return "s3:ListBucket"
    name = _LISTS.get(special.pop()) if len(special) == 1 else None
    return name and f"s3:{name}"


@contextmanager
def _granting(
    response: S3Response, request: Any, wanted: list[tuple[str, str, str | None]]
) -> Iterator[None]:
    """Let this request reach the foreign buckets that it needs, if all of them let it in."""
    granted = {}
    for name, path, action in wanted:
        partition, owner = s3_backends.bucket_accounts.get(name, ("", ""))
        if owner in ("", response.current_account):
            continue
        bucket = s3_backends[owner][partition].buckets.get(name)
        if bucket is None or action is None or not _allows(response, request, bucket, path, action):
            raise S3AccessDeniedError()
        granted[name] = bucket
    _current.granted = granted
    try:
        yield
    finally:
        del _current.granted


def _allows(response: S3Response, request: Any, bucket: Any, path: str, action: str) -> bool:
    caller = callers.of(response)
    if caller is None or not bucket.policy:
        return False
    keys = keys_of(response, request)
    keys |= {"s3:resourceaccount": bucket.account_id, "aws:resourceaccount": bucket.account_id}
    keys |= {f"s3:{name}": request.args.get(name) for name in ("prefix", "delimiter", "max-keys")}
    resource = f"arn:{bucket.partition}:s3:::{bucket.name}{path}"
    return decide(bucket.policy, Access(action, resource, caller.names, keys)) == ALLOW


def _get_bucket(original: Callable[..., Any], self: S3Backend, bucket_name: str) -> Any:
    del self
    granted = getattr(_current, "granted", {})
    return granted[bucket_name] if bucket_name in granted else original(bucket_name)
