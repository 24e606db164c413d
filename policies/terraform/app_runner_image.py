"""CKV_TN_1: the image is named by its digest."""

from __future__ import annotations

import re
from typing import Any

from checkov.common.models.enums import CheckCategories, CheckResult

from app_runner import AppRunnerPolicy, unknown, verdict

_DIGEST = re.compile(r"@sha256:[0-9a-f]{64}$")


class ImageByDigest(AppRunnerPolicy):
    """A tag can move, so that what runs is not what was tried out."""

    def __init__(self) -> None:
        super().__init__(
            "App Runner takes the image by its digest",
            "CKV_TN_1",
            CheckCategories.SUPPLY_CHAIN,
            "Write REPOSITORY@sha256:DIGEST in place of a tag.",
        )

    def scan_resource_conf(self, conf: dict[str, Any]) -> CheckResult:
        """Judge image_identifier; a service that is built from source has none and fails."""
        path = ("source_configuration", "image_repository")
        image = self.value(conf, *path, "image_identifier")
        if image is None and self.value(conf, *path):
            # The provider wants one here, so a plan that shows none does not know it yet.
            return CheckResult.UNKNOWN
        if isinstance(image, str) and _DIGEST.search(image):
            return CheckResult.PASSED
        # What comes after the last reference is literal: a tag there is a tag, whatever it is of.
        tail = image.rpartition("}")[2] if isinstance(image, str) else ""
        if unknown(image) and ":" not in tail:
            return CheckResult.UNKNOWN
        return verdict(False)


check = ImageByDigest()
