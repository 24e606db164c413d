"""What one policy statement says beyond others, and who outside of an account it lets in.

The comparison is by text: a pattern covers what it matches as plain text. So it errs on one side
only, and calls a grant new that is written in another way.
"""

from __future__ import annotations

import fnmatch
import re
from collections.abc import Iterable, Iterator, Sequence
from itertools import product

from infra.iam.document import EVERYONE, Effect, Selection, Statement

OWN_KEYS = ("aws:sourceaccount", "aws:principalaccount", "kms:calleraccount", "aws:sourceowner")
"""Condition keys that can keep a statement to one account."""
EQUAL = ("StringEquals", "StringLike", "StringEqualsIgnoreCase", "ArnEquals", "ArnLike")
_ACCOUNT = re.compile(r"(?:^|:)(\d{12})(?::|$)")


def unlike(
    statements: Sequence[Statement], others: Sequence[Statement], effect: Effect
) -> list[Statement]:
    """Statements of an effect that say more than all the others of that effect together."""
    known = [item for item in others if item.effect is effect]
    return [item for item in statements if item.effect is effect and not _is_covered(item, known)]


def outsiders(statement: Statement, account: str) -> list[str]:
    """Whom outside of an account a statement names: everybody, or other accounts' principals."""
    if statement.principals is None:
        return []
    found = []
    for kind, values in statement.principals.items():
        for value in values:
            if value == EVERYONE and kind in (EVERYONE, "AWS"):
                if not _is_kept_to(statement, account):
                    found.append("everybody")
            elif kind == "AWS" and _ACCOUNT.search(value):
                found += [
                    f"account {other}" for other in _ACCOUNT.findall(value) if other != account
                ]
    return sorted(set(found))


def _is_kept_to(statement: Statement, account: str) -> bool:
    """Whether a condition keeps a statement to one account."""
    return any(
        condition.operator in EQUAL
        and condition.key in OWN_KEYS
        and set(condition.values) == {account}
        for condition in statement.conditions
    )


def _is_covered(statement: Statement, known: Sequence[Statement]) -> bool:
    return all(
        any(
            _covers(item, principal, action, resource)
            and _conditions_cover(item, statement)
            and _same_sense(item, statement)
            for item in known
        )
        for principal, action, resource in product(
            _principals(statement), statement.actions.values, _values(statement.resources)
        )
    )


def _conditions_cover(known: Statement, statement: Statement) -> bool:
    """More conditions make a statement narrower, for an Allow and a Deny alike."""
    return set(known.conditions) <= set(statement.conditions)


def _same_sense(known: Statement, statement: Statement) -> bool:
    """NotAction and NotResource are compared with their like only, and whole."""
    for mine, other in (
        (statement.actions, known.actions),
        (statement.resources, known.resources),
    ):
        if mine is None or other is None:
            if mine is not other:
                return False
        elif (mine.negated or other.negated) and mine != other:
            return False
    return True


def _covers(known: Statement, principal: str, action: str, resource: str) -> bool:
    return (
        _matches(_principals(known), principal)
        and _matches(map(str.lower, known.actions.values), action.lower())
        and _matches(_values(known.resources), resource)
    )


def _matches(patterns: Iterable[str], value: str) -> bool:
    return any(
        pattern == value or fnmatch.fnmatchcase(value, pattern.replace("[", "[[]"))
        for pattern in patterns
    )


def _principals(statement: Statement) -> list[str]:
    if statement.principals is None:
        return [""]
    return list(_named(statement))


def _named(statement: Statement) -> Iterator[str]:
    for kind, values in (statement.principals or {}).items():
        for value in values:
            yield "*" if kind == EVERYONE else f"{kind}:{value}"


def _values(selection: Selection | None) -> Sequence[str]:
    return ("",) if selection is None else selection.values
