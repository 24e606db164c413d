"""Where the nodes of a graph are drawn: in rows, each row needing only rows above it.

Layered drawing as of Sugiyama, without its dummy nodes: a row that is too long for the page goes on
in the next one, which is what makes a graph readable on a phone, and what no library does.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from infra.graphs.model import Edge, Graph, acyclic

SWEEPS = 6
"""How often the rows are sorted by where their neighbours stand; more changes nothing."""

Rows = list[list[str]]


def rows(graph: Graph, columns: int) -> Rows:
    """The ids of the nodes, row by row, at most so many in one. Always the same for a graph."""
    edges, _ = acyclic(graph.edges)
    layers = _layers(graph, edges)
    lonely = [node.id for node in graph.nodes if not any(node.id in edge for edge in graph.edges)]
    layers = [[one for one in layer if one not in lonely] for layer in layers]
    layers = _sorted([layer for layer in layers if layer], edges)
    if lonely:
        layers.append(lonely)
    return [part for layer in layers for part in _parts(layer, columns)]


def _parts(layer: Sequence[str], columns: int) -> Rows:
    """A layer in as few rows as it needs, of about the same length."""
    count = -(-len(layer) // columns)
    size = -(-len(layer) // count)
    return [list(layer[start : start + size]) for start in range(0, len(layer), size)]


def _layers(graph: Graph, edges: Sequence[Edge]) -> Rows:
    """Each node below all that it needs, as far up as it can be."""
    before: dict[str, list[str]] = {}
    for needed, needing in edges:
        before.setdefault(needing, []).append(needed)
    depth: dict[str, int] = {}

    def depth_of(node: str) -> int:
        if node not in depth:
            depth[node] = max((depth_of(one) + 1 for one in before.get(node, ())), default=0)
        return depth[node]

    found: dict[int, list[str]] = {}
    for node in graph.nodes:
        found.setdefault(depth_of(node.id), []).append(node.id)
    return [found[key] for key in sorted(found)]


def _sorted(layers: Rows, edges: Sequence[Edge]) -> Rows:
    """Sort each row by the middle of its neighbours, down and up in turns: fewer crossings."""
    neighbours: dict[str, list[str]] = {}
    for one, other in edges:
        neighbours.setdefault(one, []).append(other)
        neighbours.setdefault(other, []).append(one)
    for sweep in range(SWEEPS):
        order = range(len(layers)) if sweep % 2 == 0 else range(len(layers) - 1, -1, -1)
        for index in order:
            place = _places([layer for at, layer in enumerate(layers) if at != index])
            own = _places([layers[index]])
            layers[index].sort(key=lambda node: (_middle(node, neighbours, place, own), own[node]))
    return layers


def _places(layers: Rows) -> dict[str, float]:
    """Where each node stands in its row, from 0 to 1."""
    return {
        node: (index + 0.5) / len(layer) for layer in layers for index, node in enumerate(layer)
    }


def _middle(
    node: str,
    neighbours: Mapping[str, Sequence[str]],
    place: Mapping[str, float],
    own: Mapping[str, float],
) -> float:
    found = [place[one] for one in neighbours.get(node, ()) if one in place]
    return sum(found) / len(found) if found else own[node]
