"""A small checkout of its own for each test, with a local cloud of its own."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.checkout import Checkout, make_checkout


@pytest.fixture
def checkout(tmp_path: Path) -> Iterator[Checkout]:
    """A checkout with two small environments; its local cloud ends with the test."""
    made = make_checkout(tmp_path / "checkout")
    yield made
    made.close()
