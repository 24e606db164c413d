"""How a recovery ends: with a plan, and what of it a person has to see to."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.errors import InfraError, StateError
from infra.plans import PlanSummary
from infra.progress import Progress
from infra.recovering.steps import Left
from infra.sessions import open_session
from infra.visits import Visit
from infra.workflows import plan_environment


@dataclass(frozen=True)
class Ending:
    """summary: of the plan, None where there is none. left: what it shows a person."""

    summary: PlanSummary | None
    left: tuple[Left, ...] = ()

    def document(self) -> Mapping[str, Any] | None:
        """The plan's counts as JSON."""
        if self.summary is None:
            return None
        return {action.value: count for action, count in self.summary.counts.items()}


def end_with_plan(
    visited: Visit, progress: Progress, *, locked: bool, stale: Sequence[str] = ()
) -> Ending:
    """Plan the environment. locked: somebody else holds the lock, so the plan goes without it.

    stale: the addresses of which the state has to be told first what AWS says: what was cut off may
    have nothing there but an id, and a plan that trusts the state could not be made of that. A plan
    that fails is no failure of the recovery, but one of the things that are left.
    """
    name = visited.environment.name
    try:
        with open_session(visited.repository, name, visited.target, progress) as session:
            if stale and not locked:
                progress.step("Reading what is there now")
                session.terraform.refresh(stale)
            result = plan_environment(session.unlocked() if locked else session, progress)
    except StateError as error:
        return Ending(None, (Left(error.message, f"infra state versions {name}"),))
    except InfraError as error:
        return Ending(
            None, (Left(f"No plan could be made: {error.message}", f"infra plan {name}"),)
        )
    summary = result.summary
    if summary.empty:
        return Ending(summary)
    counts = ", ".join(f"{count} to {action.value}" for action, count in summary.counts.items())
    text = f"What is there is not what the files say: {counts or 'only outputs change'}."
    return Ending(summary, (Left(text, f"infra apply {name}"),))
