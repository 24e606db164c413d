"""What needs what, as a plan's JSON tells it.

Its configuration lists which names each expression refers to. Only names are read here, never a
value: no mask covers secrets there. Local values are not a part of that JSON, so what passes
through them is known only of what exists already, from the state.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.graphs.addresses import without_keys

_EXPRESSIONS = ("expressions", "count_expression", "for_each_expression")
_NO_THINGS = ("local", "each", "count", "path", "self", "terraform")


def needs_of(document: Mapping[str, Any]) -> dict[str, set[str]]:
    """The managed resources that each one needs, by addresses in the configuration."""
    root = (document.get("configuration") or {}).get("root_module") or {}
    links: dict[str, set[str]] = {}
    managed: set[str] = set()
    _module("", root, links, managed)
    found = {address: _managed(address, links, managed) for address in managed}
    for address, needed in _stored(document):
        found.setdefault(address, set()).update(needed - {address})
    return found


def _module(
    prefix: str, module: Mapping[str, Any], links: dict[str, set[str]], managed: set[str]
) -> None:
    """Note what each thing of a module refers to. prefix: the module's address and a dot."""
    for raw in module.get("resources") or []:
        address = prefix + str(raw.get("address"))
        parts = [raw.get(part) for part in _EXPRESSIONS]
        found = {name for part in parts for name in _references(part)}
        links[address] = _named(prefix, {*found, *(raw.get("depends_on") or [])})
        # Whether the whole module is there at all may hang on something.
        links[address].add(f"{prefix}(call)")
        if raw.get("mode") == "managed":
            managed.add(address)
    for name, output in (module.get("outputs") or {}).items():
        found = {*_references(output.get("expression")), *(output.get("depends_on") or [])}
        links[f"{prefix}output.{name}"] = _named(prefix, found)
    for name, call in (module.get("module_calls") or {}).items():
        inner = f"{prefix}module.{name}."
        for variable, expression in (call.get("expressions") or {}).items():
            links[f"{inner}var.{variable}"] = _named(prefix, set(_references(expression)))
        parts = [call.get(part) for part in ("count_expression", "for_each_expression")]
        found = {one for part in parts for one in _references(part)}
        around = _named(prefix, {*found, *(call.get("depends_on") or [])})
        links[f"{inner}(call)"] = {*around, f"{prefix}(call)"}
        child = call.get("module") or {}
        links[f"{prefix}module.{name}"] = {
            f"{inner}output.{output}" for output in child.get("outputs") or {}
        }
        _module(inner, child, links, managed)


def _references(expression: Any) -> Iterator[str]:
    if isinstance(expression, Mapping):
        for name, value in expression.items():
            if name == "references" and isinstance(value, list):
                yield from (one for one in value if isinstance(one, str))
            elif name != "constant_value":
                yield from _references(value)
    elif isinstance(expression, list):
        for item in expression:
            yield from _references(item)


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


def _managed(start: str, links: Mapping[str, set[str]], managed: set[str]) -> set[str]:
    """What is reached from a resource before the next one."""
    seen: set[str] = set()
    waiting = list(links[start])
    while waiting:
        one = waiting.pop()
        if one not in seen:
            seen.add(one)
            if one not in managed:
                waiting.extend(links.get(one, ()))
    return (seen & managed) - {start}


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
