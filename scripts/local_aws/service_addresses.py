"""What answers at the URL of a service: a stub of the application that its image would run.

Nothing leaves the machine, so the names of App Runner lead nowhere; a request is known by its Host
header. It needs no credentials, as in AWS. An instance answers at its health check's path and at /
with the image that it runs and the RELEASE_* variables of the service. No other variable is told:
they are the service's own business, and secrets may be among them.
"""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from http import HTTPStatus
from typing import Any

from local_aws.answers import Answer
from local_aws.services.apprunner.models import apprunner_backends
from local_aws.services.apprunner.models.service import Configuration, Service

_HOST = re.compile(r"(?P<host>[a-z0-9]+\.(?P<region>[a-z0-9-]+)\.awsapprunner\.com)(:\d+)?")
RELEASE = "RELEASE_"


def is_service(environ: Mapping[str, Any]) -> bool:
    """Tell whether a request is for a service, and not for an API of AWS."""
    return _HOST.fullmatch(str(environ.get("HTTP_HOST", "")).lower()) is not None


def answer(environ: Mapping[str, Any]) -> Answer:
    """What comes back from the URL of a service.

    404 where there is no such service: its name is gone with it. 503 where it has no instance: it
    is paused, or its first deployment has not succeeded.
    """
    found = _HOST.fullmatch(str(environ.get("HTTP_HOST", "")).lower())
    assert found is not None  # noqa: S101
    service = _find(found["host"], found["region"])
    if service is None:
        return _say(HTTPStatus.NOT_FOUND, {"detail": "there is no such service"})
    configuration = service.serving
    if configuration is None:
        return _say(HTTPStatus.SERVICE_UNAVAILABLE, {"detail": "the service has no instance"})
    if environ["REQUEST_METHOD"] not in ("GET", "HEAD"):
        return _say(HTTPStatus.METHOD_NOT_ALLOWED, {"detail": "Method Not Allowed"})
    if environ.get("PATH_INFO", "") not in ("/", configuration.health_check.get("Path", "/")):
        return _say(HTTPStatus.NOT_FOUND, {"detail": "Not Found"})
    return _say(HTTPStatus.OK, _about(configuration))


def _find(host: str, region: str) -> Service | None:
    """The public service with this name, in whatever account."""
    for account in list(apprunner_backends):
        regions = apprunner_backends[account]
        if region not in regions:
            continue
        backend = regions[region]
        with backend.lock:
            backend.services.settle()
            for service in backend.services.alive():
                if service.host == host and service.is_public:
                    return service
    return None


def _about(configuration: Configuration) -> dict[str, Any]:
    image = configuration.source.get("ImageRepository", {})
    variables = image.get("ImageConfiguration", {}).get("RuntimeEnvironmentVariables", {})
    return {
        "status": "ok",
        "image_digest": str(image.get("ImageIdentifier", "")).partition("@")[2] or None,
        "release": {
            name.removeprefix(RELEASE).lower(): value
            for name, value in sorted(variables.items())
            if name.startswith(RELEASE)
        },
    }


def _say(status: HTTPStatus, document: Mapping[str, Any]) -> Answer:
    body = json.dumps(document).encode()
    headers = [("Content-Type", "application/json"), ("Content-Length", str(len(body)))]
    return Answer(f"{status.value} {status.phrase}", headers, body)
