"""Every request that a run of Terraform sends, read as the API call that it is.

A forwarding proxy stands between the run and the local cloud; the cloud itself is as users have it.
"""

from __future__ import annotations

import http.client
import threading
from collections.abc import Mapping
from dataclasses import dataclass, replace
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from typing import Any

from moto.core.parse import PROTOCOL_PARSERS
from moto.core.request import Request, determine_request_protocol
from moto.core.routing import get_service_router
from moto.core.utils import get_service_model

from infra.local_cloud import HOST, Endpoint
from local_aws import refusals

METHODS = ("DELETE", "GET", "HEAD", "PATCH", "POST", "PUT")
TIMEOUT_SECONDS = 60.0
OWN_HEADERS = ("connection", "date", "host", "server", "transfer-encoding")


@dataclass(frozen=True)
class Call:
    """One API call. parameters: as botocore names them."""

    service: str
    operation: str
    parameters: Mapping[str, Any]
    status: int

    def __str__(self) -> str:
        return f"{self.service}.{self.operation}"


class Recorder:
    """A proxy in front of the local cloud that remembers what went through it."""

    def __init__(self, cloud: Endpoint) -> None:
        self._cloud = cloud
        self._lock = threading.Lock()
        self._calls: list[Call] = []
        recorder = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def forward(self) -> None:
                recorder.forward(self)

            def log_message(self, *_: Any) -> None:
                """Say nothing: the calls are the log."""

        for method in METHODS:
            setattr(Handler, f"do_{method}", Handler.forward)
        self._server = ThreadingHTTPServer((HOST, 0), Handler)
        self._server.daemon_threads = True

    @property
    def endpoint(self) -> Endpoint:
        """The local cloud, by way of this proxy."""
        port = int(self._server.server_address[1])
        return replace(self._cloud, url=f"http://{HOST}:{port}", port=port)

    def start(self) -> None:
        """Begin to forward."""
        threading.Thread(target=self._server.serve_forever, daemon=True).start()

    def stop(self) -> None:
        """Forward no more."""
        self._server.shutdown()
        self._server.server_close()

    def take(self) -> list[Call]:
        """The calls since the last time."""
        with self._lock:
            taken, self._calls = self._calls, []
            return taken

    def forward(self, handler: BaseHTTPRequestHandler) -> None:
        """Send one request on, answer it, and remember it."""
        body = handler.rfile.read(int(handler.headers.get("Content-Length") or 0))
        headers = {n: v for n, v in handler.headers.items() if n.lower() not in OWN_HEADERS}
        there = http.client.HTTPConnection(HOST, self._cloud.port, timeout=TIMEOUT_SECONDS)
        try:
            there.request(handler.command, handler.path, body, headers)
            answer = there.getresponse()
            data = answer.read()
            self._remember(handler, body, answer.status)
            handler.send_response(answer.status)
            for name, value in answer.getheaders():
                if name.lower() not in OWN_HEADERS:
                    handler.send_header(name, value)
            handler.send_header("Connection", "close")
            handler.end_headers()
            handler.wfile.write(data)
        finally:
            there.close()
        handler.close_connection = True

    def _remember(self, handler: BaseHTTPRequestHandler, body: bytes, status: int) -> None:
        url = f"http://{HOST}:{self._cloud.port}{handler.path}"
        request = Request.from_primitives(handler.command, url, handler.headers, body)
        request.environ["RAW_URI"] = handler.path
        try:
            call = read_call(request, status)
        except Exception as error:
            # A request that cannot be read must fail the test and not vanish in a thread.
            call = Call("unreadable", f"{handler.command} {handler.path}: {error!r}", {}, status)
        with self._lock:
            self._calls.append(call)


def read_call(request: Request, status: int) -> Call:
    """The API call that a request is, by botocore's models. Raises for one that is none."""
    named = refusals.identify(request)
    model = get_service_model(named.service)
    operation, labels = get_service_router(named.service).match(request)
    parser = PROTOCOL_PARSERS[determine_request_protocol(model, request.content_type)](operation)
    parameters = parser.parse(
        {
            "method": request.method,
            "values": request.values,
            "headers": request.headers,
            "body": b"" if _is_blob(operation) else request.data,
            "url_path": request.path,
            "url_params": labels,
        }
    )
    return Call(named.service, str(operation.name), parameters, status)


def _is_blob(operation: Any) -> bool:
    """Whether the body is somebody's data and says nothing about the call."""
    payload = getattr(operation.input_shape, "serialization", {}).get("payload")
    shape = operation.input_shape.members.get(payload) if payload else None
    return shape is not None and shape.type_name == "blob"
