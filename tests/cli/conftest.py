"""A small checkout of its own for each test, with a local cloud that nobody else uses meanwhile."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from harness.checkout import Checkout, make_checkout
from harness.clock import advance
from harness.promoting import Bed, make_bed
from harness.recycled import Place
from infra.environments import load_environment
from infra.releases import write_pin
from infra.repository import Repository


@pytest.fixture(scope="session")
def place(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Place]:
    """Where the checkouts of this worker are, one after the other."""
    made = Place(lambda: tmp_path_factory.mktemp("small"))
    yield made
    made.leave()


@pytest.fixture
def checkout(place: Place) -> Iterator[Checkout]:
    """A checkout with two small environments; its local cloud may be running, and is empty."""
    made = place.checkout()
    yield made
    place.used(made)


@pytest.fixture
def new_checkout(tmp_path: Path) -> Iterator[Checkout]:
    """The same where nothing has ever run; its local cloud ends with the test."""
    made = make_checkout(tmp_path / "checkout")
    yield made
    made.close()


@pytest.fixture(scope="session")
def released(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Bed]:
    """A checkout whose dev runs a release, applied once and kept in a snapshot."""
    bed = make_bed(tmp_path_factory.mktemp("released") / "checkout")
    try:
        bed.succeed("apply", "dev")
        repository = Repository(bed.root)
        write_pin(repository, load_environment(repository, "dev"), bed.release())
        bed.succeed("apply", "dev")
        endpoint = bed.cloud.running()
        assert endpoint is not None
        # Until their first data alarms say nothing.
        advance(endpoint, 300)
        bed.succeed("local", "snapshot", "save", "released")
        yield bed
    finally:
        bed.close()


@pytest.fixture
def bed(released: Bed) -> Iterator[Bed]:
    """The same for one test, which may change what is in it; files it puts back itself."""
    released.succeed("local", "snapshot", "load", "released", "--yes")
    kept = {path: path.read_bytes() for path in released.file(".", "dev").iterdir()}
    yield released
    for path, content in kept.items():
        path.write_bytes(content)
