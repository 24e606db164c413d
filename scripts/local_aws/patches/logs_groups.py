"""CloudWatch Logs: keys, classes, retention, deletion protection and tags of log groups.

AWS ("CreateLogGroup", "AssociateKmsKey", "PutRetentionPolicy", "PutLogGroupDeletionProtection",
CloudWatch Logs API reference): a key can be changed after creation; the class is STANDARD unless
given; only 22 retention values exist; a protected group cannot be deleted; an ARN may end in `:*`.
moto 5.2.5: no (Dis)AssociateKmsKey and no deletion protection, forgets the class, takes any
retention, and finds no tags for an ARN that ends in `:*`. Fit for upstream.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.logs.exceptions import (
    InvalidParameterException,
    ResourceNotFoundException,
    ValidationException,
)
from moto.logs.models import LogGroup, LogsBackend
from moto.logs.responses import LogsResponse

from local_aws.patches import add, wrap

_CLASSES = ("STANDARD", "INFREQUENT_ACCESS", "DELIVERY")
# "Possible values are", PutRetentionPolicy.
_RETENTION_DAYS = (
    *(1, 3, 5, 7, 14, 30, 60, 90, 120, 150, 180, 365, 400, 545, 731),
    *(1096, 1827, 2192, 2557, 2922, 3288, 3653),
)


def apply() -> None:
    """Give log groups what CloudWatch Logs has."""
    wrap(LogsResponse, "create_log_group", _create_log_group)
    wrap(LogsResponse, "put_retention_policy", _put_retention_policy)
    wrap(LogGroup, "to_describe_dict", _to_describe_dict)
    wrap(LogsBackend, "delete_log_group", _delete_log_group)
    wrap(LogsBackend, "list_tags_for_resource", _with_plain_arn)
    wrap(LogsBackend, "tag_resource", _with_plain_arn)
    wrap(LogsBackend, "untag_resource", _with_plain_arn)
    add(LogsResponse, "associate_kms_key", _associate_kms_key)
    add(LogsResponse, "disassociate_kms_key", _disassociate_kms_key)
    add(LogsResponse, "put_log_group_deletion_protection", _put_deletion_protection)


def _create_log_group(original: Callable[..., Any], self: LogsResponse) -> Any:
    log_class = self._get_param("logGroupClass", "STANDARD")
    if log_class not in _CLASSES:
        raise InvalidParameterException(
            constraint=f"Member must satisfy enum value set: [{', '.join(_CLASSES)}]",
            parameter="logGroupClass",
            value=log_class,
        )
    answer = original()
    group: Any = self.logs_backend.groups[self._get_param("logGroupName")]
    group.log_group_class = log_class
    group.is_protected = bool(self._get_param("deletionProtectionEnabled", False))
    return answer


def _put_retention_policy(original: Callable[..., Any], self: LogsResponse) -> Any:
    days = self._get_param("retentionInDays")
    if days not in _RETENTION_DAYS:
        raise InvalidParameterException(
            constraint=f"Member must satisfy enum value set: {list(_RETENTION_DAYS)}",
            parameter="retentionInDays",
            value=days,
        )
    return original()


def _to_describe_dict(original: Callable[..., Any], self: LogGroup) -> dict[str, Any]:
    described: dict[str, Any] = original()
    described["logGroupClass"] = getattr(self, "log_group_class", "STANDARD")
    described["deletionProtectionEnabled"] = getattr(self, "is_protected", False)
    if self.kms_key_id is None:
        described.pop("kmsKeyId", None)
    return described


def _delete_log_group(original: Callable[..., Any], self: LogsBackend, log_group_name: str) -> Any:
    if getattr(self.groups.get(log_group_name), "is_protected", False):
        raise ValidationException(
            f"Log group {log_group_name} cannot be deleted: deletion protection is enabled."
        )
    return original(log_group_name)


def _with_plain_arn(
    original: Callable[..., Any], self: LogsBackend, arn: str, *arguments: Any, **keywords: Any
) -> Any:
    del self
    return original(arn.removesuffix(":*"), *arguments, **keywords)


def _associate_kms_key(self: LogsResponse) -> str:
    _group(self).kms_key_id = self._get_param("kmsKeyId")
    return ""


def _disassociate_kms_key(self: LogsResponse) -> str:
    _group(self).kms_key_id = None
    return ""


def _put_deletion_protection(self: LogsResponse) -> str:
    group: Any = _group(self, "logGroupIdentifier")
    group.is_protected = bool(self._get_param("deletionProtectionEnabled"))
    return json.dumps({})


def _group(self: LogsResponse, parameter: str = "logGroupName") -> LogGroup:
    """The group that a request names, by `logGroupName` or by an identifier or ARN of it."""
    name = self._get_param(parameter) or self._get_param("resourceIdentifier") or ""
    if name.startswith("arn:"):
        name = name.removesuffix(":*").partition(":log-group:")[2]
    group = self.logs_backend.groups.get(name)
    if group is None:
        raise ResourceNotFoundException()
    return group
