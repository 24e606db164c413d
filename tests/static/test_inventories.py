"""Each module and each environment says which resources it is expected to have."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from harness import inventories
from harness.inventories import ENVIRONMENT_INVENTORIES, MODULE_INVENTORIES, RENEW
from harness.places import ROOT, environment_names, module_names

TESTS = ROOT / "tests" / "modules"


@pytest.mark.parametrize(
    ("folder", "names"),
    [(MODULE_INVENTORIES, module_names()), (ENVIRONMENT_INVENTORIES, environment_names())],
    ids=["modules", "environments"],
)
def test_there_is_one_for_each_and_no_other(folder: Path, names: list[str]) -> None:
    assert sorted(path.stem for path in folder.iterdir()) == names, RENEW


@pytest.mark.parametrize("module", module_names())
def test_it_lists_addresses_of_its_module_in_order(module: str) -> None:
    lines = (MODULE_INVENTORIES / f"{module}.txt").read_text(encoding="utf-8").splitlines()
    assert lines
    assert lines == sorted(set(lines))
    assert lines == inventories.of_module(lines, module)


@pytest.mark.parametrize("module", module_names())
def test_whatever_applies_an_example_compares_it(module: str) -> None:
    text = (TESTS / f"test_{module}.py").read_text("utf-8")
    assert re.search(r"\bapplied: Applied\b|\bassert_module_inventory\(", text)


def test_the_environments_have_the_same_resources() -> None:
    """But for who hears of alarms."""
    found = {
        re.sub(r'\["[^"]*@[^"]*"\]', "[EMAIL]", path.read_text(encoding="utf-8"))
        for path in ENVIRONMENT_INVENTORIES.iterdir()
    }
    assert len(found) == 1


def test_a_difference_is_shown_with_the_command_that_renews(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(inventories, "ROOT", tmp_path)
    path = tmp_path / "x.txt"
    with pytest.raises(AssertionError, match=r"x\.txt is missing\. .*`make inventories`"):
        inventories.assert_same(path, [])
    path.write_text("module.x.aws_a.kept\nmodule.x.aws_a.old\n")
    with pytest.raises(AssertionError) as caught:
        inventories.assert_same(path, ["module.x.aws_a.kept", "module.x.aws_a.new"])
    said = str(caught.value)
    assert "-module.x.aws_a.old\n+module.x.aws_a.new" in said
    assert "make inventories" in said
    assert "kept\n" not in said


def test_a_states_addresses_are_written_as_terraform_shows_them() -> None:
    def resource(**values: object) -> dict[str, object]:
        return {"mode": "managed", "type": "aws_a", "name": "b", "instances": [{}], **values}

    state = {
        "resources": [
            resource(),
            resource(mode="data"),
            resource(module="module.m[0].module.n", instances=[{"index_key": 0}]),
            resource(module='module.k["x"]', instances=[{"index_key": "y"}]),
        ]
    }
    assert inventories.state_addresses(state) == [
        "aws_a.b",
        'module.k["x"].aws_a.b["y"]',
        "module.m[0].module.n.aws_a.b[0]",
    ]
