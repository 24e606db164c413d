"""The process: waitress in front of the application, the endpoint file, and a clean stop."""

from __future__ import annotations

import logging
import os
import signal
import socket
import sys
import threading
from collections.abc import Callable
from dataclasses import replace
from importlib.metadata import version
from pathlib import Path
from types import FrameType

from waitress.server import create_server

from local_aws import endpoint, remembered
from local_aws.application import Application
from local_aws.endpoint import Endpoint
from local_aws.guard import Guard
from local_aws.patches import apply_all
from local_aws.requests import KeepingUnderscores
from local_aws.saving.store import Store
from local_aws.services import mount_all

log = logging.getLogger(__name__)

# The provider sends about ten requests at once; the rest is room for the CLI beside it.
_THREADS = 16
_MAXIMUM_BODY = 5 * 1024**3
# How often alarms are looked at while nobody asks for them.
_TICK_SECONDS = 10.0


def _stop(signal_number: int, frame: FrameType | None) -> None:
    del signal_number, frame
    raise SystemExit(0)


def _stops(application: Application) -> Callable[[int, FrameType | None], None]:
    """The same, once there may be calls that are held."""

    def stop(signal_number: int, frame: FrameType | None) -> None:
        application.faults.ending = True
        _stop(signal_number, frame)

    return stop


def _tick(application: Application, stopped: threading.Event) -> None:
    while not stopped.wait(_TICK_SECONDS):
        try:
            application.tick()
        except Exception:
            # Nothing of it may end the thread: the next look may go well.
            log.exception("alarms were not evaluated")


def serve_until_stopped(
    listener: socket.socket, directory: Path, guard: Guard, *, forget: bool = False
) -> None:
    """Serve on `listener` until SIGTERM or SIGINT, with `directory`/endpoint.json in place.

    forget: neither bring back what was saved in `directory`/saved nor save anything there.
    """
    port = listener.getsockname()[1]
    signal.signal(signal.SIGTERM, _stop)
    signal.signal(signal.SIGINT, _stop)
    mount_all()
    apply_all()
    remembered.apply()
    guard.start()
    here = Endpoint(
        url=f"http://127.0.0.1:{port}",
        port=port,
        pid=os.getpid(),
        moto=version("moto"),
        guard=guard.url,
    )
    application = Application(
        here,
        on_change=lambda now: endpoint.write(directory, now),
        refused=guard.refused,
        store=None if forget else Store(directory / "saved"),
    )
    for number in (signal.SIGTERM, signal.SIGINT):
        signal.signal(number, _stops(application))
    keeper = application.keeper
    if keeper is not None:
        restored = keeper.start()
        application.endpoint = replace(here, restored=restored.saved_at, note=restored.note)
    server = create_server(
        application,
        sockets=[listener],
        threads=_THREADS,
        ident="local_aws",
        max_request_body_size=_MAXIMUM_BODY,
        channel_timeout=300,
        connection_limit=500,
        # SDKs ask for their own proxies; nothing sits in front of a loopback port.
        clear_untrusted_proxy_headers=True,
    )
    server.channel_class = KeepingUnderscores
    stopped = threading.Event()
    threading.Thread(target=_tick, args=[application, stopped], daemon=True).start()
    try:
        # The kernel queues connections since listen(), and run() accepts them next.
        endpoint.write(directory, application.endpoint)
        server.run()
    except SystemExit:
        pass
    finally:
        stopped.set()
        if keeper is not None:
            # run() has let the requests end, and no new ones in.
            keeper.stop()
        endpoint.remove(directory, application.endpoint)
        server.close()
        guard.stop()
        sys.stdout.flush()
