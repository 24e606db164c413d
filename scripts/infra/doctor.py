"""What this machine has, and what to do about what it lacks."""

from __future__ import annotations

import os
import platform
import shutil
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from importlib.metadata import version
from pathlib import Path
from typing import Literal

from infra import processes
from infra.backend import load_backend
from infra.environments import environment_names, load_environment
from infra.errors import InfraError
from infra.repository import Repository
from infra.sessions import local_cloud
from infra.terraform.binary import find_terraform
from infra.terraform.provider import find_mirror, locked_provider

Status = Literal["ok", "missing", "optional"]
TOOL_SECONDS = 30.0


@dataclass(frozen=True)
class Check:
    """One row: what it is, which version, whether that will do, where, and what to do."""

    name: str
    version: str
    status: Status
    found: str
    advice: str = ""


def examine(repository: Repository) -> list[Check]:
    """Look at everything that the commands use. Never raises; never asks the network."""
    return [
        _python(),
        _terraform(),
        _provider(repository),
        _tool("git", ["--version"], "missing", "Install git: the repository lives in it."),
        _tool("docker", ["--version"], "optional", "only needed to build the app's image."),
        _tool(
            "tflint",
            ["--version"],
            "optional",
            "lints Terraform; `make lint` goes on without it, CI runs it. Install it from"
            " github.com/terraform-linters/tflint.",
        ),
        _checkov(repository),
        _credentials(),
        _local_cloud(repository),
        *_environments(repository),
    ]


def _python() -> Check:
    return Check("Python", platform.python_version(), "ok", sys.executable)


def _terraform() -> Check:
    try:
        binary = find_terraform()
    except InfraError as error:
        return Check("Terraform", "", "missing", error.message, error.hint)
    return Check("Terraform", binary.version, "ok", f"{binary.source}: {binary.arguments[0]}")


def _provider(repository: Repository) -> Check:
    for name in environment_names(repository):
        lock = repository.environments / name / ".terraform.lock.hcl"
        try:
            provider = locked_provider(lock)
        except InfraError as error:
            return Check("AWS provider", "", "missing", error.message, error.hint)
        mirror = find_mirror(provider, repository)
        if mirror is None:
            return Check(
                "AWS provider",
                provider.version,
                "optional",
                "in no mirror on this machine",
                "`make setup` downloads it from the registry, once.",
            )
        return Check(
            "AWS provider", provider.version, "ok", f"{mirror.found_in}: {mirror.directory}"
        )
    return Check("AWS provider", "", "missing", "no environments", "Restore environments/.")


def _tool(name: str, arguments: list[str], absent: Status, advice: str) -> Check:
    path = shutil.which(name)
    if path is None:
        return Check(name, "", absent, "not on PATH", advice)
    return _versioned(name, path, arguments, absent, advice)


def _versioned(name: str, path: str, arguments: list[str], absent: Status, advice: str) -> Check:
    try:
        done = processes.run([path, *arguments], environment=os.environ, timeout=TOOL_SECONDS)
    except (OSError, subprocess.TimeoutExpired) as error:
        return Check(name, "", absent, f"{path} does not run: {error}", advice)
    lines = (done.stdout or done.stderr).strip().splitlines()
    words = lines[0].split() if lines else []
    version = next((word.strip(",v") for word in words if word[:2].strip("v")[:1].isdigit()), "?")
    return Check(name, version, "ok", path)


def _checkov(repository: Repository) -> Check:
    advice = "`make lint` installs it, in an environment of its own."
    own = repository.root / ".venv-checkov" / "bin" / "checkov"
    path = str(own) if own.is_file() else shutil.which("checkov")
    if path is None:
        return Check("checkov", "", "optional", "not installed yet", advice)
    return _versioned("checkov", path, ["--version"], "optional", advice)


def _credentials(variables: Mapping[str, str] | None = None) -> Check:
    """Where AWS credentials would come from; whether they work is not asked."""
    shell = os.environ if variables is None else variables
    name = "AWS credentials"
    for variable in ("AWS_PROFILE", "AWS_ACCESS_KEY_ID", "AWS_WEB_IDENTITY_TOKEN_FILE"):
        if shell.get(variable):
            return Check(name, "", "ok", f"{variable} is set (unused by target local)")
    for file in ("credentials", "config"):
        path = Path(shell.get("HOME") or Path.home()) / ".aws" / file
        if path.is_file():
            return Check(name, "", "ok", f"{path} (unused by target local)")
    return Check(name, "", "optional", "none", "only needed for target aws: aws sso login.")


def _local_cloud(repository: Repository) -> Check:
    name, moto = "Local cloud", f"moto {version('moto')}"
    endpoint = local_cloud(repository).running()
    if endpoint is None:
        return Check(name, moto, "ok", "not running", "it starts when a command needs it.")
    return Check(name, moto, "ok", f"{endpoint.url}, process {endpoint.pid}")


def _environments(repository: Repository) -> list[Check]:
    return [_environment(repository, name) for name in environment_names(repository)]


def _environment(repository: Repository, name: str) -> Check:
    title = f"Environment {name}"
    try:
        environment = load_environment(repository, name)
        load_backend(environment)
    except InfraError as error:
        return Check(title, "", "missing", error.message, error.hint)
    return Check(title, "", "ok", f"target {environment.target}, account {environment.account_id}")
