"""One browser for all tests of this folder."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from harness.chromium import Chromium, ChromiumMissingError, find_chromium, running


@pytest.fixture(scope="session")
def browser(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Chromium]:
    """A headless Chromium. Without one the whole run ends with what to do about it."""
    try:
        find_chromium()
    except ChromiumMissingError as error:
        pytest.exit(str(error), returncode=1)
    with running(tmp_path_factory.mktemp("profile")) as made:
        yield made
