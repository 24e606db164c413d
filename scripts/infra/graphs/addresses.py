"""Addresses of resources, taken apart."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import dataclass

_KEY = re.compile(r"\[(?:\"(?:[^\"\\]|\\.)*\"|[^\]]*)\]")
_STEP = re.compile(r"module\.([^.\[]+)(" + _KEY.pattern + r")?\.?")


@dataclass(frozen=True)
class Step:
    """One module on the way to a resource. key: with its brackets, "" for none, None for any."""

    name: str
    key: str | None = ""


@dataclass(frozen=True)
class Place:
    """Where a resource is: in which module, and its own type and name without a key."""

    module: tuple[Step, ...]
    local: str

    @property
    def configured(self) -> str:
        """The address in the configuration, which knows no keys."""
        return ".".join([*(f"module.{step.name}" for step in self.module), self.local])


def place_of(address: str) -> Place:
    """Take an address apart: module.a["x"].aws_b.c[0] is the resource aws_b.c in module a."""
    steps, rest = [], address
    while found := _STEP.match(rest):
        steps.append(Step(found[1], found[2] or ""))
        rest = rest[found.end() :]
    return Place(tuple(steps), without_keys(rest))


def without_keys(text: str) -> str:
    """An address or a reference without what stands in brackets."""
    return _KEY.sub("", text)


def module_text(steps: Sequence[Step]) -> str:
    """A module as a person says it: a.b["c"]."""
    return ".".join(step.name + (step.key or "") for step in steps)


def may_depend(left: Sequence[Step], right: Sequence[Step]) -> bool:
    """Whether something in one module can depend on something in another one.

    Between two instances of the same module nothing leads from one to the other.
    """
    for one, other in zip(left, right, strict=False):
        if one.name != other.name:
            return True
        if one.key != other.key and None not in (one.key, other.key):
            return False
    return True
