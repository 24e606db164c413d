"""The last step of `make setup`: see that Terraform and the provider are there.

`python -m infra.setup terraform` only asks for Terraform, with its exit code.
"""

from __future__ import annotations

import sys
from pathlib import Path

from infra import rendering
from infra.environments import environment_names
from infra.errors import InfraError, TerraformMissingError
from infra.progress import Progress
from infra.repository import find_repository
from infra.terraform.binary import find_terraform
from infra.terraform.provider import ensure


def main() -> int:
    """Run the step; print what went wrong; return the exit code."""
    if sys.argv[1:] == ["terraform"]:
        try:
            find_terraform()
        except TerraformMissingError:
            return 1
        return 0
    console = rendering.console(stderr=True)
    try:
        repository = find_repository(Path.cwd())
        with Progress(console) as progress:
            for name in environment_names(repository)[:1]:
                ensure(repository, find_terraform(), repository.environments / name, progress.step)
    except InfraError as error:
        console.print(rendering.error(error))
        return error.exit_code
    return 0


if __name__ == "__main__":
    sys.exit(main())
