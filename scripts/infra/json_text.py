"""JSON from outside of the process: read within bounds, and in the shape that is meant."""

from __future__ import annotations

import dataclasses
import json
import math
import re
import types
import typing
from collections.abc import Mapping
from typing import Any, NoReturn, TypeVar

DEEPEST = 100
"""How many objects and lists may stand in each other. Terraform's plans have about thirty; Python
gives up at a few hundred."""

Kind = TypeVar("Kind")

_HALF = re.compile(r"\\u[dD][89a-fA-F]")


def load(content: bytes | str, *, most: int | None = None, unique: bool = False) -> Any:
    """Parse JSON. Raises ValueError, which says nothing of the content.

    Beside what is no JSON this refuses what Python would take and could not write again: NaN and
    infinite numbers, and what is nested too deeply. most: bytes, or characters of a text. unique:
    whether a key that stands twice in an object is refused as well.
    """
    if most is not None and len(content) > most:
        raise ValueError(f"it is larger than {most} bytes")
    hooks: dict[str, Any] = {"object_pairs_hook": _without_doubles} if unique else {}
    try:
        # Python's own decoding of JSON would let in halves of characters, and other encodings.
        text = content if isinstance(content, str) else content.decode("utf-8")
        value = json.loads(text, parse_constant=_constant, parse_float=_finite, **hooks)
        if _HALF.search(text):
            # Half a character could be read, and then neither be written nor shown.
            json.dumps(value, ensure_ascii=False).encode("utf-8")
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise ValueError(f"it is not valid JSON at {place}") from error
    # A number of too many digits and text that is not UTF-8 are ValueErrors too.
    except (ValueError, RecursionError) as error:
        raise ValueError("it is not valid JSON") from error
    if _too_deep(value):
        raise ValueError(f"it is nested more than {DEEPEST} levels deep")
    return value


def fill(kind: type[Kind], document: object) -> Kind:
    """Make a dataclass of an object whose members must have the types of its fields.

    Raises ValueError. What has a default may be left out; members without a field may not be there.
    """
    if not isinstance(document, Mapping):
        raise ValueError("it is no JSON object")
    hints = _hints(kind)
    for name, value in document.items():
        if name not in hints or not fits(value, hints[name]):
            raise ValueError("a member has another type than it must have, or is unknown")
    try:
        return kind(**document)
    except TypeError as error:
        raise ValueError("a member is missing") from error


def fits(value: object, hint: Any) -> bool:
    """Whether a value of JSON is of a type: of str, int, float, bool, Mapping, tuple or a union."""
    if hint is Any:
        return True
    origin, arguments = typing.get_origin(hint), typing.get_args(hint)
    if origin in (types.UnionType, typing.Union):
        return any(fits(value, one) for one in arguments)
    if isinstance(origin, type) and issubclass(origin, Mapping):
        return isinstance(value, dict) and all(fits(item, arguments[1]) for item in value.values())
    if origin is tuple:
        return isinstance(value, list) and all(fits(item, arguments[0]) for item in value)
    if hint in (int, float) and isinstance(value, bool):
        return False
    return isinstance(value, hint)


def _hints(kind: Any) -> Mapping[str, Any]:
    hints = typing.get_type_hints(kind)
    return {field.name: hints[field.name] for field in dataclasses.fields(kind)}


def _constant(name: str) -> NoReturn:
    raise ValueError(name)


def _finite(text: str) -> float:
    number = float(text)
    if not math.isfinite(number):
        raise ValueError("a number is too large")
    return number


def _without_doubles(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) != len(pairs):
        raise ValueError("a key stands there twice")
    return found


def _too_deep(value: Any) -> bool:
    level = [value] if isinstance(value, (dict, list)) else []
    for _ in range(DEEPEST):
        level = [
            inner
            for item in level
            for inner in (item.values() if isinstance(item, dict) else item)
            if isinstance(inner, (dict, list))
        ]
        if not level:
            return False
    return True
