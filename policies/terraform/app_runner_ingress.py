"""CKV_TN_5: a service on the internet has a web ACL before it."""

from __future__ import annotations

import json
from pathlib import PurePosixPath
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult

from app_runner import UNKNOWN_IN_PLAN, AppRunnerPolicy, first, truth, unknown, verdict


class PrivateOrProtected(AppRunnerPolicy):
    """Which association belongs to which service shows where its target is named.

    Where it isn't, as in a plan that makes both, an association in the same root module counts.
    """

    def __init__(self) -> None:
        super().__init__(
            "App Runner is private, or has a web ACL before it",
            "CKV_TN_5",
            CheckCategories.NETWORKING,
            "Write is_publicly_accessible = false, or associate a web ACL (module web_acl).",
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge is_publicly_accessible, and look for a web ACL."""
        path = ("network_configuration", "ingress_configuration", "is_publicly_accessible")
        public = self.value(conf, *path)
        if unknown(public):
            return CheckResult.UNKNOWN
        if truth(public) is False:
            return CheckResult.PASSED
        scanned, _, name = self.entity_path.rpartition(":aws_apprunner_service:")
        folder = PurePosixPath(scanned).parent
        return verdict(any(self._protects(node[1], name, folder) for node in self.graph.nodes()))

    @staticmethod
    def _protects(node: dict[str, Any], name: str, folder: PurePosixPath) -> bool:
        if node.get("resource_type") != "aws_wafv2_web_acl_association":
            return False
        target = first(node.get("resource_arn"))
        if isinstance(target, str) and "aws_apprunner_service." in target:
            return f"aws_apprunner_service.{name}." in target
        known = target is not None and target != UNKNOWN_IN_PLAN and not unknown(target)
        # What checkov scanned is named from the folder that it was given; a plan lies in none.
        return not known and _root(node).as_posix().endswith(folder.as_posix().rstrip("/"))


def _root(node: dict[str, Any]) -> PurePosixPath:
    """The folder of the outermost module that a resource is called from."""
    called = node.get("source_module_object_")
    place = node.get("file_path_", "")
    while called:
        caller = json.loads(called) if isinstance(called, str) else called
        place, called = caller["path"], caller.get("nested_tf_module")
    return PurePosixPath(place).parent


check = PrivateOrProtected()
