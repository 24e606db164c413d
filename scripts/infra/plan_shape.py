"""Whether JSON is laid out as Terraform lays out a plan.

What reads a plan relies on it. Of values and masks nothing is asked: they can be anything.
Format: "JSON Output Format" in Terraform's documentation, version 1.
"""

from __future__ import annotations

from typing import Any

EACH = "*"
"""In a shape: every member of the object, whatever its name."""

NEEDED = ("address",)
"""Without these a resource can't even be named."""

_CHANGE = {
    "actions": [str],
    "replace_paths": [[(str, int)]],
    "importing": dict,
    "generated_config": str,
}
_RESOURCE = {
    **dict.fromkeys(("address", "module_address", "mode", "type", "deposed"), str),
    **dict.fromkeys(("previous_address", "action_reason"), str),
    "change": _CHANGE,
}
_CONFIGURED: dict[str, Any] = {
    "resources": [{"address": str, "mode": str, "depends_on": [str]}],
    "outputs": {EACH: {"depends_on": [str]}},
    "variables": {EACH: dict},
}
_CONFIGURED["module_calls"] = {
    EACH: {"source": str, "expressions": dict, "depends_on": [str], "module": _CONFIGURED}
}
_STORED: dict[str, Any] = {"resources": [{"address": str, "mode": str, "depends_on": [str]}]}
_STORED["child_modules"] = [_STORED]
_CHECKED = {"address": {"to_display": str}, "status": str}
_PLAN = {
    "resource_changes": [_RESOURCE],
    "resource_drift": [_RESOURCE],
    "output_changes": {EACH: _CHANGE},
    "relevant_attributes": [{"resource": str}],
    "variables": {EACH: dict},
    "checks": [{**_CHECKED, "instances": [_CHECKED]}],
    "complete": bool,
    "errored": bool,
    "configuration": {"root_module": _CONFIGURED},
    "prior_state": {"values": {"root_module": _STORED}},
}


def is_plan(document: object) -> bool:
    """Tell whether all of a plan that is read has the type that it must have."""
    return isinstance(document, dict) and _fits(document, _PLAN) and _named(document)


def _named(document: dict[str, Any]) -> bool:
    return all(
        isinstance(raw.get(name), str)
        for part in ("resource_changes", "resource_drift")
        for raw in document.get(part) or []
        for name in NEEDED
    )


def _fits(value: Any, shape: Any) -> bool:
    """Null stands for what is left out."""
    if value is None:
        return True
    if isinstance(shape, list):
        return isinstance(value, list) and all(
            item is not None and _fits(item, shape[0]) for item in value
        )
    if isinstance(shape, dict):
        if not isinstance(value, dict):
            return False
        if EACH in shape:
            return all(item is not None and _fits(item, shape[EACH]) for item in value.values())
        return all(_fits(value.get(name), inner) for name, inner in shape.items())
    return isinstance(value, shape)
