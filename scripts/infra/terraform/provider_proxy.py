"""A provider that stays up, and tells Terraform no more of itself than a root module needs.

`python -m infra.terraform.provider_proxy PROVIDER DIRECTORY DATA SCHEMA` starts PROVIDER in its
debug mode and stands between it and Terraform: all calls and answers are passed on as they are, but
for the answer to GetProviderSchema (see `schema`). SCHEMA is a file in which the whole answer is
kept: it is the same for the same program. Says what Terraform must have in TF_REATTACH_PROVIDERS,
as the provider itself would.
"""

from __future__ import annotations

import contextlib
import json
import os
import signal
import sys
import tempfile
import threading
from collections.abc import Callable
from concurrent import futures
from pathlib import Path
from typing import Any

import grpc

from infra import processes
from infra.terraform.named_types import UnknowableError, named_types
from infra.terraform.resident import REATTACH
from infra.terraform.schema import NotASchemaError, cut

PROVIDER_SERVICE = "/tfplugin5.Provider/"
GET_SCHEMA = PROVIDER_SERVICE + "GetSchema"
READY, OVER = b"r", b"o"
THREADS = 64
"""More than Terraform ever has under way at once; a call may wait for minutes."""
OPTIONS = (
    ("grpc.max_receive_message_length", -1),
    ("grpc.max_send_message_length", -1),
    ("grpc.enable_http_proxy", 0),
)


class Schema:
    """The answer to GetProviderSchema, whole and cut."""

    def __init__(self, file: Path, directory: Path, data: Path) -> None:
        self._file = file
        self._directory = directory
        self._data = data
        self._whole = b""
        self._lock = threading.Lock()

    def answer(self, ask: Callable[[], bytes]) -> bytes:
        """What Terraform is told now: its files may have changed since it last asked.

        ask: asks the provider. Where it can't be told what is needed, all of it is told.
        """
        with self._lock:
            if not self._whole:
                self._whole = self._kept() or self._keep(ask())
        try:
            return cut(self._whole, named_types(self._directory, self._data, os.environ))
        except (UnknowableError, NotASchemaError):
            return self._whole

    def _kept(self) -> bytes:
        try:
            return self._file.read_bytes()
        except OSError:
            return b""

    def _keep(self, whole: bytes) -> bytes:
        """Keep it by rename: other commands read it. That it can't be kept costs only time."""
        with contextlib.suppress(OSError, NotASchemaError):
            cut(whole, ())
            self._file.parent.mkdir(parents=True, exist_ok=True)
            fresh = self._file.with_suffix(f".{os.getpid()}.new")
            fresh.write_bytes(whole)
            fresh.replace(self._file)
        return whole


def stopping(call: grpc.Future[bytes]) -> Callable[[], None]:
    """What stops a call."""

    def stop() -> None:
        call.cancel()

    return stop


class Handler(grpc.GenericRpcHandler):
    """Passes each call of the provider's service on."""

    def __init__(self, channel: grpc.Channel, schema: Schema) -> None:
        self._channel = channel
        self._schema = schema

    def service(
        self, details: grpc.HandlerCallDetails
    ) -> grpc.RpcMethodHandler[bytes, bytes] | None:
        """How a call is answered; None, for "unimplemented", to what is no provider's."""
        if not details.method.startswith(PROVIDER_SERVICE):
            return None
        ask: grpc.UnaryUnaryMultiCallable[bytes, bytes] = self._channel.unary_unary(details.method)

        def passed_on(request: bytes, context: grpc.ServicerContext) -> bytes:
            call = ask.future(request)
            # Who stops waiting stops the provider's work, as without anybody between.
            context.add_callback(stopping(call))
            try:
                return call.result()
            except grpc.RpcError as error:
                context.abort(error.code(), error.details() or "")
            except grpc.FutureCancelledError:
                context.abort(grpc.StatusCode.CANCELLED, "")

        def answered(request: bytes, context: grpc.ServicerContext) -> bytes:
            return self._schema.answer(lambda: passed_on(request, context))

        return grpc.unary_unary_rpc_method_handler(
            answered if details.method == GET_SCHEMA else passed_on
        )


def main(arguments: list[str]) -> int:
    """Serve until nobody holds the standard input any more, or the provider ends."""
    program, directory, data, file = arguments
    # A pipe, and no threading.Event: a handler that cuts in on itself would wait for its own lock.
    heard, tell = os.pipe()
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, lambda *_: os.write(tell, OVER))
    said: dict[str, Any] = {}

    def on_line(line: str) -> None:
        found = REATTACH.search(line)
        if found:
            said.update(json.loads(found.group(1)))
            os.write(tell, READY)

    def on_end() -> None:
        os.write(tell, OVER)

    def until_nobody_needs_it() -> None:
        while os.read(sys.stdin.fileno(), 1):
            pass
        os.write(tell, OVER)

    threading.Thread(target=until_nobody_needs_it, daemon=True).start()
    # The provider leaves its socket behind when it is told to end.
    with tempfile.TemporaryDirectory(prefix="infra-") as folder:
        provider = processes.Companion(
            [program, "-debug"],
            environment={**os.environ, "TMPDIR": folder},
            on_line=on_line,
            on_end=on_end,
        )
        try:
            if os.read(heard, 1) == OVER:
                return 0
            for plugin in said.values():
                server = _serve(
                    plugin, Path(folder), Schema(Path(file), Path(directory), Path(data))
                )
                sys.stdout.write(f"TF_REATTACH_PROVIDERS='{json.dumps(said)}'\n")
                sys.stdout.flush()
                while os.read(heard, 1) != OVER:
                    pass
                server.stop(None)
                break
        finally:
            provider.end()
    return 0


def _serve(plugin: dict[str, Any], folder: Path, schema: Schema) -> grpc.Server:
    """Serve on a socket of our own, and say so in what Terraform is told."""
    channel = grpc.insecure_channel(f"unix:{plugin['Addr']['String']}", OPTIONS)
    server = grpc.server(futures.ThreadPoolExecutor(THREADS), options=OPTIONS)
    server.add_generic_rpc_handlers([Handler(channel, schema)])
    plugin["Addr"]["String"] = str(folder / "provider")
    plugin["Pid"] = os.getpid()
    server.add_insecure_port(f"unix:{plugin['Addr']['String']}")
    server.start()
    return server


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
