"""YAML that a person wrote, read within bounds.

Only what a file of settings needs: no aliases, with which a few lines can stand for gigabytes, no
tags, no key twice, no number without an end.
"""

from __future__ import annotations

import math
import stat
from pathlib import Path
from typing import Any

import yaml

MOST_BYTES = 32 * 1024
DEEPEST = 20
LONGEST_NUMBER = 40


class UnreadableError(ValueError):
    """Why a file can't be read, as the end of a sentence. line, column: from 1, 0 for no place."""

    def __init__(self, problem: str, line: int = 0, column: int = 0) -> None:
        super().__init__(problem)
        self.line = line
        self.column = column

    @property
    def place(self) -> str:
        """Such as " at line 3, column 1"; "" for none."""
        return f" at line {self.line}, column {self.column}" if self.line else ""


def read(path: Path) -> Any:
    """What a file says. Raises UnreadableError."""
    try:
        # To open a pipe would wait for whoever writes into it.
        if not stat.S_ISREG(path.stat().st_mode):
            raise UnreadableError("it is no file")
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        raise UnreadableError(error.strerror or type(error).__name__) from error
    return load(content)


def load(content: bytes) -> Any:
    """What a text says. Raises UnreadableError."""
    if len(content) > MOST_BYTES:
        raise UnreadableError(f"it is larger than {MOST_BYTES // 1024} KB")
    try:
        return yaml.load(content.decode("utf-8"), _Loader)  # noqa: S506
    except yaml.MarkedYAMLError as error:
        mark, problem = error.problem_mark, str(error.problem)
        if problem.startswith("but "):
            problem = f"{error.context}, {problem}"
        place = (mark.line + 1, mark.column + 1) if mark else ()
        raise UnreadableError(problem, *place) from error
    except yaml.reader.ReaderError as error:
        raise UnreadableError(f"character {error.position + 1} can't stand in YAML") from error
    except UnicodeDecodeError as error:
        raise UnreadableError(f"byte {error.start + 1} is not UTF-8") from error
    # Such as a date that there is not.
    except (yaml.YAMLError, ValueError, ArithmeticError) as error:
        raise UnreadableError("a value in it can't be read") from error


class _Loader(yaml.SafeLoader):
    """PyYAML's loader of plain values, with fewer of them."""

    depth = 0

    def compose_node(self, parent: Any, index: Any) -> Any:
        """Refuse aliases, tags and depth before anything is made of them."""
        event: Any = self.peek_event()  # type: ignore[no-untyped-call]
        if isinstance(event, yaml.AliasEvent):
            raise _refused("an alias stands there; write the value out", event)
        if getattr(event, "tag", None) not in (None, "!"):
            raise _refused("a tag stands there; values here have none", event)
        if self.depth >= DEEPEST:
            raise _refused(f"it is nested more than {DEEPEST} levels deep", event)
        self.depth += 1
        try:
            return super().compose_node(parent, index)
        finally:
            self.depth -= 1

    def construct_mapping(self, node: Any, deep: bool = False) -> dict[Any, Any]:
        """Refuse a key that stands twice: which one counts nobody can see."""
        made = super().construct_mapping(node, deep=deep)
        if isinstance(node, yaml.MappingNode) and len(made) != len(node.value):
            seen: set[Any] = set()
            for key, _ in node.value:
                name = self.construct_object(key, deep=True)
                if name in seen:
                    raise _refused("a key stands there twice", key)
                seen.add(name)
        return made

    def number(self, node: Any) -> int | float:
        """A number that can be computed with."""
        if len(node.value) > LONGEST_NUMBER:
            raise _refused("a number has too many digits; if it is a text, quote it", node)
        if node.tag.endswith(":int"):
            return self.construct_yaml_int(node)
        value = self.construct_yaml_float(node)
        if not math.isfinite(value):
            raise _refused("a number has no end, or is none", node)
        return value


for _tag in ("int", "float"):
    _Loader.add_constructor(f"tag:yaml.org,2002:{_tag}", _Loader.number)


def _refused(problem: str, where: Any) -> yaml.MarkedYAMLError:
    return yaml.MarkedYAMLError(None, None, problem, where.start_mark)
