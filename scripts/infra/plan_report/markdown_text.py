"""Untrusted text in Markdown, and pages that must not be longer than a limit."""

from __future__ import annotations

import re
from html import escape


def code(text: str) -> str:
    """A code span: nothing in it is Markdown, a mention or a link.

    The text must be one line. Not for tables, where a pipe ends the cell all the same.
    """
    longest = max(map(len, re.findall("`+", text)), default=0)
    fence = "`" * (longest + 1)
    space = " " if text.startswith(("`", " ")) or text.endswith(("`", " ")) or not text else ""
    return f"{fence}{space}{text or ' '}{space}{fence}"


def html_code(text: str) -> str:
    """The same where HTML stands, such as in a `summary`: Markdown is not read there."""
    return f"<code>{escape(text)}</code>"


class Page:
    """Lines, as long as there is room. limit: in bytes of UTF-8, which no way of counting exceeds.

    Some of the room can be held back for what must still come, such as the end of a block.
    """

    def __init__(self, limit: int) -> None:
        self._left = limit
        self._lines: list[str] = []

    def add(self, text: str, *, keep: int = 0) -> bool:
        """Add a line or several, if so much room is left after it. Tells whether it was added."""
        size = len(text.encode("utf-8", errors="surrogatepass")) + 1
        if size + keep > self._left:
            return False
        self._left -= size
        self._lines.append(text)
        return True

    @property
    def text(self) -> str:
        """The page."""
        return "\n".join(self._lines) + "\n"
