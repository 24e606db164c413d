"""Where things are in a checkout of this repository."""

from __future__ import annotations

import tempfile
from dataclasses import dataclass
from pathlib import Path

from infra.errors import RepositoryError

NEEDED_BYTES = 1_000_000
"""What a run writes of its own: plans, notes, Terraform's data. The state may come on top."""


@dataclass(frozen=True)
class Repository:
    """A checkout. `root` holds modules/ and environments/."""

    root: Path

    @property
    def environments(self) -> Path:
        """One folder an environment."""
        return self.root / "environments"

    @property
    def modules(self) -> Path:
        """The reusable modules."""
        return self.root / "modules"

    @property
    def bootstrap(self) -> Path:
        """The root module that sets an account up."""
        return self.root / "bootstrap"

    @property
    def private(self) -> Path:
        """Git-ignored working files: the local cloud, plans, Terraform's data."""
        return self.root / ".local"

    @property
    def parsed(self) -> Path:
        """What was parsed of files that each command reads (see `hcl.read_again`)."""
        return self.private / "terraform" / "parsed"

    def terraform_data(self, environment: str) -> Path:
        """The TF_DATA_DIR of one environment."""
        return self.private / "terraform" / environment


def is_repository(path: Path) -> bool:
    """Tell whether `path` is the root of a checkout of this repository."""
    return (path / "environments").is_dir() and (path / "modules").is_dir()


def find_repository(start: Path) -> Repository:
    """Find the checkout that holds `start`, walking upwards.

    Raises RepositoryError when there is none.
    """
    resolved = start.resolve()
    for candidate in (resolved, *resolved.parents):
        if is_repository(candidate):
            return Repository(candidate)
    raise RepositoryError(
        f"{start} is not inside a checkout of this repository:"
        " no folder above it holds both environments/ and modules/.",
        hint="Change into the folder that you cloned, or pass --directory.",
    )


def private_folder(path: Path) -> Path:
    """Create `path` readable by its owner alone, and return it.

    Raises RepositoryError when the folder can't be written.
    """
    try:
        path.mkdir(parents=True, exist_ok=True, mode=0o700)
    except OSError as error:
        raise RepositoryError(
            f"{path} can't be created: {error.strerror}.",
            hint="Nothing was changed. Free space, or make the folder writable.",
        ) from error
    return path


def refuse_unless_room(path: Path) -> None:
    """Raise RepositoryError unless a run can write its files into a folder.

    Found out before anything is begun: a plan that can't be kept is one that was made for nothing,
    and an apply that can't write its notes can't be put right.
    """
    try:
        with tempfile.TemporaryFile(dir=private_folder(path)) as file:
            file.write(bytes(NEEDED_BYTES))
            file.flush()
    except OSError as error:
        raise RepositoryError(
            f"{path} can't be written: {error.strerror}.",
            hint="Nothing was changed. Free space, or make the folder writable.",
        ) from error
