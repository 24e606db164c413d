"""Every command line of the documents: the command is there, and takes what it is given."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from harness.command_lines import WrongLineError, check, check_infra, check_make
from harness.pages import (
    EXIT_CODE,
    FILE,
    MARKS,
    NOT_RUN,
    SHELLS,
    TESTED_BY,
    Block,
    blocks,
    documents,
    guides,
    spans,
)
from harness.places import ROOT

PAGES = documents()
BLOCKS = [block for page in PAGES for block in blocks(page)]
SHELL = [block for block in BLOCKS if block.language in SHELLS]


def name(page: Path) -> str:
    return str(page.relative_to(ROOT))


@pytest.mark.parametrize("block", SHELL, ids=lambda block: block.place)
def test_every_command_line_works(block: Block) -> None:
    lines = [command.text for command in block.commands()]
    assert lines, "a block without a command; is it meant to be `text`?"
    for line in lines:
        check(line)


@pytest.mark.parametrize("page", PAGES, ids=name)
def test_every_command_in_the_text_works(page: Path) -> None:
    for span in spans(page):
        # [OPTION] may be left out, and "..." stands for more.
        words = re.sub(r"[\[\]]", "", span).split()
        shown = [word for word in words if word not in ("...", "…")]
        try:
            if shown[0] == "make":
                check_make(shown[1:])
            else:
                check_infra(shown[1:], whole=False)
        except WrongLineError as error:
            pytest.fail(f"`{span}`: {error}")


@pytest.mark.parametrize("block", BLOCKS, ids=lambda block: block.place)
def test_marks_are_known_and_the_tests_that_they_name_are_there(block: Block) -> None:
    assert set(block.marks) <= set(MARKS), block.place
    for told in block.marks.get(TESTED_BY, "").split(", "):
        if told:
            assert is_test(told), f"{block.place}: there is no test {told}"


@pytest.mark.parametrize("page", guides(), ids=lambda page: page.stem)
def test_a_guide_is_run_but_for_what_says_why_not(page: Path) -> None:
    """What tests/guides runs of it is at least one command; the rest is tested or says why not."""
    shell = [block for block in blocks(page) if block.language in SHELLS]
    run = [block for block in shell if not {TESTED_BY, NOT_RUN} & block.marks.keys()]
    assert run, "nothing of it is run"
    for block in blocks(page):
        assert FILE not in block.marks or block.language not in SHELLS, block.place
        assert block.marks.get(EXIT_CODE, "0").isdecimal(), block.place
        if NOT_RUN in block.marks:
            assert len(block.marks[NOT_RUN].split()) >= 3, "say why"


def is_test(told: str) -> bool:
    """Whether path::function is a test."""
    path, _, function = told.partition("::")
    file = ROOT / path
    if not (file.is_file() and file.name.startswith("test_") and function.startswith("test_")):
        return False
    tree = ast.parse(file.read_text(encoding="utf-8"))
    return any(isinstance(item, ast.FunctionDef) and item.name == function for item in tree.body)


def test_a_missing_test_is_noticed() -> None:
    here = "tests/static/test_command_lines.py"
    assert is_test(f"{here}::test_a_missing_test_is_noticed")
    assert not is_test(f"{here}::test_that_nobody_wrote")
    assert not is_test(f"{here}::is_test")
    assert not is_test("tests/static/test_nowhere.py::test_x")
