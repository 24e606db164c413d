"""One small checkout for all tests of promotion (see `harness.proving`)."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.promoting import Proved
from harness.proving import Ground, proving_ground


@pytest.fixture(scope="session")
def ground(tmp_path_factory: pytest.TempPathFactory, worker_id: str) -> Iterator[Ground]:
    """The checkout with its local cloud."""
    alone = worker_id == "master"
    shared = None if alone else tmp_path_factory.getbasetemp().parent / "proved"
    with proving_ground(tmp_path_factory.mktemp("promotion"), shared) as made:
        yield made


@pytest.fixture
def proved(ground: Ground) -> Proved:
    """Everything as it was when release 1 had been verified in staging."""
    return ground.restored()
