"""docs/schemas: one for each command, which the outputs in all tests are compared with."""

from __future__ import annotations

import re
from collections.abc import Iterator
from typing import Any

import click
import jsonschema
import pytest

from harness.schemas import COMMON, ERROR, SCHEMAS, check, file_name, read
from infra import errors, reports
from infra.cli import cli
from infra.diagnostics import Diagnostic


def leaves(command: click.Command, path: tuple[str, ...] = ()) -> Iterator[str]:
    """All commands that do something."""
    if not isinstance(command, click.Group):
        yield " ".join(path)
        return
    context = click.Context(command)
    for name in command.list_commands(context):
        inner = command.get_command(context, name)
        assert inner is not None
        yield from leaves(inner, (*path, name))


ALL = sorted(leaves(cli))
FILES = sorted(SCHEMAS.glob("*.json"))


def test_there_is_one_for_each_command_and_no_other() -> None:
    expected = {COMMON, ERROR, *map(file_name, ALL)}
    assert {path.name for path in FILES} == expected


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_it_is_a_schema_that_leaves_nothing_open(path: Any) -> None:
    schema = read(path)
    jsonschema.Draft202012Validator.check_schema(schema)
    if path.name == COMMON:
        return
    assert schema["title"]
    assert schema["additionalProperties"] is False
    result = schema["properties"].get("result", schema["properties"].get("error"))
    assert result.keys() & {"type", "$ref", "anyOf"}, "the result may be anything"
    for name in re.findall(r'"common\.json#/\$defs/(\w+)"', path.read_text(encoding="utf-8")):
        assert name in read(SCHEMAS / COMMON)["$defs"]


FAILURES = [
    errors.UsageError("No.", hint="Do.", details=("a",)),
    errors.TerraformError("No.", diagnostics=(Diagnostic("error", "It broke"),)),
    errors.PlanChangedError("No.", ingredients=("plan",), differences=({"path": "a"},)),
    errors.NotVerifiedError("No.", causes=("no-record",)),
    errors.ApprovalMissingError("No.", identity="prod-1"),
]


@pytest.mark.parametrize("failure", FAILURES, ids=lambda failure: failure.reason)
def test_every_kind_of_failure_is_documented(failure: errors.InfraError) -> None:
    check(reports.error(failure))


def test_every_reason_is_listed() -> None:
    text = (SCHEMAS / "README.md").read_text(encoding="utf-8")
    listed = set(re.findall(r"^\| `([a-z-]+)` \|", text, re.MULTILINE))
    kinds = [
        kind
        for kind in vars(errors).values()
        if isinstance(kind, type) and issubclass(kind, errors.InfraError)
    ]
    assert listed == {kind.reason for kind in kinds}


@pytest.mark.parametrize(
    "document",
    [
        {"format_version": 1, "command": "docs", "result": {"stale": [], "written": "yes"}},
        {"format_version": 1, "command": "docs", "result": {"stale": []}},
        {"format_version": 1, "command": "docs", "result": {"stale": [], "written": True, "x": 1}},
        {"format_version": 1, "command": "docs", "more": 1, "result": {}},
        {"format_version": 2, "command": "docs", "result": {"stale": [], "written": True}},
        {"format_version": 1, "command": "unheard of", "result": {}},
        {"format_version": 1, "error": {"reason": "x"}},
    ],
)
def test_what_is_not_documented_is_noticed(document: Any) -> None:
    with pytest.raises(AssertionError, match="docs/schemas/"):
        check(document)


def test_the_page_links_every_schema() -> None:
    text = (SCHEMAS / "README.md").read_text(encoding="utf-8")
    assert set(re.findall(r"\]\(([a-z_]+\.json)\)", text)) == {path.name for path in FILES}
