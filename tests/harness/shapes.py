"""Values against the shapes of a botocore model, as strictly as the model is written.

botocore checks neither what it receives nor, of what it sends, more than types and required
members. Here patterns, lengths, ranges and enumerations count as well.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from copy import deepcopy
from dataclasses import dataclass
from typing import Any

_TYPES: Mapping[str, tuple[type, ...]] = {
    "string": (str,),
    "integer": (int,),
    "long": (int,),
    "boolean": (bool,),
    "timestamp": (int, float),
    "list": (list,),
    "map": (dict,),
    "structure": (dict,),
}
_WRONG: Mapping[str, Any] = {
    "string": 7,
    "integer": "seven",
    "long": "seven",
    "boolean": "yes",
    "list": "one",
    "map": "one",
    "structure": "one",
}
# The longest value that is sent to break a maximum; a few shapes allow 51,200.
_LONGEST = 2500


def problems(shape: Any, value: Any, where: str = "") -> Iterator[str]:
    """Say what in a parsed JSON value breaks its shape."""
    kind = shape.type_name
    if not isinstance(value, _TYPES[kind]) or (isinstance(value, bool) and kind != "boolean"):
        yield f"{where}: {value!r} is no {kind}"
    elif kind == "structure":
        missing = sorted(set(shape.required_members) - set(value))
        unknown = sorted(set(value) - set(shape.members))
        yield from (f"{where}.{name} is missing" for name in missing)
        yield from (f"{where}.{name} is not in the model" for name in unknown)
        for name in sorted(set(value) & set(shape.members)):
            yield from problems(shape.members[name], value[name], f"{where}.{name}")
    elif kind == "list":
        for index, item in enumerate(value):
            yield from problems(shape.member, item, f"{where}[{index}]")
    elif kind == "map":
        for key, item in value.items():
            yield from problems(shape.key, key, f"{where}.key")
            yield from problems(shape.value, item, f"{where}[{key}]")
    else:
        yield from _out_of_bounds(shape.metadata, value, where)


def _out_of_bounds(limits: Mapping[str, Any], value: Any, where: str) -> Iterator[str]:
    size = len(value) if isinstance(value, str) else value
    if "min" in limits and size < limits["min"]:
        yield f"{where}: {value!r} is below {limits['min']}"
    if "max" in limits and size > limits["max"]:
        yield f"{where}: {value!r} is above {limits['max']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"{where}: {value!r} is none of {limits['enum']}"
    pattern = limits.get("pattern")
    if pattern and isinstance(value, str) and not re.fullmatch(pattern, value, re.DOTALL):
        yield f"{where}: {value!r} does not match {pattern}"


@dataclass(frozen=True)
class Broken:
    """A request with one thing wrong. path: the member, as App Runner's messages spell it."""

    operation: str
    path: str
    fault: str
    request: Any
    is_wrong_type: bool

    @property
    def name(self) -> str:
        """What is wrong, for a report."""
        return f"{self.operation} {self.path or 'request'}: {self.fault}"


def broken_requests(operation: Any, good: Mapping[str, Any]) -> Iterator[Broken]:
    """Every way to break one member of a good request that the model knows of.

    Only members that are in `good`, or are missing from a structure there, are broken: so there is
    exactly one thing wrong each time.
    """
    for path, fault, wrong, is_wrong_type in _broken(operation.input_shape, good, ()):
        spelled = ".".join(
            f"{step + 1}.member" if isinstance(step, int) else step[:1].lower() + step[1:]
            for step in path
        )
        yield Broken(operation.name, spelled, fault, _replaced(good, path, wrong), is_wrong_type)


_Found = tuple[tuple[Any, ...], str, Any, bool]


class _Gone:
    """Stands for a member that is left out."""


def _broken(shape: Any, good: Any, path: tuple[Any, ...]) -> Iterator[_Found]:
    if shape.type_name in _WRONG:
        yield path, "wrong type", _WRONG[shape.type_name], True
    if shape.type_name == "structure":
        for name in shape.required_members:
            yield (*path, name), "missing", _Gone, False
        for name, member in shape.members.items():
            if name in good:
                yield from _broken(member, good[name], (*path, name))
    elif shape.type_name == "list":
        yield from _broken(shape.member, good[0], (*path, 0))
    elif shape.type_name == "map":
        key = next(iter(good))
        yield from (
            ((*path, key), fault, wrong, is_wrong_type)
            for _, fault, wrong, is_wrong_type in _broken(shape.value, good[key], path)
        )
    else:
        yield from ((path, fault, wrong, False) for fault, wrong in _wrong_values(shape))


def _wrong_values(shape: Any) -> Iterator[tuple[str, Any]]:
    limits, text = shape.metadata, shape.type_name == "string"
    if limits.get("min", 0) > 0:
        least = limits["min"] - 1
        yield "below the minimum", "a" * least if text else least
    if limits.get("max", _LONGEST) < _LONGEST:
        most = limits["max"] + 1
        yield "above the maximum", "a" * most if text else most
    if "enum" in limits:
        yield "not in the enumeration", "SOMETHING_ELSE"
    pattern = limits.get("pattern")
    if pattern:
        length = max(limits.get("min", 1), 1)
        for wrong in ("!" * length, "\n" * length, "aws:" + "a" * length):
            if not re.fullmatch(pattern, wrong, re.DOTALL):
                yield "out of pattern", wrong
                break


def _replaced(good: Any, path: tuple[Any, ...], wrong: Any) -> Any:
    if not path:
        return wrong
    copy = deepcopy(good)
    parent = copy
    for step in path[:-1]:
        parent = parent[step]
    if wrong is _Gone:
        parent.pop(path[-1], None)
    else:
        parent[path[-1]] = wrong
    return copy
