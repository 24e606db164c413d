"""Evaluates a resource policy, conditions included, as "Policy evaluation logic" (IAM guide) says.

Only what a local request has an answer for is judged. A statement with a condition on any other
key, or with another operator, does not match: the local cloud never denies what it cannot judge.
"""

from __future__ import annotations

import fnmatch
import ipaddress
import json
import logging
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)

ALLOW = "Allow"
DENY = "Deny"


@dataclass(frozen=True)
class Access:
    """One request for access. `keys` has lower-case names; a key that is None is known absent.

    kinds: the kinds of principal that the requester is one of.
    """

    action: str
    resource: str
    principals: frozenset[str]
    keys: Mapping[str, str | None]
    kinds: tuple[str, ...] = ("AWS", "Service")


def decide(policy: str | bytes, access: Access) -> str | None:
    """`Deny`, `Allow`, or None when no statement of the policy applies."""
    effects = {
        statement.get("Effect")
        for statement in _many(json.loads(policy).get("Statement", []))
        if _applies(statement, access)
    }
    return next((effect for effect in (DENY, ALLOW) if effect in effects), None)


def _applies(statement: dict[str, Any], access: Access) -> bool:
    return (
        _element(statement, "Action", access.action, ignore_case=True)
        and _element(statement, "Resource", access.resource, ignore_case=False)
        and _principal(statement, access)
        and _conditions(statement.get("Condition", {}), access.keys)
    )


def _element(statement: dict[str, Any], name: str, value: str, *, ignore_case: bool) -> bool:
    negated = f"Not{name}" in statement
    patterns = _many(statement.get(f"Not{name}" if negated else name, "*"))
    return any(_like(value, str(p), ignore_case=ignore_case) for p in patterns) != negated


def _principal(statement: dict[str, Any], access: Access) -> bool:
    negated = "NotPrincipal" in statement
    principal = statement.get("NotPrincipal" if negated else "Principal", "*")
    if isinstance(principal, dict):
        # {"AWS": "*"} means everybody, as "*" does ("Principal", IAM guide).
        everybody = [item for item in _many(principal.get("AWS", [])) if item == "*"]
        named_kinds = (_many(principal.get(kind, [])) for kind in access.kinds)
        principal = [*everybody, *(item for items in named_kinds for item in items)]
    named = {str(item) for item in _many(principal)}
    return bool("*" in named or named & access.principals) != negated


def _conditions(block: dict[str, Any], keys: Mapping[str, str | None]) -> bool:
    return all(
        _condition(operator, key.lower(), _many(expected), keys)
        for operator, entries in block.items()
        for key, expected in entries.items()
    )


def _condition(
    operator: str, key: str, expected: list[Any], keys: Mapping[str, str | None]
) -> bool:
    if key not in keys:
        log.warning("condition key %s is not evaluated; its statement does not apply", key)
        return False
    actual = keys[key]
    values = [str(value).lower() if isinstance(value, bool) else str(value) for value in expected]
    quantifier, _, base = operator.rpartition(":")
    if base == "Null":
        return (actual is None) == (values[0].lower() == "true")
    if actual is None and (base.endswith("IfExists") or quantifier == "ForAllValues"):
        return True
    base = base.removesuffix("IfExists")
    negated = base in _NEGATED
    test = _TESTS.get(_NEGATED.get(base, base))
    if test is None:
        log.warning("condition operator %s is not evaluated", operator)
        return False
    if actual is None:
        # "If the key ... is not present, a negated matching operator is true" (IAM guide).
        return negated and quantifier != "ForAnyValue"
    return any(test(actual, value) for value in values) != negated


def _like(value: str, pattern: str, *, ignore_case: bool = False) -> bool:
    if ignore_case:
        value, pattern = value.lower(), pattern.lower()
    # In a policy only * and ? are wild.
    return fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))


def _numeric(compare: Callable[[float, float], bool]) -> Callable[[str, str], bool]:
    def test(actual: str, expected: str) -> bool:
        try:
            return compare(float(actual), float(expected))
        except ValueError:
            return False

    return test


def _in_network(actual: str, expected: str) -> bool:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(expected, strict=False)
    except ValueError:
        return False


_TESTS: dict[str, Callable[[str, str], bool]] = {
    "StringEquals": lambda actual, expected: actual == expected,
    "StringEqualsIgnoreCase": lambda actual, expected: actual.lower() == expected.lower(),
    "StringLike": _like,
    "ArnEquals": _like,
    "ArnLike": _like,
    "Bool": lambda actual, expected: actual.lower() == expected.lower(),
    "NumericEquals": _numeric(lambda actual, expected: actual == expected),
    "NumericLessThan": _numeric(lambda actual, expected: actual < expected),
    "NumericLessThanEquals": _numeric(lambda actual, expected: actual <= expected),
    "NumericGreaterThan": _numeric(lambda actual, expected: actual > expected),
    "NumericGreaterThanEquals": _numeric(lambda actual, expected: actual >= expected),
    "IpAddress": _in_network,
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NumericNotEquals": "NumericEquals",
    "NotIpAddress": "IpAddress",
}


def _many(value: Any) -> list[Any]:
    return value if isinstance(value, list) else [value]
