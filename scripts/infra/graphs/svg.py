"""A graph as SVG: cards in a grid, and lines that run between them and never behind one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass, field
from html import escape
from pathlib import Path

from infra.graphs.layout import rows
from infra.graphs.model import SYMBOLS, Edge, Graph, Node, times
from infra.untrusted import cut, cut_begin

NARROW, WIDE = 2, 5
"""Columns that fit a phone of 390 px, and a screen of 1,000 px."""

WIDTH, HEIGHT, LINE = 162, 44, 14
GAP_X, GAP_Y, MARGIN = 22, 32, 18
LANES, LANE = 5, 3
"""So many lines side by side in a gap, and how far they are apart."""

LABEL_LENGTH, NOTE_LENGTH = 20, 26


def stylesheet() -> str:
    """The colours, by class; a page that holds a drawing must bring them."""
    return Path(__file__).with_name("graph.css").read_text(encoding="utf-8")


def drawing(graph: Graph, columns: int, label: str, *, items: bool = False) -> str:
    """The `svg` element, without colours.

    label: what a screen reader says it is. items: list in each card what is in the module.
    """
    grid = _grid(graph, columns, items=items)
    width, height = grid.left(grid.columns) - GAP_X + MARGIN, grid.top(len(grid.heights))
    height += grid.room - GAP_Y
    lines = [*_edges(graph, grid), *(_node(node, grid, items=items) for node in graph.nodes)]
    return (
        f'<svg class="graph" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img" aria-label="{escape(label)}">'
        + "".join(lines)
        + "</svg>"
    )


def document(graph: Graph, label: str, *, items: bool = False) -> str:
    """The same as a file of its own."""
    found = drawing(graph, WIDE, label, items=items)
    head, _, rest = found.partition(">")
    return f"{head}><style>{stylesheet()}</style>{rest}\n"


@dataclass(frozen=True)
class _Grid:
    """Where each node is: row and column.

    heights: of the rows. own: of the nodes. room: above the first row and below the last one.
    """

    places: dict[str, tuple[int, int]]
    columns: int
    heights: list[int]
    own: dict[str, int]
    room: int
    lanes: Counter[int] = field(default_factory=Counter)

    def left(self, column: int) -> int:
        """The left side of a column."""
        return MARGIN + column * (WIDTH + GAP_X)

    def top(self, row: int) -> int:
        """The upper side of a row."""
        return self.room + sum(self.heights[:row]) + row * GAP_Y

    def bottom(self, row: int) -> int:
        """The lower side of the highest card of a row."""
        return self.top(row) + self.heights[row]


def _grid(graph: Graph, columns: int, *, items: bool) -> _Grid:
    found = rows(graph, columns)
    used = max((len(row) for row in found), default=1)
    own = {
        node.id: HEIGHT + LINE * (max(0, len(node.items) - 1) if items else 0)
        for node in graph.nodes
    }
    # A short row stands below the middle of a long one.
    places = {
        node: (y, x + (used - len(row)) // 2)
        for y, row in enumerate(found)
        for x, node in enumerate(row)
    }
    heights = [max(own[node] for node in row) for row in found]
    # A line that leads back up goes around its cards.
    up = any(places[needed] >= places[needing] for needed, needing in graph.edges)
    return _Grid(places, used, heights, own, GAP_Y if up else MARGIN // 2)


def _node(node: Node, grid: _Grid, *, items: bool) -> str:
    row, column = grid.places[node.id]
    height = grid.own[node.id]
    badge = times(node)
    symbol = f"{SYMBOLS[node.action]} " if node.action in SYMBOLS else ""
    label = symbol + cut(node.label, LABEL_LENGTH - len(badge) - len(symbol)) + badge
    # Of a module the end tells it from others, of a list the begin.
    note = (cut_begin if node.note == node.group else cut)(node.note, NOTE_LENGTH)
    notes = [cut(item, NOTE_LENGTH) for item in node.items] if items else [note]
    kind = f"node {node.action}" if node.action in SYMBOLS else "node"
    return (
        # A drawing in the drawing cuts off what is too wide.
        f'<svg x="{grid.left(column)}" y="{grid.top(row)}" width="{WIDTH}" height="{height}">'
        f'<g class="{kind}"><title>{escape(node.title)}</title>'
        f'<rect x="1" y="1" width="{WIDTH - 2}" height="{height - 2}" rx="6"/>'
        f'<rect class="bar" x="1" y="7" width="4" height="{height - 14}"/>'
        f'<text class="label" x="12" y="18">{escape(label)}</text>'
        + "".join(
            f'<text class="note" x="12" y="{34 + LINE * index}">{escape(text)}</text>'
            for index, text in enumerate(notes)
        )
        + "</g></svg>"
    )


def _edges(graph: Graph, grid: _Grid) -> Iterator[str]:
    places = grid.places
    for edge in sorted(graph.edges, key=lambda edge: (places[edge[0]], places[edge[1]])):
        yield _edge(edge, grid)


def _edge(edge: Edge, grid: _Grid) -> str:
    (from_row, from_column), (to_row, to_column) = (grid.places[node] for node in edge)
    x, y = grid.left(from_column) + WIDTH / 2, grid.top(from_row) + grid.own[edge[0]]
    # First out of the row, past cards that are higher.
    begin = f"M{x:g} {y:g}V{grid.bottom(from_row)}"
    start = (x, float(grid.bottom(from_row)))
    end = (grid.left(to_column) + WIDTH / 2, grid.top(to_row) - 4.0)
    arrow = f'<path class="arrow" d="M{end[0]:g} {end[1] + 4:g}l-3.5 -6h7z"/>'
    if to_row == from_row + 1:
        return f'<path d="{begin}{_bend(start, end)}"/>{arrow}'
    # Down, or back up, between two columns, where no card ever is.
    gaps = [(grid.left(column) - GAP_X / 2, column) for column in range(grid.columns + 1)]
    middle, gap = min(gaps, key=lambda item: abs(item[0] - x) + abs(item[0] - end[0]))
    middle += (grid.lanes[gap] % LANES - LANES // 2) * LANE
    grid.lanes[gap] += 1
    above, below = (middle, start[1] + GAP_Y - 6), (middle, end[1] - GAP_Y + 10)
    return f'<path d="{begin}{_bend(start, above)}V{below[1]:g}{_bend(below, end)}"/>{arrow}'


def _bend(start: tuple[float, float], end: tuple[float, float]) -> str:
    """A curve that leaves and arrives upright."""
    half = (end[1] - start[1]) / 2
    return f"C{start[0]:g} {start[1] + half:g} {end[0]:g} {end[1] - half:g} {end[0]:g} {end[1]:g}"
