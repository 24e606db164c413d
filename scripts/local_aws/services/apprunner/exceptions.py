"""App Runner's errors ("Errors" of each operation in the App Runner API reference)."""

from __future__ import annotations

import json

from moto.core.exceptions import JsonRESTError


class AppRunnerError(JsonRESTError):
    """An error whose text is under `Message`, the only spelling the Go SDK reads here."""

    name = ""

    def __init__(self, message: str) -> None:
        super().__init__(self.name, message)
        self.description = json.dumps({"__type": self.name, "Message": message})


class InvalidRequestError(AppRunnerError):
    name = "InvalidRequestException"


class SerializationError(AppRunnerError):
    """What AWS JSON services say of a body that does not have the types of its operation."""

    name = "SerializationException"


class InvalidStateError(AppRunnerError):
    name = "InvalidStateException"


class ResourceNotFoundError(AppRunnerError):
    name = "ResourceNotFoundException"


class ServiceQuotaExceededError(AppRunnerError):
    name = "ServiceQuotaExceededException"
