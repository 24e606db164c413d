"""How the documents' blocks are read, and that a page which says something else is noticed."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import pages
from harness.checkout import Answer
from harness.promoting import Bed
from harness.reading import Reader, made

IDENTITY = "staging-45c1-067e-e825-eac6-fe02-38a8-ab24-5d06"
OTHER = "staging-7523-090d-dadf-a8de-a184-6057-8717-a579"
PAGE = f"""\
# A page

<!-- exit code: 2 -->
```console
$ infra plan staging --out \\
    --full
...
Plan: 129 to create.
Identity: {IDENTITY} (kept for 24 hours)
```

<!-- as: reviewer -->
```sh
infra show {IDENTITY}  # again
```

<!-- tested by: tests/unit/test_reading.py::test_x -->
```console
$ infra destroy staging
```

<!-- file: environments/staging/x.tf -->
````markdown
```hcl
x = "{IDENTITY}"
```
````
"""
PRINTED = f"Plan: 5 to create.\nIdentity: {OTHER}   (kept for 24 hours)\n"


class Pretended(Bed):
    """A checkout whose commands print what they are told to."""

    def __init__(self, root: Path, code: int = 2, out: str = PRINTED) -> None:
        super().__init__(root)
        self.called: list[tuple[list[str], str]] = []
        self._answers = [Answer(code, out, "")]

    def run(self, command, variables):  # type: ignore[no-untyped-def]
        self.called.append((command[command.index("-C") + 2 :], variables.get("USER", "")))
        return self._answers.pop(0) if self._answers else Answer(0, "", "")


@pytest.fixture
def page(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    monkeypatch.setattr(pages, "ROOT", tmp_path)
    path = tmp_path / "page.md"
    path.write_text(PAGE)
    return path


def test_a_page_is_done_as_it_says_with_the_names_that_were_printed(page: Path) -> None:
    bed = Pretended(page.parent)
    assert Reader(bed).follow(page) == 2
    assert bed.called == [
        (["plan", "staging", "--out", "--full"], ""),
        (["show", OTHER], "reviewer"),
    ]
    assert (
        page.parent / "environments/staging/x.tf"
    ).read_text() == f'```hcl\nx = "{OTHER}"\n```\n'


@pytest.mark.parametrize(
    ("code", "out"),
    [
        (0, PRINTED),
        (1, PRINTED),
        (2, PRINTED.replace("to create", "to destroy")),
        (2, PRINTED.replace(" (kept", ", kept")),
        (2, PRINTED.replace(OTHER, "staging-7523")),
        (2, ""),
    ],
)
def test_a_page_that_says_something_else_fails(page: Path, code: int, out: str) -> None:
    with pytest.raises(AssertionError, match=r"page\.md:4: infra plan staging"):
        Reader(Pretended(page.parent, code, out)).follow(page)


def test_what_stood_for_one_thing_stands_for_it_to_the_end(page: Path) -> None:
    page.write_text(PAGE.replace("--full", f"--full\nIdentity: {IDENTITY}"))
    out = PRINTED + f"Identity: {IDENTITY}\n"
    with pytest.raises(AssertionError, match="not printed"):
        Reader(Pretended(page.parent, 2, out)).follow(page)


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["plan", "ENV=dev"], ["plan", "--", "dev"]),
        (["promote", "FROM=dev", "TO=staging"], ["promote", "--", "dev", "staging"]),
        (["doctor"], ["doctor"]),
    ],
)
def test_a_make_target_is_the_command_behind_it(arguments: list[str], expected: list[str]) -> None:
    assert made(arguments) == expected


def test_marks_belong_to_the_next_block_alone(page: Path) -> None:
    page.write_text("<!-- exit code: 2 -->\ntext\n```sh\nls\n```\n\n```sh\nls\n```\n")
    assert [dict(block.marks) for block in pages.blocks(page)] == [{}, {}]
