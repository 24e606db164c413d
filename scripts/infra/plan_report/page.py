"""A report as one HTML file, which asks nothing of any network and runs no script."""

from __future__ import annotations

import functools
import re
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from jinja2 import Environment, FileSystemLoader, StrictUndefined, Template
from markupsafe import Markup, escape

from infra.graphs import svg
from infra.graphs.page import content_policy
from infra.ledger.rendering import rows
from infra.plan_report import facts
from infra.plan_report.entries import Entry, by_module, counted
from infra.plan_report.model import Report
from infra.plan_report.verdict import headline, judge
from infra.plans import Action
from infra.untrusted import cut, visible

FOLDER = Path(__file__).parent
MOST_ENTRIES = 5_000
"""More than that a browser shows only slowly."""

MOST_LINES = 6_000
"""How many attributes of all resources together are shown; the risky ones come first."""

MOST_OPEN = 60
"""A page with more resources begins with its modules closed."""

LONGEST_CELL = 200
_JOINT = re.compile(r"([._])(?=\w)")


@dataclass(frozen=True)
class Group:
    """A module, and what changes in it. open: whether it is shown at once."""

    name: str
    counted: str
    entries: Sequence[Entry]
    open: bool


def page(report: Report) -> str:
    """The file. Its sections are those of page.html.j2."""
    style = (FOLDER / "page.css").read_text(encoding="utf-8") + svg.stylesheet()
    entries, unlisted, cropped = _bounded(report.entries)
    label = f"What {report.about.environment.name} changes, and what is made after what"
    return _template().render(
        report=report,
        facts=facts,
        style=Markup(style),  # noqa: S704  our own file
        policy=content_policy(style),
        headline=headline(report),
        judgement=judge(report),
        counts=[(action, report.counts[action]) for action in Action if report.counts.get(action)],
        risky=[entry for entry in entries if entry.risky],
        groups=_groups(entries),
        unlisted=unlisted,
        cropped=cropped,
        # Escaped where they are made.
        drawings=[
            (size, Markup(svg.drawing(report.graph, columns, label)))  # noqa: S704
            for size, columns in (("narrow", svg.NARROW), ("wide", svg.WIDE))
        ]
        if report.graph.nodes
        else [],
        history=_history(report),
    )


@functools.cache
def _template() -> Template:
    templates = Environment(
        loader=FileSystemLoader(FOLDER),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    templates.filters |= {"visible": visible, "breaking": _breaking}
    return templates.get_template("page.html.j2")


def _breaking(text: str) -> Markup:
    """An address that may be broken between its parts; what is copied from the page is the same."""
    escaped = str(escape(text))
    return Markup(_JOINT.sub(r"\1<wbr>", escaped))  # noqa: S704  escaped just now


def _bounded(found: Sequence[Entry]) -> tuple[list[Entry], int, int]:
    """What is shown, how many resources are not, and of how many the attributes are not."""
    left, cropped, shown = MOST_LINES, 0, []
    for entry in found[:MOST_ENTRIES]:
        if len(entry.lines) > left:
            cropped += 1
            shown.append(replace(entry, lines=(), hidden=entry.hidden + len(entry.lines)))
        else:
            left -= len(entry.lines)
            shown.append(entry)
    return shown, len(found) - len(shown), cropped


def _groups(entries: Sequence[Entry]) -> list[Group]:
    modules = by_module(entries)
    return [
        Group(
            name,
            counted({action: sum(one.action is action for one in found) for action in Action}),
            found,
            # What is changed is what there is to read; what is new can wait.
            open=len(entries) <= MOST_OPEN
            and (len(modules) == 1 or any(one.action is not Action.CREATE for one in found)),
        )
        for name, found in modules.items()
    ]


def _history(report: Report) -> list[list[str]]:
    return [
        [cut(visible(cell), LONGEST_CELL) for cell in row]
        for row in rows(report.about.history or ())
    ]
