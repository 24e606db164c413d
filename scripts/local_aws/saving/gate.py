"""The gate that requests pass, so that memory can be read at an instant when none is at work."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from contextlib import contextmanager


class BusyError(Exception):
    """Requests were still being carried out when patience ended."""


class Gate:
    """Lets requests in side by side, and whoever needs all of memory in alone."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._one_at_a_time = threading.Lock()
        self._inside = 0
        self._shut = False

    @contextmanager
    def shared(self) -> Iterator[None]:
        """Be inside together with other requests."""
        with self._condition:
            self._condition.wait_for(lambda: not self._shut)
            self._inside += 1
        try:
            yield
        finally:
            with self._condition:
                self._inside -= 1
                self._condition.notify_all()

    @contextmanager
    def alone(self, patience: float) -> Iterator[None]:
        """Be inside alone, once those inside have left; new ones wait outside meanwhile.

        Raises BusyError after `patience` seconds. A request may itself send a request and wait for
        the answer, which waits outside: who comes for a save must not be patient.
        """
        with self._one_at_a_time:
            try:
                with self._condition:
                    self._shut = True
                    if not self._condition.wait_for(lambda: self._inside == 0, patience):
                        raise BusyError("requests are still being carried out")
                yield
            finally:
                with self._condition:
                    self._shut = False
                    self._condition.notify_all()
