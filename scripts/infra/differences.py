"""How two environments differ, and which of their differences somebody has explained.

Explanations stand in environments/differences.yaml and are reviewed like code.
"""

from __future__ import annotations

import difflib
import fnmatch
import hashlib
import itertools
import json
import re
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from infra import hcl
from infra.environments import Environment, environment_names, listed_entries, load_environment
from infra.errors import EnvironmentFileError, UsageError
from infra.plans import SENSITIVE
from infra.repository import Repository
from infra.values import Variable, effective_values, is_variable_file, parsed

ABSENT = "(not set)"
SECTIONS = ("environment", "backend", "values", "release", "modules", "providers", "code")
NOT_CODE = ("*.tfstate", "*.tfstate.*", "*.tfplan", "crash.log")
READ_OTHERWISE = ("environment.yaml", "backend.tf")
_KEYS = ("path", "reason", "environments", "follows")


@dataclass(frozen=True)
class Explanation:
    """Why a difference is meant.

    pattern: of the difference's whole path, with * and ?. environments: one of the two that are
    compared must be one of these; empty for any. follows: patterns of the attributes that differ in
    AWS because of it, as type.attribute, or a type alone where whole resources do.
    """

    pattern: str
    reason: str
    environments: tuple[str, ...] = ()
    follows: tuple[str, ...] = ()

    def explains(self, path: str, pair: tuple[str, str]) -> bool:
        """Tell whether it is about this difference between these two."""
        meant = not self.environments or bool(set(self.environments) & set(pair))
        # In a pattern only * and ? are wild: paths have brackets of their own.
        return meant and fnmatch.fnmatchcase(path, self.pattern.replace("[", "[[]"))


@dataclass(frozen=True)
class Difference:
    """One place where two environments differ; values are text, secrets masked."""

    section: str
    name: str
    left: str
    right: str
    reason: str | None = None

    @property
    def path(self) -> str:
        """What an explanation's pattern is compared with."""
        return f"{self.section}.{self.name}"


@dataclass(frozen=True)
class Comparison:
    """Two environments side by side.

    stale: patterns in differences.yaml that explain nothing, in no pair of environments.
    """

    left: str
    right: str
    differences: tuple[Difference, ...]
    stale: tuple[str, ...] = ()

    @property
    def unexplained(self) -> tuple[Difference, ...]:
        """What nobody gave a reason for."""
        return tuple(item for item in self.differences if item.reason is None)


@dataclass(frozen=True)
class _Leaf:
    value: Any
    sensitive: bool = False


_Facts = Mapping[str, Mapping[str, _Leaf]]


def compare(repository: Repository, left: str, right: str) -> Comparison:
    """Compare two environments.

    Raises UnknownEnvironmentError, EnvironmentFileError, and UsageError for one and the same.
    """
    for name in (left, right):
        load_environment(repository, name)
    if left == right:
        raise UsageError(
            f"{left} can't differ from itself.",
            hint=f"Name two of {', '.join(environment_names(repository))}.",
        )
    names = environment_names(repository)
    facts = {name: _facts(load_environment(repository, name)) for name in names}
    explanations = load_explanations(repository)
    used = {
        explanation
        for pair in itertools.combinations(names, 2)
        for item in _differences(facts[pair[0]], facts[pair[1]])
        for explanation in explanations
        if explanation.explains(item.path, pair)
    }
    found = tuple(
        _explained(item, explanations, (left, right))
        for item in _differences(facts[left], facts[right])
    )
    stale = tuple(item.pattern for item in explanations if item not in used)
    return Comparison(left, right, found, stale)


def load_explanations(repository: Repository) -> Sequence[Explanation]:
    """The entries of environments/differences.yaml, each checked. Raises EnvironmentFileError."""
    path = repository.environments / "differences.yaml"
    shown = path.relative_to(repository.root)
    entries = listed_entries(path, shown, _EXAMPLE)
    names = environment_names(repository)
    made = [_explanation(f"{shown}, entry {i}", e, names) for i, e in enumerate(entries, 1)]
    twice = [
        a.pattern
        for a, b in itertools.combinations(made, 2)
        if a == replace(b, reason=a.reason, follows=a.follows)
    ]
    if twice:
        raise EnvironmentFileError(
            f"{shown} has more than one entry for {twice[0]}.", hint="Keep one reason."
        )
    return made


_EXAMPLE = "An entry looks like this:\n- path: values.scaling.*\n  reason: dev has less traffic."


def _explanation(shown: str, entry: object, names: Sequence[str]) -> Explanation:
    if not isinstance(entry, Mapping):
        raise EnvironmentFileError(f"{shown} has no keys.", hint=_EXAMPLE)
    unknown = sorted(set(map(str, entry)) - set(_KEYS))
    if unknown:
        close = difflib.get_close_matches(unknown[0], _KEYS, n=1)
        raise EnvironmentFileError(
            f"{shown} has an unknown key: {unknown[0]}.",
            hint=(f"Did you mean {close[0]}? " if close else "")
            + f"The keys are {', '.join(_KEYS)}.",
        )
    for key in ("path", "reason"):
        if not isinstance(entry.get(key), str) or not entry[key].strip():
            raise EnvironmentFileError(f"{shown} needs a text for the key {key}.", hint=_EXAMPLE)
    pattern = str(entry["path"])
    section, _, name = pattern.partition(".")
    if section not in SECTIONS or not name:
        raise EnvironmentFileError(
            f"{shown}: path is {pattern!r}.",
            hint=f"It must begin with a section and a dot: {', '.join(SECTIONS)}.",
        )
    meant = entry.get("environments", [])
    if not isinstance(meant, list) or not set(map(str, meant)) <= set(names):
        raise EnvironmentFileError(
            f"{shown}: environments is {meant!r}.",
            hint=f"Expected a list of environments: {', '.join(names)}.",
        )
    follows = entry.get("follows", [])
    if not isinstance(follows, list) or not all(
        isinstance(item, str) and re.fullmatch(r"[a-z][a-z0-9_]*(\..+)?", item) for item in follows
    ):
        raise EnvironmentFileError(
            f"{shown}: follows is {follows!r}.",
            hint="Expected a list of attributes, such as aws_ecr_repository.force_delete.",
        )
    reason = " ".join(entry["reason"].split())
    return Explanation(pattern, reason, tuple(map(str, meant)), tuple(follows))


def _explained(
    found: Difference, explanations: Sequence[Explanation], pair: tuple[str, str]
) -> Difference:
    reasons = (item.reason for item in explanations if item.explains(found.path, pair))
    return replace(found, reason=next(reasons, None))


def _differences(left: _Facts, right: _Facts) -> Iterator[Difference]:
    for section in SECTIONS:
        here, there = left[section], right[section]
        for name in sorted({*here, *there}):
            one, other = here.get(name), there.get(name)
            if one is None or other is None or one.value != other.value:
                secret = any(leaf is not None and leaf.sensitive for leaf in (one, other))
                yield Difference(section, name, _text(one, secret), _text(other, secret))


def _text(leaf: _Leaf | None, secret: bool) -> str:
    if leaf is None:
        return ABSENT
    if secret:
        return SENSITIVE
    if isinstance(leaf.value, str):
        return leaf.value
    return json.dumps(leaf.value, ensure_ascii=False, sort_keys=True)


def _facts(environment: Environment) -> _Facts:
    values = dict(effective_values(environment))
    release = values.pop("release", None)
    backend, rest = _backend(environment)
    return {
        "environment": {
            key: _Leaf(getattr(environment, key))
            for key in ("name", "account_id", "region", "target", "promotes_from", "protected")
        },
        "backend": dict(_flat("", backend)),
        "values": {
            name: leaf for variable in values.values() for name, leaf in _variable(variable)
        },
        "release": dict(_release(release)),
        "modules": dict(_modules(environment)),
        "providers": dict(_providers(environment)),
        "code": {**dict(_code(environment)), **rest},
    }


def _variable(variable: Variable) -> Iterator[tuple[str, _Leaf]]:
    value = variable.value
    if variable.unordered and isinstance(value, list):
        value = sorted(value, key=lambda item: json.dumps(item, sort_keys=True))
    if variable.sensitive:
        yield variable.name, _Leaf(value, sensitive=True)
        return
    yield from _flat(variable.name, value)


def _release(variable: Variable | None) -> Iterator[tuple[str, _Leaf]]:
    if variable is not None and isinstance(variable.value, Mapping):
        for name, leaf in _flat("", variable.value):
            yield name, replace(leaf, sensitive=variable.sensitive)
    elif variable is not None:
        yield from _flat("pinned", variable.value)


def _flat(name: str, value: Any) -> Iterator[tuple[str, _Leaf]]:
    """The leaves of an object by path; a list is one leaf, an empty object too.

    null is how Terraform says "not set".
    """
    if value is None:
        return
    if isinstance(value, Mapping) and value:
        for key, item in value.items():
            yield from _flat(f"{name}.{key}" if name else str(key), item)
    elif name:
        yield name, _Leaf(value)


def _backend(environment: Environment) -> tuple[Any, Mapping[str, _Leaf]]:
    """The backend's fields, and whatever else stands in backend.tf."""
    path = environment.directory / "backend.tf"
    if not path.is_file():
        return {}, {}
    document = parsed(environment, path)
    fields: dict[str, Any] = {}
    for block in hcl.blocks(document, "terraform"):
        for backend in hcl.blocks(block, "backend"):
            fields.update(backend)
            block.pop("backend", None)
    # What is left of a block that held nothing else is an empty one.
    rest = {
        key: value for key, value in document.items() if not isinstance(value, list) or any(value)
    }
    return fields, {"backend.tf": _Leaf(_digest(json.dumps(rest, sort_keys=True)))}


def _modules(environment: Environment) -> Iterator[tuple[str, _Leaf]]:
    for path in sorted(environment.directory.glob("*.tf")):
        for name, body in hcl.labelled(parsed(environment, path), "module").items():
            for key in ("source", "version"):
                if key in body:
                    yield f"{name}.{key}", _Leaf(body[key])


def _providers(environment: Environment) -> Iterator[tuple[str, _Leaf]]:
    path = environment.directory / ".terraform.lock.hcl"
    if not path.is_file():
        return
    for source, body in hcl.labelled(parsed(environment, path), "provider").items():
        yield f"{source}.version", _Leaf(body.get("version"))
        yield f"{source}.constraints", _Leaf(body.get("constraints"))
        found = body.get("hashes")
        hashes = sorted(map(str, found if isinstance(found, list) else []))
        yield f"{source}.hashes", _Leaf(f"{len(hashes)} checksums, {_digest(' '.join(hashes))}")


def _code(environment: Environment) -> Iterator[tuple[str, _Leaf]]:
    """Every other file, by its content."""
    for path in sorted(environment.directory.rglob("*")):
        inner = path.relative_to(environment.directory)
        hidden = any(part.startswith(".") for part in inner.parts)
        if hidden or not path.is_file() or _told_elsewhere(inner):
            continue
        content = path.read_bytes()
        lines = content.count(b"\n")
        yield inner.as_posix(), _Leaf(f"{lines} lines, {_digest(content)}")


def _told_elsewhere(inner: Path) -> bool:
    if len(inner.parts) == 1 and (inner.name in READ_OTHERWISE or is_variable_file(inner.name)):
        return True
    return any(fnmatch.fnmatchcase(inner.name, pattern) for pattern in NOT_CODE)


def _digest(content: str | bytes) -> str:
    raw = content.encode() if isinstance(content, str) else content
    return hashlib.sha256(raw).hexdigest()[:12]
