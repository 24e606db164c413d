"""Drift: where reality, the state and git tell different stories.

A plan that asks AWS shows what an apply would do about all of it; one that trusts the state shows
what of it nobody has applied yet. The rest differs in reality. Terraform's own list of drift, as of
`plan -refresh-only`, also has what AWS merely writes down in another form (thirty resources of an
environment that was just applied), so it only says where a difference comes from. Last comes what
is in the account and in no state. Nothing is changed, and no lock is taken.
"""

from __future__ import annotations

import dataclasses
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from typing import Any

from infra.backend import Backend
from infra.bootstrap import STATE_KEY
from infra.clients import Clients, clients
from infra.errors import InfraError
from infra.guards.looking import look
from infra.ledger.client import Ledger
from infra.plans import Action, AttributeChange, PlanSummary, ResourceChange
from infra.progress import Progress
from infra.sessions import Session
from infra.stored_state import StoredState, read_stored_state
from infra.unmanaged import Unmanaged, unmanaged
from infra.workflows import made_plan

SHOWN_ATTRIBUTES = 4


@dataclass(frozen=True)
class DriftReport:
    """What differs.

    reality: resources that were changed or deleted outside of Terraform, as what an apply would do
    about each (their `before` is what is there). pending: what the files
    say and nobody has applied; outputs: the same of outputs. unmanaged: in the account and in no
    state. applied: False where there is no state at all.
    """

    reality: tuple[ResourceChange, ...] = ()
    pending: tuple[ResourceChange, ...] = ()
    outputs: tuple[AttributeChange, ...] = ()
    unmanaged: tuple[Unmanaged, ...] = ()
    applied: bool = True

    @property
    def empty(self) -> bool:
        """All three tell the same story."""
        return not (self.reality or self.pending or self.outputs or self.unmanaged)

    def lines(self) -> list[str]:
        """One finding a line; no values, which may be secrets."""
        pending = [
            *(
                f"not applied: {change.address} ({change.action.value}{_paths(change)})"
                for change in self.pending
            ),
            *(f"not applied: output {output.path}" for output in self.outputs),
        ]
        if not self.applied:
            pending = [f"not applied: anything; there are {len(self.pending)} resources to create"]
        return [
            *(f"reality: {_changed(change)}" for change in self.reality),
            *pending,
            *(f"unmanaged: {item.kind} {item.id} ({item.owner})" for item in self.unmanaged),
        ]

    def document(self) -> dict[str, Any]:
        """As JSON; sensitive values are masked."""
        return {
            "empty": self.empty,
            "applied": self.applied,
            "reality": [_change(change) for change in self.reality],
            "pending": [_change(change) for change in self.pending],
            "outputs": [dataclasses.asdict(output) for output in self.outputs],
            "unmanaged": [
                {"type": item.kind, "id": item.id, "tags": dict(item.tags), "owner": item.owner}
                for item in self.unmanaged
            ],
        }


def drift_of(session: Session, progress: Progress, ledger: Ledger | None = None) -> DriftReport:
    """Look for drift. Nothing is changed, and no lock is taken or waited for.

    ledger: the environment's, where it is open already.
    Raises what planning raises, and InfraError where the account can't be listed.
    """
    quiet = session.unlocked()
    looking = look(session, ledger)
    # What no state knows is listed below, whoever made it.
    with made_plan(
        quiet, progress, destroy=False, refresh=True, looking=looking, adopting=False
    ) as (asked, _path):
        told, document = asked.summary, asked.document
    pending = PlanSummary()
    if not told.empty:
        progress.step("Planning again, by the state alone")
        # What the ledger says was compared above.
        with made_plan(quiet, progress, destroy=False, refresh=False, looking=looking) as (
            trusting,
            _path,
        ):
            pending = trusting.summary
    progress.step("Listing what is in the account")
    make = clients(session.environment, session.target, session.run)
    state = read_stored_state(make, session.backend)
    strangers = _unmanaged(session, make, state)
    progress.end()
    return DriftReport(
        reality=differing(told, pending, document),
        pending=pending.changes,
        outputs=pending.outputs,
        unmanaged=strangers,
        applied=bool(state.lineage),
    )


def differing(
    told: PlanSummary, pending: PlanSummary, document: Mapping[str, Any]
) -> tuple[ResourceChange, ...]:
    """What differs in reality: of what an apply would do, all that the state does not explain.

    document: the JSON of the plan `told`. What only follows from another resource's drift is left
    out: it goes when that goes. What a stopped run left half made is no drift.
    """
    drifted = {str(raw.get("address")) for raw in document.get("resource_drift") or []}
    explained = {*pending.changes, *told.half_made}
    rest = tuple(change for change in told.changes if change not in explained)
    return tuple(change for change in rest if change.address in drifted) or rest


def _unmanaged(session: Session, make: Clients, state: StoredState) -> tuple[Unmanaged, ...]:
    from botocore.exceptions import BotoCoreError, ClientError

    bootstrap = read_stored_state(make, _bootstrap(session.backend))
    prefix = str(state.output("name") or state.output("repository_name") or "")
    try:
        return unmanaged(make, [state, bootstrap], [session.backend.bucket], prefix)
    except (BotoCoreError, ClientError) as error:
        raise InfraError(
            f"What is in the account of {session.environment.name} can't be listed: {error}.",
            hint="Check the credentials and the network. Nothing was changed.",
        ) from error


def _bootstrap(backend: Backend) -> Backend:
    """Where the state is of what bootstrap made: in the same bucket."""
    return dataclasses.replace(backend, key=STATE_KEY)


def _changed(change: ResourceChange) -> str:
    if change.action is Action.CREATE:
        return f"{change.address} is gone"
    return f"{change.address} was changed{_paths(change)}"


def _paths(change: ResourceChange) -> str:
    paths = [attribute.path for attribute in change.attributes]
    if not paths or change.action is not Action.UPDATE:
        return ""
    more = f" and {len(paths) - SHOWN_ATTRIBUTES} more" if len(paths) > SHOWN_ATTRIBUTES else ""
    return f": {', '.join(paths[:SHOWN_ATTRIBUTES])}{more}"


def _change(change: ResourceChange) -> Mapping[str, Any]:
    return {
        "address": change.address,
        "type": change.kind,
        "action": change.action.value,
        "attributes": [dataclasses.asdict(attribute) for attribute in change.attributes],
    }


def any_drift(reports: Iterable[DriftReport]) -> bool:
    """Tell whether one of them found something."""
    return any(not report.empty for report in reports)
