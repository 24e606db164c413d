"""Somebody who reads a guide and types what it says, and compares what is printed.

What differs from run to run (identities, digests, times, numbers) may differ from the page; where
it is typed again later, the page's is replaced by what was really printed.
"""

from __future__ import annotations

import re
import shlex
import subprocess
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from harness.checkout import Answer
from harness.clock import advance
from harness.command_lines import targets
from harness.pages import AS, EXIT_CODE, FILE, NOT_RUN, SHELLS, TESTED_BY, Block, Command, blocks
from harness.places import ROOT
from harness.promoting import Bed
from infra.terraform.binary import find_terraform

# The longer before what it contains.
NAMES = {
    "identity": r"\b[a-z]+(?:-[0-9a-f]{4}){8}\b",
    "digest": r"\bsha256:[0-9a-f]{64}\b",
    "uuid": r"\b[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\b",
    "hash": r"\b[0-9a-f]{64}\b",
    "commit": r"\b[0-9a-f]{40}\b",
    "release": r"\br-[0-9a-f]{16}\b",
}
"""What is remembered, since it is typed again."""

LOOSE = {
    "time": r"\d{4}-\d\d-\d\d[T ]\d\d:\d\d:\d\d(?:\.\d+)?(?:\+00:00|Z)?",
    "short": r"\b(?=[0-9a-f]*\d)[0-9a-f]{12}\b",
    "number": r"\d+(?:\.\d+)?",
}
TOKEN = re.compile("|".join(f"(?P<{name}>{text})" for name, text in {**NAMES, **LOOSE}.items()))
COLOUR = re.compile(r"\x1b\[[0-9;]*m")
CHANGES = ("plan", "diff", "drift")
"""Commands that end with 2 where there is something to see."""


@dataclass
class Reader:
    """Follows guides in a small checkout.

    known: what stands in a page, and what it is in truth. variables: what the shell was given.
    """

    bed: Bed
    known: dict[str, str] = field(default_factory=dict)
    variables: dict[str, str] = field(default_factory=dict)

    def follow(self, page: Path) -> int:
        """Do all that a page says and its marks leave to us; returns how many commands."""
        count = 0
        for block in blocks(page):
            if FILE in block.marks:
                self._write(block.marks[FILE], block)
            if block.language not in SHELLS or {TESTED_BY, NOT_RUN} & block.marks.keys():
                continue
            commands = list(block.commands())
            for command in commands:
                last = command is commands[-1]
                self._do(block, command, int(block.marks.get(EXIT_CODE, 0)) if last else 0)
                count += 1
        return count

    def _write(self, path: str, block: Block) -> None:
        file = self.bed.root / self._told(path)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.write_text(self._told("\n".join(block.body)) + "\n", encoding="utf-8")

    def _do(self, block: Block, command: Command, code: int) -> None:
        text = self._told(command.text)
        words = shlex.split(text, comments=True)
        answer = self._run(words, block.marks.get(AS, ""))
        told = f"{block.place}: {text}\nended with {answer.code}\n{answer.out}\n{answer.err}"
        allowed = {0, 2} if words[1] in CHANGES and not code else {code}
        assert answer.code in allowed, told
        lines = COLOUR.sub("", f"{answer.out}\n{answer.err}").splitlines()
        for expected in command.printed:
            if expected.strip() not in ("", "..."):
                assert self._learn(expected, lines), f"not printed: {expected}\n{told}"

    def _run(self, words: Sequence[str], user: str) -> Answer:
        program, rest = words[0], list(words[1:])
        if program == "make":
            program, rest = "infra", made(rest)
        who = dict.fromkeys(("LOGNAME", "USER"), user) if user else {}
        if program == "infra":
            answer = self.bed.run(self.bed.command(*rest), who)
            if rest[0] == "apply":
                self._let_time_pass()
            return answer
        if program == "eval":
            (inner,) = re.findall(r"\$\(infra (.+)\)", rest[0])
            entered = self.bed.infra(*inner.split(), "--json")
            self.variables = entered.json["result"]
            return Answer(entered.code, "", entered.err)
        if program == "git":
            return Answer(0, self.bed.git(*rest), "")
        begin = {
            "aws": (str(ROOT / ".venv-aws-cli" / "bin" / "aws"),),
            "terraform": find_terraform().arguments,
        }.get(program, (program,))
        done = subprocess.run(
            [*begin, *rest],
            cwd=self.bed.root,
            env={**self.bed.shell(), **self.variables},
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def _let_time_pass(self) -> None:
        """Until their first data alarms say nothing, and a verification waits for them."""
        endpoint = self.bed.cloud.running()
        assert endpoint is not None
        advance(endpoint, 300)

    def _told(self, text: str) -> str:
        """A page's text with what was really printed in place of the page's own."""
        for written, real in self.known.items():
            text = text.replace(written, real)
        return text

    def _learn(self, expected: str, lines: Sequence[str]) -> bool:
        """Whether one of the lines is the expected one; remembers what it is called in truth."""
        pattern, names = self._pattern(expected)
        for line in lines:
            found = re.fullmatch(pattern, line.strip())
            if found:
                self.known |= dict(zip(names, found.groups(), strict=True))
                return True
        return False

    def _pattern(self, expected: str) -> tuple[str, list[str]]:
        parts: list[str] = []
        names: list[str] = []
        place = 0
        text = expected.strip()
        for token in TOKEN.finditer(text):
            parts.append(_literal(text[place : token.start()]))
            kind, written = str(token.lastgroup), token.group()
            if kind in LOOSE:
                parts.append(f"(?:{LOOSE[kind]})")
            elif written in self.known:
                parts.append(re.escape(self.known[written]))
            else:
                parts.append(f"({NAMES[kind]})")
                names.append(written)
            place = token.end()
        parts.append(_literal(text[place:]))
        return "".join(parts), names


def made(arguments: Sequence[str]) -> list[str]:
    """The arguments of the infra command that a make target runs."""
    variables = dict(word.split("=", 1) for word in arguments if "=" in word)
    (target,) = (word for word in arguments if "=" not in word)
    (recipe,) = re.findall(r"\$\(INFRA\) (.+?)(?: \|\| .*)?$", targets()[target], re.MULTILINE)
    recipe = re.sub(r"\$\$\{\w+:\+.*?\}", "", recipe)  # what is left out where it is not set
    words: Mapping[str, str] = {f'"$${name}"': value for name, value in variables.items()}
    return [words.get(word, word) for word in recipe.split() if words.get(word, word)]


def _literal(text: str) -> str:
    """Text of a page as a pattern: "..." is anything, and one space as good as several."""
    words = (re.escape(part).replace(r"\ ", " ") for part in re.split(r"\s*\.\.\.\s*", text))
    return re.sub(r" +", r"\\s+", ".*".join(words))
