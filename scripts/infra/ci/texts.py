"""Markdown for GitHub that stays within its limits: cut at a line, closed, and honest about it."""

from __future__ import annotations

from collections.abc import Mapping

MOST_CHARACTERS = 65_000
"""Of a comment or an issue. GitHub takes 65,536, and refuses all of a longer one."""

FENCE = "```"
END = "\n</details>"


def cut(markdown: str, most: int, note: str) -> str:
    """The beginning of a text with at most this many characters, which ends with the note.

    What the cut leaves open (a block of code, a part to unfold) is closed.
    """
    if len(markdown) <= most:
        return markdown
    kept: list[str] = []
    # Room for the note, and for all that may have to be closed.
    room = most - len(note) - len("\n\n") - len(FENCE) - 1
    opened, fences = 0, 0
    for line in markdown.splitlines():
        opened += line.count("<details") - line.count("</details>")
        room -= len(line) + 1
        if room < max(opened, 0) * len(END):
            opened -= line.count("<details") - line.count("</details>")
            break
        fences += line.lstrip().startswith(FENCE)
        kept.append(line)
    if fences % 2:
        kept.append(FENCE)
    return "\n".join(kept) + END * max(opened, 0) + f"\n\n{note}"


def together(sections: Mapping[str, str], most: int, note: str) -> dict[str, str]:
    """Several texts that fit together: what short ones leave over, long ones may use."""
    left, rest = most, len(sections)
    fitting: dict[str, str] = {}
    for name, text in sorted(sections.items(), key=lambda item: len(item[1])):
        fitting[name] = cut(text, left // rest, note)
        left, rest = left - len(fitting[name]), rest - 1
    return {name: fitting[name] for name in sections}
