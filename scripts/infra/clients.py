"""boto3 clients that act where a run acts, in its account and nowhere else."""

from __future__ import annotations

import functools
import threading
from collections.abc import Callable
from typing import Any

from infra.environments import Environment
from infra.targets import RunEnvironment

CONNECT_SECONDS = 5
READ_SECONDS = 30
ATTEMPTS = 5
"""With one call in ten refused, three attempts would fail one run in ten."""

Clients = Callable[[str], Any]
"""Makes the client of an AWS service, such as "ecr"; the same one each time."""


def clients(environment: Environment, target: str, run: RunEnvironment) -> Clients:
    """The clients of an environment's account.

    In the local cloud they get what the run says, and nothing of this process's environment. In AWS
    they log in as any AWS client would, but no configured endpoint counts.
    """

    @functools.cache
    def make(service: str) -> Any:
        # Imported late: it takes longer than all else that a warm run does.
        from botocore.config import Config

        retries = {"mode": "standard", "total_max_attempts": ATTEMPTS}
        settings: dict[str, Any] = {
            "connect_timeout": CONNECT_SECONDS,
            "read_timeout": READ_SECONDS,
            "retries": retries,
        }
        where: dict[str, Any] = {"region_name": environment.region}
        variables = run.variables
        profile = variables.get("AWS_PROFILE")
        if target == "local":
            profile = None
            settings["proxies"] = {}
            where |= {
                "endpoint_url": variables["AWS_ENDPOINT_URL"],
                "aws_access_key_id": variables["AWS_ACCESS_KEY_ID"],
                "aws_secret_access_key": variables["AWS_SECRET_ACCESS_KEY"],
                "aws_session_token": variables["AWS_SESSION_TOKEN"],
            }
        else:
            settings["ignore_configured_endpoint_urls"] = True
        # Making clients is not safe in several threads at once, as boto3's guide says.
        with _making:
            return _session(profile).client(service, config=Config(**settings), **where)

    return make


_making = threading.Lock()


@functools.cache
def _session(profile: str | None) -> Any:
    import boto3

    return boto3.session.Session(profile_name=profile)
