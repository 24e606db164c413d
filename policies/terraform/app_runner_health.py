"""CKV_TN_4: the application says whether it is healthy."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult

from app_runner import AppRunnerPolicy, unknown, verdict


class HealthCheckPath(AppRunnerPolicy):
    """AWS's default asks whether the port is open, which a broken application has too."""

    def __init__(self) -> None:
        super().__init__(
            "App Runner asks the application by HTTP whether it is healthy",
            "CKV_TN_4",
            CheckCategories.APPLICATION_SECURITY,
            'Give health_check_configuration protocol = "HTTP" and a path other than "/".',
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge protocol and path."""
        protocol = self.value(conf, "health_check_configuration", "protocol")
        path = self.value(conf, "health_check_configuration", "path")
        if protocol != "HTTP" and not unknown(protocol):
            return verdict(False)
        if unknown(protocol) or unknown(path):
            return CheckResult.UNKNOWN
        return verdict(isinstance(path, str) and path.startswith("/") and path != "/")


check = HealthCheckPath()
