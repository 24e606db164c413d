"""`python -m local_aws serve --directory DIR [--port N] [--forget]`."""

from __future__ import annotations

import argparse
import os
import sys
from collections.abc import Sequence
from pathlib import Path

from local_aws import environment

EXIT_PORT_TAKEN = 98


def main(arguments: Sequence[str] | None = None) -> int:
    """Run the local cloud until it is told to stop, and return the exit code."""
    parser = argparse.ArgumentParser(prog="local_aws", description=__doc__)
    commands = parser.add_subparsers(dest="command", required=True)
    serve = commands.add_parser("serve", help="serve the local cloud on 127.0.0.1")
    serve.add_argument("--directory", type=Path, required=True, help="where to put endpoint.json")
    serve.add_argument("--port", type=int, default=0, help="0 (the default) takes a free port")
    serve.add_argument("--forget", action="store_true", help="begin empty, and save nothing")
    options = parser.parse_args(arguments)

    # The socket comes first and moto second: a taken port is reported at once, and moto must
    # know the port when it is imported.
    from local_aws.listening import PortTakenError, listen

    try:
        listener = listen(options.port)
    except PortTakenError as error:
        print(error, file=sys.stderr)  # noqa: T201
        return EXIT_PORT_TAKEN
    from local_aws.guard import Guard

    port = listener.getsockname()[1]
    guard = Guard(home=port)
    environment.prepare(os.environ, port, guard.url)

    from local_aws.server import serve_until_stopped

    serve_until_stopped(listener, options.directory, guard, forget=options.forget)
    return 0


if __name__ == "__main__":
    sys.exit(main())
