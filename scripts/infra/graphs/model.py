"""What is drawn: nodes, and which of them needs which."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import asdict, dataclass
from typing import Any

from infra.graphs.addresses import Step, may_depend

SYMBOLS = {"destroy": "-", "replace": "±", "forget": "○", "update": "~", "create": "+", "read": "<"}
"""What a plan does to a node, by `Node.action`."""

Edge = tuple[str, str]
"""What is needed, and what needs it: the order in which things are made."""

Needs = Mapping[str, Iterable[str]]
"""By the address in the configuration, the addresses of what it needs."""


@dataclass(frozen=True)
class Node:
    """One resource or several.

    label, note: what a person reads, in two lines. title: all of it. group: the module.
    action: what a plan does to it, such as `destroy`; "" for nothing. count: how many instances
    of one resource it stands for. items: what is in a module, a line each.
    """

    id: str
    label: str
    note: str = ""
    title: str = ""
    group: str = ""
    action: str = ""
    count: int = 1
    items: tuple[str, ...] = ()


def short(local: str) -> str:
    """A resource's type and name as a label: what all of them have in common says nothing."""
    return local.removeprefix("aws_").removesuffix(".this")


def times(node: Node) -> str:
    """What stands behind the label of several instances, such as: x 6."""
    return f" x {node.count}" if node.count > 1 else ""


@dataclass(frozen=True)
class Graph:
    """Nodes and edges. folded: one node stands for all of a module."""

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    folded: bool = False

    def document(self) -> dict[str, Any]:
        """The graph for JSON."""
        return {
            "nodes": [asdict(node) for node in self.nodes],
            "edges": [{"from": needed, "to": needing} for needed, needing in self.edges],
            "folded": self.folded,
        }


@dataclass(frozen=True)
class Member:
    """A node together with what it stands for: one module, and addresses in the configuration."""

    node: Node
    module: tuple[Step, ...]
    configured: frozenset[str]


def connected(members: Sequence[Member], needs: Needs) -> tuple[Edge, ...]:
    """The edges between nodes, without those that follow from others."""
    wanted = {
        member.node.id: {need for one in member.configured for need in needs.get(one, ())}
        for member in members
    }
    edges = [
        (needed.node.id, member.node.id)
        for member in members
        for needed in members
        if needed is not member
        and not needed.configured.isdisjoint(wanted[member.node.id])
        and may_depend(needed.module, member.module)
    ]
    return reduced(edges)


def reduced(edges: Iterable[Edge]) -> tuple[Edge, ...]:
    """Leave out each edge for which there is a longer way; those that lead back all stay."""
    forward, back = acyclic(edges)
    after: dict[str, set[str]] = {}
    for before, following in forward:
        after.setdefault(before, set()).add(following)
    reach = {start: _reachable(start, after) for start in after}
    kept = [
        (start, end)
        for start, end in forward
        if not any(end in reach.get(other, ()) for other in after[start] - {end})
    ]
    return tuple(sorted([*kept, *back]))


def acyclic(edges: Iterable[Edge]) -> tuple[list[Edge], list[Edge]]:
    """The edges without circles, and those that lead back: modules may need each other."""
    after: dict[str, list[str]] = {}
    for before, following in edges:
        after.setdefault(before, []).append(following)
    needing = {end for ends in after.values() for end in ends}
    forward: list[Edge] = []
    back: list[Edge] = []
    done: dict[str, bool] = {}

    def visit(node: str) -> None:
        done[node] = False
        for following in after.get(node, ()):
            if done.get(following) is False:
                back.append((node, following))
                continue
            forward.append((node, following))
            if following not in done:
                visit(following)
        done[node] = True

    # From what needs nothing, so that what leads back is really the odd one.
    for node in sorted(after, key=lambda node: node in needing):
        if node not in done:
            visit(node)
    return forward, back


def through(shown: Iterable[str], needs: Needs) -> dict[str, set[str]]:
    """What each shown address needs among the shown ones, also by way of others."""
    visible = set(shown)
    found: dict[str, set[str]] = {}
    for address in visible:
        seen: set[str] = set()
        waiting = list(needs.get(address, ()))
        while waiting:
            one = waiting.pop()
            if one in seen:
                continue
            seen.add(one)
            if one not in visible:
                waiting.extend(needs.get(one, ()))
        found[address] = (seen & visible) - {address}
    return found


def _reachable(start: str, after: Mapping[str, set[str]]) -> set[str]:
    seen: set[str] = set()
    waiting = list(after.get(start, ()))
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            waiting.extend(after.get(one, ()))
    return seen
