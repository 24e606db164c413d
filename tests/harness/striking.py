"""Letting something happen to calls to the local cloud that the tests of a worker share."""

from __future__ import annotations

import contextlib
import urllib.request
from collections.abc import Iterator
from urllib.parse import urlencode

from harness.web import direct
from infra.local_cloud import Endpoint


@contextlib.contextmanager
def fault(endpoint: Endpoint, kind: str, on: str, calls: str) -> Iterator[None]:
    """Have it for the block. The words are those of `infra local fault add`."""
    _post(endpoint, f"/local/fault?{urlencode({'kind': kind, 'on': on, 'calls': calls})}")
    try:
        yield
    finally:
        _post(endpoint, "/local/fault/clear")


def _post(endpoint: Endpoint, path: str) -> None:
    request = urllib.request.Request(endpoint.url + path, method="POST")  # noqa: S310
    with direct.open(request, timeout=60) as answer:
        assert answer.status == 200
