"""What runs in an environment."""

from __future__ import annotations

from infra.clients import Clients
from infra.errors import InfraError
from infra.stored_state import StoredState
from infra.verification.service import served


def running_digest(make: Clients, state: StoredState) -> str | None:
    """The digest of the image that a service runs, None for none. Raises InfraError."""
    from botocore.exceptions import BotoCoreError, ClientError

    arn = state.output("service_arn")
    if not arn:
        return None
    try:
        _status, image = served(make("apprunner"), arn)
    except (BotoCoreError, ClientError) as error:
        raise InfraError(
            f"What the service runs can't be found out ({type(error).__name__})."
            " Nothing was changed.",
            hint="Check the credentials and the network, and run the command again.",
        ) from error
    return image.partition("@")[2] or None
