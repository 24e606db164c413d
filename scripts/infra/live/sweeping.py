"""Sweeping: what has expired goes, everything else stays, and both are told."""

from __future__ import annotations

from collections.abc import Callable, Collection
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from infra.clients import Clients
from infra.errors import CredentialsError, InfraError
from infra.live import removal
from infra.live.leftovers import Leftover, State, find
from infra.live.removal import NotRemovedError
from infra.live.runs import stamp


class Fate(StrEnum):
    """What became of something. stays: it may not be swept; left: it may, and is still there."""

    REMOVED = "removed"
    LEFT = "left"
    STAYS = "stays"


@dataclass(frozen=True)
class Swept:
    """One thing, and what became of it. why: it is still there."""

    leftover: Leftover
    fate: Fate
    why: str = ""

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        kind, name = removal.named(self.leftover)
        expires = self.leftover.expires
        return {
            "kind": kind,
            "name": name,
            "arn": self.leftover.arn,
            "region": self.leftover.region,
            "run": self.leftover.run,
            "owner": self.leftover.owner,
            "expires": None if expires is None else stamp(expires),
            "state": self.leftover.state.value,
            "fate": self.fate.value,
            "why": self.why,
        }


@dataclass(frozen=True)
class Sweep:
    """A sweep of one account and region. removing: whether it was more than a look."""

    items: tuple[Swept, ...]
    removing: bool

    @property
    def left(self) -> tuple[Swept, ...]:
        """What somebody must still do something about."""
        return tuple(
            item
            for item in self.items
            if item.fate is Fate.LEFT or item.leftover.state is State.UNCLEAR
        )

    def count(self, fate: Fate) -> int:
        """How many things ended so."""
        return sum(item.fate is fate for item in self.items)

    def document(self) -> dict[str, Any]:
        """For `--json`."""
        return {
            "removing": self.removing,
            "found": [item.document() for item in self.items],
            "removed": self.count(Fate.REMOVED),
            "left": len(self.left),
        }


def look(clients: Clients, environments: Collection[str], now: datetime) -> list[Leftover]:
    """What is there, in the order in which it would be removed.

    Raises CredentialsError where AWS refuses, and InfraError where it does not answer.
    """
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        found = find(clients, environments, now)
    except ClientError as error:
        raise CredentialsError(
            f"AWS refuses to list what the live tests left: {removal.code_of(error)}.",
            hint="docs/workflows.md says what the role of the sweeper must be allowed.",
        ) from error
    except BotoCoreError as error:
        raise InfraError(
            f"AWS did not answer ({type(error).__name__}); nothing was removed.",
            hint="Run it again.",
        ) from error
    return sorted(found, key=lambda item: (removal.place(item), item.arn))


def sweep(
    clients: Clients,
    environments: Collection[str],
    now: datetime,
    *,
    removing: bool,
    tell: Callable[[str], None] = lambda _text: None,
) -> Sweep:
    """Find what runs left, and remove what has expired if asked to.

    One that can't be removed is told, and the rest goes all the same. tell: hears of each step.
    Raises the errors of `look`.
    """
    tell("Looking for what live tests left")
    items = []
    for leftover in look(clients, environments, now):
        if leftover.state is not State.EXPIRED:
            items.append(Swept(leftover, Fate.STAYS, leftover.why))
        elif not removing:
            items.append(Swept(leftover, Fate.LEFT))
        else:
            kind, name = removal.named(leftover)
            tell(f"Removing {kind} {name}")
            items.append(_removed(clients, leftover))
    return Sweep(tuple(items), removing)


def _removed(clients: Clients, leftover: Leftover) -> Swept:
    try:
        removal.remove(clients, leftover)
    except NotRemovedError as error:
        return Swept(leftover, Fate.LEFT, str(error))
    return Swept(leftover, Fate.REMOVED)
