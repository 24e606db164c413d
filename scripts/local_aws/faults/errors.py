"""What a service says when it throttles, fails or refuses: each has codes of its own.

"Common errors" in each API reference; "Error responses" (S3); "Error codes for the Amazon EC2 API".
"""

from __future__ import annotations

from local_aws import admission
from local_aws.faults.rules import Kind
from local_aws.refusals import Denial

# S3 Control answers as S3 does.
_S3 = ("s3", "s3control")


def denial(kind: Kind, service: str, protocol: str) -> Denial:
    """The error for a kind of fault that is one. protocol: as the request speaks."""
    if kind is Kind.THROTTLED:
        return _throttled(service, protocol)
    if kind is Kind.ERROR_500:
        return _failure(service, protocol)
    if kind is Kind.ERROR_503:
        code = "Unavailable" if service == "ec2" else "ServiceUnavailable"
        return Denial(503, code, "The service is unable to handle the request.")
    if kind is Kind.EXPIRED_TOKEN:
        return admission.expired(service, protocol)
    text = "At least one of the pre-conditions you specified did not hold"
    return Denial(412, "PreconditionFailed", text)


def _throttled(service: str, protocol: str) -> Denial:
    if service in _S3:
        return Denial(503, "SlowDown", "Please reduce your request rate.")
    if service == "ec2":
        return Denial(503, "RequestLimitExceeded", "Request limit exceeded.")
    if service == "sqs":
        return Denial(400, "RequestThrottled", "Rate exceeded")
    if "json" in protocol:
        return Denial(400, "ThrottlingException", "Rate exceeded")
    return Denial(400, "Throttling", "Rate exceeded")


def _failure(service: str, protocol: str) -> Denial:
    text = "We encountered an internal error. Please try again."
    if service in (*_S3, "ec2"):
        return Denial(500, "InternalError", text)
    if "json" in protocol:
        return Denial(500, "InternalServerException", text)
    return Denial(500, "InternalFailure", text)
