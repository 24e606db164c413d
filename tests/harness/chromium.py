"""A headless Chromium, spoken to over two pipes: its own DevTools protocol, and no driver."""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import subprocess
import time
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

NAMES = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable", "chrome")
PATIENCE_SECONDS = 60.0
MISSING = (
    "The browser tests need Chromium, and none of {names} is on PATH.\n"
    "Install one (apt-get install chromium), or name it: CHROMIUM=/path/to/it make test-browser"
)
WATCHED = ("Runtime.exceptionThrown", "Runtime.consoleAPICalled", "Log.entryAdded")


class ChromiumMissingError(Exception):
    """There is none on this machine; the message says what to do."""


def find_chromium() -> str:
    """The program: the one that CHROMIUM names, else one on PATH. Raises ChromiumMissingError."""
    named = os.environ.get("CHROMIUM")
    if named:
        if shutil.which(named):
            return named
        raise ChromiumMissingError(f"CHROMIUM is {named}, which is no program.")
    for name in NAMES:
        if found := shutil.which(name):
            return found
    raise ChromiumMissingError(MISSING.format(names=", ".join(NAMES)))


@dataclass
class Seen:
    """What a page did while it was opened. requests: addresses, but for that of the page."""

    console: list[str] = field(default_factory=list)
    requests: list[str] = field(default_factory=list)


class Chromium:
    """One browser with one page."""

    def __init__(self, to: int, answers: int) -> None:
        self._to = to
        self._answers = answers
        self._rest = b""
        self._number = 0
        self._session = ""
        self._events: list[Mapping[str, Any]] = []
        target = self._ask("Target.createTarget", url="about:blank")["targetId"]
        attached = self._ask("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        for domain in ("Page", "Runtime", "Log", "Network"):
            self._ask(f"{domain}.enable")

    def open(self, page: Path, width: int, *, dark: bool = False, height: int = 844) -> Seen:
        """Open a file at a width in CSS pixels, as a phone or a screen would."""
        self._ask(
            "Emulation.setDeviceMetricsOverride",
            width=width, height=height, deviceScaleFactor=1, mobile=width < 600,
        )  # fmt: skip
        scheme = {"name": "prefers-color-scheme", "value": "dark" if dark else "light"}
        self._ask("Emulation.setEmulatedMedia", features=[scheme])
        self._events.clear()
        address = page.resolve().as_uri()
        answer = self._ask("Page.navigate", url=address)
        assert "errorText" not in answer, answer
        self._until("Page.loadEventFired")
        # An answer to this comes after all that the page itself has to say.
        self.run("new Promise(done => requestAnimationFrame(() => setTimeout(done)))")
        seen = Seen()
        for event in self._events:
            if event["method"] in WATCHED:
                seen.console.append(json.dumps(event["params"]))
            if event["method"] == "Network.requestWillBeSent":
                url = event["params"]["request"]["url"]
                if url != address:
                    seen.requests.append(url)
        return seen

    def run(self, expression: str) -> Any:
        """The value of an expression of JavaScript in the page."""
        answer = self._ask(
            "Runtime.evaluate", expression=expression, awaitPromise=True, returnByValue=True
        )
        assert "exceptionDetails" not in answer, answer
        return answer["result"].get("value")

    def screenshot(self, path: Path) -> None:
        """The whole page as a picture."""
        answer = self._ask("Page.captureScreenshot", captureBeyondViewport=True)
        path.write_bytes(base64.b64decode(answer["data"]))

    def printed(self) -> bytes:
        """The page as PDF."""
        return base64.b64decode(self._ask("Page.printToPDF")["data"])

    def _ask(self, method: str, **parameters: Any) -> Any:
        self._number += 1
        message: dict[str, Any] = {"id": self._number, "method": method, "params": parameters}
        if self._session:
            message["sessionId"] = self._session
        content = json.dumps(message).encode() + b"\0"
        while content:
            content = content[os.write(self._to, content) :]
        end = time.monotonic() + PATIENCE_SECONDS
        while True:
            found = self._read(end)
            if found.get("id") == self._number:
                assert "error" not in found, found
                return found["result"]
            self._events.append(found)

    def _until(self, method: str) -> None:
        end = time.monotonic() + PATIENCE_SECONDS
        while not any(event.get("method") == method for event in self._events):
            self._events.append(self._read(end))

    def _read(self, end: float) -> Mapping[str, Any]:
        while b"\0" not in self._rest:
            ready, _, _ = select.select([self._answers], [], [], max(0.0, end - time.monotonic()))
            assert ready, "Chromium does not answer"
            part = os.read(self._answers, 1 << 20)
            assert part, "Chromium has ended"
            self._rest += part
        message, _, self._rest = self._rest.partition(b"\0")
        found = json.loads(message)
        assert isinstance(found, dict)
        return found


def _high(descriptor: int) -> int:
    """The same pipe under a number that the protocol does not want for itself."""
    high = fcntl.fcntl(descriptor, fcntl.F_DUPFD_CLOEXEC, 10)
    os.close(descriptor)
    return high


@contextmanager
def running(profile: Path) -> Iterator[Chromium]:
    """A browser with a profile of its own, which ends with the block."""
    program = find_chromium()
    to_read, to_write, from_read, from_write = map(_high, (*os.pipe(), *os.pipe()))
    flags = [
        "--headless", "--disable-gpu", "--no-first-run", "--disable-dev-shm-usage",
        "--disable-background-networking", "--disable-component-update", "--disable-sync",
        # Even of what it does by itself nothing may leave the machine.
        "--proxy-server=127.0.0.1:9", "--remote-debugging-pipe", f"--user-data-dir={profile}",
    ]  # fmt: skip
    if os.geteuid() == 0:
        flags.append("--no-sandbox")
    # The protocol wants the descriptors 3 and 4, which only a shell's redirection can promise.
    command = 'exec 3<&"$1" 4>&"$2"; shift 2; exec "$@"'
    process = subprocess.Popen(
        ["/bin/bash", "-c", command, "chromium", str(to_read), str(from_write), program, *flags],
        pass_fds=(to_read, from_write),
        stdout=subprocess.DEVNULL,
        stderr=subprocess.DEVNULL,
    )
    os.close(to_read)
    os.close(from_write)
    try:
        yield Chromium(to_write, from_read)
    finally:
        os.close(to_write)
        os.close(from_read)
        process.terminate()
        process.wait(PATIENCE_SECONDS)
