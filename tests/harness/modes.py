"""The sixty ways in which a plan, an apply or a promotion goes wrong, and which test tries each.

A test says so with `@pytest.mark.mode(14, "apply-failed")`: the number of the mode, and the reason
that somebody must hear in it (none where nothing is said). The test fails where that reason was not
said while it ran; what was said goes into docs/failure_modes.md (`make failure-modes`).
"""

from __future__ import annotations

import ast
import contextlib
import getpass
import json
import re
import socket
from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from typing import Any

import pytest
import yaml

from harness.places import ROOT
from infra import errors
from infra.errors import InfraError
from infra.gates.results import GateResult
from infra.untrusted import line

LIST = ROOT / "docs" / "failure_modes.yaml"
PAGE = ROOT / "docs" / "failure_modes.md"
SAID = ROOT / "tests" / "static" / "failure_modes.json"
PROPERTY = "mode"
MARKER = "mode"
LONGEST = 240
HEAD = """# What can go wrong, and what is said

Sixty ways in which a plan, an apply or a promotion goes wrong. Written by `make failure-modes` from
the tests themselves: each of those below has just met the mode, and heard that. Times, paths and
digests are shortened. The list is [failure_modes.yaml](failure_modes.yaml); exit codes are
explained in [the README](../README.md).

"""


@dataclass(frozen=True)
class Mode:
    """One way. none: why this product can't meet it, "" where it can. remark: what is not tried."""

    number: int
    what: str
    none: str = ""
    remark: str = ""


@dataclass(frozen=True, order=True)
class Mark:
    """A test that meets a mode. reason: what must be said, "" for nothing."""

    number: int
    test: str
    reason: str

    @property
    def key(self) -> str:
        """As the file of what was said has it."""
        return f"{self.number} {self.test} {self.reason}".rstrip()


@dataclass(frozen=True)
class Heard:
    """What somebody was told. reason: of an error, or `gate NAME`; "" where that is not known."""

    reason: str
    code: int | None
    text: str


_hearing: list[list[Heard]] = []


def all_modes() -> list[Mode]:
    """The list, by number."""
    return [Mode(**entry) for entry in yaml.safe_load(LIST.read_text(encoding="utf-8"))]


def all_marks() -> list[Mark]:
    """Every mark of every test, read and not run."""
    found = set()
    for path in sorted((ROOT / "tests").rglob("test_*.py")):
        text = path.read_text(encoding="utf-8")
        if f"mark.{MARKER}(" not in text:
            continue
        name = path.relative_to(ROOT).as_posix()
        for node in ast.walk(ast.parse(text)):
            if isinstance(node, ast.FunctionDef):
                found |= {
                    Mark(number, f"{name}::{node.name}", reason)
                    for decorator in node.decorator_list
                    for number, reason in _calls(decorator)
                }
    return sorted(found)


def _calls(decorator: ast.expr) -> Iterator[tuple[int, str]]:
    for node in ast.walk(decorator):
        if (
            isinstance(node, ast.Call)
            and isinstance(node.func, ast.Attribute)
            and node.func.attr == MARKER
        ):
            number, *reasons = (ast.literal_eval(argument) for argument in node.args)
            for reason in reasons or [""]:
                yield number, reason


def told(text: str, reason: str = "", code: int | None = None) -> None:
    """Say in a test what a person was shown there, where no error and no answer says it."""
    for ears in _hearing:
        ears.append(Heard(reason, code, text))


def answered(code: int, out: str, err: str) -> None:
    """A command has ended: what it said of why."""
    if not _hearing:
        return
    with contextlib.suppress(ValueError, KeyError, TypeError):
        error = json.loads(out)["error"]
        told(error["message"], error["reason"], error["exit_code"])
        return
    for text in re.findall(r"^Error: (.*)$", err, re.MULTILINE):
        told(text, "", code)


@contextlib.contextmanager
def listening(patch: pytest.MonkeyPatch) -> Iterator[list[Heard]]:
    """All that is said meanwhile, by commands and by functions of this process."""
    ears: list[Heard] = []
    made, answer = InfraError.__init__, GateResult.__init__

    def error(self: InfraError, message: str, **more: Any) -> None:
        made(self, message, **more)
        told(self.message, self.reason, self.exit_code)

    def result(self: GateResult, *arguments: Any, **more: Any) -> None:
        answer(self, *arguments, **more)
        if self.refused:
            told(self.text, f"gate {self.name}", errors.GateRefusedError.exit_code)

    patch.setattr(InfraError, "__init__", error)
    patch.setattr(GateResult, "__init__", result)
    _hearing.append(ears)
    try:
        yield ears
    finally:
        _hearing.remove(ears)


def matched(mark: Mark, heard: Sequence[Heard]) -> Heard | None:
    """What was said in this mode; None where something should have been and was not."""
    exit_code = exit_code_of(mark.reason)
    exact = [
        one for one in heard if one.reason == mark.reason and (mark.reason or one.code is None)
    ]
    # A command without --json says no reason; its exit code has to do.
    near = [one for one in heard if not one.reason and one.code == exit_code]
    # The last word: what is raised anew on its way up is what a person is shown.
    return next((one for one in [*exact[::-1], *(near[::-1] if mark.reason else [])]), None)


def exit_code_of(reason: str) -> int | None:
    """The exit code that goes with a reason; None where there is none."""
    if reason.startswith("gate "):
        return errors.GateRefusedError.exit_code
    for kind in _all_errors(InfraError):
        if kind.reason == reason:
            return kind.exit_code
    return None


def _all_errors(kind: type[InfraError]) -> Iterator[type[InfraError]]:
    yield kind
    for inner in kind.__subclasses__():
        yield from _all_errors(inner)


def properties(item: pytest.Item, heard: Sequence[Heard]) -> Iterator[tuple[str, str]]:
    """What a test has to tell of its modes. Fails it where something was not said."""
    test = item.nodeid.partition("[")[0]
    for marker in item.iter_markers(MARKER):
        number, *reasons = marker.args
        for reason in reasons or [""]:
            mark = Mark(number, test, reason)
            found = matched(mark, heard)
            if found is None and reason:
                said = ", ".join(sorted({one.reason or str(one.code) for one in heard}))
                pytest.fail(f"mode {number}: nobody said {reason!r}, but {said or 'nothing'}")
            text = "" if found is None else shortened(found.text)
            yield PROPERTY, json.dumps({"key": mark.key, "said": text})


def shortened(text: str) -> str:
    """A sentence without what differs from run to run, or names this machine."""
    user = getpass.getuser()
    for pattern, what in (
        (re.escape(f"{user}@{socket.gethostname()}"), "ada@laptop"),
        (rf"(?<=by ){re.escape(user)}\b|\b{re.escape(user)}(?= \(arn:)", "ada"),
        (r"(?<![\w:/.])/(?:[^\s/'\",:;]+/)+", ".../"),
        (r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(\.\d+)?(Z|[+-]\d\d:?\d\d)?( UTC)?", "TIME"),
        (r"-(?:[0-9a-f]{4}-){7}[0-9a-f]{4}\b", "-7f3a-..."),
        (r"\b[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}\b", "6f2b..."),
        (r"\b[0-9a-f]{13,64}\b", "7f3a..."),
        (r"(?<=127\.0\.0\.1:)\d+", "PORT"),
        (r"(?<=process )\d+", "N"),
        (r"\b\d+\.\d+ s\b", "N s"),
    ):
        text = re.sub(pattern, what, text)
    return line(text, LONGEST)


def write(said: dict[str, str]) -> None:
    """Renew the page. said: by mark, of the tests that have just run; of others stays what was."""
    marks = all_marks()
    known = {**read(), **said}
    kept = {mark.key: known[mark.key] for mark in marks if mark.key in known}
    SAID.write_text(json.dumps(kept, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    PAGE.write_text(page(all_modes(), marks, kept), encoding="utf-8")


def read() -> dict[str, str]:
    """What was said when the page was written, by mark."""
    if not SAID.is_file():
        return {}
    found: dict[str, str] = json.loads(SAID.read_text(encoding="utf-8"))
    return found


def page(modes: Sequence[Mode], marks: Sequence[Mark], said: dict[str, str]) -> str:
    """The page."""
    tried = {mark.number for mark in marks}
    count = sum(mode.number in tried for mode in modes)
    lines = [
        f"{count} of {len(modes)} are tried by {len({mark.test for mark in marks})} tests;"
        f" {len(modes) - count} this product can't meet.",
        "",
        "| No. | What goes wrong | Reason | Exit code | What is said | Tried by |",
        "|---|---|---|---|---|---|",
    ]
    for mode in modes:
        rows = [_row(mode, mark, said) for mark in marks if mark.number == mode.number]
        lines += rows or [f"| {mode.number} | {_cell(mode.what)} | | | not applicable | |"]
    lines += _notes("Not applicable", [(mode.number, mode.none) for mode in modes if mode.none])
    lines += _notes(
        "What is not tried", [(mode.number, mode.remark) for mode in modes if mode.remark]
    )
    return HEAD + "\n".join(lines) + "\n"


def _row(mode: Mode, mark: Mark, said: dict[str, str]) -> str:
    file, _, test = mark.test.removeprefix("tests/").partition("::")
    code = exit_code_of(mark.reason)
    text = _cell(said.get(mark.key, "")) or "nothing: it does not come to it"
    return (
        f"| {mode.number} | {_cell(mode.what)} | {f'`{mark.reason}`' if mark.reason else ''}"
        f" | {'' if code is None else code} | {text} | `{file}`: {test.replace('_', ' ')[5:]} |"
    )


def _notes(title: str, notes: Sequence[tuple[int, str]]) -> list[str]:
    if not notes:
        return []
    return ["", f"## {title}", "", *(f"- {number}: {_plain(text)}" for number, text in notes)]


def _cell(text: str) -> str:
    return _plain(text).replace("|", "\\|")


def _plain(text: str) -> str:
    """As Markdown: code stays code, an address becomes code, and all else is only text."""
    parts = re.split(r"(`[^`]+`|https?://[^\s\"']*\w)", " ".join(text.split()))
    return "".join(
        f"`{part.strip('`')}`" if number % 2 else re.sub(r"([<>*_\[\]`\\])", r"\\\1", part)
        for number, part in enumerate(parts)
    )


def is_current() -> list[str]:
    """What is wrong with the page and the list; nothing where all is as it should be."""
    modes, marks, said = all_modes(), all_marks(), read()
    tried = {mark.number for mark in marks}
    known = {mode.number: mode for mode in modes}
    wrong = [f"mode {n} is not in {LIST.name}" for n in sorted(tried - known.keys())]
    for number, mode in known.items():
        if number not in tried and not mode.none:
            wrong.append(f"mode {number} has neither a test nor a reason why not: {mode.what}")
        if number in tried and mode.none:
            wrong.append(f"mode {number} has a test and a reason why not: {mode.what}")
    wrong += [
        f"mode {mark.number}: no error has the reason {mark.reason!r}"
        for mark in marks
        if mark.reason and exit_code_of(mark.reason) is None
    ]
    wrong += [f"{mark.key}: not run yet" for mark in marks if mark.key not in said]
    wrong += [f"{key}: no such test" for key in sorted(said.keys() - {m.key for m in marks})]
    if PAGE.read_text(encoding="utf-8") != page(modes, marks, said):
        wrong.append(f"{PAGE.name} is not what the list and the tests say")
    return wrong
