"""A checkout in which release 1 is verified in staging and prod is empty, to come back to.

It is applied once, by one of the workers. Each test begins from a snapshot of the local cloud and
of the files.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

import filelock

from harness.clock import advance
from harness.promoting import Bed, Proved, make_bed
from harness.waiting import wait_until

PROVED = "proved"
SAVED = Path(".local") / "cloud" / "saved"
KEPT = (".local/cloud", ".local/terraform")
"""What a test does not change, or what the snapshot brings back."""


@dataclass(frozen=True)
class Ground:
    """The checkout with its local cloud, and a copy of its files."""

    made: Proved
    copy: Path

    def restored(self) -> Proved:
        """Everything as it was when release 1 had been verified in staging."""
        _put_back(self.made.bed.root, self.copy)
        self.made.bed.succeed("local", "snapshot", "load", PROVED, "--yes")
        return self.made

    def beside(self) -> Bed:
        """A second checkout of the same commit, as another person has it, with the same cloud."""
        root = self.copy.parent / "beside"
        shutil.rmtree(root, ignore_errors=True)
        shutil.copytree(self.copy, root, symlinks=True)
        cloud = root / ".local" / "cloud"
        cloud.parent.mkdir(exist_ok=True)
        cloud.symlink_to(self.made.bed.cloud.directory)
        return Bed(root, kind=self.made.bed.kind)


@contextmanager
def proving_ground(folder: Path, shared: Path | None) -> Iterator[Ground]:
    """Have it for the block. shared: where the workers share it, None for one worker."""
    bed = make_bed(folder / "checkout")
    copy = folder / "copy"
    try:
        if shared is None:
            _apply(bed, copy)
        else:
            with filelock.FileLock(shared.with_suffix(".lock")):
                if shared.is_dir():
                    _take(shared, bed, copy)
                else:
                    _apply(bed, copy)
                    _share(bed, copy, shared)
        yield Ground(Proved(bed, bed.pinned("staging")), copy)
    finally:
        bed.close()


def _apply(bed: Bed, copy: Path) -> None:
    """Have release 1 verified in staging. copy: where the files go."""
    for environment in ("dev", "staging", "prod"):
        bed.succeed("apply", environment)
    bed.prove(bed.release())
    endpoint = bed.cloud.running()
    assert endpoint is not None
    # A fresh alarm has no data for a minute, and prod's is the youngest.
    advance(endpoint, 120)
    assert wait_until(lambda: bed.alarms("prod") == {"OK"})
    bed.succeed("local", "snapshot", "save", PROVED)
    shutil.copytree(bed.root, copy, ignore=_without_kept(bed.root), symlinks=True)


def _share(bed: Bed, copy: Path, shared: Path) -> None:
    """Let the other workers of this run have it."""
    half = shared.with_suffix(".half")
    shutil.copytree(copy, half / "files", symlinks=True)
    shutil.copytree(bed.origin, half / "origin")
    shutil.copytree(bed.root / SAVED, half / "saved")
    half.rename(shared)


def _take(shared: Path, bed: Bed, copy: Path) -> None:
    """Have what another worker has shared, as if it were made here."""
    shutil.rmtree(bed.origin)
    shutil.copytree(shared / "origin", bed.origin)
    shutil.copytree(shared / "files", copy, symlinks=True)
    settings = copy / ".git" / "config"
    shutil.copy(bed.root / ".git" / "config", settings)
    shutil.copytree(shared / "saved", bed.root / SAVED)
    _put_back(bed.root, copy)
    bed.succeed("local", "start")


def _put_back(root: Path, copy: Path) -> None:
    """Have the files as they were."""
    for path in root.iterdir():
        if path.name != ".local":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (root / ".local").iterdir():
        if f".local/{path.name}" not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(copy, root, dirs_exist_ok=True, symlinks=True)


def _without_kept(root: Path) -> Callable[[str, list[str]], set[str]]:
    def ignored(folder: str, names: list[str]) -> set[str]:
        place = Path(folder).relative_to(root)
        return {name for name in names if (place / name).as_posix() in KEPT}

    return ignored
