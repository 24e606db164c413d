"""CKV_TN_7: requests can be traced."""

from __future__ import annotations

from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult

from app_runner import AppRunnerPolicy, truth, unknown, verdict


class Observability(AppRunnerPolicy):
    """Without traces nobody sees where a slow or failed request spent its time."""

    def __init__(self) -> None:
        super().__init__(
            "App Runner's observability is on",
            "CKV_TN_7",
            CheckCategories.LOGGING,
            "Write observability_enabled = true, with an observability configuration.",
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge observability_enabled."""
        found = self.value(conf, "observability_configuration", "observability_enabled")
        return CheckResult.UNKNOWN if unknown(found) else verdict(truth(found) is True)


check = Observability()
