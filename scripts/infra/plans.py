"""A plan, reduced to what a person must review: pure functions over Terraform's plan JSON.

Format: "JSON Output Format" in Terraform's documentation, version 1.
"""

from __future__ import annotations

import json
import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from enum import Enum
from typing import Any

SENSITIVE = "(sensitive)"
UNKNOWN = "(known after apply)"


class Action(Enum):
    """What happens to a resource, in the order in which a reviewer should see it."""

    DELETE = "destroy"
    REPLACE = "replace"
    FORGET = "forget"
    UPDATE = "update"
    CREATE = "create"
    READ = "read"


RISKY = (Action.DELETE, Action.REPLACE, Action.FORGET)


@dataclass(frozen=True)
class AttributeChange:
    """One attribute that changes, its values as one line of text and secrets masked."""

    path: str
    before: str
    after: str
    forces_replacement: bool = False


@dataclass(frozen=True)
class ResourceChange:
    """One resource that changes. module: its module's address, "" for the root."""

    address: str
    module: str
    kind: str
    action: Action
    reason: str = ""
    create_first: bool = False
    attributes: tuple[AttributeChange, ...] = ()


@dataclass(frozen=True)
class PlanSummary:
    """All that a plan would do. drifted: addresses that changed outside of Terraform."""

    changes: tuple[ResourceChange, ...] = ()
    outputs: tuple[AttributeChange, ...] = ()
    drifted: tuple[str, ...] = ()

    @property
    def counts(self) -> Mapping[Action, int]:
        """How many resources each action touches."""
        return Counter(change.action for change in self.changes)

    @property
    def half_made(self) -> tuple[ResourceChange, ...]:
        """What is replaced only since a run ended before it was through with it."""
        return tuple(change for change in self.changes if change.reason == HALF_MADE)

    @property
    def doubled(self) -> tuple[str, ...]:
        """What of that would be made anew before the old one goes."""
        return tuple(change.address for change in self.half_made if change.create_first)

    @property
    def empty(self) -> bool:
        """Nothing would change, neither a resource nor an output."""
        return not self.changes and not self.outputs


_ACTIONS: Mapping[tuple[str, ...], Action] = {
    ("create",): Action.CREATE,
    ("read",): Action.READ,
    ("update",): Action.UPDATE,
    ("delete",): Action.DELETE,
    ("forget",): Action.FORGET,
    ("delete", "create"): Action.REPLACE,
    ("create", "delete"): Action.REPLACE,
}

HALF_MADE = "its last apply did not finish"
_REASONS: Mapping[str, str] = {
    "replace_because_cannot_update": "it can't be changed in place",
    "replace_because_tainted": HALF_MADE,
    "replace_by_request": "-replace asks for it",
    "replace_by_triggers": "something that it follows is replaced",
    "delete_because_no_resource_config": "it is no longer in the configuration",
    "delete_because_no_module": "its module is no longer in the configuration",
    "delete_because_wrong_repetition": "count or for_each was added or removed",
    "delete_because_count_index": "count is now lower",
    "delete_because_each_key": "its key is no longer in for_each",
    "delete_because_no_move_target": "a moved block points nowhere",
}


def summarize(document: Mapping[str, Any]) -> PlanSummary:
    """Reduce a plan's JSON to what changes. Data sources that are read at apply are left out."""
    changes = [
        change
        for raw in document.get("resource_changes") or []
        if (change := _resource(raw)) is not None
    ]
    order = list(Action)
    changes.sort(key=lambda change: (order.index(change.action), change.module, change.address))
    outputs = [
        attribute
        for name, raw in sorted((document.get("output_changes") or {}).items())
        if (attribute := _output(name, raw)) is not None
    ]
    relevant = {raw.get("resource") for raw in document.get("relevant_attributes") or []}
    drifted = sorted(
        str(raw["address"])
        for raw in document.get("resource_drift") or []
        if _drifted(raw.get("change") or {}, raw["address"] in relevant)
    )
    return PlanSummary(tuple(changes), tuple(outputs), tuple(drifted))


def by_module(changes: Sequence[ResourceChange]) -> Mapping[str, list[ResourceChange]]:
    """Group changes by module, in the order of the modules' names."""
    groups: dict[str, list[ResourceChange]] = {}
    for change in sorted(changes, key=lambda change: (change.module, change.address)):
        groups.setdefault(change.module, []).append(change)
    return groups


def module_path(address: str) -> str:
    """A module address as a person says it: module.a.module.b["c"] is a.b["c"]."""
    return re.sub(r"(^|\.)module\.", r"\1", address)


def _resource(raw: Mapping[str, Any]) -> ResourceChange | None:
    change = raw.get("change") or {}
    action = _ACTIONS.get(tuple(change.get("actions") or ()))
    if action is None and change.get("importing"):
        # Nothing of it changes, but without an apply it stays outside of the state.
        action = Action.UPDATE
    if action is None or raw.get("mode") == "data":
        return None
    attributes = tuple(_attributes(change))
    reason = _REASONS.get(str(raw.get("action_reason", "")), "")
    if change.get("importing") and not reason:
        reason = "it exists already and is adopted"
    forcing = [attribute.path for attribute in attributes if attribute.forces_replacement]
    if action is Action.REPLACE and forcing and reason != HALF_MADE:
        reason = f"a change of {', '.join(forcing)} can't be made in place"
    return ResourceChange(
        address=str(raw["address"]),
        module=str(raw.get("module_address") or ""),
        kind=str(raw.get("type", "")),
        action=action,
        reason=reason,
        create_first=change.get("actions") == ["create", "delete"],
        attributes=attributes,
    )


def _drifted(change: Mapping[str, Any], relevant: bool) -> bool:
    """Tell drift from what a provider fills in by itself right after an apply.

    A deleted resource has drifted. Of a changed one only what had a value before counts, and only
    where Terraform says that the plan depends on it, as Terraform's own output does; an attribute
    that the configuration sets shows as an update anyway.
    """
    if change.get("actions") == ["delete"]:
        return True
    before, after = _without_empty(change.get("before")), _without_empty(change.get("after"))
    if not relevant or not isinstance(before, dict) or not isinstance(after, dict):
        return False
    return any(after.get(key) != value for key, value in before.items())


def _without_empty(value: Any) -> Any:
    """A value without what a provider writes for "not set"."""
    if isinstance(value, dict):
        kept = {key: _without_empty(item) for key, item in value.items()}
        return {key: item for key, item in kept.items() if not _is_empty(item)}
    if isinstance(value, list):
        return [None if _is_empty(item) else _without_empty(item) for item in value]
    return value


def _is_empty(value: Any) -> bool:
    return value is None or (not isinstance(value, (bool, int, float)) and not value)


def _attributes(change: Mapping[str, Any]) -> Iterator[AttributeChange]:
    forcing = {path_text(path) for path in change.get("replace_paths") or []}
    for path, before, after in _differences(
        (),
        change.get("before"),
        change.get("after"),
        change.get("after_unknown"),
        change.get("before_sensitive"),
        change.get("after_sensitive"),
    ):
        shown = path_text(path)
        forces = any(shown == one or shown.startswith((one + ".", one + "[")) for one in forcing)
        yield AttributeChange(shown, before, after, forces)


def _output(name: str, raw: Mapping[str, Any]) -> AttributeChange | None:
    if raw.get("actions") == ["no-op"]:
        return None
    masked = raw.get("before_sensitive") is True or raw.get("after_sensitive") is True
    unknown = raw.get("after_unknown")
    after = UNKNOWN if unknown else _text(raw.get("after"))
    if masked:
        return AttributeChange(name, SENSITIVE, SENSITIVE)
    return AttributeChange(name, _text(raw.get("before")), after)


def _differences(
    path: tuple[Any, ...],
    before: Any,
    after: Any,
    unknown: Any,
    before_sensitive: Any,
    after_sensitive: Any,
) -> Iterator[tuple[tuple[Any, ...], str, str]]:
    """Walk both values and their masks side by side, down to the parts that differ."""
    if before_sensitive is True or after_sensitive is True:
        if unknown is True or before != after:
            yield path, SENSITIVE, SENSITIVE
        return
    if unknown is True:
        yield path, _masked_text(before, before_sensitive), UNKNOWN
        return
    if before != after and isinstance(before, str) and isinstance(after, str):
        before, after = _structure(before), _structure(after)
    if isinstance(before, dict) and (isinstance(after, dict) or isinstance(unknown, dict)):
        after = after if isinstance(after, dict) else {}
        keys = sorted({*before, *after, *(unknown if isinstance(unknown, dict) else {})})
    elif isinstance(before, list) and isinstance(after, list) and len(before) == len(after):
        keys = list(range(len(after)))
    elif before is None and (isinstance(after, dict) or isinstance(unknown, dict)):
        after = after if isinstance(after, dict) else {}
        keys = sorted({*after, *(unknown if isinstance(unknown, dict) else {})})
    else:
        if _without_empty([before]) != _without_empty([after]):
            yield (
                path,
                _masked_text(before, before_sensitive),
                _masked_text(after, after_sensitive),
            )
        return
    for key in keys:
        yield from _differences(
            (*path, key),
            _at(before, key),
            _at(after, key),
            _at(unknown, key),
            _at(before_sensitive, key),
            _at(after_sensitive, key),
        )


def _at(value: Any, key: Any) -> Any:
    if isinstance(value, dict):
        return value.get(key)
    if isinstance(value, list) and isinstance(key, int) and key < len(value):
        return value[key]
    return None


def _structure(text: str) -> Any:
    """A policy or another JSON document as what it says, so that a change shows where it is."""
    try:
        document = json.loads(text)
    except ValueError:
        return text
    return document if isinstance(document, (dict, list)) else text


def path_text(parts: Sequence[Any]) -> str:
    """The place of an attribute as a person writes it: rule[0].status."""
    text = ""
    for part in parts:
        text += f"[{part}]" if isinstance(part, int) else f".{part}" if text else str(part)
    return text


def _masked_text(value: Any, mask: Any) -> str:
    return _text(_mask(value, mask))


def _mask(value: Any, mask: Any) -> Any:
    if mask is True:
        return SENSITIVE
    if isinstance(value, dict):
        return {key: _mask(item, _at(mask, key)) for key, item in value.items()}
    if isinstance(value, list):
        return [_mask(item, _at(mask, index)) for index, item in enumerate(value)]
    return value


def _text(value: Any) -> str:
    if value is None:
        return "null"
    text = value if isinstance(value, str) else json.dumps(value, sort_keys=True)
    return " ".join(text.split())
