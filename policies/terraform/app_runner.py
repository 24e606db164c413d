"""What the policies for App Runner have in common.

checkov gives each argument as a list, and a reference that it can't follow as its text. Such a
value is judged where it is known: in the plan (`infra lint --plan`).
"""

from __future__ import annotations

import re
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult
from checkov.terraform.checks.resource.base_resource_check import BaseResourceCheck

UNKNOWN_IN_PLAN = "true_after_unknown"
"""What checkov puts where a plan says "known after apply"."""

_REFERENCE = re.compile(
    r"^\s*(var|local|module|data|each|count|one|try|merge|coalesce|lookup|tostring|tomap|[a-z]+_[a-z0-9_]+)"
    r"[.(\[]|\$\{"
)


class AppRunnerPolicy(BaseResourceCheck):
    """A policy for aws_apprunner_service."""

    def __init__(self, name: str, identifier: str, category: CheckCategories, advice: str) -> None:
        super().__init__(
            name=name,
            id=identifier,
            categories=[category],
            supported_resources=["aws_apprunner_service"],
            guideline=advice,
        )

    def value(self, conf: dict[str, Any], *path: str) -> Any:
        """The argument at a path of blocks; None where it isn't written."""
        self.evaluated_keys = ["/[0]/".join(path)]
        found: Any = conf
        for name in path:
            found = first(found)
            if not isinstance(found, dict):
                return found if unknown(found) else None
            found = found.get(name)
        return first(found)


def first(value: Any) -> Any:
    """What stands in checkov's lists of one."""
    while isinstance(value, list):
        if not value:
            return None
        value = value[0]
    return value


def unknown(value: Any) -> bool:
    """Tell whether a value is known only to a plan, or only after an apply."""
    return isinstance(value, str) and (
        value == UNKNOWN_IN_PLAN or _REFERENCE.search(value) is not None
    )


def truth(value: Any) -> bool | None:
    """A boolean as checkov may write it; None where it is none."""
    return {"true": True, "false": False}.get(str(value).lower())


def verdict(passed: bool) -> CheckResult:
    """Passed or failed."""
    return CheckResult.PASSED if passed else CheckResult.FAILED
