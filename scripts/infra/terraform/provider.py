"""Finding the locked provider: a filesystem mirror on this machine, else the registry.

Terraform itself checks every file against the published checksums in .terraform.lock.hcl, whatever
place it comes from; nothing here decides what is trusted.
"""

from __future__ import annotations

import os
import platform
import sys
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import hcl, processes
from infra.errors import EnvironmentFileError, ProviderMissingError
from infra.repository import Repository, private_folder
from infra.terraform.binary import Binary

SYSTEM_ROOTS = (Path("/opt"), Path("/usr/local/share"))
REGISTRY_TIMEOUT_SECONDS = 1800.0


@dataclass(frozen=True)
class LockedProvider:
    """One provider as .terraform.lock.hcl pins it. source: host/namespace/type."""

    source: str
    version: str


@dataclass(frozen=True)
class Mirror:
    """A folder that is laid out as a Terraform filesystem mirror and holds the provider."""

    directory: Path
    provider: LockedProvider
    found_in: str


def locked_provider(lock_file: Path, parsed: Path | None = None) -> LockedProvider:
    """Read the one provider that a .terraform.lock.hcl pins. Raises EnvironmentFileError.

    parsed: where what was parsed may be kept (see `Repository`).
    """
    try:
        ((source, body),) = _blocks(lock_file, parsed).items()
        return LockedProvider(source, str(body["version"]))
    except (OSError, ValueError, KeyError) as error:
        raise EnvironmentFileError(
            f"{lock_file.parent.name}/{lock_file.name} can't be read as a lock of one provider.",
            hint="Restore it from git: it pins the provider to its published checksums.",
        ) from error


def _blocks(lock_file: Path, parsed: Path | None) -> dict[str, dict[str, Any]]:
    found = hcl.read_again(lock_file, parsed) if parsed else hcl.read(lock_file)
    return hcl.labelled(found, "provider")


def provider_platform() -> str:
    """This machine as Terraform names it, such as linux_amd64."""
    system = {"win32": "windows"}.get(sys.platform, sys.platform)
    machine = platform.machine().lower()
    return f"{system}_{ {'x86_64': 'amd64', 'aarch64': 'arm64'}.get(machine, machine) }"


def holds(directory: Path, provider: LockedProvider) -> bool:
    """Tell whether a mirror has the provider for this machine, unpacked or packed.

    Both layouts are Terraform's (CLI configuration, "Provider Installation").
    """
    kind = provider.source.rpartition("/")[2]
    archive = f"terraform-provider-{kind}_{provider.version}_{provider_platform()}.zip"
    packed = directory / provider.source / archive
    return executable(directory, provider) is not None or packed.is_file()


def executable(directory: Path, provider: LockedProvider) -> Path | None:
    """The provider's program in a mirror that holds it unpacked."""
    folder = directory / provider.source / provider.version / provider_platform()
    return next(iter(sorted(folder.glob("terraform-provider-*"))), None)


def downloaded_mirror(repository: Repository) -> Path:
    """Where a download from the registry is kept for this checkout."""
    return repository.private / "providers"


def find_mirror(
    provider: LockedProvider,
    repository: Repository,
    environment: Mapping[str, str] | None = None,
    system_roots: tuple[Path, ...] = SYSTEM_ROOTS,
) -> Mirror | None:
    """Find a mirror with the provider; None when only the registry can have it."""
    variables = os.environ if environment is None else environment
    for directory, found_in in _candidates(repository, variables, system_roots):
        if holds(directory, provider):
            return Mirror(directory, provider, found_in)
    return None


def _candidates(
    repository: Repository, variables: Mapping[str, str], system_roots: tuple[Path, ...]
) -> Iterator[tuple[Path, str]]:
    yield downloaded_mirror(repository), "an earlier download"
    cache = variables.get("TF_PLUGIN_CACHE_DIR")
    if cache:
        yield Path(cache), "TF_PLUGIN_CACHE_DIR"
    for directory in _implied(variables):
        yield directory, "a directory that Terraform implies"
    for root in system_roots:
        # A mirror's first level is a registry's host name, so it shows at a glance.
        for pattern in ("", "*", "*/*"):
            folders = [root] if not pattern else sorted(root.glob(pattern))
            for directory in folders:
                if directory.is_dir():
                    yield directory, f"a mirror under {root}"


def _implied(variables: Mapping[str, str]) -> Iterator[Path]:
    """Terraform's implied local mirror directories (CLI configuration documentation)."""
    home = Path(variables.get("HOME") or Path.home())
    yield home / ".terraform.d" / "plugins"
    if sys.platform == "darwin":
        yield home / "Library" / "Application Support" / "io.terraform" / "plugins"
        yield Path("/Library/Application Support/io.terraform/plugins")
        return
    data_home = variables.get("XDG_DATA_HOME")
    yield Path(data_home or home / ".local" / "share") / "terraform" / "plugins"
    for root in (variables.get("XDG_DATA_DIRS") or "/usr/local/share:/usr/share").split(":"):
        if root:
            yield Path(root) / "terraform" / "plugins"


def download(
    provider: LockedProvider,
    repository: Repository,
    binary: Binary,
    environment: Mapping[str, str],
    configuration: Path,
) -> Mirror:
    """Fetch the provider from its registry into this checkout's own mirror.

    This is set-up, the one step that needs a network: a run against the local cloud itself never
    leaves the machine. configuration: a root module whose lock file names the provider.
    Raises ProviderMissingError.
    """
    directory = private_folder(downloaded_mirror(repository))
    child = {
        **environment,
        "CHECKPOINT_DISABLE": "1",
        "TF_REGISTRY_DISCOVERY_RETRY": "1",
        "TF_REGISTRY_CLIENT_TIMEOUT": "15",
    }
    done = processes.run(
        [
            *binary.arguments,
            f"-chdir={configuration}",
            "providers",
            "mirror",
            f"-platform={provider_platform()}",
            str(directory),
        ],
        environment=child,
        timeout=REGISTRY_TIMEOUT_SECONDS,
    )
    if done.returncode != 0 or not holds(directory, provider):
        told = [line.strip(" │╷╵") for line in (done.stdout + done.stderr).splitlines()]
        raise ProviderMissingError(
            f"The provider {provider.source} {provider.version} is in no mirror on this machine,"
            " and its registry can't be reached.",
            hint="Once, on a machine with a network, run"
            f"\n  terraform providers mirror -platform={provider_platform()} DIRECTORY"
            "\nin an environment's folder, copy DIRECTORY here, and either put it at"
            "\n  ~/.terraform.d/plugins"
            "\nor name it in TF_PLUGIN_CACHE_DIR. Nothing was changed.",
            details=tuple(line for line in told if line)[-3:],
        )
    return Mirror(directory, provider, "the registry")


def ensure(
    repository: Repository,
    binary: Binary,
    configuration: Path,
    on_download: Callable[[str], None],
) -> Mirror:
    """Find the provider that a root module's lock file pins, or download it, once.

    on_download receives what is about to be downloaded, in words.
    Raises ProviderMissingError, EnvironmentFileError.
    """
    provider = locked_provider(configuration / ".terraform.lock.hcl", repository.parsed)
    mirror = find_mirror(provider, repository)
    if mirror is None:
        on_download(f"Downloading the provider {provider.source} {provider.version} (once)")
        mirror = download(provider, repository, binary, dict(os.environ), configuration)
    return mirror


def cli_configuration(mirror: Mirror) -> str:
    """The text of a TF_CLI_CONFIG_FILE with which Terraform installs from the mirror alone."""
    path = str(mirror.directory).replace("\\", "\\\\").replace('"', '\\"')
    return (
        "disable_checkpoint = true\n"
        "provider_installation {\n"
        f'  filesystem_mirror {{ path = "{path}" }}\n'
        "}\n"
    )
