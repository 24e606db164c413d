"""The Condition element.

Source: "IAM JSON policy elements: Condition operators", "Multivalued context keys" and "Conditions
with multiple context keys or values" (IAM user guide). All conditions of a statement must hold. Of
several values one must match, or with a negated operator none may. A missing key fails an operator,
but satisfies a negated one, `...IfExists` and `ForAllValues`.
"""

from __future__ import annotations

import ipaddress
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime

from infra.errors import PolicyDocumentError, PolicyUnsupportedError
from infra.iam.context import Context
from infra.iam.document import Condition
from infra.iam.matching import arn_matches, text_matches

Test = Callable[[str, str, Context], bool]
"""Whether a value of the request (first) meets a value of the policy (second)."""


@dataclass(frozen=True)
class _Operator:
    """An operator taken apart. quantifier: "", "ForAnyValue" or "ForAllValues"."""

    quantifier: str
    test: Test
    negated: bool
    if_exists: bool


def all_hold(conditions: Iterable[Condition], context: Context) -> bool:
    """Whether all conditions hold."""
    return all(_holds(condition, context) for condition in conditions)


def check(conditions: Iterable[Condition]) -> None:
    """Raise for a condition that is not understood, whether or not a request comes to it."""
    for condition in conditions:
        if condition.operator != "Null":
            _operator(condition.operator)


def _holds(condition: Condition, context: Context) -> bool:
    if condition.operator == "Null":
        return _is_null(condition, context)
    operator = _operator(condition.operator)
    if operator.if_exists and condition.key not in context:
        return True

    def meets(actual: str) -> bool:
        found = [operator.test(actual, value, context) for value in condition.values]
        return any(found) != operator.negated

    if operator.quantifier == "ForAllValues":
        return all(meets(actual) for actual in context.all(condition.key))
    if operator.quantifier == "ForAnyValue":
        return any(meets(actual) for actual in context.all(condition.key))
    single = context.single(condition.key)
    return operator.negated if single is None else meets(single)


def _is_null(condition: Condition, context: Context) -> bool:
    expected = {_boolean(value) for value in condition.values}
    return (condition.key not in context) in expected


def _operator(name: str) -> _Operator:
    quantifier, colon, rest = name.rpartition(":")
    if colon and quantifier not in ("ForAnyValue", "ForAllValues"):
        raise PolicyUnsupportedError(f"The condition operator {name} is not understood.")
    base = rest.removesuffix("IfExists")
    positive = _NEGATED.get(base, base)
    test = _TESTS.get(positive)
    if test is None:
        raise PolicyUnsupportedError(f"The condition operator {name} is not understood.")
    return _Operator(quantifier, test, base in _NEGATED, rest != base)


def _string(*, wild: bool = False, ignore_case: bool = False) -> Test:
    def test(actual: str, expected: str, context: Context) -> bool:
        return text_matches(expected, actual, context, wild=wild, ignore_case=ignore_case)

    return test


def _arn(actual: str, expected: str, context: Context) -> bool:
    return arn_matches(expected, actual, context)


def _bool(actual: str, expected: str, _context: Context) -> bool:
    return actual.lower() == str(_boolean(expected)).lower()


def _ordered(read: Callable[[str], float], compare: Callable[[float, float], bool]) -> Test:
    def test(actual: str, expected: str, _context: Context) -> bool:
        return compare(read(actual), read(expected))

    return test


def _address(actual: str, expected: str, _context: Context) -> bool:
    try:
        return ipaddress.ip_address(actual) in ipaddress.ip_network(expected, strict=False)
    except ValueError as error:
        raise PolicyDocumentError(f"No IP address or range: {error}.") from error


def _boolean(text: str) -> bool:
    if text.lower() not in ("true", "false"):
        raise PolicyDocumentError(f'"{text}" is neither true nor false.')
    return text.lower() == "true"


def _number(text: str) -> float:
    try:
        return float(text)
    except ValueError as error:
        raise PolicyDocumentError(f'"{text}" is not a number.') from error


def _moment(text: str) -> float:
    """Seconds since 1970, from themselves or from ISO 8601; without a zone it is UTC."""
    if text.isdecimal():
        return float(text)
    try:
        moment = datetime.fromisoformat(text)
    except ValueError as error:
        raise PolicyDocumentError(f'"{text}" is not a date.') from error
    return (moment if moment.tzinfo else moment.replace(tzinfo=UTC)).timestamp()


_ORDERS: dict[str, Callable[[float, float], bool]] = {
    "Equals": lambda actual, expected: actual == expected,
    "LessThan": lambda actual, expected: actual < expected,
    "LessThanEquals": lambda actual, expected: actual <= expected,
    "GreaterThan": lambda actual, expected: actual > expected,
    "GreaterThanEquals": lambda actual, expected: actual >= expected,
}
_TESTS: dict[str, Test] = {
    "StringEquals": _string(),
    "StringEqualsIgnoreCase": _string(ignore_case=True),
    "StringLike": _string(wild=True),
    "ArnEquals": _arn,
    "ArnLike": _arn,
    "Bool": _bool,
    "IpAddress": _address,
    **{f"Numeric{name}": _ordered(_number, order) for name, order in _ORDERS.items()},
    **{f"Date{name}": _ordered(_moment, order) for name, order in _ORDERS.items()},
}
_NEGATED = {
    "StringNotEquals": "StringEquals",
    "StringNotEqualsIgnoreCase": "StringEqualsIgnoreCase",
    "StringNotLike": "StringLike",
    "ArnNotEquals": "ArnEquals",
    "ArnNotLike": "ArnLike",
    "NotIpAddress": "IpAddress",
    "NumericNotEquals": "NumericEquals",
    "DateNotEquals": "DateEquals",
}
