"""Each module's README example is applied as it stands: what a reader copies works."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

import pytest

from harness.accounts import Account
from harness.inventories import assert_module_inventory
from harness.places import module_names
from harness.terraform import make_root, readme_example

pytestmark = pytest.mark.terraform


# The other modules' examples are applied by the tests that are named after them.
REMAINING = [
    name for name in module_names() if not (Path(__file__).parent / f"test_{name}.py").exists()
]


@pytest.mark.parametrize("module", REMAINING)
def test_example_applies_settles_and_leaves_nothing(
    module: str, new_account: Callable[[], Account], tmp_path: Path
) -> None:
    # given the example as the README shows it
    root = make_root(tmp_path, module, readme_example(module), new_account())
    root.init()
    # when it is applied
    root.apply()
    # then it made what its inventory says, a second plan is empty, and destroy takes all away
    assert_module_inventory(root, module)
    root.assert_nothing_to_do()
    root.destroy()
    assert root.addresses() == []
