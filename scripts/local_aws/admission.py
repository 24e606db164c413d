"""Which requests get in at all, and the refusals of the others.

AWS ("Common errors" in each API reference; "Error responses", S3 API reference): a request whose
access key nobody has, whose session token is wrong or whose session is over is refused before it is
looked at. moto lets it act in a default account.
"""

from __future__ import annotations

from local_aws import callers
from local_aws.callers import Caller, ExpiredError, Signature, UnknownKeyError
from local_aws.refusals import UNSIGNED, Call, Denial

# All that the entry credentials may do.
_ENTRY = frozenset({"sts.AssumeRole", "sts.GetCallerIdentity"})


def is_open_to(signature: Signature) -> bool:
    """Whether the signer may ask for whatever it likes; for others it depends on the call."""
    try:
        caller = callers.find(signature)
    except (UnknownKeyError, ExpiredError):
        return False
    return caller is not None and not caller.is_entry


def denial(signature: Signature, call: Call, protocol: str) -> Denial | None:
    """Why this request is refused, or None for one that may go on."""
    try:
        caller = callers.find(signature)
    except UnknownKeyError:
        return _unknown(call.service, protocol)
    except ExpiredError:
        return expired(call.service, protocol)
    if caller is None:
        is_proof = call.service == "sts" and call.operation in UNSIGNED
        return None if is_proof else _anonymous(call.service, protocol)
    return _beyond_entry(caller, call, protocol)


def _unknown(service: str, protocol: str) -> Denial:
    text = "The security token included in the request is invalid."
    if service == "s3":
        text = "The AWS Access Key Id you provided does not exist in our records."
        return Denial(403, "InvalidAccessKeyId", text)
    if service == "ec2":
        text = "AWS was not able to validate the provided access credentials"
        return Denial(401, "AuthFailure", text)
    if "json" in protocol:
        return Denial(_json_status(protocol), "UnrecognizedClientException", text)
    return Denial(403, "InvalidClientTokenId", text)


def expired(service: str, protocol: str) -> Denial:
    """What a service says of a session that is over."""
    if service == "s3":
        return Denial(400, "ExpiredToken", "The provided token has expired.")
    text = "The security token included in the request is expired"
    if service == "ec2":
        return Denial(400, "RequestExpired", "Request has expired.")
    if "json" in protocol:
        return Denial(_json_status(protocol), "ExpiredTokenException", text)
    return Denial(403, "ExpiredToken", text)


def _anonymous(service: str, protocol: str) -> Denial:
    if service == "s3":
        return Denial(403, "AccessDenied", "Access Denied")
    code = "MissingAuthenticationToken" + ("Exception" if "json" in protocol else "")
    return Denial(403, code, "Request is missing Authentication Token")


def _beyond_entry(caller: Caller, call: Call, protocol: str) -> Denial | None:
    if not caller.is_entry or call.key in _ENTRY:
        return None
    code = "AccessDenied" + ("Exception" if "json" in protocol else "")
    text = f"User: {caller.arn} is not authorized to perform: {call.service}:{call.operation}"
    return Denial(_json_status(protocol), code, text)


def _json_status(protocol: str) -> int:
    return 400 if protocol == "json" else 403
