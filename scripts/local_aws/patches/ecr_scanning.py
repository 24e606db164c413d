"""ECR: scans on push that are turned off again.

AWS ("ImageScanningConfiguration", ECR API reference): scanOnPush is false where it is left out, and
the Go SDK leaves out what is false. moto 5.2.5 takes the empty configuration for none and keeps the
old one. Fit for upstream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ecr.models import ECRBackend

from local_aws.patches import wrap


def apply() -> None:
    """Take an empty configuration at its word."""
    wrap(ECRBackend, "put_image_scanning_configuration", _put)


def _put(original: Callable[..., Any], self: ECRBackend, **given: Any) -> Any:
    del self
    configuration = given.pop("image_scan_config") or {}
    return original(**given, image_scan_config={"scanOnPush": False, **configuration})
