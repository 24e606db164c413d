"""CKV_TN_6: no secret is a plain environment variable."""

from __future__ import annotations

import re
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult

from app_runner import AppRunnerPolicy, first, unknown, verdict

_SECRET = re.compile(
    r"(?i)(password|passwd|secret|token|api_?key|private_?key|session_?key|credential|dsn$)"
)
_VALUE = re.compile(
    r"\b(AKIA|ASIA)[0-9A-Z]{16}\b|-----BEGIN [A-Z ]*PRIVATE KEY|\bgh[pousr]_\w{36}|\bxox[baprs]-"
    r"|\w://[^/\s:@]+:[^/\s@]+@"
)
"""Keys of AWS, GitHub and Slack, private keys, addresses with a password. Not checkov's own list,
which takes the digest and the commit of a release for secrets."""

_ONLY_NAMES = re.compile(r"(?i)_(arn|name|id|path|file|url|ttl|seconds|enabled)$")


class NoPlainSecrets(AppRunnerPolicy):
    """Whoever may describe the service reads its variables, and the state holds them."""

    def __init__(self) -> None:
        super().__init__(
            "App Runner takes secrets from Secrets Manager or SSM",
            "CKV_TN_6",
            CheckCategories.SECRETS,
            "Move it to runtime_environment_secrets, by the ARN of the secret.",
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge names and values of runtime_environment_variables."""
        path = ("source_configuration", "image_repository", "image_configuration")
        variables = self.value(conf, *path, "runtime_environment_variables")
        if unknown(variables):
            return CheckResult.UNKNOWN
        given = variables if isinstance(variables, dict) else {}
        return verdict(not any(_secret(name, first(value)) for name, value in given.items()))


def _secret(name: str, value: Any) -> bool:
    if not isinstance(value, str) or not value or unknown(value):
        return False
    named = bool(_SECRET.search(name)) and not _ONLY_NAMES.search(name)
    return named or _VALUE.search(value) is not None


check = NoPlainSecrets()
