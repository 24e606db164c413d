"""Checks a request against the shapes of the App Runner model, as the service itself does.

The Go SDK that Terraform's provider uses checks only that required members are there, so names,
patterns and ranges must be refused on this side. App Runner's API reference documents a refused
member as InvalidRequestError: "One or more input parameters aren't valid." A member of another
JSON type cannot even be read: that is a SerializationError, as in all AWS JSON services.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping
from functools import cache
from typing import Any

from moto.core.utils import get_service_model

from local_aws.services.apprunner.exceptions import InvalidRequestError, SerializationError

_TYPES: dict[str, type | tuple[type, ...]] = {
    "string": str,
    "integer": int,
    "long": int,
    "boolean": bool,
    "list": list,
    "map": dict,
    "structure": dict,
    "timestamp": (int, float),
}


def validate(operation: str, request: Mapping[str, Any]) -> None:
    """Raise InvalidRequestError that names every member of `request` that breaks its shape.

    A member of the wrong JSON type raises SerializationError.
    """
    problems = list(_problems(_model().operation_model(operation).input_shape, request, ""))
    if problems:
        count = f"{len(problems)} validation error{'s' if len(problems) > 1 else ''} detected: "
        raise InvalidRequestError((count + "; ".join(problems))[:600])


@cache
def _model() -> Any:
    return get_service_model("apprunner")


def _problems(shape: Any, given: object, where: str) -> Iterator[str]:
    expected = _TYPES[shape.type_name]
    if not isinstance(given, expected) or (isinstance(given, bool) and expected is int):
        raise SerializationError(f"Value at '{where}' is not a {shape.type_name}.")
    value: Any = given
    if shape.type_name == "structure":
        yield from _structure_problems(shape, value, where)
    elif shape.type_name == "list":
        for index, item in enumerate(value):
            yield from _problems(shape.member, item, f"{where}.{index + 1}.member")
    elif shape.type_name == "map":
        for key, item in value.items():
            yield from _problems(shape.key, key, f"{where}.key")
            yield from _problems(shape.value, item, f"{where}.value")
    else:
        yield from _scalar_problems(shape, value, where)


def _structure_problems(shape: Any, value: dict[str, Any], where: str) -> Iterator[str]:
    for name in shape.required_members:
        if value.get(name) is None:
            path = _join(where, name)
            yield f"Value null at '{path}' failed to satisfy constraint: Member must not be null"
    for name, member in shape.members.items():
        if value.get(name) is not None:
            yield from _problems(member, value[name], _join(where, name))


def _scalar_problems(shape: Any, value: Any, where: str) -> Iterator[str]:
    limits = shape.metadata
    # A value of a sensitive shape (an environment variable, a command) is never repeated.
    shown = "" if limits.get("sensitive") else f" '{value}'"
    prefix = f"Value{shown} at '{where}' failed to satisfy constraint: Member must "
    text = isinstance(value, str)
    size = len(value) if text else value
    subject = "have length" if text else "have value"
    if "min" in limits and size < limits["min"]:
        yield f"{prefix}{subject} greater than or equal to {limits['min']}"
    if "max" in limits and size > limits["max"]:
        yield f"{prefix}{subject} less than or equal to {limits['max']}"
    if "enum" in limits and value not in limits["enum"]:
        yield f"{prefix}satisfy enum value set: [{', '.join(limits['enum'])}]"
    pattern = limits.get("pattern")
    if pattern and text and not re.fullmatch(pattern, value, re.DOTALL):
        yield f"{prefix}satisfy regular expression pattern: {pattern}"


def _join(where: str, name: str) -> str:
    member = name[0].lower() + name[1:]
    return f"{where}.{member}" if where else member
