"""Checkouts that runs are ended in, one after another."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.checkout import make_checkout
from harness.faulting import Recorded, Small, record
from harness.proving import Ground, proving_ground

PROMOTE = ("promote", "staging", "prod", "--yes")


@pytest.fixture(scope="session")
def small(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Small]:
    """One for all tests of a worker: whatever was ended in it, it has to work for the next one."""
    made = Small(make_checkout(tmp_path_factory.mktemp("faults") / "checkout"))
    try:
        answer = made.checkout.infra("apply", "staging")
        assert answer.code == 0, answer.out + answer.err
        yield made
    finally:
        made.checkout.close()


@pytest.fixture(scope="session")
def recorded(small: Small) -> Recorded:
    """An apply in it to which nothing happened."""
    small.change()
    return record(small.checkout, "apply", "staging")


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Ground]:
    """A checkout in which staging proves a release, and prod has none."""
    alone = worker_id == "master"
    shared = None if alone else tmp_path_factory.getbasetemp().parent / "proved"
    with proving_ground(tmp_path_factory.mktemp("faults-promotion"), shared) as made:
        yield made


@pytest.fixture(scope="session")
def promoted(ground: Ground) -> Recorded:
    """A promotion to which nothing happened."""
    return record(ground.restored().bed, *PROMOTE)
