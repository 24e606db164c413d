"""What the checks share, and how one is timed."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from infra.clients import Clients
from infra.service_url import ServiceAddress
from infra.stored_state import StoredState
from infra.targets import RunEnvironment
from infra.verification.checks import FAILED, INCONCLUSIVE, PASSED, Check, Scalar
from infra.verification.settings import Settings

Found = tuple[str, str]
"""Status and text."""


@dataclass(frozen=True)
class Subject:
    """The environment under verification. pin: the pinned release, as its file says it."""

    clients: Clients
    state: StoredState
    settings: Settings
    pin: Mapping[str, Scalar]
    target: str
    run: RunEnvironment
    address: ServiceAddress | None

    @property
    def digest(self) -> str:
        """The digest of the pinned image."""
        return str(self.pin.get("image_digest") or "")

    @property
    def image(self) -> str:
        """The pinned image as a service names it."""
        return f"{self.state.output('repository_url')}@{self.digest}"


def passed(text: str) -> Found:
    """It holds."""
    return PASSED, text


def failed(text: str) -> Found:
    """It does not hold."""
    return FAILED, text


def inconclusive(text: str) -> Found:
    """It could not be found out in time."""
    return INCONCLUSIVE, text


def timed(name: str, budget: float, look: Callable[[], Found]) -> Check:
    """Make a check. That AWS refuses or does not answer is no verdict, and no success either."""
    from botocore.exceptions import BotoCoreError, ClientError

    begun = time.monotonic()
    try:
        status, text = look()
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "unknown")
        status, text = inconclusive(f"{error.operation_name} was refused: {code}")
    except BotoCoreError as error:
        status, text = inconclusive(f"AWS did not answer: {type(error).__name__}")
    return Check(name, status, text, round(time.monotonic() - begun, 2), budget)
