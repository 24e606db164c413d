"""Typed AWS errors for what the local cloud cannot answer, in the wire protocol of the service.

HTTP 400 for those: botocore's "standard" retry mode and the Go SDK's `retry.Standard` repeat a
request on 500, 502, 503 and 504, and an operation that does not exist will not exist next time.
The codes are ones AWS does not use: the provider reads S3's own `NotImplemented` as "this
S3-compatible store has no such feature" and carries on in silence.
"""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from http import HTTPStatus
from typing import Any
from xml.sax.saxutils import escape

from botocore.exceptions import UnknownServiceError
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model

NOT_IMPLEMENTED = "LocalCloudNotImplemented"
FAILURE = "LocalCloudFailure"

_JSON = "application/x-amz-json-1.0"
# The error bodies of the AWS protocols (Smithy 2.0, "AWS Protocols"); S3 has its own.
_QUERY = (
    "<ErrorResponse><Error><Type>Sender</Type>{error}</Error>"
    "<RequestId>local-cloud</RequestId></ErrorResponse>"
)
_XML_BODIES = {
    "query": _QUERY,
    "rest-xml": _QUERY,
    "ec2": "<Response><Errors><Error>{error}</Error></Errors>"
    "<RequestID>local-cloud</RequestID></Response>",
    "s3": "<Error>{error}<RequestId>local-cloud</RequestId></Error>",
}

# SigV4 names that differ from the botocore service name ("service authorization reference").
_SERVICE_BY_SIGNING_NAME = {
    "monitoring": "cloudwatch",
    "aps": "amp",
    "states": "stepfunctions",
    "email": "ses",
    "elasticloadbalancing": "elbv2",
    "execute-api": "apigatewaymanagementapi",
    "tagging": "resourcegroupstaggingapi",
    "kinesisanalytics": "kinesisanalyticsv2",
    "elasticfilesystem": "efs",
}


# Operations of STS that nobody signs, in AWS too: the token that they carry is the proof.
UNSIGNED = frozenset({"AssumeRoleWithSAML", "AssumeRoleWithWebIdentity"})


@dataclass(frozen=True)
class Call:
    """What a request asked for, as far as it can be told."""

    service: str
    operation: str

    @property
    def key(self) -> str:
        return f"{self.service}.{self.operation}"


@dataclass(frozen=True)
class Denial:
    """An AWS error: HTTP status, code, and message."""

    status: int
    code: str
    message: str


@dataclass(frozen=True)
class Refusal:
    """A complete HTTP answer."""

    status: int
    headers: list[tuple[str, str]]
    body: bytes


def answered(refusal: Refusal, start_response: Callable[..., Any]) -> Iterable[bytes]:
    """Give an answer in WSGI's way."""
    status = HTTPStatus(refusal.status)
    start_response(f"{status.value} {status.phrase}", refusal.headers)
    return [refusal.body]


def identify(request: Request) -> Call:
    """Name the service and the operation of `request` from its signature, target, form or path."""
    service = _service(request)
    target = request.headers.get("X-Amz-Target", "")
    if target:
        return Call(service, target.rsplit(".", 1)[-1])
    action = request.form.get("Action") or request.args.get("Action")
    if action:
        return Call(service, action)
    try:
        operation, _ = get_service_router(service).match(request)
        return Call(service, str(operation.name))
    except Exception:
        # Whatever the router stumbles over (a path or a service it does not know), the caller
        # still gets an answer that says what it asked for.
        return Call(service, f"{request.method} {request.path}")


def _service(request: Request) -> str:
    authorization = request.headers.get("Authorization", "")
    credential = authorization.partition("Credential=")[2].split(",")[0]
    if not credential:
        credential = request.args.get("X-Amz-Credential", "")
    if not credential and request.form.get("Action") in UNSIGNED:
        return "sts"
    scope = credential.split("/")
    name = scope[3].lower() if len(scope) >= 5 else "s3"
    if name == "s3" and request.path.startswith("/v20180820/"):
        return "s3control"
    if name == "ses" and request.path.startswith("/v2/"):
        return "sesv2"
    return _SERVICE_BY_SIGNING_NAME.get(name, name)


def not_implemented(request: Request, call: Call) -> Refusal:
    """The answer to an operation that neither moto nor this package has."""
    message = f"local cloud does not implement {call.service}:{call.operation}"
    return _refuse(request, call, NOT_IMPLEMENTED, message)


def failure(request: Request, call: Call, error: Exception) -> Refusal:
    """The answer when the local cloud itself is at fault."""
    message = (
        f"the local cloud failed in {call.service}:{call.operation}: "
        f"{type(error).__name__}: {error} (the traceback is in its log)"
    )
    return _refuse(request, call, FAILURE, message)


def denied(request: Request, call: Call, denial: Denial) -> Refusal:
    """The answer to a request that does not get in."""
    return _refuse(request, call, denial.code, denial.message, denial.status)


def _refuse(request: Request, call: Call, code: str, message: str, status: int = 400) -> Refusal:
    headers = [("x-amzn-errortype", code)]
    if request.method == "HEAD":
        return Refusal(status, [*headers, ("Content-Length", "0")], b"")
    protocol = protocol_of(request, call.service)
    if "json" in protocol:
        kind = request.content_type if "json" in (request.content_type or "") else _JSON
        text = json.dumps({"__type": code, "message": message})
    else:
        kind = "text/xml"
        error = f"<Code>{code}</Code><Message>{escape(message)}</Message>"
        text = _XML_BODIES[protocol if call.service != "s3" else "s3"].format(error=error)
    data = text.encode()
    headers += [("Content-Type", kind or _JSON), ("Content-Length", str(len(data)))]
    return Refusal(status, headers, data)


def protocol_of(request: Request, service: str) -> str:
    """The wire protocol of the request; a service that botocore does not know speaks JSON."""
    try:
        return determine_request_protocol(get_service_model(service), request.content_type)
    except (UnknownServiceError, NotImplementedError):
        return "json"
