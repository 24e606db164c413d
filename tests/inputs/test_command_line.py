"""The command itself: its exit code and what it prints, whatever it is given."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from hypothesis import given
from hypothesis import strategies as st

from harness import hostile
from harness.harmless import crash_of, is_harmless, look, run
from infra.cli import cli
from inputs.valid import BACKEND_TF, ENVIRONMENT, MADE, TFVARS, write_checkout

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

REFUSED = (1, 10)
TAKEN = (0, 2)
FILES = {
    "environment.yaml": hostile.yaml_files(ENVIRONMENT),
    "terraform.tfvars": hostile.hcl_files(TFVARS),
    "backend.tf": hostile.hcl_files(BACKEND_TF),
    "release.auto.tfvars.json": hostile.json_files({"release": MADE.pin()}),
}


def with_environment() -> Iterator[tuple[str, ...]]:
    """Every command that takes the name of an environment first."""
    for path, command in _walk(cli, ()):
        arguments = [one.name for one in command.params if isinstance(one, click.Argument)]
        if arguments[:1] == ["environment"]:
            yield path


def _walk(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    if not isinstance(command, click.Group):
        yield path, command
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from _walk(inner, (*path, name))


COMMANDS = sorted(with_environment())


@pytest.fixture(scope="module")
def checkout(scratch: Path) -> Path:
    """A checkout with dev and staging."""
    write_checkout(scratch)
    return scratch


def told(checkout: Path, arguments: list[str]) -> int:
    """Run a command; its exit code. What it prints is harmless, and a refusal says what to do."""
    before = look(checkout)
    code, out, err = run(["-C", str(checkout), *arguments])
    assert code in (*REFUSED, *TAKEN), crash_of(checkout)
    is_harmless(out)
    is_harmless(err)
    assert "Traceback" not in out + err
    if code in REFUSED and "--json" in arguments:
        error = json.loads(out)["error"]
        assert error["exit_code"] == code
        assert error["message"] and error["reason"]
    elif code in REFUSED:
        assert err.startswith("Error: ")
    assert look(checkout) == before
    return code


def is_none(name: str) -> bool:
    """Whether no environment has this name: of one that is there, commands would do their work."""
    return name not in ("dev", "staging")


def test_there_are_commands_to_try() -> None:
    assert ("plan",) in COMMANDS and ("state", "versions") in COMMANDS and len(COMMANDS) > 15


@given(st.sampled_from(COMMANDS), hostile.texts().filter(is_none), st.booleans())
def test_the_name_of_an_environment(
    checkout: Path, command: tuple[str, ...], name: str, as_json: bool
) -> None:
    options = ["--json"] if as_json else []
    code = told(checkout, [*command, *options, "--", name])
    assert code in REFUSED


@given(hostile.texts().filter(is_none), hostile.texts())
def test_arguments_of_any_kind(checkout: Path, first: str, second: str) -> None:
    told(checkout, ["release", "show", "--", first])
    told(checkout, ["show", "--", first])
    told(checkout, ["diff", "--", first, second])
    told(checkout, ["release", "diff", "--", MADE.id, second])
    told(checkout, ["promote", "--", first, second])


@given(st.data())
def test_files_of_any_kind(checkout: Path, data: st.DataObject) -> None:
    name = data.draw(st.sampled_from(sorted(FILES)))
    path = checkout / "environments" / "staging" / name
    before = path.read_bytes() if path.exists() else None
    path.write_bytes(data.draw(FILES[name]))
    options = ["--json"] if data.draw(st.booleans()) else []
    try:
        told(checkout, ["diff", "dev", "staging", *options])
        told(checkout, ["gates", "staging", *options])
        told(checkout, ["release", "list", *options])
    finally:
        path.unlink() if before is None else path.write_bytes(before)


@given(hostile.json_files({"resource_changes": []}))
def test_a_file_in_place_of_a_plan(checkout: Path, content: bytes) -> None:
    path = checkout / "plan.json"
    path.write_bytes(content + b"]")
    assert told(checkout, ["lint", "--plan", str(path)]) in REFUSED
    path.unlink()
