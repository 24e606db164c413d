"""The local cloud's clock, which a test puts forward instead of waiting for an alarm."""

from __future__ import annotations

import urllib.request

from infra.local_cloud import Endpoint


def advance(endpoint: Endpoint, seconds: int) -> None:
    """Let so much time pass for metrics and alarms."""
    address = f"{endpoint.url}/local/clock/advance?seconds={seconds}"
    request = urllib.request.Request(address, method="POST")  # noqa: S310
    with urllib.request.urlopen(request, timeout=60) as answer:  # noqa: S310
        assert answer.status == 200
