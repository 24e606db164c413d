"""Conditions as the IAM user guide documents them, its traps above all.

The pages: "Condition operators" (O), "Multivalued context keys" (M), "Conditions with multiple
context keys or values" (L), "Variables and tags" (V).
"""

from __future__ import annotations

from typing import Any

import pytest

from harness.policies import allow, ask, policy
from infra.errors import PolicyDocumentError, PolicyUnsupportedError
from infra.iam.evaluation import Policies

K = "aws:x"
ARN = "arn:aws:sns:us-east-2:111122223333:topic"

# Page, operator, what the policy says, what the request has (None: no such key), does it hold.
CASES: list[tuple[str, str, Any, Any, bool]] = [
    ("O", "StringEquals", "a", "a", True),
    ("O", "StringEquals", "a", "A", False),
    ("O", "StringEquals", "a*", "ab", False),
    ("O", "StringEquals", "a", None, False),
    ("O", "StringEqualsIgnoreCase", "a", "A", True),
    ("O", "StringNotEquals", "a", "b", True),
    ("O", "StringNotEquals", "a", None, True),
    ("O", "StringNotEqualsIgnoreCase", "a", "A", False),
    ("O", "StringLike", "home/*/?", "home/jane/x", True),
    ("O", "StringLike", "home/?", "home/jane", False),
    ("O", "StringNotLike", "a*", "ab", False),
    ("O", "StringNotLike", "a*", None, True),
    ("L", "StringEquals", ["a", "b"], "b", True),
    ("L", "StringNotEquals", ["a", "b"], "b", False),
    ("L", "StringNotEquals", ["a", "b"], "c", True),
    ("O", "NumericLessThanEquals", "10", "10", True),
    ("O", "NumericLessThan", "10", "9.5", True),
    ("O", "NumericLessThan", "10", None, False),
    ("O", "NumericNotEquals", "10", None, True),
    ("O", "NumericGreaterThan", 10, "11", True),
    ("O", "DateGreaterThan", "2026-01-01T00:00:00Z", "2026-01-01T00:00:01Z", True),
    ("O", "DateLessThan", "2026-01-01T00:00:00Z", "1767225600", False),
    ("O", "DateLessThanEquals", "2026-01-01T00:00:00Z", "1767225600", True),
    ("O", "Bool", "false", "false", True),
    ("O", "Bool", False, "false", True),
    ("O", "Bool", "false", None, False),
    ("O", "BoolIfExists", "false", None, True),
    ("O", "IpAddress", "203.0.113.0/24", "203.0.113.9", True),
    ("O", "IpAddress", "203.0.113.0/24", "198.51.100.9", False),
    ("O", "NotIpAddress", "203.0.113.0/24", "198.51.100.9", True),
    ("O", "NotIpAddress", "203.0.113.0/24", None, True),
    ("O", "IpAddress", "2001:db8::/32", "2001:db8::7", True),
    ("O", "ArnEquals", "arn:aws:sns:*:111122223333:topic", ARN, True),
    ("O", "ArnLike", "arn:aws:sns:*:111122223333:to?ic", ARN, True),
    ("O", "ArnNotLike", "arn:aws:sns:*:*:*", ARN, False),
    ("O", "ArnNotEquals", "arn:aws:sns:*:*:*", None, True),
    ("O", "StringEqualsIfExists", "a", None, True),
    ("O", "StringEqualsIfExists", "a", "b", False),
    ("O", "StringNotEqualsIfExists", "a", None, True),
    ("O", "Null", "true", None, True),
    ("O", "Null", "true", "a", False),
    ("O", "Null", "false", "a", True),
    ("O", "Null", "false", None, False),
    ("M", "ForAllValues:StringEquals", ["a", "b"], ("a",), True),
    ("M", "ForAllValues:StringEquals", ["a", "b"], ("a", "c"), False),
    ("M", "ForAllValues:StringEquals", ["a"], None, True),
    ("M", "ForAllValues:StringEquals", ["a"], (), True),
    ("M", "ForAllValues:StringEquals", ["a"], ("",), True),
    ("M", "ForAllValues:StringNotEquals", ["a"], ("b", "c"), True),
    ("M", "ForAllValues:StringNotEquals", ["a"], ("b", "a"), False),
    ("M", "ForAnyValue:StringEquals", ["a", "b"], ("c", "b"), True),
    ("M", "ForAnyValue:StringEquals", ["a"], None, False),
    ("M", "ForAnyValue:StringEquals", ["a"], ("",), False),
    ("M", "ForAnyValue:StringNotEquals", ["a"], ("a", "b"), True),
    ("M", "ForAnyValue:StringNotEquals", ["a"], None, False),
    ("M", "ForAnyValue:StringLike", ["a*"], "ab", True),
    ("V", "StringEquals", "${aws:PrincipalTag/team}", "red", True),
    ("V", "StringEquals", "${aws:PrincipalTag/none}", "red", False),
    ("V", "StringNotEquals", "${aws:PrincipalTag/none}", "red", True),
    ("V", "StringEquals", "${aws:PrincipalTag/none, 'red'}", "red", True),
    ("V", "StringEquals", "${AWS:PRINCIPALTAG/TEAM}", "red", True),
    ("V", "StringLike", "${*}", "red", False),
    ("V", "StringLike", "${*}", "*", True),
    ("V", "StringLike", "${aws:PrincipalTag/star}", "anything", False),
    ("V", "StringLike", "${aws:PrincipalTag/star}", "*", True),
]


def _holds(operator: str, expected: Any, actual: Any) -> bool:
    granted = policy(allow(Condition={operator: {K: expected}}))
    keys = {"aws:PrincipalTag/team": "red", "aws:PrincipalTag/star": "*"}
    return ask(
        Policies(identity=(granted,)), keys=keys if actual is None else {**keys, K: actual}
    ).allowed


@pytest.mark.parametrize(("page", "operator", "expected", "actual", "holds"), CASES)
def test_an_operator_says_what_the_guide_says(
    page: str, operator: str, expected: Any, actual: Any, holds: bool
) -> None:
    assert _holds(operator, expected, actual) is holds, f"page {page}"


def test_all_operators_and_keys_of_a_block_must_hold() -> None:
    """L: operators, and the keys of one operator, are joined by AND."""
    granted = policy(
        allow(Condition={"StringEquals": {"aws:a": "1", "aws:b": "2"}, "Bool": {"aws:c": "true"}})
    )
    keys = {"aws:a": "1", "aws:b": "2", "aws:c": "true"}
    assert ask(Policies(identity=(granted,)), keys=keys).allowed
    for missing in keys:
        fewer = {key: value for key, value in keys.items() if key != missing}
        assert not ask(Policies(identity=(granted,)), keys=fewer).allowed, missing


def test_condition_keys_ignore_case() -> None:
    """O: "Condition key names are not case-sensitive"."""
    granted = policy(allow(Condition={"StringEquals": {"AWS:sourceip": "a"}}))
    assert ask(Policies(identity=(granted,)), keys={"aws:SourceIp": "a"}).allowed


@pytest.mark.parametrize(
    ("operator", "value"),
    [
        ("StringSounds", "a"),
        ("BinaryEquals", "QmluYXJ5"),
        ("ForSomeValues:StringEquals", "a"),
        ("ForAllValues:Null", "true"),
        ("NullIfExists", "true"),
    ],
)
def test_an_unknown_operator_is_refused_even_where_no_request_comes_to_it(
    operator: str, value: str
) -> None:
    unreachable = policy(allow("sqs:SendMessage", Condition={operator: {K: value}}))
    with pytest.raises(PolicyUnsupportedError, match=operator):
        ask(Policies(identity=(unreachable,)))


@pytest.mark.parametrize(
    ("operator", "value", "actual"),
    [
        ("NumericEquals", "ten", "10"),
        ("NumericEquals", "10", "ten"),
        ("DateEquals", "yesterday", "2026-01-01"),
        ("IpAddress", "203.0.113.0/99", "203.0.113.9"),
        ("Bool", "maybe", "true"),
        ("Null", "maybe", "true"),
        ("ArnLike", "arn:aws:sns", ARN),
    ],
)
def test_a_value_that_can_not_be_compared_is_an_error(
    operator: str, value: str, actual: str
) -> None:
    with pytest.raises(PolicyDocumentError):
        _holds(operator, value, actual)


def test_a_multivalued_key_needs_a_set_operator() -> None:
    """M: "Do not use ... with single-valued"; what AWS answers is not documented, so we refuse."""
    with pytest.raises(PolicyUnsupportedError, match="aws:x"):
        _holds("StringEquals", "a", ("a",))
