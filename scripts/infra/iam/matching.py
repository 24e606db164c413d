"""Wildcards, policy variables and ARNs.

Source: "IAM JSON policy elements: Variables and tags" and "...: Resource" (IAM user guide). `*` and
`?` are wild, `${*}`, `${?}` and `${$}` stand for the characters themselves, `${key}` for the value
of a condition key and `${key, 'text'}` for the text when the request has no such key. What comes
out of a variable is plain text. A variable without a value equals nothing.
"""

from __future__ import annotations

import re
from enum import Enum

from infra.errors import PolicyDocumentError
from infra.iam.context import Context

ARN_PARTS = 6
_VARIABLE = re.compile(r"\$\{([^}]*)\}")
_DEFAULT = re.compile(r"\s*([^,]+?)\s*,\s*'([^']*)'\s*")


class _Wild(Enum):
    MANY = ".*"
    ONE = "."


Token = str | _Wild
Tokens = tuple[Token, ...]


def text_matches(
    pattern: str, value: str, context: Context, *, wild: bool, ignore_case: bool = False
) -> bool:
    """Whether a string matches a pattern as a whole."""
    tokens = _tokens(pattern, context, wild=wild)
    return tokens is not None and _full_match(tokens, value, ignore_case=ignore_case)


def action_matches(pattern: str, action: str) -> bool:
    """Whether an action matches a pattern: actions ignore case and know no variables."""
    return _full_match(_split(pattern, wild=True), action, ignore_case=True)


def arn_matches(pattern: str, value: str, context: Context) -> bool:
    """Whether an ARN matches a pattern, each of its six parts by itself: no wildcard spans two."""
    tokens = _tokens(pattern, context, wild=True)
    if tokens is None:
        return False
    parts = _arn_parts(tokens)
    if len(parts) != ARN_PARTS:
        raise PolicyDocumentError(f'"{pattern}" is not an ARN of six parts.')
    values = value.split(":", ARN_PARTS - 1)
    return len(values) == ARN_PARTS and all(
        _full_match(part, text) for part, text in zip(parts, values, strict=True)
    )


def resource_matches(pattern: str, resource: str, context: Context) -> bool:
    """Whether a resource matches a pattern of Resource: "*" alone, or an ARN."""
    return pattern == "*" or arn_matches(pattern, resource, context)


def _arn_parts(tokens: Tokens) -> list[Tokens]:
    parts: list[list[Token]] = [[]]
    for item in tokens:
        if item == ":" and len(parts) < ARN_PARTS:
            parts.append([])
        else:
            parts[-1].append(item)
    return [tuple(part) for part in parts]


def _tokens(pattern: str, context: Context, *, wild: bool) -> Tokens | None:
    """The pattern with its variables replaced; None when one of them has no value."""
    found: list[Token] = []
    position = 0
    for variable in _VARIABLE.finditer(pattern):
        found += _split(pattern[position : variable.start()], wild=wild)
        value = _value(variable.group(1), context)
        if value is None:
            return None
        found += value
        position = variable.end()
    found += _split(pattern[position:], wild=wild)
    return tuple(found)


def _value(name: str, context: Context) -> str | None:
    if name in ("*", "?", "$"):
        return name
    default = _DEFAULT.fullmatch(name)
    key = default.group(1) if default else name.strip()
    value = context.single(key)
    return default.group(2) if value is None and default else value


def _split(text: str, *, wild: bool) -> Tokens:
    wildcards = {"*": _Wild.MANY, "?": _Wild.ONE} if wild else {}
    return tuple(wildcards.get(character, character) for character in text)


def _full_match(tokens: Tokens, value: str, *, ignore_case: bool = False) -> bool:
    expression = "".join(
        token.value if isinstance(token, _Wild) else re.escape(token) for token in tokens
    )
    flags = re.DOTALL | (re.IGNORECASE if ignore_case else 0)
    return re.fullmatch(expression, value, flags) is not None
