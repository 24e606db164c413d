"""The changes of a plan as a report shows them: short, and with nothing hidden in their text.

Escaping for Markdown or HTML is not done here: the same text means something else in each.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.plans import (
    RISKY,
    UNKNOWN,
    Action,
    AttributeChange,
    PlanSummary,
    ResourceChange,
    module_path,
)
from infra.rendering import STYLES, shortened
from infra.untrusted import cut, visible

MOST_LINES = 60
"""How many attributes of one resource are shown."""

NAME_LENGTH = 400
"""Terraform sets no limit to keys, and so none to addresses."""

ROOT = "the environment itself"


@dataclass(frozen=True)
class Line:
    """One attribute or output that changes. before: "" where there was nothing."""

    path: str
    before: str
    after: str


@dataclass(frozen=True)
class Entry:
    """One resource that changes.

    name: its address in its module. why: the reason, as the end of a sentence. forcing: the
    attributes that can't be changed in place. lines: the others, as far as they are shown.
    hidden: how many are not; unknown: how many are known only after the apply.
    """

    address: str
    module: str
    name: str
    action: Action
    why: str
    create_first: bool
    forcing: Sequence[Line]
    lines: Sequence[Line]
    hidden: int
    unknown: int

    @property
    def risky(self) -> bool:
        """Whether something ends with it."""
        return self.action in RISKY

    @property
    def symbol(self) -> str:
        """The sign of the action."""
        return STYLES[self.action][0]

    @property
    def what(self) -> str:
        """What happens, in one or two words."""
        return _WORDS[self.action]

    @property
    def how(self) -> str:
        """The order of a replacement, "" for anything else."""
        if self.action is not Action.REPLACE:
            return ""
        return (
            "the new one is made first" if self.create_first else "gone until the new one is made"
        )


_WORDS: Mapping[Action, str] = {
    Action.DELETE: "destroyed",
    Action.REPLACE: "replaced",
    Action.FORGET: "forgotten",
    Action.UPDATE: "updated",
    Action.CREATE: "created",
    Action.READ: "read",
}


def entries(summary: PlanSummary) -> list[Entry]:
    """All changes, what is risky first."""
    return [_entry(change) for change in summary.changes]


def outputs(summary: PlanSummary) -> list[Line]:
    """All outputs that change."""
    return [_line(attribute) for attribute in summary.outputs]


def by_module(found: Sequence[Entry]) -> dict[str, list[Entry]]:
    """What is not risky, by module; what changes stands before what is new."""
    groups: dict[str, list[Entry]] = {}
    for entry in sorted(found, key=lambda entry: entry.module):
        if not entry.risky:
            groups.setdefault(entry.module, []).append(entry)
    return groups


def counted(counts: Mapping[Action, int]) -> str:
    """Such as: 1 to destroy, 60 to create."""
    found = [f"{counts[action]} to {action.value}" for action in Action if counts.get(action)]
    return ", ".join(found)


def _entry(change: ResourceChange) -> Entry:
    own = change.address.removeprefix(change.module + ".") if change.module else change.address
    forcing = [one for one in change.attributes if one.forces_replacement]
    rest = [one for one in change.attributes if not one.forces_replacement]
    if change.action is Action.DELETE or change.action is Action.FORGET:
        # All its attributes end with it, which says nothing.
        rest = []
    known = [one for one in rest if one.after != UNKNOWN]
    unknown = len(rest) - len(known)
    if change.action is Action.UPDATE:
        known, unknown = rest, 0
    forced = change.action is Action.REPLACE and bool(forcing)
    return Entry(
        address=name(change.address),
        module=name(module_path(change.module)) or ROOT,
        name=name(own),
        action=change.action,
        why="" if forced else visible(change.reason),
        create_first=change.create_first,
        forcing=[_line(one) for one in forcing[:MOST_LINES]],
        lines=[_line(one) for one in known[:MOST_LINES]],
        hidden=max(0, len(known) - MOST_LINES) + max(0, len(forcing) - MOST_LINES),
        unknown=unknown,
    )


def name(text: str) -> str:
    """An address as it is shown."""
    return cut(visible(text), NAME_LENGTH)


def _line(attribute: AttributeChange) -> Line:
    before, after = shortened(visible(attribute.before), visible(attribute.after))
    return Line(
        cut(visible(attribute.path), NAME_LENGTH), "" if before == "null" else before, after
    )
