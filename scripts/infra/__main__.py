"""The infra command's first steps: `infra`, or `python -m infra`."""

from __future__ import annotations

import signal


def main() -> None:
    """Run the command, and end the process with its exit code."""
    # While modules are imported, Ctrl-C ends the process as it ends any other: without a traceback.
    signal.signal(signal.SIGINT, signal.SIG_DFL)
    from infra.cli import main as run

    signal.signal(signal.SIGINT, signal.default_int_handler)
    run()


if __name__ == "__main__":
    main()
