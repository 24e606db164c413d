"""What surrounds a plan that was just made in a session."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime
from pathlib import Path

from infra.environments import environment_names
from infra.errors import InfraError
from infra.ledger.access import session_history
from infra.ledger.recording import pinned_release, tool_versions
from infra.ledger.store import Stored
from infra.plan_report.building import build
from infra.plan_report.model import Report, Surroundings
from infra.plan_report.writing import Written, write
from infra.progress import Progress
from infra.reconciliation import Identified
from infra.sessions import Session
from infra.untrusted import visible

RECORDS = 8
"""How much of the ledger a report shows."""


def report_of(session: Session, found: Identified, progress: Progress) -> Report:
    """The report of a plan. A ledger that can't be read is told in it, and is no error."""
    progress.step("Writing the report")
    history, history_problem = _history(session)
    directory = session.environment.directory
    surroundings = Surroundings(
        environment=session.environment,
        target=session.target,
        made_at=datetime.now(UTC),
        identity=found.identity,
        kept=found.folder is not None,
        problem=visible(found.problem),
        release=pinned_release(directory),
        history=history,
        history_problem=history_problem,
        versions=tool_versions(directory, session.terraform.binary),
        warnings=[visible(warning.summary) for warning in found.result.warnings],
    )
    return build(session.repository, found.result.document, surroundings)


def write_report(session: Session, found: Identified, progress: Progress, folder: Path) -> Written:
    """Write the report of a plan into a folder. Raises RepositoryError."""
    # A pull request has one comment for all environments.
    shares = len(environment_names(session.repository))
    return write(report_of(session, found, progress), folder, shares=shares)


def _history(session: Session) -> tuple[Sequence[Stored] | None, str]:
    try:
        return session_history(session, RECORDS), ""
    except InfraError as error:
        return None, visible(error.message)
