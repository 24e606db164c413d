"""The arguments of resources: those that our Terraform sets, and what a plan does with them."""

from __future__ import annotations

import json
from collections import Counter
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.provider_schema import Block, Schemas, uses

EMPTY = ("null", '""', "[]", "{}")


def settable(schemas: Schemas, kind: str) -> set[str]:
    """All that a configuration can set of a resource type, as "kind.block.argument".

    Left out are `id` and `tags_all`, which the provider's SDK gives to every type.
    """
    paths = _leaves(schemas["resource", kind])
    return {f"{kind}.{path}" for path in paths if path not in ("id", "tags_all")}


def _leaves(block: Block) -> Iterator[str]:
    for name, inner in block.arguments.items():
        if name in block.deprecated:
            continue
        if inner is None:
            yield name
        else:
            yield from (f"{name}.{path}" for path in _leaves(inner))


def set_in(paths: list[Path]) -> set[str]:
    """What files set of resources: arguments, and blocks in which there is nothing."""
    found = {
        (use.type, *use.path)
        for use in uses(paths)
        if use.kind == "resource" and use.path and not use.read
    }
    outer = {steps[:length] for steps in found for length in range(1, len(steps))}
    return {".".join(steps) for steps in found - outer}


def values(state: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    """The values of a root module's managed resources by address, from a state as JSON."""
    resources = state["values"]["root_module"]["resources"]
    return {item["address"]: item["values"] for item in resources if item["mode"] == "managed"}


def differ(before: Mapping[str, Any], after: Mapping[str, Any], path: str) -> bool:
    """Whether an argument has other values; in repeated blocks they are taken together."""
    steps = path.split(".")
    return Counter(_at(before, steps)) != Counter(_at(after, steps))


def _at(value: Any, steps: list[str]) -> Iterator[str]:
    if not steps:
        text = json.dumps(value, sort_keys=True)
        if text not in EMPTY:
            yield text
    elif isinstance(value, list):
        for item in value:
            yield from _at(item, steps)
    elif isinstance(value, dict) and steps[0] in value:
        yield from _at(value[steps[0]], steps[1:])


def replacing(plan: Mapping[str, Any], arguments: set[str]) -> set[str]:
    """Those of the arguments of which the plan says that their change replaces the resource."""
    forcing = {
        ".".join([item["type"], *(step for step in path if isinstance(step, str))])
        for item in plan["resource_changes"]
        if "delete" in item["change"]["actions"] and "create" in item["change"]["actions"]
        for path in item["change"].get("replace_paths", [])
    }
    return {name for name in arguments if any(f"{name}.".startswith(f"{f}.") for f in forcing)}
