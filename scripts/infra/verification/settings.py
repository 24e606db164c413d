"""The section `verify` of environment.yaml."""

from __future__ import annotations

import difflib
from dataclasses import dataclass, fields, replace

from infra.environments import Environment
from infra.errors import EnvironmentFileError

MOST = 7200
BAKE_SECONDS = {"aws": 300, "local": 5}
"""By target. In AWS as long as the slowest alarm takes to notice; in the local cloud nobody calls
the service, so there is nothing to wait for."""
LEAST = {"bake_seconds": 0, "health_attempts": 1}


@dataclass(frozen=True)
class Settings:
    """How long a verification waits.

    bake_seconds: how long the alarms must stay OK after all else has passed. health_attempts: how
    many healthy answers in a row are wanted; health_timeout_seconds: within what time.
    operation_timeout_seconds: how long an operation of App Runner may still be at work.
    """

    bake_seconds: int = BAKE_SECONDS["aws"]
    health_attempts: int = 3
    health_timeout_seconds: int = 120
    operation_timeout_seconds: int = 1200

    def baking(self, seconds: int) -> Settings:
        """The same with another bake time."""
        return replace(self, bake_seconds=seconds)


def settings(environment: Environment, target: str) -> Settings:
    """Read and check the section; what it leaves out has a default. Raises EnvironmentFileError.

    target: where the environment is verified, which decides how long alarms are watched.
    """
    known = [field.name for field in fields(Settings)]
    shown = f"environments/{environment.name}/environment.yaml"
    for name, value in environment.verify.items():
        if name not in known:
            close = difflib.get_close_matches(name, known, n=1)
            raise EnvironmentFileError(
                f"{shown} has an unknown key: verify.{name}.",
                hint=(f"Did you mean {close[0]}? " if close else "")
                + f"The keys of verify are {', '.join(known)}.",
            )
        least = LEAST.get(name, 1)
        if not isinstance(value, int) or isinstance(value, bool) or not least <= value <= MOST:
            raise EnvironmentFileError(
                f"{shown}: verify.{name} is {value!r}.",
                hint=f"Expected a whole number from {least} to {MOST}.",
            )
    return Settings(**{"bake_seconds": BAKE_SECONDS[target], **environment.verify})
