"""A policy document as typed statements.

Source: "IAM JSON policy elements reference" and "Grammar of the IAM JSON policy language" (IAM user
guide). An element that is not known here is an error, because overlooking it would change what the
policy means.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from enum import Enum
from typing import Any

from infra.errors import PolicyDocumentError, PolicyUnsupportedError

EVERYONE = "*"
VERSION = "2012-10-17"
PRINCIPAL_KINDS = ("AWS", "Service", "Federated")

_POLICY_ELEMENTS = {"Version", "Id", "Statement"}
_STATEMENT_ELEMENTS = {
    "Sid",
    "Effect",
    "Action",
    "NotAction",
    "Resource",
    "NotResource",
    "Principal",
    "Condition",
}


class Kind(Enum):
    """What a policy hangs on, which decides the elements it must have."""

    IDENTITY = "identity"
    """An identity policy, a permissions boundary or a session policy: no Principal."""
    RESOURCE = "resource"
    """The policy of a bucket, topic, queue, repository or secret."""
    KEY = "key"
    """A KMS key policy. Without its consent no identity policy counts."""
    TRUST = "trust"
    """The trust policy of a role: no Resource, and consent is needed as with a key."""


class Effect(Enum):
    """What a statement does when it applies."""

    ALLOW = "Allow"
    DENY = "Deny"


@dataclass(frozen=True)
class Selection:
    """The values of an element or, when negated, all others (`NotAction`, `NotResource`)."""

    values: tuple[str, ...]
    negated: bool = False


@dataclass(frozen=True)
class Condition:
    """One condition key with its operator and the values that it is compared with."""

    operator: str
    key: str
    values: tuple[str, ...]


@dataclass(frozen=True)
class Statement:
    """One statement. principals: by kind, None where the policy has no such element."""

    sid: str
    effect: Effect
    actions: Selection
    resources: Selection | None
    principals: Mapping[str, tuple[str, ...]] | None
    conditions: tuple[Condition, ...]


@dataclass(frozen=True)
class Policy:
    """One policy. name: what a decision calls it."""

    name: str
    kind: Kind
    statements: tuple[Statement, ...]


def parse(text: str, kind: Kind, name: str) -> Policy:
    """Read a policy; raise for anything that is malformed or not understood."""
    try:
        document = json.loads(text, object_pairs_hook=_unique)
    except (ValueError, RecursionError) as error:
        raise PolicyDocumentError(f"The policy {name} is not JSON: {error}.") from error
    if not isinstance(document, dict):
        raise PolicyDocumentError(f"The policy {name} is not a JSON object.")
    _only(document, _POLICY_ELEMENTS, name)
    if document.get("Version") != VERSION:
        raise PolicyUnsupportedError(
            f"The policy {name} has the version {document.get('Version')!r}.",
            hint=f'Only "{VERSION}" is understood; in older ones variables are plain text.',
        )
    raw = document.get("Statement")
    statements = raw if isinstance(raw, list) else [raw]
    if not statements:
        raise PolicyDocumentError(f"The policy {name} has no statement.")
    return Policy(name, kind, tuple(_statement(item, kind, name) for item in statements))


def _statement(raw: Any, kind: Kind, name: str) -> Statement:
    if not isinstance(raw, dict):
        raise PolicyDocumentError(f"A statement of the policy {name} is not a JSON object.")
    sid = str(raw.get("Sid", ""))
    where = f"{name}/{sid}" if sid else name
    if "NotPrincipal" in raw:
        raise PolicyUnsupportedError(
            f"The statement {where} uses NotPrincipal.",
            hint="AWS advises against it; use Principal with a condition such as ArnNotEquals.",
        )
    _only(raw, _STATEMENT_ELEMENTS, where)
    try:
        effect = Effect(raw.get("Effect"))
    except ValueError as error:
        raise PolicyDocumentError(f"The statement {where} has no valid Effect.") from error
    return Statement(
        sid=sid,
        effect=effect,
        actions=_actions(raw, where),
        resources=_resources(raw, kind, where),
        principals=_principals(raw, kind, where),
        conditions=_conditions(raw.get("Condition", {}), where),
    )


def _actions(raw: Mapping[str, Any], where: str) -> Selection:
    selection = _selection(raw, "Action", where)
    for action in selection.values:
        if action != EVERYONE and action.count(":") != 1:
            raise PolicyDocumentError(f'The action "{action}" of {where} is not "service:Action".')
    return selection


def _resources(raw: Mapping[str, Any], kind: Kind, where: str) -> Selection | None:
    if kind is Kind.TRUST:
        if "Resource" in raw or "NotResource" in raw:
            raise PolicyDocumentError(f"The trust statement {where} may not have a Resource.")
        return None
    return _selection(raw, "Resource", where)


def _selection(raw: Mapping[str, Any], element: str, where: str) -> Selection:
    negated = f"Not{element}"
    if (element in raw) == (negated in raw):
        raise PolicyDocumentError(f"The statement {where} needs one of {element} and {negated}.")
    name = negated if negated in raw else element
    return Selection(_strings(raw[name], f"{name} of {where}"), negated=name == negated)


def _principals(
    raw: Mapping[str, Any], kind: Kind, where: str
) -> Mapping[str, tuple[str, ...]] | None:
    if kind is Kind.IDENTITY:
        if "Principal" in raw:
            raise PolicyDocumentError(f"The statement {where} may not have a Principal.")
        return None
    principal = raw.get("Principal")
    if principal == EVERYONE:
        return {EVERYONE: (EVERYONE,)}
    if not isinstance(principal, dict) or not principal:
        raise PolicyDocumentError(f"The statement {where} has no valid Principal.")
    for kind_name in principal:
        if kind_name not in PRINCIPAL_KINDS:
            raise PolicyUnsupportedError(f'{where} names a principal of the kind "{kind_name}".')
    return {key: _strings(value, f"Principal of {where}") for key, value in principal.items()}


def _conditions(raw: Any, where: str) -> tuple[Condition, ...]:
    if not isinstance(raw, dict) or not all(isinstance(item, dict) for item in raw.values()):
        raise PolicyDocumentError(f"The Condition of {where} is not an object of objects.")
    return tuple(
        Condition(operator, key.lower(), _strings(values, f"Condition of {where}", scalars=True))
        for operator, entries in raw.items()
        for key, values in entries.items()
    )


def _strings(raw: Any, where: str, *, scalars: bool = False) -> tuple[str, ...]:
    values = raw if isinstance(raw, list) else [raw]
    if not values:
        raise PolicyDocumentError(f"{where} has no value.")
    return tuple(_string(value, where, scalars=scalars) for value in values)


def _string(value: Any, where: str, *, scalars: bool) -> str:
    """Condition values may be JSON booleans and numbers, which mean their text."""
    if isinstance(value, str):
        return value
    if scalars and isinstance(value, bool):
        return str(value).lower()
    if scalars and isinstance(value, int | float):
        return str(value)
    raise PolicyDocumentError(f"{where} has a value that is not a string: {value!r}.")


def _only(raw: Mapping[str, Any], known: set[str], where: str) -> None:
    unknown = sorted(set(raw) - known)
    if unknown:
        raise PolicyDocumentError(f"{where} has the unknown element {unknown[0]}.")


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    """Python keeps the last of two equal keys; IAM refuses them."""
    found = dict(pairs)
    if len(found) != len(pairs):
        raise PolicyDocumentError("The policy has two equal keys in one object.")
    return found
