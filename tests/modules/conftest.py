"""Each file here applies its module's README example once; its tests share what came of it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from pathlib import Path

import pytest

from harness.accounts import Account
from harness.applied import Applied, applied_example


@pytest.fixture(scope="module")
def module_account(new_account: Callable[[], Account]) -> Account:
    """An empty account for one file."""
    return new_account()


@pytest.fixture(scope="module")
def applied(
    request: pytest.FixtureRequest,
    module_account: Account,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Applied]:
    """The file's MODULE as its README's example applies it, beside the file's EXTRA.

    When the tests are through, it is destroyed, and an error here says what was left.
    """
    module: str = request.module.MODULE
    extra: str = getattr(request.module, "EXTRA", "")
    folder: Path = tmp_path_factory.mktemp(module)
    with applied_example(module, module_account, folder, extra) as made:
        yield made
