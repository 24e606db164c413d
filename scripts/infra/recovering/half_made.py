"""What a run had made when it was stopped, before it was through with it.

Terraform calls it tainted, and replaces it at the next apply. Nothing of a bucket, a key or a
repository has to be made anew, though: an update does what is missing. And what is protected may
not be replaced, so that the first apply of an environment, once stopped, could not go on.
"""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from typing import Any

from infra.clients import Clients
from infra.gates.policy import PROTECTED_TYPES
from infra.states.comparison import address_of
from infra.stored_state import StoredState

SERVICE = "aws_apprunner_service"
NOT_THERE = ("InvalidRequestException", "ResourceNotFoundException")


def half_made(state: StoredState, clients: Clients) -> tuple[str, ...]:
    """The addresses of what an update can finish.

    A service comes to be by itself or not at all: it counts if it runs. Raises botocore's errors.
    """
    return tuple(
        sorted(
            address
            for address, kind, instance in _tainted(state.resources)
            if kind in PROTECTED_TYPES
            and (kind != SERVICE or _runs(instance.get("attributes") or {}, clients))
        )
    )


def kept(body: bytes, addresses: tuple[str, ...]) -> bytes:
    """A state in which these are whole, with the next serial."""
    document = json.loads(body)
    for address, _kind, instance in _tainted(document["resources"]):
        if address in addresses:
            del instance["status"]
    document["serial"] += 1
    return json.dumps(document, indent=2).encode()


def _tainted(resources: Any) -> Iterator[tuple[str, str, dict[str, Any]]]:
    """The address, type and instance of whatever is tainted, but for what is deposed as well."""
    for resource in resources:
        if resource.get("mode") != "managed":
            continue
        for instance in resource.get("instances") or ():
            if instance.get("status") == "tainted" and not instance.get("deposed"):
                yield address_of(resource, instance), str(resource.get("type")), instance


def _runs(attributes: Mapping[str, Any], clients: Clients) -> bool:
    from botocore.exceptions import ClientError

    # Cut off, it may have nothing but its id, which is its ARN.
    try:
        told = clients("apprunner").describe_service(ServiceArn=str(attributes.get("id")))
    except ClientError as error:
        if error.response["Error"]["Code"] in NOT_THERE:
            return False
        raise
    return bool(told["Service"]["Status"] == "RUNNING")
