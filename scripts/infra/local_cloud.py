"""The local cloud as the infra command sees it: a process with an address.

`python -m local_aws serve --directory DIR` writes DIR/endpoint.json once it accepts requests; that
file and HTTP on loopback are all that the two sides share.
"""

from __future__ import annotations

import http.client
import json
import os
import signal
import sys
import time
import urllib.parse
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import json_text, processes
from infra.errors import LocalCloudError
from infra.repository import private_folder

HOST = "127.0.0.1"
START_SECONDS = 60.0
STOP_SECONDS = 60.0
END_SECONDS = 20.0
"""How long a new one waits for one that no longer answers and has not ended."""
HEALTH_SECONDS = 6.0
SAVE_SECONDS = 120.0
PORT_TAKEN_STATUS = 98


@dataclass(frozen=True)
class Endpoint:
    """A running local cloud.

    instance: tells one run from the next. guard: the proxy that refuses and records every request
    that is not meant for loopback. restored: when what it holds from before was saved; empty for
    one that began empty. note: why it had to begin empty, though something was saved.
    """

    url: str
    port: int
    pid: int
    instance: str
    started_at: str
    guard: str
    restored: str = ""
    note: str = ""


@dataclass(frozen=True)
class Started:
    """What `ensure_started` found or did.

    new: a process was started. lost: one had been running and ended without being told to.
    """

    endpoint: Endpoint
    new: bool
    lost: bool

    @property
    def notes(self) -> tuple[str, ...]:
        """What a person should know of a start that went otherwise than usual."""
        if not self.new:
            return ()
        found = ["The local cloud had stopped by itself."] if self.lost else []
        if self.endpoint.note:
            found.append(
                f"The local cloud is empty: {self.endpoint.note}."
                " That is left in .local/cloud/saved/unread until the next reset."
            )
        elif self.lost and self.endpoint.restored:
            found.append(
                f"Started it again with what it held at {self.endpoint.restored}:"
                " it saves within about a second of a change."
            )
        elif self.lost:
            found.append("It had saved nothing yet; started a new, empty one.")
        return (" ".join(found),) if found else ()


@dataclass(frozen=True)
class Saved:
    """What the local cloud wrote down, and when. size: in bytes. accounts: which hold anything."""

    name: str
    saved_at: str
    size: int
    accounts: tuple[str, ...]


class LocalCloud:
    """The one local cloud of a checkout, whose files are in `directory`.

    forget: let it begin empty and save nothing, as a test wants it.
    """

    def __init__(self, directory: Path, *, forget: bool = False) -> None:
        self.directory = directory
        self._forget = forget

    @property
    def log(self) -> Path:
        """What the process prints."""
        return self.directory / "server.log"

    def health(self) -> tuple[Endpoint, Mapping[str, Any]] | None:
        """The running local cloud and what it says of itself; None when none answers."""
        endpoint = self._recorded()
        if endpoint is None:
            return None
        answer = _request(endpoint.port, "GET", "/local/health")
        if answer is None or answer.get("instance") != endpoint.instance:
            return None
        return endpoint, answer

    def running(self) -> Endpoint | None:
        """The running local cloud; None when none answers."""
        found = self.health()
        return found[0] if found else None

    def refused(self) -> Mapping[str, int]:
        """How often each destination outside of this machine was asked for, and refused."""
        found = self.health()
        return dict(found[1].get("refused") or {}) if found else {}

    def ensure_started(
        self,
        port: int = 0,
        on_start: Callable[[], None] = lambda: None,
    ) -> Started:
        """Return the running local cloud, starting one when there is none.

        port: 0 takes the last one used where it is free, else any. Raises LocalCloudError.
        """
        running = self.running()
        if running is not None:
            return Started(_on_port(running, port), new=False, lost=False)
        # Imported here because a warm run needs no lock.
        import filelock

        private_folder(self.directory)
        try:
            with filelock.FileLock(self.directory / "start.lock", timeout=START_SECONDS):
                running = self.running()
                if running is not None:
                    return Started(_on_port(running, port), new=False, lost=False)
                previous = self._recorded()
                on_start()
                if previous is not None:
                    self._let_end(previous.pid)
                    running = self.running()
                    if running is not None:
                        return Started(_on_port(running, port), new=False, lost=False)
                return Started(self._start(port), new=True, lost=previous is not None)
        except filelock.Timeout as error:
            raise LocalCloudError(
                "Another command has been starting the local cloud for a minute.",
                hint=f"Look at {self.log}, and try again.",
            ) from error

    def stop(self) -> bool:
        """Let it save and end the process; False when none was running. Raises LocalCloudError."""
        endpoint = self.running()
        if endpoint is None:
            return False
        answer = _request(endpoint.port, "POST", "/local/saved", SAVE_SECONDS)
        if answer is not None and answer.get("error") and not answer.get("forgets"):
            raise LocalCloudError(
                f"The local cloud can't save what was applied in it: {answer['error']}."
                " It was not stopped.",
                hint=f"Its log is {self.log}. To lose it all the same:"
                " infra local reset, and stop it then.",
            )
        try:
            os.kill(endpoint.pid, signal.SIGTERM)
        except ProcessLookupError:
            return False
        deadline = time.monotonic() + STOP_SECONDS
        while time.monotonic() < deadline:
            if _ended(endpoint.pid) is not None:
                self._endpoint_file.unlink(missing_ok=True)
                return True
            time.sleep(0.05)
        raise LocalCloudError(
            f"The local cloud (process {endpoint.pid}) did not end within {STOP_SECONDS:.0f} s.",
            hint=f"Look at {self.log}; as a last resort end that process yourself.",
        )

    def reset(self) -> Endpoint:
        """Empty all accounts. Raises LocalCloudError when none is running."""
        endpoint = self.running()
        answer = _request(endpoint.port, "POST", "/local/reset") if endpoint else None
        renewed = self._recorded()
        if endpoint is None:
            raise LocalCloudError(
                "The local cloud is not running and nothing of it is saved, so there is nothing to"
                " reset.",
                hint="It starts by itself with the next local command, empty.",
            )
        if (
            answer is None
            or "error" in answer
            or renewed is None
            or renewed.instance == endpoint.instance
        ):
            raise LocalCloudError(
                "The local cloud did not carry out the reset.", hint=f"Look at {self.log}."
            )
        return renewed

    def saved(self) -> Saved | None:
        """What a start would bring back; None when there is nothing."""
        return _saved(self.directory / "saved" / "current")

    def snapshots(self) -> list[Saved]:
        """What was saved by name, in the order of the names."""
        folder = self.directory / "saved" / "snapshots"
        paths = sorted(folder.iterdir()) if folder.is_dir() else []
        found = (_saved(path) for path in paths if not path.name.startswith("."))
        return [saved for saved in found if saved is not None]

    def save_snapshot(self, name: str) -> Saved:
        """Save everything by a name; an older one of that name is replaced. It must be running.

        Raises LocalCloudError.
        """
        answer = self.ask("/local/saved/snapshot", {"name": name})
        return Saved(name, answer["saved_at"], answer["size"], tuple(answer["accounts"]))

    def load_snapshot(self, name: str) -> Saved:
        """Replace everything by a snapshot. It must be running. Raises LocalCloudError."""
        answer = self.ask("/local/saved/snapshot/load", {"name": name})
        return Saved(name, answer["saved_at"], answer["size"], tuple(answer["accounts"]))

    def remove_snapshot(self, name: str) -> Saved:
        """Forget a snapshot. Raises LocalCloudError."""
        found = self.snapshot(name)
        (self.directory / "saved" / "snapshots" / name).unlink(missing_ok=True)
        return found

    def snapshot(self, name: str) -> Saved:
        """The snapshot of this name. Raises LocalCloudError."""
        snapshots = {saved.name: saved for saved in self.snapshots()}
        if name not in snapshots:
            known = f"There are {', '.join(snapshots)}." if snapshots else "There are none."
            raise LocalCloudError(
                f"There is no snapshot named {name!r}. {known}",
                hint="Make one: infra local snapshot save NAME",
            )
        return snapshots[name]

    def ask(self, path: str, query: Mapping[str, str], method: str = "POST") -> Mapping[str, Any]:
        """What the running local cloud itself answers at an address. Raises LocalCloudError."""
        endpoint = self.running()
        address = f"{path}?{urllib.parse.urlencode(query)}"
        answer = _request(endpoint.port, method, address, SAVE_SECONDS) if endpoint else None
        if answer is None or "error" in answer:
            reason = answer["error"] if answer else "it does not answer"
            raise LocalCloudError(
                f"The local cloud did not do it: {reason}.",
                hint=f"Nothing was changed. Its log is {self.log}.",
            )
        return answer

    @property
    def _endpoint_file(self) -> Path:
        return self.directory / "endpoint.json"

    @property
    def _port_file(self) -> Path:
        return self.directory / "port"

    def _last_port(self) -> int:
        """The port of the run before this one: the URL of a queue, for one, has it. 0 for none."""
        try:
            return int(self._port_file.read_text(encoding="utf-8"))
        except (OSError, ValueError):
            return 0

    def _recorded(self) -> Endpoint | None:
        try:
            raw = json_text.load(self._endpoint_file.read_bytes())
            return Endpoint(
                url=str(raw["url"]),
                port=int(raw["port"]),
                pid=int(raw["pid"]),
                instance=str(raw["instance"]),
                started_at=str(raw["started_at"]),
                guard=str(raw["guard"]),
                restored=str(raw.get("restored", "")),
                note=str(raw.get("note", "")),
            )
        except (OSError, ValueError, KeyError, TypeError):
            return None

    def _start(self, port: int) -> Endpoint:
        self._endpoint_file.unlink(missing_ok=True)
        found = self._wait(self._spawn(port or self._last_port()))
        if found == PORT_TAKEN_STATUS and not port:
            # The port was only a wish: a stable address is nice, no reason to fail.
            found = self._wait(self._spawn(0))
        if isinstance(found, Endpoint):
            self._port_file.write_text(f"{found.port}\n", encoding="utf-8")
            return found
        if found == PORT_TAKEN_STATUS:
            raise LocalCloudError(
                f"The local cloud can't start on port {port}: another program has it.",
                hint="Choose another one: infra local start --port 0 takes any that is free.",
            )
        raise LocalCloudError(
            "The local cloud did not start.",
            details=_last_lines(self.log),
            hint=f"Its log is {self.log}. `make repair` sets up Python again.",
        )

    def _let_end(self, pid: int) -> None:
        """Wait for one that was told to end: it saves what it holds before it does."""
        deadline = time.monotonic() + END_SECONDS
        while self._is_one(pid) and time.monotonic() < deadline:
            time.sleep(0.05)

    def _is_one(self, pid: int) -> bool:
        """Whether a process is a local cloud of this checkout, and has not ended."""
        # Imported late: no run needs it while the local cloud is well.
        import psutil

        try:
            process = psutil.Process(pid)
            ended = process.status() == psutil.STATUS_ZOMBIE
            return not ended and str(self.directory) in process.cmdline()
        except psutil.Error:
            return False

    def _spawn(self, port: int) -> int:
        return processes.start_in_background(
            [
                sys.executable,
                "-m",
                "local_aws",
                "serve",
                "--directory",
                str(self.directory),
                "--port",
                str(port),
                *(["--forget"] if self._forget else []),
            ],
            environment={
                key: value
                for key, value in os.environ.items()
                if key in ("PATH", "LANG", "LC_ALL", "TMPDIR", "TZ", "PYTHONPATH", "VIRTUAL_ENV")
            },
            directory=self.directory,
            log=self.log,
        )

    def _wait(self, pid: int) -> Endpoint | int | None:
        """Wait for a new process: its endpoint, its exit code, or None when it does neither."""
        deadline = time.monotonic() + START_SECONDS
        while time.monotonic() < deadline:
            endpoint = self._recorded()
            if endpoint is not None and endpoint.pid == pid and self.running() is not None:
                return endpoint
            status = _ended(pid)
            if status is not None:
                return status
            time.sleep(0.03)
        return None


def _on_port(endpoint: Endpoint, port: int) -> Endpoint:
    if port and endpoint.port != port:
        raise LocalCloudError(
            f"The local cloud is already running on port {endpoint.port}, not {port}.",
            hint="`infra local stop` first; it keeps what was applied.",
        )
    return endpoint


def _ended(pid: int) -> int | None:
    """The exit code of a process that is gone (0 where only its absence is known), else None."""
    try:
        collected, status = os.waitpid(pid, os.WNOHANG)
        return os.waitstatus_to_exitcode(status) if collected == pid else None
    except ChildProcessError:
        return None if processes.is_running(pid) else 0


def _saved(path: Path) -> Saved | None:
    """What a saved file says of itself in its first line; None when it can't be read."""
    try:
        with path.open("rb") as file:
            header = json.loads(file.readline())
        return Saved(
            name=path.name,
            saved_at=str(header["saved_at"]),
            size=int(header["size"]),
            accounts=tuple(header["accounts"]),
        )
    except (OSError, ValueError, KeyError, TypeError):
        return None


def _request(
    port: int, method: str, path: str, seconds: float = HEALTH_SECONDS
) -> Mapping[str, Any] | None:
    """Ask the local cloud itself; None when it is not there or is something else.

    A refusal is an answer too: it has an `error`.
    """
    connection = http.client.HTTPConnection(HOST, port, timeout=seconds)
    try:
        connection.request(method, path)
        response = connection.getresponse()
        body = json.loads(response.read())
    except (OSError, ValueError, http.client.HTTPException):
        return None
    finally:
        connection.close()
    known = response.status == 200 or (isinstance(body, dict) and "error" in body)
    return body if known and isinstance(body, dict) else None


def _last_lines(path: Path, count: int = 3) -> tuple[str, ...]:
    try:
        lines = path.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return ()
    return tuple(line for line in lines if line.strip())[-count:]
