"""One small checkout for all tests of promotion: release 1 is verified in staging, prod is empty.

It is applied once. Each test begins from a snapshot of the local cloud and of the files.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.promoting import Proved, make_bed
from harness.waiting import wait_until

PROVED = "proved"
KEPT = (".local/cloud", ".local/terraform")
"""What a test does not change, or what the snapshot brings back."""


@pytest.fixture(scope="session")
def applied(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Proved, Path]]:
    """The checkout with its local cloud, and a copy of its files."""
    folder = tmp_path_factory.mktemp("promotion")
    bed = make_bed(folder / "checkout")
    try:
        for environment in ("dev", "staging", "prod"):
            bed.succeed("apply", environment)
        release = bed.release()
        bed.prove(release)
        # A fresh alarm has no data for a minute, and prod's is the youngest.
        assert wait_until(lambda: bed.alarms("prod") == {"OK"})
        bed.succeed("local", "snapshot", "save", PROVED)
        copy = folder / "copy"
        shutil.copytree(bed.root, copy, ignore=_without_kept(bed.root), symlinks=True)
        yield Proved(bed, release), copy
    finally:
        bed.close()


@pytest.fixture
def proved(applied: tuple[Proved, Path]) -> Proved:
    """Everything as it was when release 1 had been verified in staging."""
    made, copy = applied
    root = made.bed.root
    for path in root.iterdir():
        if path.name != ".local":
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    for path in (root / ".local").iterdir():
        if f".local/{path.name}" not in KEPT:
            shutil.rmtree(path) if path.is_dir() else path.unlink()
    shutil.copytree(copy, root, dirs_exist_ok=True, symlinks=True)
    made.bed.succeed("local", "snapshot", "load", PROVED, "--yes")
    return made


def _without_kept(root: Path) -> Callable[[str, list[str]], set[str]]:
    def ignored(folder: str, names: list[str]) -> set[str]:
        place = Path(folder).relative_to(root)
        return {name for name in names if (place / name).as_posix() in KEPT}

    return ignored
