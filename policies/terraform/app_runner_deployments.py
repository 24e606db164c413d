"""CKV_TN_2: nothing is deployed by itself."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult

from app_runner import AppRunnerPolicy, truth, unknown, verdict


class NoAutoDeployment(AppRunnerPolicy):
    """A push to the registry must not reach users past plan, gates and approval."""

    def __init__(self) -> None:
        super().__init__(
            "App Runner deploys nothing by itself",
            "CKV_TN_2",
            CheckCategories.SUPPLY_CHAIN,
            "Write auto_deployments_enabled = false; AWS's default is true.",
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge auto_deployments_enabled."""
        found = self.value(conf, "source_configuration", "auto_deployments_enabled")
        return CheckResult.UNKNOWN if unknown(found) else verdict(truth(found) is False)


check = NoAutoDeployment()
