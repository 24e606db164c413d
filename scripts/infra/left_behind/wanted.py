"""What of a plan may be there already: pure functions over its JSON."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.left_behind.kinds import KINDS


@dataclass(frozen=True)
class Wanted:
    """Something that a plan would create. values: what is known of it. tags: what makes it ours."""

    address: str
    kind: str
    values: Mapping[str, Any]
    tags: Mapping[str, str]


def wanted(document: Mapping[str, Any]) -> list[Wanted]:
    """What a plan would create and can be looked for.

    document: the plan's JSON. Nothing where the configuration gives no tags: nobody could tell ours
    from somebody else's.
    """
    changes = [(raw, raw.get("change") or {}) for raw in document.get("resource_changes") or []]
    tags = (_tags(change) for _raw, change in changes)
    ours = next((found for found in tags if found), None)
    if not ours:
        return []
    found = []
    for raw, change in changes:
        kind, after = KINDS.get(raw.get("type")), change.get("after") or {}
        if kind is None or change.get("actions") != ["create"]:
            continue
        if all(after.get(name) is not None for name in kind.named_by):
            values = {name: after.get(name) for name in (*kind.named_by, *kind.told_by)}
            found.append(Wanted(raw["address"], raw["type"], values, _tags(change) or ours))
    return found


def _tags(change: Mapping[str, Any]) -> dict[str, str]:
    """The tags that a resource is to have, the provider's default tags among them."""
    tags = (change.get("after") or {}).get("tags_all") or {}
    return {name: value for name, value in tags.items() if value is not None}
