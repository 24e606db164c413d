"""The guard: the proxy through which a local run's only way out leads, and which refuses it.

Every process of a local run gets this address as its HTTP and HTTPS proxy. What is meant for
loopback goes there directly; anything else arrives here, is refused with 403, and is recorded.

One kind of request takes this way and is let through, to the local cloud itself. S3 Control's
addresses begin with the account ("Endpoint rules" of the SDKs' S3 Control model), which makes
222222222222.127.0.0.1 of an address on loopback: no resolver knows that name, and no rule of
NO_PROXY means it.
"""

from __future__ import annotations

import logging
import re
import shutil
import socket
import socketserver
import threading
from collections import Counter
from collections.abc import Iterator
from urllib.parse import urlsplit

from local_aws.listening import LOOPBACK

log = logging.getLogger(__name__)

_LINE_LIMIT = 8192
_READ_SECONDS = 10.0
_HEADERS_LIMIT = 100
_BODY_LIMIT = 1024 * 1024
_DESTINATION = re.compile(r"[A-Za-z0-9.\-\[\]:_]{1,255}")
_ENDS = (b"\r\n", b"\n", b"")
_ANSWER = (
    b"HTTP/1.1 403 Forbidden\r\n"
    b"Content-Type: text/plain\r\nConnection: close\r\nContent-Length: %d\r\n\r\n%s"
)


class Guard:
    """A listener on a free loopback port, on a thread of its own.

    home: the port of the local cloud that it belongs to, 0 where there is none.
    """

    def __init__(self, home: int = 0) -> None:
        self.home = home
        self._lock = threading.Lock()
        self._refused: Counter[str] = Counter()
        guard = self

        class Handler(socketserver.StreamRequestHandler):
            timeout = _READ_SECONDS

            def handle(self) -> None:
                headers: list[bytes] = []
                try:
                    line = self.rfile.readline(_LINE_LIMIT)
                    while (header := self.rfile.readline(_LINE_LIMIT)) not in _ENDS:
                        headers.append(header)
                    if guard.is_home(line) and len(headers) <= _HEADERS_LIMIT:
                        self._relay(line, headers)
                        return
                except OSError:
                    line = b""
                destination = guard.refuse(line)
                text = f"The local cloud lets nothing out: {destination} was refused.\n".encode()
                self.wfile.write(_ANSWER % (len(text), text))

            def _relay(self, line: bytes, headers: list[bytes]) -> None:
                method, target, version = line.split()
                parts = urlsplit(target)
                path = (parts.path or b"/") + (b"?" + parts.query if parts.query else b"")
                body = self.rfile.read(_length(headers))
                with socket.create_connection((LOOPBACK, guard.home), _READ_SECONDS) as cloud:
                    cloud.sendall(b"%s %s %s\r\n" % (method, path, version))
                    cloud.sendall(b"".join(headers) + b"\r\n" + body)
                    # The local cloud closes each connection after its answer.
                    with cloud.makefile("rb") as answer:
                        shutil.copyfileobj(answer, self.wfile)

        self._server = socketserver.ThreadingTCPServer((LOOPBACK, 0), Handler)
        self._server.daemon_threads = True

    @property
    def url(self) -> str:
        """The proxy's address."""
        return f"http://{LOOPBACK}:{self._server.server_address[1]}"

    def start(self) -> None:
        """Begin to refuse."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Refuse no more, and close the port; only after `start`."""
        self._server.shutdown()
        self.close()

    def close(self) -> None:
        """Close the port."""
        self._server.server_close()

    def refused(self) -> dict[str, int]:
        """How often each destination was asked for, since the start."""
        with self._lock:
            return dict(sorted(self._refused.items()))

    def is_home(self, line: bytes) -> bool:
        """Tell whether a request line means the local cloud, by a name that begins with an account.

        The port belongs to it: what else runs on this machine stays out of reach.
        """
        home = (
            rf"[A-Z]+ http://[0-9]{{12}}\.{re.escape(LOOPBACK)}:{self.home}/\S* HTTP/1\.[01]\r?\n"
        )
        return bool(self.home and re.fullmatch(home, line.decode("latin-1")))

    def refuse(self, line: bytes) -> str:
        """Record the destination of a request line, and return it."""
        destination = _destination(line)
        with self._lock:
            self._refused[destination] += 1
        log.warning("refused a request to %s", destination)
        return destination


def _length(headers: list[bytes]) -> int:
    """How long a request's body is. Raises OSError for one that is not to be passed on."""
    fields = {name.strip().lower(): value.strip() for name, _, value in _split(headers)}
    length = fields.get(b"content-length", b"0")
    if b"transfer-encoding" in fields or not length.isdigit() or int(length) > _BODY_LIMIT:
        raise OSError("a body of unknown or too great a length")
    return int(length)


def _split(headers: list[bytes]) -> Iterator[tuple[bytes, bytes, bytes]]:
    return (header.partition(b":") for header in headers)


def _destination(line: bytes) -> str:
    """The host and port of `CONNECT host:port` or `GET http://host/...`; never path or query."""
    words = line.decode("latin-1").split()
    if len(words) < 2:
        return "unknown"
    target = words[1] if words[0] == "CONNECT" else urlsplit(words[1]).netloc.rpartition("@")[2]
    return target if _DESTINATION.fullmatch(target) else "unknown"
