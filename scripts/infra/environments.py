"""The environments: what each environment.yaml says, checked key by key."""

from __future__ import annotations

import difflib
import re
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra import yaml_text
from infra.errors import EnvironmentFileError, UnknownEnvironmentError
from infra.repository import Repository

TARGETS = ("local", "aws")
NAME_PATTERN = re.compile(r"[a-z][a-z0-9-]{1,20}")
ACCOUNT_PATTERN = re.compile(r"[0-9]{12}")
REGION_PATTERN = re.compile(r"[a-z]{2}(-[a-z]+)+-[0-9]")


@dataclass(frozen=True)
class Environment:
    """One environment, as its environment.yaml describes it.

    target: where commands act, `local` (the local cloud) or `aws`.
    promotes_from: the environment whose releases this one takes, None for the first.
    protected: whether it is never destroyed as a whole, and its provider lock is what git has.
    verify, gates: those sections as they stand in the file; who uses them checks them.
    """

    name: str
    account_id: str
    region: str
    target: str
    promotes_from: str | None
    directory: Path
    protected: bool = False
    verify: Mapping[str, Any] = field(default_factory=dict)
    gates: Mapping[str, Any] = field(default_factory=dict)


@dataclass(frozen=True)
class _Rule:
    """What one key of environment.yaml must look like."""

    pattern: re.Pattern[str]
    expected: str
    nullable: bool = False


_RULES: Mapping[str, _Rule] = {
    "name": _Rule(NAME_PATTERN, "the folder's name, such as staging"),
    "account_id": _Rule(ACCOUNT_PATTERN, 'twelve digits in quotes, such as "222222222222"'),
    "region": _Rule(REGION_PATTERN, "an AWS region, such as eu-west-1"),
    "target": _Rule(re.compile("local|aws"), "local or aws"),
    "promotes_from": _Rule(NAME_PATTERN, "another environment's name, or null", nullable=True),
}

PROTECTED = "protected"
"""A key that may be left out: true or false, false without it."""

SECTIONS = ("verify", "gates")
"""Keys that may be left out, and whose own keys belong to one part of the tool."""


def environment_names(repository: Repository) -> list[str]:
    """The names of all environments: dev first, prod last."""
    names = sorted(
        path.parent.name
        for path in repository.environments.glob("*/environment.yaml")
        if NAME_PATTERN.fullmatch(path.parent.name)
    )
    order = {"dev": 0, "staging": 1, "prod": 2}
    return sorted(names, key=lambda name: (order.get(name, 1), name))


def load_environment(repository: Repository, name: str) -> Environment:
    """Read and check one environment.

    Raises UnknownEnvironmentError, with the names that exist, and EnvironmentFileError, which names
    the file, the key and what was expected.
    """
    names = environment_names(repository)
    if name not in names:
        raise _unknown(name, names)
    directory = repository.environments / name
    path = directory / "environment.yaml"
    values = _read(path, repository)
    shown = path.relative_to(repository.root)
    known = [*_RULES, PROTECTED, *SECTIONS]
    unknown = sorted(set(map(str, values)) - set(known))
    if unknown:
        close = difflib.get_close_matches(unknown[0], known, n=1)
        raise EnvironmentFileError(
            f"{shown} has an unknown key: {unknown[0]}.",
            hint=(f"Did you mean {close[0]}? " if close else "")
            + f"The keys are {', '.join(known)}.",
        )
    checked = {key: _check(key, values, shown) for key in _RULES}
    if checked["name"] != name:
        raise EnvironmentFileError(
            f"{shown}: name is {checked['name']!r}, but the folder is {name!r}.",
            hint="Make them the same.",
        )
    source = checked["promotes_from"]
    if source is not None and (source == name or source not in names):
        raise EnvironmentFileError(
            f"{shown}: promotes_from is {source!r}, which is not another environment.",
            hint=f"Expected one of {', '.join(n for n in names if n != name)}, or null.",
        )
    return Environment(
        name=name,
        account_id=str(checked["account_id"]),
        region=str(checked["region"]),
        target=str(checked["target"]),
        promotes_from=source,
        directory=directory,
        protected=_flag(PROTECTED, values, shown),
        **{key: _section(key, values, shown) for key in SECTIONS},
    )


def _unknown(name: str, names: list[str]) -> UnknownEnvironmentError:
    if not names:
        return UnknownEnvironmentError(
            "There are no environments: environments/ holds no folder with an environment.yaml.",
            hint="Restore environments/ from git.",
        )
    printable = ascii(name) if len(name) <= 60 else ascii(name[:57] + "...")
    close = difflib.get_close_matches(name, names, n=1)
    return UnknownEnvironmentError(
        f"There is no environment named {printable}.",
        hint=(f"Did you mean {close[0]}? " if close else "")
        + f"The environments are {', '.join(names)}.",
    )


def _read(path: Path, repository: Repository) -> Mapping[object, object]:
    shown = path.relative_to(repository.root)
    values = _file(path, shown, "Compare it with another environment's file.")
    if not isinstance(values, Mapping):
        raise EnvironmentFileError(
            f"{shown} must hold keys and values, but it holds {type(values).__name__}.",
            hint=f"The keys are {', '.join(_RULES)}.",
        )
    return values


def _check(key: str, values: Mapping[object, object], shown: Path) -> str | None:
    rule = _RULES[key]
    if key not in values:
        raise EnvironmentFileError(
            f"{shown} lacks the key {key}.", hint=f"Expected: {key}: {rule.expected}."
        )
    value = values[key]
    if value is None and rule.nullable:
        return None
    if not isinstance(value, str) or not rule.pattern.fullmatch(value):
        raise EnvironmentFileError(
            f"{shown}: {key} is {value!r}.", hint=f"Expected {rule.expected}."
        )
    return value


def listed_entries(path: Path, shown: Path, example: str) -> list[object]:
    """The entries of a file of all environments that is a list; none where there is no file.

    shown: the file as a message names it. example: of an entry. Raises EnvironmentFileError.
    """
    if not path.exists():
        return []
    entries = _file(path, shown, example) or []
    if not isinstance(entries, list):
        raise EnvironmentFileError(f"{shown} must be a list of entries.", hint=example)
    return entries


def _file(path: Path, shown: Path, hint: str) -> Any:
    try:
        return yaml_text.read(path)
    except yaml_text.UnreadableError as error:
        what = "is not valid YAML" if error.line else "can't be read"
        raise EnvironmentFileError(f"{shown} {what}{error.place}: {error}.", hint=hint) from error


def _flag(key: str, values: Mapping[object, object], shown: Path) -> bool:
    value = values.get(key, False)
    if not isinstance(value, bool):
        raise EnvironmentFileError(
            f"{shown}: {key} is {value!r:.60}.", hint="Expected true or false."
        )
    return value


def _section(key: str, values: Mapping[object, object], shown: Path) -> Mapping[str, Any]:
    section = values.get(key, {})
    if not isinstance(section, Mapping) or not all(isinstance(name, str) for name in section):
        raise EnvironmentFileError(
            f"{shown}: {key} must hold keys and values, but it is {section!r:.60}.",
            hint="Compare it with another environment's file.",
        )
    return {str(name): value for name, value in section.items()}
