"""What needs what, as a plan's JSON tells it.

Its configuration lists which names each expression refers to. Only names are read here, never a
value: no mask covers secrets there. Local values are not a part of that JSON; the files say it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path
from typing import Any

from infra.graphs.addresses import without_keys
from infra.graphs.local_values import Sources

_EXPRESSIONS = ("expressions", "count_expression", "for_each_expression")
_NO_THINGS = ("each", "count", "path", "self", "terraform")


def needs_of(
    document: Mapping[str, Any], folder: Path | None = None, root: Path | None = None
) -> dict[str, set[str]]:
    """The managed resources that each one needs, by addresses in the configuration.

    folder: of the root module. root: of the checkout. Without them needs that pass through a local
    value are known only of what exists already, from the state.
    """
    module = (document.get("configuration") or {}).get("root_module") or {}
    reading = _Reading(Sources(root) if root else None)
    reading.module("", module, folder.resolve() if folder else None)
    found = {address: reading.needs(address) for address in reading.managed}
    for address, needed in _stored(document):
        found.setdefault(address, set()).update(needed - {address})
    return found


class _Reading:
    """What each thing of a configuration refers to. managed: the resources among them."""

    def __init__(self, sources: Sources | None) -> None:
        self.managed: set[str] = set()
        self._links: dict[str, set[str]] = {}
        self._sources = sources

    def module(self, prefix: str, module: Mapping[str, Any], folder: Path | None) -> None:
        """Note all of a module. prefix: its address and a dot. folder: its files, if known."""
        links = self._links
        for raw in module.get("resources") or []:
            address = prefix + str(raw.get("address"))
            found = {name for part in _EXPRESSIONS for name in _references(raw.get(part))}
            links[address] = _named(prefix, {*found, *(raw.get("depends_on") or [])})
            # Whether the whole module is there at all may hang on something.
            links[address].add(f"{prefix}(call)")
            if raw.get("mode") == "managed":
                self.managed.add(address)
        for name, output in (module.get("outputs") or {}).items():
            found = {*_references(output.get("expression")), *(output.get("depends_on") or [])}
            links[f"{prefix}output.{name}"] = _named(prefix, found)
        if self._sources is not None:
            for name, found in self._sources.references(folder).items():
                links[f"{prefix}local.{name}"] = _named(prefix, found)
        for name, call in (module.get("module_calls") or {}).items():
            self._call(prefix, name, call, folder)

    def _call(self, prefix: str, name: str, call: Mapping[str, Any], folder: Path | None) -> None:
        links, inner = self._links, f"{prefix}module.{name}."
        for variable, expression in (call.get("expressions") or {}).items():
            links[f"{inner}var.{variable}"] = _named(prefix, set(_references(expression)))
        found = {one for part in _EXPRESSIONS[1:] for one in _references(call.get(part))}
        around = _named(prefix, {*found, *(call.get("depends_on") or [])})
        links[f"{inner}(call)"] = {*around, f"{prefix}(call)"}
        child = call.get("module") or {}
        # Who names a module as a whole waits for all that is in it.
        links[f"{prefix}module.{name}"] = _all(inner, child)
        source = self._sources.module(folder, call.get("source")) if self._sources else None
        self.module(inner, child, source)

    def needs(self, start: str) -> set[str]:
        """What is reached from a resource before the next one."""
        seen: set[str] = set()
        waiting = list(self._links[start])
        while waiting:
            one = waiting.pop()
            if one not in seen:
                seen.add(one)
                if one not in self.managed:
                    waiting.extend(self._links.get(one, ()))
        return (seen & self.managed) - {start}


def _references(expression: Any) -> Iterator[str]:
    if isinstance(expression, Mapping):
        for name, value in expression.items():
            if name == "references" and isinstance(value, list):
                yield from _longest([one for one in value if isinstance(one, str)])
            elif name != "constant_value":
                yield from _references(value)
    elif isinstance(expression, list):
        for item in expression:
            yield from _references(item)


def _longest(references: Sequence[str]) -> Iterator[str]:
    """Each name is followed by what it begins with: module.a[0].b, module.a[0], module.a."""
    for before, one in zip(["", *references], references, strict=False):
        if not before.startswith((f"{one}.", f"{one}[")):
            yield one


def _all(prefix: str, module: Mapping[str, Any]) -> set[str]:
    """All resources in a module, and in those that it calls."""
    found = {prefix + str(raw.get("address")) for raw in module.get("resources") or []}
    for name, call in (module.get("module_calls") or {}).items():
        found |= _all(f"{prefix}module.{name}.", call.get("module") or {})
    return found


def _named(prefix: str, references: set[str]) -> set[str]:
    return {
        name for one in references if (name := _name(prefix, without_keys(one).split("."))) != ""
    }


def _name(prefix: str, parts: list[str]) -> str:
    """The thing that a reference names, in the module that it stands in; "" for none."""
    if parts[0] in _NO_THINGS or len(parts) < 2:
        return ""
    if parts[0] == "module":
        output = f".output.{parts[2]}" if len(parts) > 2 else ""
        return f"{prefix}module.{parts[1]}{output}"
    length = 3 if parts[0] == "data" else 2
    return prefix + ".".join(parts[:length])


def _stored(document: Mapping[str, Any]) -> Iterator[tuple[str, set[str]]]:
    """The same of what exists: there Terraform has written down all that it was made after."""
    values = (document.get("prior_state") or {}).get("values") or {}
    waiting = [values.get("root_module") or {}]
    while waiting:
        module = waiting.pop()
        waiting += module.get("child_modules") or []
        for raw in module.get("resources") or []:
            if raw.get("mode") == "managed":
                yield without_keys(str(raw["address"])), set(raw.get("depends_on") or ())
