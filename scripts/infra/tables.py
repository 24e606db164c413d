"""Tables that keep what is copied whole: a digest or an identity is never cut in two.

A table that fits is a table. One that doesn't has its texts wrapped between words. Where even the
longest words don't fit side by side, each row becomes a few lines of its own.
"""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Console, ConsoleOptions, Group, RenderableType, RenderResult
from rich.measure import Measurement
from rich.table import Table
from rich.text import Text

GAP = 2
"""Spaces between two columns."""


class Columns:
    """Rows of texts below titles. right: the titles of the columns that are set to the right."""

    def __init__(self, *titles: str, right: Sequence[str] = ()) -> None:
        self.titles = titles
        self.rows: list[tuple[Text, ...]] = []
        self._right = right

    def add(self, *cells: Text | str) -> None:
        """Add a row."""
        self.rows.append(tuple(Text(cell) if isinstance(cell, str) else cell for cell in cells))

    def __rich_console__(self, console: Console, options: ConsoleOptions) -> RenderResult:
        widths = [self._measured(console, options, place) for place in range(len(self.titles))]
        room = options.max_width - GAP * (len(self.titles) - 1)
        if sum(width.minimum for width in widths) <= room:
            yield self._table(widths, room)
        else:
            yield Group(*self._stacked())

    def _measured(self, console: Console, options: ConsoleOptions, place: int) -> Measurement:
        """How wide a column must be for its longest word, and for its longest text."""
        endless = options.update(max_width=1_000_000)
        cells = [Text(self.titles[place]), *(row[place] for row in self.rows)]
        found = [Measurement.get(console, endless, cell) for cell in cells]
        return Measurement(max(item.minimum for item in found), max(item.maximum for item in found))

    def _table(self, widths: Sequence[Measurement], room: int) -> Table:
        table = Table(box=None, padding=(0, GAP, 0, 0), pad_edge=False, header_style="bold")
        for title, width in zip(self.titles, _shared(widths, room), strict=True):
            justify = "right" if title in self._right else "left"
            table.add_column(title, width=width, justify=justify)  # type: ignore[arg-type]
        for row in self.rows:
            table.add_row(*row)
        return table

    def _stacked(self) -> list[RenderableType]:
        """Each row below the other, a line a cell; what is too long even so is left whole."""
        named = max(map(len, self.titles))
        lines: list[RenderableType] = []
        for row in self.rows:
            lines += [Text("")] if lines else []
            for title, cell in zip(self.titles, row, strict=True):
                if cell.plain:
                    line = Text.assemble((title.ljust(named), "bold"), "  ", cell)
                    line.no_wrap, line.overflow = True, "ignore"
                    lines.append(line)
        return lines


def _shared(widths: Sequence[Measurement], room: int) -> list[int]:
    """Give each column what its longest word needs, and share out what is left, left to right."""
    given = [width.minimum for width in widths]
    left = room - sum(given)
    for place, width in enumerate(widths):
        more = min(left, width.maximum - width.minimum)
        given[place] += more
        left -= more
    return given
