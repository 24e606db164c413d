"""Metrics, intelligent-tiering, analytics and inventory configurations, and who pays.

AWS: PutBucketMetricsConfiguration and its like store a document under an id; Get, List and Delete
use it; a missing one is NoSuchConfiguration. GetBucketRequestPayment answers BucketOwner unless it
was changed. moto 5.2.5 answers 200 to each Put and stores nothing (but for inventory), lists the
objects of the bucket on Get, and on Delete it deletes the bucket. Fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.s3.exceptions import MalformedXML, S3ClientError
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

from local_aws.patches import wrap

_NAMESPACE = 'xmlns="http://s3.amazonaws.com/doc/2006-03-01/"'
# The query parameter of each kind, and the root element of its list.
_LISTS = {
    "metrics": "ListMetricsConfigurationsResult",
    "intelligent-tiering": "ListBucketIntelligentTieringConfigurationsOutput",
    "analytics": "ListBucketAnalyticsConfigurationResult",
    "inventory": "ListInventoryConfigurationsResult",
}
_PAYMENT = "requestPayment"
_DEFAULT_PAYMENT = (
    f"<RequestPaymentConfiguration {_NAMESPACE}><Payer>BucketOwner</Payer>"
    "</RequestPaymentConfiguration>"
).encode()


class NoSuchConfigurationError(S3ClientError):
    code = "NoSuchConfiguration"
    message = "The specified configuration does not exist."
    status_code = 404


def apply() -> None:
    """Store, read, list and delete these configurations."""
    wrap(S3Response, "_bucket_response", _bucket_response)


def _bucket_response(
    original: Callable[..., Any], self: S3Response, request: Any, full_url: str
) -> Any:
    kind = next((name for name in (*_LISTS, _PAYMENT) if name in request.args), None)
    if kind is None or request.method not in ("GET", "PUT", "DELETE"):
        return original(request, full_url)
    # A missing bucket is moto's NoSuchBucket.
    stored = _stored(self.backend.get_bucket(self.bucket_name))
    identifier = request.args.get("id", "")
    key = (kind, identifier)
    if request.method == "PUT":
        if not self.body or (kind in _LISTS and not identifier):
            raise MalformedXML()
        stored[key] = self.body
        return 200, {}, ""
    if request.method == "DELETE":
        if stored.pop(key, None) is None:
            raise NoSuchConfigurationError()
        return 204, {}, ""
    if kind == _PAYMENT:
        return 200, {}, stored.get(key, _DEFAULT_PAYMENT)
    if not identifier:
        return 200, {}, _listing(kind, stored)
    if key not in stored:
        raise NoSuchConfigurationError()
    return 200, {}, stored[key]


def _stored(bucket: FakeBucket) -> dict[tuple[str, str], bytes]:
    """What a bucket has of them. It is part of the bucket, and so is saved with it."""
    found: dict[tuple[str, str], bytes] = vars(bucket).setdefault("local_aws_configurations", {})
    return found


def _listing(kind: str, stored: dict[tuple[str, str], bytes]) -> bytes:
    found = b"".join(body for (its, _), body in sorted(stored.items()) if its == kind)
    root = _LISTS[kind]
    head = f"<{root} {_NAMESPACE}><IsTruncated>false</IsTruncated>".encode()
    return head + found + f"</{root}>".encode()
