"""Comparing the values of one resource in two environments, apart from where they are.

What names the account, the environment or the region is the same on both sides when it names each
side's own. What AWS makes up (ids, the random ends of names) is the same when both have the shape
of it, and only inside of ARNs or where the source has it as the id of a resource.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator, Mapping, Set
from dataclasses import dataclass
from typing import Any

from infra.environments import Environment
from infra.identity import SEALED
from infra.plans import SENSITIVE, path_text

MADE_UP = (
    r"[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}",  # most ids
    r"\b[0-9a-f]{32}\b",  # of App Runner
    r"\b(AROA|AIDA|ANPA)[A-Z0-9]{12,}\b",  # of IAM
    r"\b[a-z0-9]{10}(?=\.[a-z0-9-]+\.awsapprunner\.com)",  # hosts of App Runner
    r"(?<=-)[A-Za-z0-9]{6}$",  # at the end of a secret's ARN
    r"\d{26}",  # names that the provider ends with a time
)
_SHAPE = re.compile("|".join(f"({pattern})" for pattern in MADE_UP[:4] + MADE_UP[5:]))
_SECRET = re.compile(r"(:secret:[^:]*)-[A-Za-z0-9]{6}$")
DECIDED_BY_AWS = frozenset(
    [
        "arn",
        "attachment_count",
        "auto_scaling_configuration_revision",
        "capacity",
        "create_date",
        "has_associated_service",
        "id",
        "latest",
        "lock_token",
        "observability_configuration_revision",
        "pending_confirmation",
        "policy_id",
        "service_url",
        "status",
        "time_period_start",
        "unique_id",
        "version_id",
    ]
)
"""Attributes at the top of a resource that no configuration sets."""
FILLED_IN = {
    ("aws_cloudwatch_event_rule", "is_enabled"): True,
    ("aws_cloudwatch_event_rule", "state"): "ENABLED",
}
"""What the provider writes into the state where nothing is set, beside zero and empty."""
IDS = ("id", "arn", "key_id", "service_id", "service_url", "unique_id")


@dataclass(frozen=True)
class Deviation:
    """One attribute that is not alike."""

    attribute: str
    source: Any
    target: Any


@dataclass(frozen=True)
class Comparer:
    """Compares a resource of the source's state with the same one of the target's plan.

    ids: what the source has as ids of resources.
    """

    source: Environment
    target: Environment
    ids: Set[str]

    def deviations(
        self, kind: str, values: Any, sensitive: Any, planned: Any, unknown: Any
    ) -> Iterator[Deviation]:
        """What differs. values, sensitive: of the source. planned, unknown: of the target."""
        for name in sorted({*values, *planned}):
            if name in DECIDED_BY_AWS:
                continue
            mine = values.get(name)
            if planned.get(name) is None and mine == FILLED_IN.get((kind, name), _NOTHING):
                continue
            yield from self._walk(
                (name,), mine, planned.get(name), at(sensitive, name), at(unknown, name)
            )

    def _walk(
        self, path: tuple[Any, ...], mine: Any, planned: Any, sensitive: Any, unknown: Any
    ) -> Iterator[Deviation]:
        if unknown is True:
            return
        if sensitive is True or _is_sealed(planned):
            # A hash and a value can't be compared. Whether there is one can, but for an empty text.
            if (planned is None and not is_empty(mine)) or (planned is not None and mine is None):
                yield Deviation(path_text(path), SENSITIVE, SENSITIVE)
            return
        mine, planned = parsed(mine), parsed(planned)
        if isinstance(mine, Mapping) and (isinstance(planned, Mapping) or unknown):
            other = planned if isinstance(planned, Mapping) else {}
            left = {own(key, self.source): (key, item) for key, item in mine.items()}
            right = {own(key, self.target): item for key, item in other.items()}
            for key in sorted({*left, *right}):
                name, item = left.get(key, (key, None))
                yield from self._walk(
                    (*path, key), item, right.get(key), at(sensitive, name), at(unknown, key)
                )
        elif isinstance(mine, list) and isinstance(planned, list) and len(mine) == len(planned):
            for index, pair in enumerate(zip(mine, planned, strict=True)):
                masks = at(sensitive, index), at(unknown, index)
                yield from self._walk((*path, index), *pair, *masks)
        elif not self._alike(mine, planned):
            hidden = _contains_true(sensitive)
            yield Deviation(
                path_text(path),
                SENSITIVE if hidden else own(mine, self.source),
                SENSITIVE if hidden else own(planned, self.target),
            )

    def _alike(self, mine: Any, planned: Any) -> bool:
        if is_empty(mine) and is_empty(planned):
            return True
        left, right = own(mine, self.source), own(planned, self.target)
        if left == right:
            return True
        if not isinstance(left, str) or not isinstance(right, str):
            return False
        if not (left.startswith("arn:") and right.startswith("arn:")) and mine not in self.ids:
            return False
        return shape(left) == shape(right)


def own(value: Any, environment: Environment) -> Any:
    """A value with the account, name and region of its own environment as placeholders."""
    if isinstance(value, Mapping):
        return {own(k, environment): own(item, environment) for k, item in value.items()}
    if isinstance(value, list):
        return [own(item, environment) for item in value]
    if not isinstance(value, str):
        return value
    for placeholder, word in (
        ("{account}", environment.account_id),
        ("{region}", environment.region),
        ("{environment}", environment.name),
    ):
        value = re.sub(rf"(?<![A-Za-z0-9]){re.escape(word)}(?![A-Za-z0-9])", placeholder, value)
    return value


def shape(value: str) -> str:
    """A text with what AWS made up in it as placeholders."""
    return _SECRET.sub(r"\1-{id}", _SHAPE.sub("{id}", value))


def parsed(value: Any) -> Any:
    """A policy or another JSON document as what it says."""
    if not isinstance(value, str) or value[:1] not in ("{", "["):
        return value
    try:
        return json.loads(value)
    except ValueError:
        return value


def is_empty(value: Any) -> bool:
    """Whether a value is what providers write for "not set": null, zero or nothing."""
    return value is None or value is False or value == 0 or value in ("", [], {})


def at(mask: Any, key: Any) -> Any:
    """The part of a mask; a mask of everything holds for each part."""
    if mask is True:
        return True
    if isinstance(mask, Mapping):
        return mask.get(key)
    if isinstance(mask, list) and isinstance(key, int) and key < len(mask):
        return mask[key]
    return None


_NOTHING = object()


def _is_sealed(value: Any) -> bool:
    return isinstance(value, Mapping) and set(value) == {SEALED}


def _contains_true(mask: Any) -> bool:
    if isinstance(mask, Mapping):
        return any(map(_contains_true, mask.values()))
    if isinstance(mask, list):
        return any(map(_contains_true, mask))
    return mask is True
