"""Corrections of moto, one subject per module, each with an `apply()`.

Each module says what AWS does, what moto 5.2.5 does, and whether the correction is fit for
upstream. They replace methods of moto's classes: `wrap` keeps the original at hand and makes a
second application harmless.
"""

from __future__ import annotations

import functools
import importlib
from collections.abc import Callable
from typing import Any

_SUBJECTS = (
    "core_callers",
    "sts_assume_role",
    "sts_web_identity",
    "s3_acls",
    "s3_bucket_policy",
    "s3_object_lock",
    "s3_replication",
    "s3_read_back",
    "s3_configurations",
    "s3_sub_resources",
    "s3_suspended_versions",
    "s3_access_logs",
    "s3_cross_account",
    "logs_groups",
    "logs_cross_account",
    "logs_metric_filters",
    "cloudwatch_alarms",
    "kms_rotation",
    "kms_cross_account",
    "budgets",
    "budgets_accounts",
    "iam_oidc",
    "iam_access_keys",
    "iam_roles",
    "ecr_images",
    "ecr_layers",
    "ecr_stub_images",
    "ecr_replication",
    "ecr_cross_account",
    "ecr_scanning",
    "sns_topics",
    "sns_cross_account",
    "events_delivery",
    "events_cross_account",
    "secretsmanager_cross_account",
    "sqs_cross_account",
    "tagging_resources",
    # After cloudwatch_alarms, whose answer it cuts into pages.
    "pages",
)

# EC2 takes 0.7 s to import, which a start of the local cloud should not wait for.
_SUBJECTS_BY_SERVICE: dict[str, tuple[str, ...]] = {
    "ec2": ("ec2_security_group_rules", "ec2_vpc_endpoints"),
    "wafv2": ("wafv2_associations",),
}


def apply_all() -> None:
    """Apply every correction of what is always there. Safe to call more than once."""
    _apply(_SUBJECTS)


def apply_for(service: str) -> None:
    """Apply the corrections of a service that nobody has called yet."""
    _apply(_SUBJECTS_BY_SERVICE.get(service, ()))


def _apply(subjects: tuple[str, ...]) -> None:
    for subject in subjects:
        importlib.import_module(f"{__name__}.{subject}").apply()


def wrap(owner: type[Any], name: str, replacement: Callable[..., Any]) -> None:
    """Replace the method `name`; `replacement(original, self, ...)` is called in its place."""
    original = getattr(owner, name)
    marks = getattr(original, "_local_aws", frozenset[str]())
    mark = f"{replacement.__module__}.{replacement.__qualname__}"
    if mark in marks:
        return

    @functools.wraps(original)
    def method(self: Any, *arguments: Any, **keywords: Any) -> Any:
        return replacement(functools.partial(original, self), self, *arguments, **keywords)

    method._local_aws = marks | {mark}  # type: ignore[attr-defined]
    setattr(owner, name, method)


def add(owner: type[Any], name: str, method: Callable[..., Any]) -> None:
    """Give `owner` a method that moto does not have; one that moto has grown stays."""
    if not hasattr(owner, name):
        setattr(owner, name, method)
