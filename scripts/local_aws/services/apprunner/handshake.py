"""Completing the handshake of a connection, for which App Runner has its console and no API."""

from __future__ import annotations

import re

from local_aws.services.apprunner.exceptions import ResourceNotFoundError
from local_aws.services.apprunner.models import apprunner_backends
from local_aws.services.apprunner.models.connections import Connection

_CONNECTION = re.compile(
    r"arn:[\w-]+:apprunner:(?P<region>[\w-]+):(?P<account>\d{12}):connection/.+"
)


def complete_handshake(arn: str) -> Connection:
    """Make a connection AVAILABLE. Raises ResourceNotFoundError."""
    found = _CONNECTION.fullmatch(arn)
    regions = apprunner_backends[found["account"]] if found else {}
    if found is None or found["region"] not in regions:
        raise ResourceNotFoundError(f"No resource found for ARN {arn}.")
    backend = regions[found["region"]]
    with backend.lock:
        connection: Connection = backend.networks.complete_handshake(arn)
    return connection
