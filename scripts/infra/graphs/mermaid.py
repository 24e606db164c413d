"""A graph as a mermaid flowchart, which GitHub draws in every Markdown page."""

from __future__ import annotations

from collections.abc import Iterator

from infra.graphs.model import Graph, Node, times


def flowchart(graph: Graph) -> str:
    """The text of the flowchart: what is needed on the left, what needs it on the right."""
    return "\n".join(["flowchart LR", *_nodes(graph), *_edges(graph)]) + "\n"


def _nodes(graph: Graph) -> Iterator[str]:
    if graph.folded:
        yield from (f"  {_node(node, node.note)}" for node in graph.nodes)
        return
    groups: dict[str, list[Node]] = {}
    for node in graph.nodes:
        groups.setdefault(node.group, []).append(node)
    for number, (group, nodes) in enumerate(sorted(groups.items())):
        if group:
            yield f'  subgraph g{number}["{_text(group)}"]'
        yield from (f"    {_node(node)}" for node in nodes)
        if group:
            yield "  end"


def _node(node: Node, note: str = "") -> str:
    badge = times(node)
    second = f"<br/>{_text(note)}" if note else ""
    return f'n{node.id}["{_text(node.label + badge)}{second}"]'


def _edges(graph: Graph) -> Iterator[str]:
    for needed, needing in graph.edges:
        yield f"  n{needed} --> n{needing}"


def _text(text: str) -> str:
    """Text in quotes: whatever could end them, or be taken for mark-up, as its number."""
    return "".join(one if one.isalnum() or one in " _.-,:…" else f"#{ord(one)};" for one in text)
