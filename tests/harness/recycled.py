"""Small checkouts one after the other in one place, and one local cloud for all of them.

To start a local cloud takes longer than most of what a test asks of it. In between it is emptied,
and everything else is removed but what `warm` keeps.
"""

from __future__ import annotations

import shutil
from collections.abc import Callable
from pathlib import Path

from harness.checkout import Checkout, make_checkout, terraform_of
from infra.errors import LocalCloudError


class Place:
    """Where the checkouts are. new_folder: makes an empty folder."""

    def __init__(self, new_folder: Callable[[], Path]) -> None:
        self._new_folder = new_folder
        self._root: Path | None = None

    def checkout(self) -> Checkout:
        """A checkout as it is made, whose local cloud may be running, and is empty."""
        if self._root is None:
            self._root = self._new_folder() / "checkout"
        return make_checkout(self._root)

    def used(self, checkout: Checkout) -> None:
        """The test is over. What can't be emptied is left behind, and another place taken."""
        checkout.let_go()
        cloud = checkout.cloud
        if cloud.running() is None or cloud.refused() or terraform_of(checkout):
            self.leave(checkout)
            return
        try:
            for snapshot in cloud.snapshots():
                cloud.remove_snapshot(snapshot.name)
            cloud.reset()
        except LocalCloudError:
            self.leave(checkout)
            raise
        checkout.keep()
        _empty(checkout.root)

    def leave(self, checkout: Checkout | None = None) -> None:
        """End the local cloud, and begin anew with the next checkout."""
        root, self._root = self._root, None
        if root is not None:
            (checkout or Checkout(root)).close()


def _empty(root: Path) -> None:
    for path in (*root.iterdir(), *(root / ".local").iterdir()):
        if path.name in (".local", "cloud"):
            continue
        if path.is_dir() and not path.is_symlink():
            shutil.rmtree(path)
        else:
            path.unlink()
