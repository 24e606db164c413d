"""App Runner: how the newest operation ended, and what runs.

A deployment that fails is taken back by App Runner itself, and the service is RUNNING again, on the
image before: its status proves nothing, the operation's does.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.verification.context import Found, Subject, failed, inconclusive, passed

POLL_SECONDS = 5.0
FIRST_POLL_SECONDS = 0.2
SUCCEEDED = "SUCCEEDED"
IN_PROGRESS = ("PENDING", "IN_PROGRESS", "ROLLBACK_IN_PROGRESS")
TAKEN_BACK = "ROLLBACK_SUCCEEDED"
ROLLED_BACK = ("ROLLBACK_SUCCEEDED", "ROLLBACK_FAILED")
SENTENCES = {
    "FAILED": "{what} failed, and there was nothing to go back to",
    "ROLLBACK_SUCCEEDED": "{what} failed, and App Runner went back to what ran before",
    "ROLLBACK_FAILED": "{what} failed, and App Runner could not go back to what ran before",
}
VERBS = {
    "CREATE_SERVICE": "the first deployment",
    "DELETE_SERVICE": "the deletion",
    "PAUSE_SERVICE": "the pausing",
    "RESUME_SERVICE": "the resuming",
    "START_DEPLOYMENT": "the deployment",
    "UPDATE_SERVICE": "the deployment",
}


@dataclass
class Service:
    """What App Runner says. operation: the newest. image: of the service, as it is named there."""

    operation: Mapping[str, Any] = field(default_factory=dict)
    image: str = ""

    @property
    def rolled_back(self) -> bool:
        """App Runner took the newest operation back, or tried to."""
        return self.operation.get("Status") in ROLLED_BACK

    @property
    def running_digest(self) -> str:
        """Of the image that it runs, "" where it is not named by digest."""
        return self.image.partition("@")[2]


def operation(
    subject: Subject,
    into: Service,
    tell: Callable[[str], None],
    sleep: Callable[[float], None],
    *,
    taken_back: bool = False,
) -> Found:
    """The newest operation has succeeded; one that is at work is waited for.

    taken_back: it may also have failed and been taken back by App Runner itself.
    """
    arn = subject.state.output("service_arn")
    apprunner = subject.clients("apprunner")
    end = time.monotonic() + subject.settings.operation_timeout_seconds
    wait = FIRST_POLL_SECONDS
    while True:
        listed = apprunner.list_operations(ServiceArn=arn, MaxResults=1)
        into.operation = next(iter(listed.get("OperationSummaryList", [])), {})
        status = str(into.operation.get("Status", ""))
        if status not in IN_PROGRESS:
            break
        if time.monotonic() + wait >= end:
            return inconclusive(
                f"{_what(into)} is {status} for longer than"
                f" {subject.settings.operation_timeout_seconds} s"
            )
        tell(f"Waiting for App Runner: {_what(into)} is {status}")
        sleep(wait)
        wait = min(wait * 2, POLL_SECONDS)
    if status == SUCCEEDED:
        return passed(f"{_what(into)} succeeded")
    if taken_back and status == TAKEN_BACK:
        return passed(f"{_what(into)} failed before, and App Runner went back by itself")
    if not status:
        return inconclusive("App Runner lists no operation of the service")
    return failed(SENTENCES.get(status, "{what} ended as " + status).format(what=_what(into)))


def running_image(subject: Subject, into: Service) -> Found:
    """The service is RUNNING, on the pinned image by digest."""
    arn = subject.state.output("service_arn")
    status, into.image = served(subject.clients("apprunner"), arn)
    if into.image != subject.image:
        running = into.running_digest or into.image or "no image"
        return failed(f"it runs {running}, and the pin is {subject.digest}")
    if status != "RUNNING":
        return failed(f"the service is {status}")
    return passed(f"RUNNING on {subject.digest}")


def served(apprunner: Any, arn: str) -> tuple[str, str]:
    """The status of a service, and its image as it is named there, "" for none."""
    found = apprunner.describe_service(ServiceArn=arn)["Service"]
    source = found.get("SourceConfiguration", {}).get("ImageRepository", {})
    return str(found["Status"]), str(source.get("ImageIdentifier", ""))


def registry(subject: Subject) -> Found:
    """The pinned image is in the registry, so that a new instance can pull it."""
    ecr = subject.clients("ecr")
    name = str(subject.state.output("repository_name"))
    try:
        found = ecr.describe_images(
            repositoryName=name, imageIds=[{"imageDigest": subject.digest}]
        )["imageDetails"]
    except (ecr.exceptions.ImageNotFoundException, ecr.exceptions.RepositoryNotFoundException):
        found = []
    if not found:
        return failed(f"{name} does not hold {subject.digest}: a new instance could not start")
    return passed(f"{name} holds it")


def _what(service: Service) -> str:
    return VERBS.get(str(service.operation.get("Type", "")), "the operation")
