"""Waiting for something to become true, for as long as a loaded machine may need."""

from __future__ import annotations

import time
from collections.abc import Callable

PATIENCE_SECONDS = 240.0
"""After this long something hangs. It decides how soon a test fails, never whether it passes."""


def wait_until(true: Callable[[], bool]) -> bool:
    """Wait for something to become true; False when it did not within our patience."""
    deadline = time.monotonic() + PATIENCE_SECONDS
    while time.monotonic() < deadline:
        if true():
            return True
        time.sleep(0.05)
    return true()
