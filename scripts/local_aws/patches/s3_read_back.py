"""Lifecycle, logging, lock, notification and replication configurations, read back as written.

AWS: the answer to a Get has the form of the Put's body, with an ID for each rule that came without
one. moto 5.2.5 takes the body apart and loses NewerNoncurrentVersions, ObjectSizeGreaterThan and
ObjectSizeLessThan (lifecycle), TargetObjectKeyFormat (logging), EventBridgeConfiguration
(notification) and all but the destination of a rule (replication); beside the days of a default
retention it gives zero years (object lock), which AWS refuses to be told. Fit for upstream: as a
change of moto's own parsing rather than in this form.

moto still parses, validates and acts on each body; only its rendering is replaced.
"""

from __future__ import annotations

import uuid
from collections.abc import Callable
from typing import Any
from xml.etree import ElementTree

from moto.s3.models import FakeBucket
from moto.s3.responses import S3Response

from local_aws.patches import wrap

_NAMESPACE = "http://s3.amazonaws.com/doc/2006-03-01/"
# Which elements get an identifier, and what it is called.
_IDENTIFIED = {
    "lifecycle": ({"Rule"}, "ID"),
    "logging": (set[str](), ""),
    "notification": (
        {"TopicConfiguration", "QueueConfiguration", "CloudFunctionConfiguration"},
        "Id",
    ),
    "object-lock": (set[str](), ""),
    "replication": ({"Rule"}, "ID"),
}


def apply() -> None:
    """Answer these configurations with the documents they were set by."""
    wrap(S3Response, "_bucket_response", _bucket_response)


def _bucket_response(
    original: Callable[..., Any], self: S3Response, request: Any, full_url: str
) -> Any:
    kind = next((name for name in _IDENTIFIED if name in request.args), None)
    if kind is None or request.method not in ("GET", "PUT", "DELETE"):
        return original(request, full_url)
    if request.method == "PUT":
        document = _identified(self.body, kind) if self.body else b""
        self.body = document or self.body
        answer = original(request, full_url)
        _documents(self.backend.get_bucket(self.bucket_name))[kind] = document
        return answer
    answer = original(request, full_url)
    documents = _documents(self.backend.get_bucket(self.bucket_name))
    if request.method == "DELETE":
        documents.pop(kind, None)
        return answer
    document = documents.get(kind, b"")
    status, headers, body = answer if isinstance(answer, tuple) else (200, {}, answer)
    return (status, headers, document) if document and status == 200 else (status, headers, body)


def _documents(bucket: FakeBucket) -> dict[str, bytes]:
    """What a bucket was set by. It is part of the bucket, and so is saved with it."""
    found: dict[str, bytes] = vars(bucket).setdefault("local_aws_documents", {})
    return found


def _identified(body: bytes, kind: str) -> bytes:
    """The document with an identifier in every rule."""
    elements, identifier = _IDENTIFIED[kind]
    ElementTree.register_namespace("", _NAMESPACE)
    try:
        root = ElementTree.fromstring(body)  # noqa: S314
    except ElementTree.ParseError:
        return body  # moto answers MalformedXML
    for element in root:
        namespace, _, name = element.tag.rpartition("}")
        prefix = f"{namespace}}}" if namespace else ""
        if name in elements and not element.findtext(prefix + identifier):
            child = ElementTree.Element(prefix + identifier)
            child.text = str(uuid.uuid4())
            element.insert(0, child)
    return ElementTree.tostring(root)
