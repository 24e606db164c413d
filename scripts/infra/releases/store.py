"""The releases of a checkout: `releases/<id>.json`."""

from __future__ import annotations

from pathlib import Path

from infra.errors import ReleaseError, ReleaseUnknownError
from infra.files import replace
from infra.releases.documents import MOST_BYTES, read, shown
from infra.releases.model import Release
from infra.releases.schema import RELEASE_ID
from infra.repository import Repository

FOLDER = "releases"


def folder(repository: Repository) -> Path:
    """Where the releases are."""
    return repository.root / FOLDER


def load_release(repository: Repository, release_id: str) -> Release:
    """The release with this id.

    Raises ReleaseUnknownError when there is none, and ReleaseError when its file was edited.
    """
    if not RELEASE_ID.fullmatch(release_id):
        raise ReleaseUnknownError(
            f"{shown(release_id)} is not the id of a release.",
            hint='It is "r-" and 16 hexadecimal digits. `infra release list` names them.',
        )
    path = folder(repository) / f"{release_id}.json"
    if not path.is_file():
        raise ReleaseUnknownError(
            f"There is no release {release_id}.",
            hint="`infra release list` names those of this checkout. Is git up to date?",
        )
    return _loaded(path)


def all_releases(repository: Repository) -> tuple[Release, ...]:
    """Every release, by id. Raises ReleaseError for the first that was edited."""
    return tuple(_loaded(path) for path in _paths(repository))


def release_ids(repository: Repository) -> list[str]:
    """The ids of all releases, by their files' names; nothing is read."""
    return [path.stem for path in _paths(repository)]


def save_release(repository: Repository, release: Release) -> tuple[Path, bool]:
    """Write a release. Returns its file, and whether it was not there before."""
    path = folder(repository) / f"{release.id}.json"
    if path.is_file():
        _loaded(path)
        return path, False
    replace(path, release.content)
    return path, True


def _paths(repository: Repository) -> list[Path]:
    return sorted(
        path for path in folder(repository).glob("r-*.json") if RELEASE_ID.fullmatch(path.stem)
    )


def _loaded(path: Path) -> Release:
    name = f"{FOLDER}/{path.name}"
    hint = f"A release is never edited. Restore it: git checkout -- {name}"
    try:
        release = Release.parsed(read(path, "The release", MOST_BYTES))
    except ReleaseError as error:
        raise ReleaseError(f"{name} is not valid. {error.message}", hint=hint) from error
    if release.id != path.stem:
        raise ReleaseError(
            f"{name} was edited: what it holds is the release {release.id}.", hint=hint
        )
    return release
