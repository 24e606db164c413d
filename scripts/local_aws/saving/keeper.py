"""Saves memory soon after it changed, and brings it back at a start."""

from __future__ import annotations

import logging
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from local_aws.saving import memory
from local_aws.saving.gate import BusyError, Gate
from local_aws.saving.store import Header, NoSuchSnapshotError, RefusedError, Store

log = logging.getLogger(__name__)

# Requests come in bursts: what follows at once is saved along with the first.
_GATHER_SECONDS = 0.2
# A save may take this part of the time at most, while the pause does not grow beyond its limit.
_PART = 0.1
_LONGEST_PAUSE = 5.0
_SHORTEST_PAUSE = 0.4
# How long new requests wait outside for those inside; a save that is not let in tries again.
_PATIENCE_SECONDS = 0.25
_LAST_PATIENCE_SECONDS = 10.0


@dataclass(frozen=True)
class Restored:
    """How a start went. saved_at: when what it found was saved. note: why it starts out empty."""

    saved_at: str = ""
    note: str = ""


class Keeper:
    """Keeps memory in a store.

    extra: gives what belongs to memory and is not in a backend. put_back: receives that again.
    """

    def __init__(
        self, gate: Gate, store: Store, extra: Callable[[], Any], put_back: Callable[[Any], None]
    ) -> None:
        self._gate = gate
        self._store = store
        self._extra = extra
        self._put_back = put_back
        self._changed = threading.Event()
        self._stopped = threading.Event()
        self._writing = threading.Lock()
        self._saved: Header | None = None
        self._objects: frozenset[str] = frozenset()
        self._error = ""
        self._thread = threading.Thread(target=self._work, daemon=True)

    def start(self) -> Restored:
        """Bring back what was saved, if something was, and begin to save. Raises OSError."""
        self._store.prepare()
        restored = self._restore()
        self._thread.start()
        return restored

    def changed(self) -> None:
        """Memory may have changed."""
        self._changed.set()

    def stop(self) -> None:
        """Save for the last time. No request may come after it."""
        self._stopped.set()
        self._changed.set()
        self._thread.join(_LAST_PATIENCE_SECONDS)
        with suppress(Exception):
            self.save(_LAST_PATIENCE_SECONDS)

    def status(self) -> dict[str, Any]:
        """When memory was last saved, how large it is, and what keeps it from being saved."""
        saved = self._saved
        return {
            "saved_at": saved.saved_at if saved else "",
            "size": saved.size if saved else 0,
            "behind": self._changed.is_set() or self._writing.locked(),
            "error": self._error,
        }

    def save(self, patience: float = _LAST_PATIENCE_SECONDS) -> None:
        """Save memory as it is now. Raises BusyError, or whatever kept it from being saved."""
        try:
            with self._writing:
                written, moment = self._written(patience, clear=True)
                before = self._objects
                self._saved = self._store.write(self._store.current, written, moment)
                self._objects = frozenset(self._saved.objects)
                if before - self._objects:
                    self._store.sweep(set(before - self._objects))
        except BusyError:
            self._changed.set()
            raise
        except Exception as error:
            self._changed.set()
            text = f"{type(error).__name__}: {error}"
            if text != self._error:
                log.exception("what is in the accounts could not be saved")
            self._error = text
            raise
        self._error = ""

    def forget(self) -> None:
        """Save that there is nothing, after memory was emptied. Snapshots stay."""
        self._store.unread.unlink(missing_ok=True)
        self.save()

    def save_snapshot(self, name: str) -> Header:
        """Save memory by a name. Raises BadNameError, BusyError, OSError and pickle's errors."""
        path = self._store.snapshot(name)
        with self._writing:
            written, moment = self._written(_LAST_PATIENCE_SECONDS, clear=False)
            return self._store.write(path, written, moment)

    def load_snapshot(self, name: str, then: Callable[[str], None]) -> Header:
        """Put a snapshot in the place of everything, and do `then` before any request comes.

        then: receives when it was saved.

        Raises BadNameError, NoSuchSnapshotError, RefusedError and BusyError; memory is as it was
        then.
        """
        path = self._store.snapshot(name)
        if not path.exists():
            raise NoSuchSnapshotError(name)
        with self._writing, self._gate.alone(_LAST_PATIENCE_SECONDS):
            header, data = self._store.read(path)
            self._bring_back(data)
            then(header.saved_at)
        self.save()
        return header

    def _written(self, patience: float, *, clear: bool) -> tuple[memory.Written, datetime]:
        with self._gate.alone(patience):
            if clear:
                # What changes from here on is for the next time.
                self._changed.clear()
            return memory.write(self._extra(), self._objects), datetime.now(UTC)

    def _restore(self) -> Restored:
        if not self._store.current.exists():
            return Restored()
        try:
            header, data = self._store.read(self._store.current)
            self._bring_back(data)
        except RefusedError as error:
            self._store.current.replace(self._store.unread)
            note = f"what it kept {error}"
            log.warning("%s; it is now %s", note, self._store.unread)
            return Restored(note=note)
        self._saved = header
        self._objects = frozenset(header.objects)
        return Restored(saved_at=header.saved_at)

    def _bring_back(self, data: bytes) -> None:
        try:
            self._put_back(memory.replace(data, self._store.content))
        except memory.UnreadableError as error:
            if isinstance(error.__cause__, RefusedError):
                raise error.__cause__ from None
            raise RefusedError(f"can't be brought back ({error})") from error

    def _work(self) -> None:
        while True:
            self._changed.wait()
            if self._stopped.wait(_GATHER_SECONDS):
                return
            began = time.monotonic()
            try:
                self.save(_PATIENCE_SECONDS)
                pause = (time.monotonic() - began) / _PART
            except BusyError:
                pause = _SHORTEST_PAUSE
            except Exception:
                # Why it failed is in the log and in the status; what kept it may go away.
                pause = _LONGEST_PAUSE
            pause = min(max(_SHORTEST_PAUSE, pause), _LONGEST_PAUSE)
            if self._stopped.wait(pause):
                return
