"""The service answers for itself: healthy, and as the pinned release."""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from typing import Any

from infra import json_text
from infra.service_url import Answered, get, opener
from infra.verification.context import Found, Subject, failed, passed

REQUEST_SECONDS = 10.0
BETWEEN_SECONDS = 0.2
RETRY_SECONDS = 2.0
DEFAULT_PATH = "/"


def health_path(described: Mapping[str, Any]) -> str:
    """Where App Runner itself asks for the health of a service."""
    check = described.get("HealthCheckConfiguration") or {}
    return str(check.get("Path") or DEFAULT_PATH) if check.get("Protocol") == "HTTP" else "/"


def health(
    subject: Subject, *, patient: bool, tell: Callable[[str], None], sleep: Callable[[float], None]
) -> Found:
    """Ask until so many answers in a row are good; once, where waiting can't help.

    Each request has a connection of its own, so that it may reach another instance.
    """
    if subject.address is None:
        return failed("the service has no public URL")
    arn = subject.state.output("service_arn")
    path = health_path(subject.clients("apprunner").describe_service(ServiceArn=arn)["Service"])
    through = opener(subject.target, subject.run)
    wanted = subject.settings.health_attempts
    end = time.monotonic() + subject.settings.health_timeout_seconds
    good = 0
    while True:
        seconds = max(1.0, min(REQUEST_SECONDS, end - time.monotonic()))
        problem = wrong(get(through, subject.address, path, seconds), subject.pin)
        good = good + 1 if not problem else 0
        if good >= wanted:
            return passed(f"{path} answered {wanted} times in a row as the pinned release")
        wait = RETRY_SECONDS if problem else BETWEEN_SECONDS
        late = time.monotonic() + wait >= end
        if problem and (late or not patient):
            return failed(f"{path} {problem}")
        if late:
            return failed(f"{path} was not healthy {wanted} times in a row in time")
        if problem:
            tell(f"Waiting for a healthy answer: {path} {problem}")
        sleep(wait)


def wrong(answer: Answered, pin: Mapping[str, Any]) -> str:
    """What is wrong with an answer, "" where nothing is.

    A service need not say which release it is; where it does, it must be the pinned one.
    """
    if answer.status == 0:
        return f"did not answer: {answer.text}"
    if answer.status != 200:
        return f"answered {answer.status}"
    said = _document(answer.text)
    digest = said.get("image_digest")
    if digest and digest != pin.get("image_digest"):
        return "answered as another image than the pinned one"
    release = said.get("release")
    identifier = release.get("id") if isinstance(release, Mapping) else release
    if identifier and pin.get("id") and identifier != pin["id"]:
        return "answered as another release than the pinned one"
    return ""


def _document(text: str) -> Mapping[str, Any]:
    try:
        found = json_text.load(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}
