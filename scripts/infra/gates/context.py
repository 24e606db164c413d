"""What a gate may look at."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from infra.clients import Clients
from infra.environments import Environment
from infra.plans import PlanSummary
from infra.repository import Repository

ServiceAddress = tuple[str, Mapping[str, str]]
"""The URL of a service, and the headers that a request to it needs: `Host`, in the local cloud."""


class HasId(Protocol):
    """A release, as far as a gate knows it."""

    @property
    def id(self) -> str:
        """What the release is called."""


@dataclass(frozen=True)
class GateContext:
    """One promotion, just before its approval.

    source: the environment that runs the release. target: the one that is to get it. summary, plan:
    of the target; the plan in the canonical form of `identity.canonical`, secrets sealed.
    now: with a time zone.

    What takes time is a callable and asked only by the gates that need it. drift: one line for each
    thing in the target that is not as its state says. alarms: the names of the target's alarms
    that are not OK. source_state: `terraform show -json` of the source's state. source_url,
    target_url: where the services answer; they raise an InfraError where there is none.
    """

    repository: Repository
    source: Environment
    target: Environment
    release: HasId
    summary: PlanSummary
    plan: Mapping[str, Any]
    source_clients: Clients
    target_clients: Clients
    drift: Callable[[], Sequence[str]]
    alarms: Callable[[], Sequence[str]]
    source_state: Callable[[], Mapping[str, Any]]
    source_url: Callable[[], ServiceAddress]
    target_url: Callable[[], ServiceAddress]
    now: datetime
