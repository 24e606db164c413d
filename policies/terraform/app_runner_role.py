"""CKV_TN_3: the application has a role of its own."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult

from app_runner import AppRunnerPolicy, verdict


class InstanceRole(AppRunnerPolicy):
    """Without a role the application needs keys, which leak and don't expire."""

    def __init__(self) -> None:
        super().__init__(
            "App Runner runs the application with an instance role",
            "CKV_TN_3",
            CheckCategories.IAM,
            "Give instance_configuration an instance_role_arn.",
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge instance_role_arn; a role that is still to be made is one."""
        return verdict(bool(self.value(conf, "instance_configuration", "instance_role_arn")))


check = InstanceRole()
