"""Which attributes may differ between two environments, because a value that may differ sets them.

environments/differences.yaml says which values may differ, and under `follows` what they set.
"""

from __future__ import annotations

import fnmatch
import json
import re
from dataclasses import dataclass
from typing import Any

from infra import differences
from infra.environments import Environment
from infra.repository import Repository


@dataclass(frozen=True)
class Following:
    """Patterns of attributes, each with the values that an environment's files have for it."""

    entries: tuple[tuple[str, str, str, str], ...]
    """pattern, value in the source, value in the target, reason"""

    def reason(self, attribute: str, source: Any, target: Any) -> str | None:
        """Why an attribute may differ in just this way; None where it may not.

        attribute: such as aws_ecr_repository.force_delete
        """
        for pattern, left, right, reason in self.entries:
            if _matches(pattern, attribute) and _leads(left, right, text(source), text(target)):
                return reason
        return None

    def presence(self, kind: str) -> str | None:
        """Why a resource may be in only one of them; None where it may not."""
        return next((reason for pattern, _, _, reason in self.entries if pattern == kind), None)


def following(repository: Repository, source: Environment, target: Environment) -> Following:
    """What follows from the differences between two environments that are there and are meant."""
    pair = (source.name, target.name)
    found = differences.compare(repository, *pair).differences
    return Following(
        tuple(
            (pattern, item.left, item.right, explanation.reason)
            for explanation in differences.load_explanations(repository)
            for item in found
            if explanation.explains(item.path, pair)
            for pattern in explanation.follows
        )
    )


def text(value: Any) -> str:
    """A value as differences are written."""
    if isinstance(value, str):
        return value
    if isinstance(value, float) and value.is_integer():
        value = int(value)
    return json.dumps(value, ensure_ascii=False, sort_keys=True)


def _matches(pattern: str, attribute: str) -> bool:
    # As in differences: only * and ? are wild, paths have brackets of their own.
    return fnmatch.fnmatchcase(attribute, pattern.replace("[", "[[]"))


def _leads(left: str, right: str, source: str, target: str) -> bool:
    """Whether a value and another one make just this difference, by themselves or inside a text.

    Where a value is not set the module has a default, which may be anything.
    """
    if left == differences.ABSENT:
        return _leads_from(right, differences.ABSENT, target, source)
    return _leads_from(left, right, source, target)


def _leads_from(left: str, right: str, source: str, target: str) -> bool:
    parts = re.split(rf"(?<![\w.-]){re.escape(left)}(?![\w-]|\.\w)", source)
    if len(parts) < 2:
        return False
    there = r"[\w.:/-]+" if right == differences.ABSENT else re.escape(right)
    return re.fullmatch(there.join(map(re.escape, parts)), target) is not None
