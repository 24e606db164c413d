"""The help texts: they teach by examples, and the examples work."""

from __future__ import annotations

import re
from collections.abc import Iterator

import click
import pytest

from harness.command_lines import WrongLineError, check, check_infra
from infra.cli import cli


def walk(
    command: click.Command, path: tuple[str, ...] = ()
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    """All commands, with their names."""
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            assert inner is not None
            yield from walk(inner, (*path, name))


ALL = dict(walk(cli))
LEAVES = {path: found for path, found in ALL.items() if not isinstance(found, click.Group)}


def examples(command: click.Command) -> list[str]:
    """The lines below "Examples:", whole."""
    _, _, below = (command.epilog or "").partition("Examples:\n")
    text = below.partition("\n\n")[0].replace("\\\n", " ")
    return [line.strip() for line in text.splitlines() if line.strip()]


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_command_has_examples_that_parse(path: tuple[str, ...]) -> None:
    lines = examples(ALL[path])
    assert any(f"infra {' '.join(path)}".strip() in line for line in lines), "no example"
    for line in lines:
        check(line)


@pytest.mark.parametrize("path", ALL, ids=" ".join)
def test_every_option_and_command_says_what_it_is_for(path: tuple[str, ...]) -> None:
    found = ALL[path]
    assert (found.help or "").strip().partition("\n")[0].endswith((".", ":")), path
    for parameter in found.params:
        if isinstance(parameter, click.Option):
            assert parameter.help, f"{path}: {parameter.opts}"


@pytest.mark.parametrize("path", LEAVES, ids=" ".join)
def test_every_command_has_json(path: tuple[str, ...]) -> None:
    assert any("--json" in parameter.opts for parameter in LEAVES[path].params)


def test_the_first_page_teaches_the_way_of_a_release() -> None:
    told = re.findall(r"^ +infra (\w+)", str(cli.help), re.MULTILINE)
    assert told == [
        "plan",
        "apply",
        "release",
        "release",
        "verify",
        "promote",
        "promote",
        "rollback",
    ]
    for line in re.findall(r"^ +infra (.*?)(?:  +.*)?$", str(cli.help), re.MULTILINE):
        check_infra(line.replace(" ...", "").split(), whole=False)


@pytest.mark.parametrize(
    "line",
    [
        "infra plann staging",
        "infra plan",
        "infra plan staging --nonsense",
        "infra local start --port 99999",
        "infra release diff r-1",
        'eval "$(infra local environment staging)"',
        "make nothing ENV=dev",
        "make plan NAME=dev",
        "make plan ENV=dev && infra aply dev",
        "git status | surprise",
        "infra show 'open",
    ],
)
def test_a_wrong_line_is_noticed(line: str) -> None:
    with pytest.raises(WrongLineError):
        check(line)


@pytest.mark.parametrize(
    "line",
    [
        "infra --help",
        "infra plan --help",
        'eval "$(.venv/bin/infra local env staging)"',
        "make plan ENV=staging  # a comment",
        "make setup PYTHON=python3.12",
        "infra ledger export prod --out a.jsonl > told.txt",
        "NO_COLOR=1 infra plan dev --json | jq .result.counts",
    ],
)
def test_a_right_line_passes(line: str) -> None:
    check(line)
