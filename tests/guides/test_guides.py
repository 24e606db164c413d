"""Each guide, followed to the letter: commands, and what they print, are read from the page."""

from __future__ import annotations

from collections.abc import Callable

import pytest

from harness.pages import guides

pytestmark = pytest.mark.terraform


@pytest.mark.parametrize("name", [page.stem for page in guides()])
def test_a_guide_works_as_it_says(name: str, follow: Callable[[str], int]) -> None:
    assert follow(name) > 0
