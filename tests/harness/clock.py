"""The local cloud's clock, which a test puts forward instead of waiting for an alarm."""

from __future__ import annotations

import urllib.request

from harness.web import direct
from infra.local_cloud import Endpoint


def advance(endpoint: Endpoint, seconds: int) -> None:
    """Let so much time pass for metrics and alarms."""
    address = f"{endpoint.url}/local/clock/advance?seconds={seconds}"
    request = urllib.request.Request(address, method="POST")  # noqa: S310
    with direct.open(request, timeout=60) as answer:
        assert answer.status == 200
