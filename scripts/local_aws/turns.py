"""One request at a time inside of moto, which many threads at once would break.

moto changes its dictionaries without locks ("dictionary changed size during iteration" in
DeleteAlarms, when the provider deletes ten alarms at once). Python carries out one thread at a
time anyway, so that taking turns costs nothing: measured with `make bench BENCH=requests`.
"""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager

# A request may itself send one and wait for the answer. Then it is let in without its turn.
PATIENCE_SECONDS = 10.0
# A long poll sleeps inside of moto and must not keep the others waiting.
_WAITING = frozenset(["sqs"])


class Turns:
    """Lets one request in after another."""

    def __init__(self, patience: float = PATIENCE_SECONDS) -> None:
        self._patience = patience
        self._lock = threading.RLock()

    @contextmanager
    def taken(self, service: str = "") -> Iterator[None]:
        """Have the turn, for a request to `service` or for the cloud's own work."""
        mine = service not in _WAITING and self._lock.acquire(timeout=self._patience)
        try:
            yield
        finally:
            if mine:
                self._lock.release()
