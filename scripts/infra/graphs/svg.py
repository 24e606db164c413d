"""A graph as SVG: cards in a grid, and lines that run between them and never behind one."""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from html import escape
from pathlib import Path

from infra.graphs.layout import rows
from infra.graphs.model import SYMBOLS, Edge, Graph, Node, times
from infra.untrusted import cut, cut_begin

NARROW, WIDE = 2, 5
"""Columns that fit a phone of 390 px, and a screen of 1,100 px."""

WIDTH, HEIGHT = 166, 44
GAP_X, GAP_Y, MARGIN = 16, 30, 10
LANES, LANE = 5, 2.5
"""So many lines side by side in a gap, and how far they are apart."""

LABEL_LENGTH, NOTE_LENGTH = 20, 26

Grid = dict[str, tuple[int, int]]


def stylesheet() -> str:
    """The colours, by class; a page that holds a drawing must bring them."""
    return Path(__file__).with_name("graph.css").read_text(encoding="utf-8")


def drawing(graph: Graph, columns: int, label: str) -> str:
    """The `svg` element, without colours. label: what a screen reader says it is."""
    found = rows(graph, columns)
    grid = {node: (y, x) for y, row in enumerate(found) for x, node in enumerate(row)}
    # A short row stands below the middle of a long one.
    used = max((len(row) for row in found), default=1)
    grid = {node: (y, x + (used - len(found[y])) // 2) for node, (y, x) in grid.items()}
    width = used * WIDTH + (used - 1) * GAP_X + 2 * MARGIN
    height = len(found) * HEIGHT + max(0, len(found) - 1) * GAP_Y + 2 * MARGIN
    lines = [*_edges(graph, grid, used), *(_node(node, grid) for node in graph.nodes)]
    return (
        f'<svg class="graph" xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}"'
        f' width="{width}" height="{height}" role="img" aria-label="{escape(label)}">'
        + "".join(lines)
        + "</svg>"
    )


def document(graph: Graph, label: str) -> str:
    """The same as a file of its own."""
    found = drawing(graph, WIDE, label)
    head, _, rest = found.partition(">")
    return f"{head}><style>{stylesheet()}</style>{rest}\n"


def _left(column: int) -> int:
    return MARGIN + column * (WIDTH + GAP_X)


def _top(row: int) -> int:
    return MARGIN + row * (HEIGHT + GAP_Y)


def _node(node: Node, grid: Grid) -> str:
    row, column = grid[node.id]
    badge = times(node)
    symbol = f"{SYMBOLS[node.action]} " if node.action in SYMBOLS else ""
    label = symbol + cut(node.label, LABEL_LENGTH - len(badge) - len(symbol)) + badge
    kind = f"node {node.action}" if node.action in SYMBOLS else "node"
    return (
        # A drawing in the drawing cuts off what is too wide.
        f'<svg x="{_left(column)}" y="{_top(row)}" width="{WIDTH}" height="{HEIGHT}">'
        f'<g class="{kind}"><title>{escape(node.title)}</title>'
        f'<rect x="1" y="1" width="{WIDTH - 2}" height="{HEIGHT - 2}" rx="6"/>'
        f'<rect class="bar" x="1" y="7" width="4" height="{HEIGHT - 14}"/>'
        f'<text class="label" x="12" y="18">{escape(label)}</text>'
        f'<text class="note" x="12" y="34">{escape(cut_begin(node.note, NOTE_LENGTH))}</text>'
        "</g></svg>"
    )


def _edges(graph: Graph, grid: Grid, columns: int) -> Iterator[str]:
    lanes: Counter[int] = Counter()
    for edge in sorted(graph.edges, key=lambda edge: (grid[edge[0]], grid[edge[1]])):
        yield _edge(edge, grid, columns, lanes)


def _edge(edge: Edge, grid: Grid, columns: int, lanes: Counter[int]) -> str:
    (from_row, from_column), (to_row, to_column) = grid[edge[0]], grid[edge[1]]
    start = (_left(from_column) + WIDTH / 2, _top(from_row) + HEIGHT)
    end = (_left(to_column) + WIDTH / 2, _top(to_row) - 4)
    x, y = end
    arrow = f'<path class="arrow" d="M{x:g} {y + 4:g}l-3.5 -6h7z"/>'
    if to_row == from_row + 1:
        return f'<path d="M{start[0]:g} {start[1]:g}{_bend(start, end)}"/>{arrow}'
    # Down, or back up, between two columns, where no card ever is.
    gaps = [(_left(column) - GAP_X / 2, column) for column in range(columns + 1)]
    middle, gap = min(gaps, key=lambda item: abs(item[0] - start[0]) + abs(item[0] - end[0]))
    middle += (lanes[gap] % LANES - LANES // 2) * LANE
    lanes[gap] += 1
    above, below = (middle, start[1] + GAP_Y - 6), (middle, end[1] - GAP_Y + 10)
    return (
        f'<path d="M{start[0]:g} {start[1]:g}{_bend(start, above)}V{below[1]:g}'
        f'{_bend(below, end)}"/>{arrow}'
    )


def _bend(start: tuple[float, float], end: tuple[float, float]) -> str:
    """A curve that leaves and arrives upright."""
    half = (end[1] - start[1]) / 2
    return f"C{start[0]:g} {start[1] + half:g} {end[0]:g} {end[1] - half:g} {end[0]:g} {end[1]:g}"
