"""What a plan is, apart from where and when it was made: pure functions.

A plan is brought into a canonical form, in which each sensitive value is replaced by a keyed hash.
Its digest and those of all else that decides about an apply are the ingredients of its identity.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field, replace
from typing import Any

from infra.plans import SENSITIVE, UNKNOWN, PlanSummary, path_text, summarize

SEALED = "$sealed"
"""The one member of what stands for a sensitive value."""

GROUPS = 8
"""An identity has so many groups of four hexadecimal digits: 128 bits, more than can be searched
for a second plan with the same one."""

KEPT = (
    "actions",
    "before",
    "after",
    "after_unknown",
    "before_sensitive",
    "after_sensitive",
    "replace_paths",
    "importing",
    "generated_config",
)
"""The members of a change that say what will happen ("Change Representation" of Terraform's "JSON
Output Format")."""


@dataclass(frozen=True)
class Key:
    """The secret of an environment, which makes that nobody else can guess what was hashed."""

    secret: bytes = field(repr=False)

    def digest(self, purpose: str, content: bytes) -> str:
        """A hash that only holders of the key can make, and that is of use for one purpose."""
        message = purpose.encode() + b"\0" + content
        return hmac.new(self.secret, message, hashlib.sha256).hexdigest()


@dataclass(frozen=True)
class Difference:
    """One thing that two plans say differently; secrets are hidden.

    when: "before" or "after" the apply, or "plan" for what is no attribute.
    """

    address: str
    attribute: str
    when: str
    planned: str
    now: str

    @property
    def text(self) -> str:
        """The difference as one line."""
        place = f"{self.address}: {self.attribute}" if self.attribute else self.address
        if self.planned == self.now == SENSITIVE:
            return f"{place}: (sensitive, differs)"
        moment = {"before": " before the apply", "after": " after the apply"}.get(self.when, "")
        return f"{place}{moment}: was {self.planned}, now {self.now}"


def encoded(value: Any) -> bytes:
    """A value as the one JSON text that it has here."""
    text = json.dumps(value, sort_keys=True, separators=(",", ":"), ensure_ascii=False)
    return text.encode("utf-8", errors="surrogatepass")


def canonical(document: Mapping[str, Any], key: Key) -> dict[str, Any]:
    """Reduce a plan's JSON to what it would do, without times, order and secrets.

    Of a resource that stays as it is only the address is kept: what an apply does not touch is no
    part of what was reviewed. What a plan took from it shows in what changes. `configuration` and
    `prior_state`, where no mask covers secrets, do not get in.
    """
    resources = [_resource(raw, key) for raw in document.get("resource_changes") or []]
    return {
        "resource_changes": sorted(
            resources, key=lambda raw: (raw["address"], raw.get("deposed") or "")
        ),
        "output_changes": {
            name: _change(f"output.{name}", raw, key)
            for name, raw in (document.get("output_changes") or {}).items()
        },
        "variables": _variables(document, key),
        "checks": _checks(document),
        "drifted": list(summarize(document).drifted),
        "complete": document.get("complete", True),
        "errored": document.get("errored", False),
    }


def summary(plan: Mapping[str, Any]) -> PlanSummary:
    """What a canonical plan would do, for a person; secrets stay masked."""
    return replace(summarize(plan), drifted=tuple(plan["drifted"]))


def identify(environment: str, ingredients: Mapping[str, str], key: Key) -> tuple[str, str]:
    """The identity of a plan in its printed form, and the full hash that it is the beginning of."""
    digest = key.digest("identity", encoded([environment, dict(ingredients)]))
    return printed(environment, digest), digest


def printed(environment: str, digest: str) -> str:
    """A hash as it is printed: staging-7f3a-91c2-..."""
    groups = [digest[start : start + 4] for start in range(0, 4 * GROUPS, 4)]
    return "-".join([environment, *groups])


def is_whole(identity: str, environment: str) -> bool:
    """Tell a whole identity of an environment from the beginning of one."""
    pattern = re.escape(environment) + rf"(-[0-9a-f]{{4}}){{{GROUPS}}}"
    return re.fullmatch(pattern, identity) is not None


def differences(planned: Mapping[str, Any], now: Mapping[str, Any]) -> list[Difference]:
    """What differs between two canonical plans, by address and attribute."""
    found: list[Difference] = []
    before, after = _by_address(planned), _by_address(now)
    for address in sorted({*before, *after}):
        found += _changes(address, before.get(address), after.get(address))
    for section, prefix in (("variables", "var"), ("checks", "check")):
        old, new = planned[section], now[section]
        for name in sorted({*old, *new}):
            for path, left, right in _walk((), old.get(name), new.get(name)):
                found.append(Difference(f"{prefix}.{name}", path_text(path), "plan", left, right))
    for section in ("drifted", "complete", "errored"):
        if planned[section] != now[section]:
            left, right = shown(planned[section]), shown(now[section])
            found.append(Difference(section, "", "plan", left, right))
    return found


def _by_address(plan: Mapping[str, Any]) -> dict[str, Mapping[str, Any]]:
    resources = {
        raw["address"] + (f" (deposed {raw['deposed']})" if raw.get("deposed") else ""): raw
        for raw in plan["resource_changes"]
    }
    outputs = {f"output.{name}": {"change": raw} for name, raw in plan["output_changes"].items()}
    return {**resources, **outputs}


def _changes(
    address: str, planned: Mapping[str, Any] | None, now: Mapping[str, Any] | None
) -> Iterator[Difference]:
    if planned == now:
        return
    old, new = (planned or {}).get("change") or {}, (now or {}).get("change") or {}
    if old.get("actions") != new.get("actions"):
        yield Difference(address, "", "plan", _actions(old), _actions(new))
    # What one of the two plans leaves alone has no attributes in it to compare.
    known = old.get("actions") != ["no-op"] and new.get("actions") != ["no-op"]
    if planned and now and known:
        for when in ("before", "after"):
            values = [_with_unknown(one, when) for one in (old, new)]
            for path, left, right in _walk((), *values):
                yield Difference(address, path_text(path), when, left, right)
    elif planned is None or now is None or new.get("actions") != ["no-op"]:
        # A change that is only in one of the plans: what it is, in the plan that has it.
        change = new if planned is None or old.get("actions") == ["no-op"] else old
        if change.get("actions") == ["update"]:
            for path, left, right in _walk(
                (), change.get("before"), _with_unknown(change, "after")
            ):
                if right != UNKNOWN:
                    yield Difference(address, path_text(path), "before", right, left)
    for member in ("action_reason", "previous_address"):
        reasons = [(one or {}).get(member) for one in (planned, now)]
        if planned and now and reasons[0] != reasons[1]:
            yield Difference(address, member, "plan", *map(shown, reasons))
    for member in ("replace_paths", "importing", "generated_config"):
        if planned and now and known and old.get(member) != new.get(member):
            yield Difference(
                address, member, "plan", shown(old.get(member)), shown(new.get(member))
            )


def _actions(change: Mapping[str, Any]) -> str:
    return " and ".join(change.get("actions") or ["not in the plan"])


def _with_unknown(change: Mapping[str, Any], when: str) -> Any:
    value = change.get(when)
    return _filled(value, change.get("after_unknown")) if when == "after" else value


def _filled(value: Any, unknown: Any) -> Any:
    if unknown is True:
        return UNKNOWN
    if isinstance(unknown, Mapping):
        base = dict(value) if isinstance(value, Mapping) else {}
        return {
            name: _filled(base.get(name), unknown.get(name)) for name in sorted({*base, *unknown})
        }
    if isinstance(unknown, Sequence) and isinstance(value, list):
        masks = [*unknown, *[None] * (len(value) - len(unknown))]
        return [_filled(item, mask) for item, mask in zip(value, masks, strict=False)]
    return value


def _walk(
    path: tuple[Any, ...], planned: Any, now: Any
) -> Iterator[tuple[tuple[Any, ...], str, str]]:
    if planned == now:
        return
    if _is_sealed(planned) or _is_sealed(now):
        yield path, SENSITIVE, SENSITIVE
    elif isinstance(planned, Mapping) and isinstance(now, Mapping):
        for name in sorted({*planned, *now}):
            yield from _walk((*path, name), planned.get(name), now.get(name))
    elif isinstance(planned, list) and isinstance(now, list) and len(planned) == len(now):
        for index, pair in enumerate(zip(planned, now, strict=True)):
            yield from _walk((*path, index), *pair)
    else:
        yield path, shown(planned), shown(now)


def _is_sealed(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {SEALED}


def shown(value: Any) -> str:
    """A value as one line of text; what was hashed is hidden."""
    hidden = _hidden(value)
    return hidden if isinstance(hidden, str) else json.dumps(hidden, sort_keys=True)


def _hidden(value: Any) -> Any:
    if _is_sealed(value):
        return SENSITIVE
    if isinstance(value, Mapping):
        return {name: _hidden(item) for name, item in value.items()}
    if isinstance(value, list):
        return [_hidden(item) for item in value]
    return value


def _resource(raw: Mapping[str, Any], key: Key) -> dict[str, Any]:
    members = ("address", "module_address", "mode", "type", "deposed", "previous_address")
    kept = {name: raw[name] for name in (*members, "action_reason") if name in raw}
    return {**kept, "change": _change(str(raw["address"]), raw.get("change") or {}, key)}


def _change(address: str, raw: Mapping[str, Any], key: Key) -> dict[str, Any]:
    if raw.get("actions") == ["no-op"] and not raw.get("importing"):
        return {"actions": ["no-op"]}
    # Where a value is sensitive only now, or no longer, both are hidden.
    mask = _united(raw.get("before_sensitive"), raw.get("after_sensitive"))

    def seal(path: tuple[Any, ...], value: Any) -> dict[str, str]:
        # With the place: the same secret in two places must not show as the same.
        return {SEALED: key.digest("value", encoded([address, path, value]))}

    change = {name: raw[name] for name in KEPT if name in raw}
    for name in ("before", "after"):
        change[name] = _sealed((), raw.get(name), mask, seal)
        change[f"{name}_sensitive"] = mask
    return change


def _united(left: Any, right: Any) -> Any:
    if left is True or right is True:
        return True
    if isinstance(left, Mapping) or isinstance(right, Mapping):
        one, other = (side if isinstance(side, Mapping) else {} for side in (left, right))
        return {name: _united(one.get(name), other.get(name)) for name in {*one, *other}}
    if isinstance(left, list) or isinstance(right, list):
        a, b = (side if isinstance(side, list) else [] for side in (left, right))
        length = max(len(a), len(b))
        padded = [[*side, *[False] * (length - len(side))] for side in (a, b)]
        return [_united(*pair) for pair in zip(*padded, strict=True)]
    return False


def _sealed(
    path: tuple[Any, ...], value: Any, mask: Any, seal: Callable[[tuple[Any, ...], Any], Any]
) -> Any:
    if mask is True:
        return None if value is None else seal(path, value)
    if isinstance(value, Mapping) and isinstance(mask, Mapping):
        return {k: _sealed((*path, k), item, mask.get(k), seal) for k, item in value.items()}
    if isinstance(value, list) and isinstance(mask, list):
        masks = [*mask, *[False] * (len(value) - len(mask))]
        pairs = zip(value, masks, strict=False)
        return [_sealed((*path, i), item, inner, seal) for i, (item, inner) in enumerate(pairs)]
    return value


def _variables(document: Mapping[str, Any], key: Key) -> dict[str, Any]:
    root = (document.get("configuration") or {}).get("root_module") or {}
    declared = root.get("variables") or {}
    values = {}
    for name, raw in (document.get("variables") or {}).items():
        value = raw.get("value")
        if (declared.get(name) or {}).get("sensitive"):
            value = {SEALED: key.digest("value", encoded(["variable", name, value]))}
        values[name] = value
    return values


def _checks(document: Mapping[str, Any]) -> dict[str, Any]:
    """The state of each check; messages are left out, they quote values."""
    return {
        str((raw.get("address") or {}).get("to_display")): {
            "status": raw.get("status"),
            "instances": {
                str((one.get("address") or {}).get("to_display")): one.get("status")
                for one in raw.get("instances") or []
            },
        }
        for raw in document.get("checks") or []
    }
