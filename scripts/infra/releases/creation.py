"""Making a release: what it lists is collected, and its image is looked for."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra import images
from infra.environments import Environment, environment_names, load_environment
from infra.errors import ImageMissingError, ReleaseError
from infra.progress import Progress
from infra.registries import choose, open_registry
from infra.releases.collection import Wanted, check_image, collect
from infra.releases.model import Release
from infra.releases.schema import COMMIT, check_value
from infra.releases.store import load_release, save_release
from infra.repository import Repository
from infra.sessions import choose_target

REVISION = "org.opencontainers.image.revision"
"""The annotation of an image that names the commit it was built from."""


@dataclass(frozen=True)
class Created:
    """A release, and where its image was found. new: there was no such release before."""

    release: Release
    path: Path
    new: bool
    environment: Environment
    target: str
    image_repository: str


def create_release(
    repository: Repository,
    wanted: Wanted,
    registry: str | None,
    target: str | None,
    image_repository: str | None,
    progress: Progress,
) -> Created:
    """Collect a release and write it down; the same content is the same release.

    registry: the environment whose registry must hold the image; else the first of the chain.
    Raises ReleaseError, ImageMissingError, DigestMismatchError, RegistryError.
    """
    _check(repository, wanted)
    environment = _registry(repository, registry)
    chosen = choose_target(environment, target)
    ecr = open_registry(repository, environment, chosen, progress)
    progress.step("Looking for the image")
    with images.errors(f"The image can't be looked for in {environment.name}"):
        name = str(choose(ecr, environment, image_repository)["repositoryName"])
    found = images.find(ecr, name, wanted.image)
    if found is None:
        raise ImageMissingError(
            f"The repository {name} of {environment.name} has no image {wanted.image}.",
            hint="Nothing was written. Push it first, or name the environment that has it:"
            " --registry ENV",
        )
    progress.step("Collecting the release")
    release = Release.of(collect(repository, wanted, _revision(found.document)))
    path, new = save_release(repository, release)
    return Created(release, path, new, environment, chosen, name)


def first_environment(repository: Repository) -> Environment:
    """The environment that promotes from none and that others promote from. Raises ReleaseError."""
    environments = [load_environment(repository, name) for name in environment_names(repository)]
    sources = {environment.promotes_from for environment in environments}
    first = [e for e in environments if e.promotes_from is None]
    begins = [e for e in first if e.name in sources] or first
    if len(begins) != 1:
        raise ReleaseError(
            "There is no one environment at which releases begin.",
            hint="Name the environment whose registry has the image: --registry ENV",
        )
    return begins[0]


def _registry(repository: Repository, name: str | None) -> Environment:
    return first_environment(repository) if name is None else load_environment(repository, name)


def _check(repository: Repository, wanted: Wanted) -> None:
    """Refuse what can be refused before any account is asked."""
    check_image(wanted.image)
    if wanted.code is not None:
        check_value("code.git_sha", wanted.code)
    if wanted.data is not None:
        check_value("data.version", wanted.data)
    check_value("model.version", wanted.model)
    for key, value in wanted.lineage.items():
        check_value(f"lineage.{key}", value)
    if "parent_release" in wanted.lineage:
        load_release(repository, wanted.lineage["parent_release"])


def _revision(manifest: Mapping[str, object]) -> str | None:
    annotations = manifest.get("annotations")
    found = annotations.get(REVISION) if isinstance(annotations, Mapping) else None
    return found if isinstance(found, str) and COMMIT.fullmatch(found) else None
