"""The generated parts of the documents: tables of modules and gates, and the page of all commands.

A part stands between a BEGIN and an END mark; everything else on a page is written by hand.
"""

from __future__ import annotations

import difflib
import json
import re
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from itertools import zip_longest
from pathlib import Path
from typing import Any

import click

from infra import hcl
from infra.errors import RepositoryError
from infra.gates import GATES
from infra.repository import Repository

WIDTH = 90


@dataclass(frozen=True)
class Page:
    """A document as it is and as it should be."""

    path: Path
    found: str
    wanted: str

    @property
    def stale(self) -> bool:
        """Whether the file has to be written."""
        return self.found != self.wanted

    @property
    def first_difference(self) -> int:
        """The line, counted from 1, at which the file begins to be another one."""
        pairs = zip_longest(self.found.splitlines(), self.wanted.splitlines())
        return next((n for n, (found, wanted) in enumerate(pairs, 1) if found != wanted), 1)

    def difference(self) -> str:
        """What would change, as a unified diff."""
        return "".join(
            difflib.unified_diff(
                self.found.splitlines(keepends=True),
                self.wanted.splitlines(keepends=True),
                f"{self.path.name} as it is",
                f"{self.path.name} as it should be",
            )
        )


def pages(repository: Repository, command: click.Command) -> list[Page]:
    """All documents with generated parts.

    Raises RepositoryError when a module's files can't be read or a page lacks its marks.
    """
    modules = sorted(path.parent for path in repository.modules.glob("*/variables.tf"))
    made = [_module(folder) for folder in modules]
    cli = repository.root / "docs" / "cli.md"
    found = cli.read_text(encoding="utf-8") if cli.is_file() else ""
    return [*made, *_gates(repository), Page(cli, found, _commands(command))]


def write(stale: list[Page]) -> None:
    """Bring pages up to date."""
    for page in stale:
        page.path.parent.mkdir(parents=True, exist_ok=True)
        page.path.write_text(page.wanted, encoding="utf-8")


def _module(folder: Path) -> Page:
    readme = folder / "README.md"
    try:
        found = readme.read_text(encoding="utf-8")
        variables = hcl.labelled(hcl.read(folder / "variables.tf"), "variable")
        outputs = hcl.labelled(hcl.read(folder / "outputs.tf"), "output")
    except (OSError, ValueError) as error:
        raise RepositoryError(f"modules/{folder.name} can't be documented: {error}.") from error
    page = f"modules/{folder.name}/README.md"
    wanted = _between(page, found, "INPUTS", _inputs(variables))
    wanted = _between(page, wanted, "OUTPUTS", _outputs(outputs))
    return Page(readme, found, wanted)


def _gates(repository: Repository) -> Iterator[Page]:
    path = repository.root / "docs" / "gates.md"
    if path.is_file():
        found = path.read_text(encoding="utf-8")
        yield Page(path, found, _between("docs/gates.md", found, "GATES", _gate_tables()))


def _gate_tables() -> list[str]:
    lines = []
    for gate in GATES.values():
        lines += ["", f"## {gate.name}", "", gate.meaning]
        if gate.section.settings:
            lines += ["", "| Setting | What it says | Expected | Default |", "|---|---|---|---|"]
        lines += [
            f"| `{name}` | {_cell(item.meaning)} | {_cell(item.kind.expected)}"
            f" | `{_cell(json.dumps(item.default, ensure_ascii=False))}` |"
            for name, item in gate.section.settings.items()
        ]
    return [*lines, ""]


def _between(page: str, text: str, mark: str, lines: list[str]) -> str:
    begin, end = f"<!-- BEGIN {mark} -->", f"<!-- END {mark} -->"
    if text.count(begin) != 1 or text.count(end) != 1:
        raise RepositoryError(
            f"{page} lacks the marks of its {mark.lower()} table.",
            hint=f"Put these two lines where the table belongs:\n{begin}\n{end}",
        )
    head, _, rest = text.partition(begin)
    _, _, tail = rest.partition(end)
    return "\n".join([head + begin, *lines, end + tail])


def _inputs(variables: Mapping[str, Mapping[str, Any]]) -> list[str]:
    rows = ["| Name | Description | Type | Default | Required |", "|---|---|---|---|---|"]
    for name, body in variables.items():
        required = "default" not in body
        default = "-" if required else f"`{_cell(_literal(body['default']))}`"
        kind = _cell(_expression(str(body["type"])))
        described = _cell(str(body.get("description", "")))
        rows.append(
            f"| `{name}` | {described} | `{kind}` | {default} | {'yes' if required else 'no'} |"
        )
    return rows


def _outputs(outputs: Mapping[str, Mapping[str, Any]]) -> list[str]:
    rows = ["| Name | Description |", "|---|---|"]
    rows += [
        f"| `{name}` | {_cell(str(body.get('description', '')))} |"
        for name, body in outputs.items()
    ]
    return rows


def _expression(text: str) -> str:
    inner = re.fullmatch(r"\$\{(.*)\}", text, re.DOTALL)
    plain = inner.group(1) if inner else text
    # As `terraform fmt` would leave it, were it on one line.
    return re.sub(r"(?<!\{)\}\)", " })", plain.replace("({", "({ "))


def _literal(value: Any) -> str:
    if isinstance(value, str):
        expression = re.fullmatch(r"\$\{(.*)\}", value, re.DOTALL)
        return expression.group(1) if expression else json.dumps(value, ensure_ascii=False)
    if isinstance(value, Mapping):
        pairs = ", ".join(f"{key} = {_literal(item)}" for key, item in value.items())
        return f"{{ {pairs} }}" if pairs else "{}"
    if isinstance(value, list):
        return "[" + ", ".join(map(_literal, value)) + "]"
    return json.dumps(value)


def _cell(text: str) -> str:
    return " ".join(text.split()).replace("|", "\\|")


def _commands(command: click.Command) -> str:
    parts = [
        "# The infra command\n",
        "Generated by `infra docs` from the commands' own help; do not edit.\n",
    ]
    for path, found in _walk(command, ("infra",)):
        context = click.Context(
            found,
            info_name=" ".join(path),
            terminal_width=WIDTH,
            max_content_width=WIDTH,
            help_option_names=command.context_settings.get("help_option_names"),
        )
        parts.append(f"## {' '.join(path)}\n\n```text\n{found.get_help(context)}\n```\n")
    return "\n".join(parts)


def _walk(
    command: click.Command, path: tuple[str, ...]
) -> Iterator[tuple[tuple[str, ...], click.Command]]:
    yield path, command
    if isinstance(command, click.Group):
        context = click.Context(command)
        for name in command.list_commands(context):
            inner = command.get_command(context, name)
            if inner is not None:
                yield from _walk(inner, (*path, name))
