"""Which release an environment is to run: `environments/ENV/release.auto.tfvars.json`."""

from __future__ import annotations

import json
from pathlib import Path
from typing import Any

from infra.environments import Environment
from infra.errors import EnvironmentFileError, ReleaseError
from infra.files import replace
from infra.releases.documents import parse, read, shown
from infra.releases.model import Release
from infra.releases.schema import RELEASE_ID
from infra.releases.store import load_release
from infra.repository import Repository
from infra.trees import RELEASE_FILE

VARIABLE = "release"


def pin_file(environment: Environment) -> Path:
    """The file, which may be missing."""
    return environment.directory / RELEASE_FILE


def pinned_release_id(repository: Repository, environment: Environment) -> str | None:
    """The id of the pinned release; None for none, and for a pin from before there were ids.

    Raises EnvironmentFileError for a file that can't be read.
    """
    del repository
    pin = _pin(environment)
    found = pin.get("id") if pin else None
    if found is not None and not (isinstance(found, str) and RELEASE_ID.fullmatch(found)):
        raise EnvironmentFileError(
            f"{_name(environment)}: the id of the release is {shown(found)}.",
            hint=f"Pin one: infra release pin {environment.name} ID",
        )
    return found


def pinned_release(repository: Repository, environment: Environment) -> Release | None:
    """The pinned release, of which the pin must say what the release says.

    None as for `pinned_release_id`. Raises also ReleaseUnknownError and ReleaseError.
    """
    found = pinned_release_id(repository, environment)
    if found is None:
        return None
    release = load_release(repository, found)
    pin, expected = _pin(environment) or {}, release.pin()
    wrong = [key for key in (*expected, *pin) if pin.get(key) != expected.get(key)]
    if wrong:
        raise ReleaseError(
            f"{_name(environment)}: {wrong[0]} is not what the release {found} says.",
            hint=f"Pin it again: infra release pin {environment.name} {found}",
        )
    return release


def write_pin(repository: Repository, environment: Environment, release: Release) -> None:
    """Pin a release, at once or not at all. Raises RepositoryError."""
    del repository
    _write(environment, release.pin())


def clear_pin(repository: Repository, environment: Environment) -> None:
    """Pin none. Raises RepositoryError."""
    del repository
    _write(environment, None)


def pin_content(pin: dict[str, str] | None) -> bytes:
    """The file that pins this, as `Release.pin` has it, or nothing."""
    return (json.dumps({VARIABLE: pin}, indent=2) + "\n").encode()


def _write(environment: Environment, pin: dict[str, str] | None) -> None:
    replace(pin_file(environment), pin_content(pin))


def _pin(environment: Environment) -> dict[str, Any] | None:
    path = pin_file(environment)
    if not path.is_file():
        return None
    try:
        pin = parse(read(path, "The pin")).get(VARIABLE)
    except ReleaseError as error:
        raise EnvironmentFileError(
            f"{_name(environment)} can't be read. {error.message}", hint=error.hint
        ) from error
    if pin is not None and not isinstance(pin, dict):
        raise EnvironmentFileError(f"{_name(environment)}: release must be a JSON object or null.")
    return pin


def _name(environment: Environment) -> str:
    return f"environments/{environment.name}/{RELEASE_FILE}"
