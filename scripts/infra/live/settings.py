"""What whoever starts the live tests says, in variables that `make test-live` sets."""

from __future__ import annotations

import getpass
import math
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import timedelta

from infra.errors import UsageError
from infra.live.cost import LIMIT_USD
from infra.live.runs import LIFETIME
from infra.live.sandbox import ACCOUNT_VARIABLE, REGION_VARIABLE

BUDGET_VARIABLE = "INFRA_LIVE_BUDGET_USD"
HOURS_VARIABLE = "INFRA_LIVE_HOURS"
IMAGE_VARIABLE = "INFRA_LIVE_IMAGE"

MOST_HOURS = 24.0

_IMAGE = re.compile(
    r"(?P<url>[0-9]{12}\.dkr\.ecr\.[a-z0-9-]+\.[a-z.]+/(?P<name>[a-z0-9]+(?:[._/-][a-z0-9]+)*))"
    r"@(?P<digest>sha256:[0-9a-f]{64})"
)


@dataclass(frozen=True)
class Image:
    """An image in the sandbox account, for a service. url: of its repository, without a digest."""

    url: str
    repository: str
    digest: str


@dataclass(frozen=True)
class Settings:
    """account, region: None where they are not said. budget_usd: what a run may cost.

    lifetime: how long what it made may be there. image: None for a run without a service, which
    would cost the most and take minutes.
    """

    account: str | None
    region: str | None
    budget_usd: float = LIMIT_USD
    lifetime: timedelta = LIFETIME
    image: Image | None = None
    owner: str = "unknown"


def read(variables: Mapping[str, str]) -> Settings:
    """The settings of a run. Raises UsageError, which names the variable."""
    hours = _number(variables, HOURS_VARIABLE, LIFETIME.total_seconds() / 3600)
    if hours > MOST_HOURS:
        raise UsageError(f"{HOURS_VARIABLE} is {hours:g}.", hint=f"At most {MOST_HOURS:g}.")
    return Settings(
        account=variables.get(ACCOUNT_VARIABLE) or None,
        region=variables.get(REGION_VARIABLE) or None,
        budget_usd=_number(variables, BUDGET_VARIABLE, LIMIT_USD),
        lifetime=timedelta(hours=hours),
        image=_image(variables.get(IMAGE_VARIABLE, "")),
        owner=_owner(variables),
    )


def _number(variables: Mapping[str, str], name: str, otherwise: float) -> float:
    text = variables.get(name, "")
    if not text:
        return otherwise
    try:
        number = float(text)
    except ValueError:
        number = math.nan
    if not 0 < number < math.inf:
        raise UsageError(f"{name} is {text!a:.40}.", hint="Expected a number above 0.")
    return number


def _image(text: str) -> Image | None:
    if not text:
        return None
    found = _IMAGE.fullmatch(text)
    if found is None:
        raise UsageError(
            f"{IMAGE_VARIABLE} is {text!a:.120}.",
            hint="Expected an image in ECR by its digest: ACCOUNT.dkr.ecr.REGION.amazonaws.com/"
            "NAME@sha256:...",
        )
    return Image(found["url"], found["name"], found["digest"])


def _owner(variables: Mapping[str, str]) -> str:
    """Who is told by the tags: in a job of GitHub Actions who set it off."""
    if actor := variables.get("GITHUB_ACTOR"):
        return actor
    try:
        return getpass.getuser()
    except (KeyError, OSError):
        return "unknown"
