"""The graph of what a plan changes, small enough to be looked at."""

from __future__ import annotations

import functools
from collections import Counter
from collections.abc import Callable, Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.graphs.addresses import Place, Step, module_text, place_of
from infra.graphs.model import SYMBOLS, Graph, Member, Node, connected, short, through
from infra.graphs.references import needs_of
from infra.plans import RISKY, Action, PlanSummary, ResourceChange
from infra.untrusted import visible

MOST_RESOURCES, MOST_INSTANCES, MOST_MODULES = 24, 14, 40
"""So many nodes a person follows: of resources, of modules with each instance, of modules."""

MOST_RISKY = 12
"""How many destroyed or replaced resources stay nodes of their own beside folded modules."""

Placed = tuple[ResourceChange, Place]
Modules = Callable[[tuple[Step, ...]], tuple[Step, ...]]


def plan_graph(
    document: Mapping[str, Any],
    summary: PlanSummary,
    folder: Path | None = None,
    root: Path | None = None,
) -> Graph:
    """Draw what changes, and what of it is made after what.

    document: the plan's JSON, of whose configuration and state only names are used. folder, root:
    where its files are, as of `needs_of`. What stays as
    it is is left out; ways through it are not. The instances of a resource are one node; too
    many nodes are folded by module, and modules into those around them.
    """
    placed = [(change, place_of(change.address)) for change in summary.changes]
    for most, fold in _folds(placed):
        members = _members(placed, fold)
        if len(members) <= most:
            break
    needs = through((place.configured for _, place in placed), needs_of(document, folder, root))
    nodes = tuple(member.node for member in members)
    return Graph(nodes, connected(members, needs), folded=fold is not None)


def _folds(placed: Sequence[Placed]) -> Iterator[tuple[int, Modules | None]]:
    """Ways to fold, and how many nodes each may have, from fine to coarse; None: by resource."""
    yield MOST_RESOURCES, None
    yield MOST_INSTANCES, lambda steps: steps
    deepest = max((len(place.module) for _, place in placed), default=0)
    for depth in range(deepest, -1, -1):
        yield MOST_MODULES, functools.partial(_shallow, depth)


def _shallow(depth: int, steps: tuple[Step, ...]) -> tuple[Step, ...]:
    """The module around, of which all instances are one."""
    return tuple(Step(step.name, None) for step in steps[:depth])


def _members(placed: Sequence[Placed], fold: Modules | None) -> list[Member]:
    groups: dict[tuple[Any, ...], list[Placed]] = {}
    apart = sum(change.action in RISKY for change, _ in placed) <= MOST_RISKY
    for change, place in placed:
        if fold is None or (apart and change.action in RISKY):
            key: tuple[Any, ...] = (place.module, place.local, change.action)
        else:
            key = (fold(place.module),)
        groups.setdefault(key, []).append((change, place))
    return [_member(str(number), *item) for number, item in enumerate(groups.items())]


def _member(identifier: str, key: tuple[Any, ...], items: list[Placed]) -> Member:
    module: tuple[Step, ...] = key[0]
    group = visible(module_text(module))
    counts = Counter(change.action for change, _ in items)
    action = min(counts, key=list(Action).index)
    count = 1
    if len(key) == 1:
        label, note = group.rpartition(".")[2] or "not in a module", _counted(counts)
        title = f"{group or label}: {note}"
    else:
        local = visible(key[1])
        label, note, count = short(local), group, len(items)
        name = visible(items[0][0].address) if count == 1 else f"{group}.{local}, {count} of them"
        title = f"{name}: {action.value}"
    node = Node(identifier, label, note, title, group, action.value, count)
    return Member(node, module, frozenset(place.configured for _, place in items))


def _counted(counts: Mapping[Action, int]) -> str:
    """Such as: -1 +12."""
    return " ".join(
        f"{SYMBOLS[action.value]}{counts[action]}" for action in Action if counts.get(action)
    )
