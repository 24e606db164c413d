"""The code blocks of the documents, and what their marks say.

A mark is an HTML comment right above a block, so that no reader sees it:

    <!-- tested by: tests/cli/test_x.py::test_y -->   that test runs this, the guide's own does not
    <!-- not run: it needs an AWS account -->         nobody can run it here
    <!-- exit code: 10 -->                            how the last command of the block ends
    <!-- as: reviewer -->                             who runs it
    <!-- file: modules/queue/main.tf -->              the block is that file
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path

from harness.places import ROOT

TESTED_BY, NOT_RUN, EXIT_CODE, AS, FILE = "tested by", "not run", "exit code", "as", "file"
MARKS = (TESTED_BY, NOT_RUN, EXIT_CODE, AS, FILE)
CONSOLE = "console"
SHELLS = ("sh", "bash", CONSOLE)
PROMPT = "$ "

_FENCE = re.compile(r"( *)(`{3,})(\w*)")
_MARK = re.compile(r"<!-- ([a-z ]+): (.+?) -->")


@dataclass(frozen=True)
class Command:
    """A command line, and the lines that the page says it prints."""

    text: str
    printed: tuple[str, ...] = ()


@dataclass(frozen=True)
class Block:
    """A fenced block. line: where it begins, from 1."""

    page: Path
    line: int
    language: str
    body: tuple[str, ...]
    marks: Mapping[str, str]

    @property
    def place(self) -> str:
        """Where it is, for whoever must mend it."""
        return f"{self.page.relative_to(ROOT)}:{self.line}"

    def commands(self) -> Iterator[Command]:
        """The command lines of a shell block, continued lines as one."""
        text, printed = "", []
        continued = False
        for line in self.body:
            if continued:
                text += " " + line.strip().removesuffix("\\")
            elif self.language == CONSOLE and not line.startswith(PROMPT):
                printed.append(line)
                continue
            else:
                if text:
                    yield Command(text, tuple(printed))
                text = line.removeprefix(PROMPT).strip().removesuffix("\\")
                printed = []
            continued = line.endswith("\\")
        if text:
            yield Command(text, tuple(printed))


def documents() -> list[Path]:
    """All pages that people read, but for the generated one, whose lines are the help's."""
    patterns = ("*.md", "bootstrap/*.md", "docs/**/*.md", "modules/**/*.md", "policies/*.md")
    found = {path for pattern in patterns for path in ROOT.glob(pattern)}
    return sorted(found - {ROOT / "docs" / "cli.md"})


def guides() -> list[Path]:
    """The pages that lead through one thing each."""
    return sorted(path for path in (ROOT / "docs" / "guides").glob("*.md") if path.stem != "README")


def blocks(page: Path) -> Iterator[Block]:
    """The fenced blocks of a page."""
    lines = page.read_text(encoding="utf-8").splitlines()
    marks: dict[str, str] = {}
    opened: tuple[int, str, str, str] | None = None
    for number, line in enumerate(lines, 1):
        fence = _FENCE.fullmatch(line)
        if opened is not None:
            begun, indent, ticks, language = opened
            if line == f"{indent}{ticks}":
                body = tuple(item.removeprefix(indent) for item in lines[begun : number - 1])
                yield Block(page, begun, language, body, marks)
                opened, marks = None, {}
        elif fence:
            opened = (number, fence.group(1), fence.group(2), fence.group(3))
        elif mark := _MARK.fullmatch(line.strip()):
            marks[mark.group(1)] = mark.group(2)
        elif line.strip():
            marks = {}


def spans(page: Path) -> Iterator[str]:
    """The commands of make and infra that stand in the text of a page, as `infra plan ENV`."""
    text = re.sub(r"```.*?```", "", page.read_text(encoding="utf-8"), flags=re.DOTALL)
    for span in re.findall(r"(?<!`)`([^`]+)`(?!`)", text):
        words = " ".join(span.split())
        if re.match(r"(make|infra) [a-z]", words):
            yield words
