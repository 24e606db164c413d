"""Text that somebody else wrote, such as a resource's key or a tag, made harmless to look at."""

from __future__ import annotations

import unicodedata

_HIDDEN = {"Cc", "Cf", "Cs", "Co", "Cn", "Zl", "Zp"}
"""Categories of what has no shape of its own, or changes how its neighbours show."""


def visible(text: str) -> str:
    """The text with all that a person would not see made visible, on one line.

    A control character becomes its picture (U+2400 and following); what turns the direction of
    writing, joins or hides characters becomes its number. So a name can't pretend to be another.
    """
    if text.isascii() and text.isprintable():
        return text
    return "".join(map(_shown, text))


def line(text: str, most: int) -> str:
    """A text as one visible line of bounded length; line breaks in it become spaces."""
    # Cut first, so that no more is looked at than can be shown.
    return cut(visible(" ".join(text[: 2 * most].split())), most)


def paragraph(text: str, most: int) -> str:
    """The same for each line of a text that has several."""
    if text.isascii() and text.isprintable():
        return cut(text, most)
    return "\n".join(cut(visible(one), most) for one in text[: 8 * most].split("\n"))


def _shown(character: str) -> str:
    code = ord(character)
    if code < 0x20:
        return chr(0x2400 + code)
    if code == 0x7F:
        return "\u2421"
    return f"<U+{code:04X}>" if unicodedata.category(character) in _HIDDEN else character


def cut(text: str, length: int) -> str:
    """At most so many characters, with a mark where the rest was."""
    return text if len(text) <= length else text[: length - 1] + "…"


def cut_begin(text: str, length: int) -> str:
    """The end of a text, of at most so many characters."""
    return text if len(text) <= length else "…" + text[len(text) - length + 1 :]
