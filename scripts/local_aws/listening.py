"""The loopback socket of the local cloud."""

from __future__ import annotations

import errno
import socket

LOOPBACK = "127.0.0.1"


class PortTakenError(Exception):
    """Another process listens on the port that was asked for."""

    def __init__(self, port: int) -> None:
        super().__init__(f"local_aws: port {port} on {LOOPBACK} is already in use")


def listen(port: int) -> socket.socket:
    """Bind `port` (0 for any free one) on the loopback address only."""
    listener = socket.socket(socket.AF_INET, socket.SOCK_STREAM)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((LOOPBACK, port))
        listener.listen(128)
    except OSError as error:
        listener.close()
        if error.errno == errno.EADDRINUSE:
            raise PortTakenError(port) from None
        raise
    return listener
