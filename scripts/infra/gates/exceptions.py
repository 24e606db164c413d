"""Named exceptions from gates: environments/exceptions.yaml, reviewed like code.

It stands beside the environments and not in one: a file in there would make its code another one
than that of the environment it promotes from.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, date, datetime

from infra.environments import Environment, environment_names, listed_entries
from infra.errors import EnvironmentFileError
from infra.gates.settings import suggestion
from infra.repository import Repository

FILE = "exceptions.yaml"
KEYS = ("environment", "address", "gate", "reason", "expires")
PROTECTED, ACCESS, EQUIVALENCE = "policy.protected", "policy.access", "equivalence"
DELETES, DESTROY = "policy.deletes", "destroy"
EXCEPTABLE = (PROTECTED, ACCESS, EQUIVALENCE, DELETES, DESTROY)
"""What can be excepted: a resource from one of these, until a day; the last two are about all
resources at once (see `infra.limits`)."""

EVERYTHING = "*"
"""The address of all resources at once."""
_EXAMPLE = (
    "An entry looks like this:\n"
    "- environment: prod\n"
    "  address: module.trending_now.module.ecr_repository.aws_ecr_repository.this\n"
    "  gate: policy.protected\n"
    "  reason: The repository moves to another name.\n"
    "  expires: 2026-12-31"
)


@dataclass(frozen=True)
class GateException:
    """One resource that one gate lets through in one environment, until the end of a day (UTC)."""

    environment: str
    address: str
    gate: str
    reason: str
    expires: date

    def expired(self, now: datetime) -> bool:
        """Whether it no longer counts."""
        return now.astimezone(UTC).date() > self.expires


class Exceptions:
    """The exceptions of an environment, and which of them were needed."""

    def __init__(self, found: Sequence[GateException], now: datetime) -> None:
        self._found = found
        self._now = now
        self.used: list[str] = []

    def allow(self, gate: str, address: str) -> bool:
        """Whether a resource is excepted; it is remembered where it is."""
        for item in self._found:
            if (item.gate, item.address) == (gate, address) and not item.expired(self._now):
                told = f"{address}: {gate}, until {item.expires}: {item.reason}"
                if told not in self.used:
                    self.used.append(told)
                return True
        return False

    def expired(self, gate: str, address: str) -> str:
        """What to add to a finding for which there was an exception once."""
        for item in self._found:
            if (item.gate, item.address) == (gate, address) and item.expired(self._now):
                return f" (its exception expired on {item.expires})"
        return ""


def exceptions_of(repository: Repository, environment: Environment, now: datetime) -> Exceptions:
    """Read the file. Raises EnvironmentFileError for anything in it that can't be, of any one."""
    path = repository.environments / FILE
    shown = path.relative_to(repository.root)
    entries = listed_entries(path, shown, _EXAMPLE)
    names = environment_names(repository)
    found = [_entry(f"{shown}, entry {i}", item, names) for i, item in enumerate(entries, 1)]
    return Exceptions([item for item in found if item.environment == environment.name], now)


def _entry(place: str, raw: object, names: Sequence[str]) -> GateException:
    if not isinstance(raw, Mapping):
        raise EnvironmentFileError(f"{place} has no keys.", hint=_EXAMPLE)
    unknown = sorted(set(map(str, raw)) - set(KEYS))
    if unknown:
        raise EnvironmentFileError(
            f"{place} has an unknown key: {unknown[0]}.",
            hint=suggestion(unknown[0], KEYS) + f"The keys are {', '.join(KEYS)}.",
        )
    for key in ("environment", "address", "gate", "reason"):
        if not isinstance(raw.get(key), str) or not raw[key].strip():
            raise EnvironmentFileError(f"{place} needs a text for the key {key}.", hint=_EXAMPLE)
    for key, allowed in (("environment", names), ("gate", EXCEPTABLE)):
        if raw[key] not in allowed:
            raise EnvironmentFileError(
                f"{place}: {key} is {raw[key]!r}.",
                hint=suggestion(raw[key], allowed) + f"Expected one of {', '.join(allowed)}.",
            )
    expires = raw.get("expires")
    if not isinstance(expires, date) or isinstance(expires, datetime):
        raise EnvironmentFileError(
            f"{place}: expires is {expires!r}.", hint="Expected a date, such as 2026-12-31."
        )
    reason = " ".join(raw["reason"].split())
    return GateException(raw["environment"], raw["address"], raw["gate"], reason, expires)
