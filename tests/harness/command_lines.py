"""Command lines as people read them: split as a shell does, and parsed without being run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator, Sequence
from functools import cache

import click

from harness.places import ROOT
from infra.cli import cli

PROGRAMS = {
    *("aws", "gh", "git", "jq", "python3", "terraform"),
    *("cat", "cd", "chmod", "cp", "echo", "eval", "export", "mkdir", "mv", "printf", "rm", "sed"),
}
"""What a document may call beside make and infra: what everybody has, or the page names."""

_ASSIGNMENT = re.compile(r"[A-Za-z_][A-Za-z0-9_]*=")
_SEPARATORS = {"&&", "||", "|", ";"}
_REDIRECTIONS = {">", ">>", "<", "2>"}


class WrongLineError(Exception):
    """A command line that would not work."""


def commands(line: str) -> Iterator[list[str]]:
    """The simple commands in a line, those inside of $(...) as well, without assignments.

    Raises WrongLineError where a shell could not split it.
    """
    reader = shlex.shlex(line, posix=True, punctuation_chars=True)
    reader.whitespace_split = True
    reader.commenters = "#"
    try:
        words = list(reader)
    except ValueError as error:
        raise WrongLineError(f"{line}: {error}") from error
    simple: list[str] = []
    places = iter(words)
    for word in places:
        if word in _SEPARATORS:
            yield from _one(simple)
            simple = []
        elif word in _REDIRECTIONS:
            next(places, None)
        else:
            simple.append(word)
    yield from _one(simple)


def _one(words: list[str]) -> Iterator[list[str]]:
    for word in words:
        for inner in re.findall(r"\$\(([^()]*)\)", word):
            yield from commands(inner)
    while words and _ASSIGNMENT.match(words[0]):
        words = words[1:]
    if words:
        yield words


def check(line: str) -> None:
    """Raise WrongLineError unless every command of a line is there and takes what it is given."""
    for words in commands(line):
        program = words[0].rpartition("/")[2]
        if program == "infra":
            check_infra(words[1:])
        elif program == "make":
            check_make(words[1:])
        elif program not in PROGRAMS:
            raise WrongLineError(f"{line}: {words[0]} is no program that documents may name")


def check_infra(arguments: Sequence[str], *, whole: bool = True) -> None:
    """Raise WrongLineError unless click takes these arguments; nothing is run.

    whole: arguments that are needed must be there.
    """
    command: click.Command = cli
    parent: click.Context | None = None
    name, rest = "infra", list(arguments)
    try:
        while True:
            # Help and version would print and end the process.
            wanted = [word for word in rest if word not in ("--help", "-h", "--version")]
            context = command.make_context(name, wanted, parent)
            if not isinstance(command, click.Group):
                return
            left = [*context._protected_args, *context.args]
            found, inner, rest = command.resolve_command(context, left)
            assert inner is not None
            command, parent, name = inner, context, found or name
    except click.exceptions.NoArgsIsHelpError:
        return
    except click.MissingParameter as error:
        if whole and not {"--help", "-h"} & set(arguments):
            raise WrongLineError(
                f"infra {shlex.join(arguments)}: {error.format_message()}"
            ) from None
    except click.ClickException as error:
        raise WrongLineError(f"infra {shlex.join(arguments)}: {error.format_message()}") from None


def check_make(arguments: Sequence[str]) -> None:
    """Raise WrongLineError unless the targets exist and use the variables that are set."""
    recipes = targets()
    given = [word.partition("=")[0] for word in arguments if "=" in word]
    named = [word for word in arguments if "=" not in word]
    for target in named:
        if target not in recipes:
            raise WrongLineError(f"make {target}: there is no such target")
    for variable in given:
        used = re.compile(rf"\b{variable}\b")
        if not any(used.search(recipes[target]) for target in named):
            raise WrongLineError(f"make {' '.join(arguments)}: {variable} is used by none of them")


@cache
def targets() -> dict[str, str]:
    """Each target of the Makefile, with its recipe and those of what it needs."""
    text = (ROOT / "Makefile").read_text(encoding="utf-8")
    names = re.findall(r"^\.PHONY: (\S+)$", text, re.MULTILINE)
    # The set-up, which nearly all of them need, takes PYTHON.
    values = dict(re.findall(r"^(\w+) \??:?= (.*)$", text, re.MULTILINE))
    always = "PYTHON" if "PYTHON" in values else ""
    found = {}
    for name in names:
        rule = re.search(rf"^{name}:(.*)\n((?:\t.*\n|\n(?=\t))*)", text, re.MULTILINE)
        found[name] = f"{rule.group(1)}\n{rule.group(2)}\n{always}" if rule else always
    return found
