"""The settings of gates: what each may be, and what is said of anything else."""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any

from infra.errors import EnvironmentFileError

Settings = Mapping[str, Any]


@dataclass(frozen=True)
class Kind:
    """A kind of value. accepts: tells a good one. expected: what to say of a bad one."""

    accepts: Callable[[Any], bool]
    expected: str


@dataclass(frozen=True)
class Setting:
    """One setting of a gate, with the value that it has when the file says nothing."""

    kind: Kind
    default: Any
    meaning: str


def number(expected: str, least: float, most: float = float("inf")) -> Kind:
    """A number between two others, both included."""
    return Kind(
        lambda value: (
            isinstance(value, int | float)
            and not isinstance(value, bool)
            and least <= value <= most
        ),
        expected,
    )


def whole(expected: str, least: int, most: float = float("inf")) -> Kind:
    """A whole number between two others, both included."""
    inner = number(expected, least, most)
    return Kind(lambda value: isinstance(value, int) and inner.accepts(value), expected)


def optional(kind: Kind) -> Kind:
    """The same, or null."""
    return Kind(lambda value: value is None or kind.accepts(value), f"{kind.expected}, or null")


def one_of(*values: str) -> Kind:
    """One of some words."""
    return Kind(lambda value: value in values, " or ".join(values))


def text(expected: str, accepts: Callable[[str], bool] = bool) -> Kind:
    """A string for which something holds."""
    return Kind(lambda value: isinstance(value, str) and accepts(value), expected)


def list_of(expected: str, accepts: Callable[[Any], bool]) -> Kind:
    """A list in which something holds for each item."""
    return Kind(
        lambda value: isinstance(value, list) and all(accepts(item) for item in value), expected
    )


@dataclass(frozen=True)
class Section:
    """The settings of one gate. check: what must hold among them, as a complaint or ""."""

    settings: Mapping[str, Setting] = field(default_factory=dict)
    check: Callable[[Settings], str] = lambda _settings: ""

    def read(self, place: str, raw: object) -> Settings:
        """All settings, those of the file over the defaults.

        place: the file and the key. Raises EnvironmentFileError, which names the file, the key and
        what was expected.
        """
        if raw is None:
            raw = {}
        if not isinstance(raw, Mapping):
            raise EnvironmentFileError(
                f"{place} is {raw!r:.60}.",
                hint="Expected its settings as keys and values, or {} for the defaults."
                + (f" They are {', '.join(self.settings)}." if self.settings else ""),
            )
        for key in raw:
            if key not in self.settings:
                known = f"It has {', '.join(self.settings)}." if self.settings else "It has none."
                raise EnvironmentFileError(
                    f"{place} has an unknown setting: {key}.",
                    hint=suggestion(str(key), self.settings) + known,
                )
            if not self.settings[key].kind.accepts(raw[key]):
                raise EnvironmentFileError(
                    f"{place}.{key} is {raw[key]!r:.80}.",
                    hint=f"Expected {self.settings[key].kind.expected}.",
                )
        found = {name: setting.default for name, setting in self.settings.items()} | dict(raw)
        complaint = self.check(found)
        if complaint:
            raise EnvironmentFileError(f"{place} can't be used: {complaint}.")
        return found


def suggestion(wrong: str, right: Iterable[str]) -> str:
    """The beginning of a hint: what may have been meant."""
    close: Sequence[str] = difflib.get_close_matches(wrong, list(right), n=1)
    return f"Did you mean {close[0]}? " if close else ""
