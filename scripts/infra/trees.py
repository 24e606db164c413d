"""The files that decide what Terraform plans, by digest: independent of git and of the place.

Anything in a module can be read by file() or templatefile(), so what is left out is listed, and not
what is taken in.
"""

from __future__ import annotations

import hashlib
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.environments import Environment
from infra.identity import Key
from infra.repository import Repository

LOCK_FILE = ".terraform.lock.hcl"
RELEASE_FILE = "release.auto.tfvars.json"
NOT_READ = ("*.md", "*.tfstate", "*.tfstate.backup", "*~", "crash*.log")
NOT_READ_FOLDERS = ("examples", "tests")
"""Folders of a module that only documentation and tests use."""
VALUES = ("backend.tf", "environment.yaml", "terraform.tfvars")
"""Files of a root module that are another environment's business only by their values."""

MODULES = "modules"
ENVIRONMENT = "files of the environment"
RELEASE = "release"
LOCK = "provider lock"


def files(repository: Repository, environment: Environment) -> dict[str, dict[str, str]]:
    """The SHA-256 of each file by its path in the checkout, in the group that it belongs to."""
    groups: dict[str, dict[str, str]] = {MODULES: {}, ENVIRONMENT: {}, RELEASE: {}, LOCK: {}}
    special = {LOCK_FILE: LOCK, RELEASE_FILE: RELEASE}
    for path in _read(repository.modules):
        groups[MODULES][_name(repository, path)] = _digest(path)
    for path in [*_read(environment.directory), environment.directory / LOCK_FILE]:
        if path.is_file():
            group = special.get(path.name, ENVIRONMENT)
            groups[group][_name(repository, path)] = _digest(path)
    return groups


def sealed(groups: Mapping[str, Mapping[str, str]], key: Key) -> dict[str, dict[str, str]]:
    """The same with keyed digests: a file of values with a secret can't be guessed from them."""
    return {
        name: {path: key.digest("file", digest.encode()) for path, digest in group.items()}
        for name, group in groups.items()
    }


def proof(repository: Repository, environment: Environment, terraform: str) -> dict[str, str]:
    """What two environments must share when one vouches for the other: plain SHA-256 digests.

    Of the modules, of the code of the root module without its values, and of the provider lock;
    and the version of Terraform.
    """
    groups = files(repository, environment)
    folder = _name(repository, environment.directory) + "/"
    code = {
        path.removeprefix(folder): digest
        for path, digest in groups[ENVIRONMENT].items()
        if path.removeprefix(folder) not in VALUES
    }
    lock = {path.removeprefix(folder): digest for path, digest in groups[LOCK].items()}
    return {
        "modules": _digest_of(groups[MODULES]),
        "root": _digest_of(code),
        "lock": _digest_of(lock),
        "terraform": terraform,
    }


def changed(planned: Mapping[str, str], now: Mapping[str, str]) -> list[str]:
    """The files of a group that were changed, added or removed, each with what happened to it."""
    return [
        path if path in planned and path in now else f"{path} ({_fate(path, now)})"
        for path in sorted({*planned, *now})
        if planned.get(path) != now.get(path)
    ]


def _fate(path: str, now: Mapping[str, str]) -> str:
    return "new" if path in now else "gone"


def _read(folder: Path) -> Iterator[Path]:
    for path in sorted(folder.iterdir()) if folder.is_dir() else ():
        if path.name.startswith("."):
            continue
        if path.is_dir():
            if path.name not in NOT_READ_FOLDERS:
                yield from _read(path)
        elif not any(path.match(pattern) for pattern in NOT_READ):
            yield path


def _digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


def _digest_of(group: Mapping[str, str]) -> str:
    text = "".join(f"{digest}  {path}\n" for path, digest in sorted(group.items()))
    return hashlib.sha256(text.encode()).hexdigest()


def _name(repository: Repository, path: Path) -> str:
    return path.relative_to(repository.root).as_posix()
