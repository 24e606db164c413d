"""The architecture of an environment, from its state."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable

from infra.graphs.addresses import Step, module_text, place_of
from infra.graphs.model import Graph, Member, Node, connected, short, through
from infra.stored_state import StoredState
from infra.untrusted import visible

MOST_KINDS = 3
"""How many types of a folded module are named."""


def state_graph(state: StoredState, *, detail: bool = False) -> Graph:
    """Draw what is in a state, and what was made after what.

    Only addresses are used, no attribute. All instances of a module or a resource are one node.
    detail: a node for each resource; else one for each module.
    """
    needs: dict[str, set[str]] = {}
    groups: dict[tuple[tuple[Step, ...], str], list[str]] = {}
    for resource in state.resources:
        if resource.get("mode") != "managed":
            continue
        local = f"{resource.get('type')}.{resource.get('name')}"
        module = str(resource.get("module") or "")
        place = place_of(f"{module}.{local}" if module else local)
        instances = resource.get("instances") or ()
        around = tuple(Step(one.name, None) for one in place.module)
        key = (around, local if detail else "")
        groups.setdefault(key, []).extend([place.local] * len(instances))
        for instance in instances:
            wanted = needs.setdefault(place.configured, set())
            wanted.update(str(one) for one in instance.get("dependencies") or ())
    needs = through(needs, needs)
    members = [
        _member(str(number), module, local, found)
        for number, ((module, local), found) in enumerate(sorted(groups.items(), key=_by_name))
        if found
    ]
    nodes = tuple(member.node for member in members)
    return Graph(nodes, connected(members, needs), folded=not detail)


def _by_name(item: tuple[tuple[tuple[Step, ...], str], list[str]]) -> tuple[str, str]:
    (module, local), _ = item
    return module_text(module), local


def _member(identifier: str, module: tuple[Step, ...], local: str, found: list[str]) -> Member:
    group = visible(module_text(module))
    if local:
        label = short(visible(local))
        node = Node(identifier, label, group, _title(group, label), group, "", len(found))
    else:
        label = group.rpartition(".")[2] or "not in a module"
        items = _kinds(found)
        note = ", ".join(items[:MOST_KINDS]) + (", …" if len(items) > MOST_KINDS else "")
        node = Node(identifier, label, note, f"{group or label}: {note}", group, items=items)
    path = [f"module.{step.name}" for step in module]
    return Member(node, module, frozenset(".".join([*path, one]) for one in found))


def _title(group: str, label: str) -> str:
    return f"{group}: {label}" if group else label


def _kinds(found: Iterable[str]) -> tuple[str, ...]:
    """Such as: 6 s3_bucket. What there is most of comes first."""
    counts = Counter(visible(one).partition(".")[0].removeprefix("aws_") for one in found)
    order = sorted(counts.items(), key=lambda item: (-item[1], len(item[0]), item[0]))
    return tuple(f"{count} {kind}" for kind, count in order)
