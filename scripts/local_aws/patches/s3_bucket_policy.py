"""Bucket policies on object requests, with their conditions.

AWS: a Deny applies when its principal, action, resource and conditions all match ("Bucket
policies", S3 user guide; condition keys: service authorization reference). moto 5.2.5: a statement
without its conditions, so that "deny unless aws:SecureTransport" denies everything; an unmet
condition is a denial; HEAD is checked as s3:HeadObject, which AWS has not. Fit for upstream: the
evaluation in `policies.py` would replace `IAMPolicyStatement` there.

The local connection counts as TLS 1.3: it never leaves the machine. An Allow is not required, as in
moto: only what is denied is refused. Requests on a bucket itself are not checked.
`aws:PrincipalOrgID`, tags and policy variables are not evaluated.
"""

from __future__ import annotations

import threading
from collections.abc import Callable
from typing import Any

from moto.iam.access_control import PermissionResult
from moto.s3.exceptions import S3AccessDeniedError
from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

from local_aws import callers
from local_aws.patches import wrap
from local_aws.policies import ALLOW, DENY, Access, decide

_current = threading.local()
_SSE = "s3:x-amz-server-side-encryption"
_SSE_KEY = f"{_SSE}-aws-kms-key-id"
# Request headers that S3 has a condition key for ("Condition keys for Amazon S3").
_HEADER_KEYS = (
    "x-amz-acl",
    "x-amz-content-sha256",
    "x-amz-copy-source",
    "x-amz-grant-full-control",
    "x-amz-grant-read",
    "x-amz-grant-read-acp",
    "x-amz-grant-write",
    "x-amz-grant-write-acp",
    "x-amz-metadata-directive",
    "x-amz-server-side-encryption",
    "x-amz-server-side-encryption-aws-kms-key-id",
    "x-amz-server-side-encryption-customer-algorithm",
    "x-amz-storage-class",
    "x-amz-website-redirect-location",
    "if-match",
    "if-none-match",
)
_SUB_RESOURCES = {
    "GET": {
        "uploadId": "ListMultipartUploadParts",
        "acl": "GetObjectAcl",
        "tagging": "GetObjectTagging",
        "retention": "GetObjectRetention",
        "legal-hold": "GetObjectLegalHold",
        "attributes": "GetObjectAttributes",
        "versionId": "GetObjectVersion",
    },
    "HEAD": {"versionId": "GetObjectVersion"},
    "PUT": {
        "acl": "PutObjectAcl",
        "tagging": "PutObjectTagging",
        "retention": "PutObjectRetention",
        "legal-hold": "PutObjectLegalHold",
    },
    "DELETE": {
        "uploadId": "AbortMultipartUpload",
        "tagging": "DeleteObjectTagging",
        "versionId": "DeleteObjectVersion",
    },
    "POST": {"restore": "RestoreObject"},
}
_ACTIONS = {
    "GET": "GetObject",
    "HEAD": "GetObject",
    "PUT": "PutObject",
    "POST": "PutObject",
    "DELETE": "DeleteObject",
}


def apply() -> None:
    """Judge object requests by the bucket's policy with its conditions."""
    wrap(S3Response, "_key_response", _key_response)
    wrap(S3Response, "_bucket_response_delete_keys", _delete_keys)
    wrap(FakeBucket, "get_permission", _get_permission)


def _key_response(
    original: Callable[..., Any], self: S3Response, request: Any, full_url: str
) -> Any:
    bucket = self.backend.buckets.get(self.bucket_name)
    action = action_of(request)
    if bucket is None or not bucket.policy or action is None:
        return original(request, full_url)
    _current.keys = keys_of(self, request)
    _current.principals = _principals(self)
    try:
        resource = f"arn:{bucket.partition}:s3:::{self.bucket_name}/{self.parse_key_name()}"
        if _get_permission(None, bucket, action, resource) == PermissionResult.DENIED:
            raise S3AccessDeniedError()
        return original(request, full_url)
    finally:
        del _current.keys, _current.principals


def _delete_keys(original: Callable[..., Any], self: S3Response, *arguments: Any, **kw: Any) -> Any:
    _current.keys = keys_of(self, self.request)
    _current.principals = _principals(self)
    try:
        return original(*arguments, **kw)
    finally:
        del _current.keys, _current.principals


def _get_permission(
    original: Callable[..., Any] | None, self: FakeBucket, action: str, resource: str
) -> PermissionResult:
    del original
    if not self.policy:
        return PermissionResult.NEUTRAL
    # moto makes "s3:HeadObject" of a HEAD; AWS has no such action.
    access = Access(
        action="s3:GetObject" if action == "s3:HeadObject" else action,
        resource=resource,
        principals=getattr(_current, "principals", frozenset[str]()),
        keys=getattr(_current, "keys", {}),
    )
    decision = decide(self.policy, access)
    return {DENY: PermissionResult.DENIED, ALLOW: PermissionResult.PERMITTED}.get(
        decision or "", PermissionResult.NEUTRAL
    )


def action_of(request: Any) -> str | None:
    """The action of a request on an object, or None for a method that S3 has none for."""
    name = _ACTIONS.get(request.method)
    if name is None:
        return None
    special = _SUB_RESOURCES.get(request.method, {})
    return "s3:" + next((special[key] for key in special if key in request.args), name)


def _principals(response: S3Response) -> frozenset[str]:
    caller = callers.of(response)
    return caller.names if caller else frozenset()


def keys_of(response: S3Response, request: Any) -> dict[str, str | None]:
    """The condition keys that an S3 request answers."""
    caller = callers.of(response)
    keys: dict[str, str | None] = {
        **(caller.keys(response.region) if caller else {}),
        "s3:tlsversion": "1.3",
        "s3:authtype": "REST-HEADER" if "Authorization" in request.headers else "REST-QUERY-STRING",
        "s3:signatureversion": "AWS4-HMAC-SHA256",
        "s3:resourceaccount": response.current_account,
        "s3:versionid": request.args.get("versionId"),
        "aws:resourceaccount": response.current_account,
    }
    keys.update({f"s3:{name}": request.headers.get(name) for name in _HEADER_KEYS})
    upload = _upload(response, request)
    if upload is not None:
        # A part has no encryption headers: it is encrypted as its upload was started.
        keys[_SSE] = upload.sse_encryption
        keys[_SSE_KEY] = upload.kms_key_id
    return keys


def _upload(response: S3Response, request: Any) -> Any:
    bucket = response.backend.buckets.get(response.bucket_name)
    return bucket.multiparts.get(request.args.get("uploadId")) if bucket is not None else None
