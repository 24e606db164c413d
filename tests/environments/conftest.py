"""A scratch copy of this checkout, with a local cloud of its own, for one module's tests."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness import warm
from harness.checkout import Checkout
from harness.places import copy_checkout


@pytest.fixture(scope="module")
def checkout(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Checkout]:
    """The real modules and environments, where a test may apply them."""
    root = tmp_path_factory.mktemp("environments") / "checkout"
    root.mkdir()
    warm.give(copy_checkout(root), "whole")
    made = Checkout(root, kind="whole")
    yield made
    made.close()
