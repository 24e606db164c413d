"""What a run shows of the plan that waits for an approval, and leaves to its next job."""

from __future__ import annotations

from infra.ci import texts
from infra.ci.job import Job
from infra.ci.runs import PLAN_NOTICE
from infra.plans import RISKY, PlanSummary, ResourceChange
from infra.promotion.requests import Outcome

MOST_CHARACTERS = 200_000


def announce(job: Job, outcome: Outcome) -> None:
    """Show a rehearsed promotion or rollback on the page of the run.

    The notice is what `--approval github` finds again. Raises UsageError.
    """
    identity = outcome.brought.identity if outcome.brought is not None else ""
    job.output("status", outcome.status)
    job.output("identity", identity)
    job.output("release", outcome.release.id)
    if identity:
        job.notice(PLAN_NOTICE, identity)
    job.summary(markdown(outcome))


def markdown(outcome: Outcome) -> str:
    """What is to be approved: no values, so nothing that is secret."""
    name, brought = outcome.environment, outcome.brought
    lines = [f"## {outcome.release.id} to {name}", ""]
    if outcome.basis is not None:
        lines += [f"Proved by record {outcome.basis.sequence} of {outcome.basis.environment}.", ""]
    if brought is None or not brought.identity:
        return "\n".join([*lines, f"Nothing would change in {name}.", ""])
    lines += [
        f"An approval of this run is one of the plan **`{brought.identity}`**, and of no other:"
        " it is made again after the approval, and not applied if it has become another one.",
        "",
        f"Image `{outcome.release.image_digest}`.",
        "",
        *_changes(brought.summary),
    ]
    note = f"This is cut here. `infra plan {name}` shows what is left."
    return texts.cut("\n".join(lines), MOST_CHARACTERS, note)


def _changes(summary: PlanSummary) -> list[str]:
    counts = ", ".join(f"{count} to {action.value}" for action, count in summary.counts.items())
    lines = [f"**{counts or 'Only outputs change'}.**", ""]
    if summary.changes:
        lines += ["| What | Resource | Why or where |", "|---|---|---|"]
        lines += [_row(change) for change in summary.changes]
    return lines


def _row(change: ResourceChange) -> str:
    paths = ", ".join(attribute.path for attribute in change.attributes[:6])
    more = f" and {len(change.attributes) - 6} more" if len(change.attributes) > 6 else ""
    why = change.reason or f"{paths}{more}"
    verb = f"**{change.action.value}**" if change.action in RISKY else change.action.value
    return f"| {verb} | {_cell(change.address)} | {_cell(why)} |"


def _cell(text: str) -> str:
    return text.replace("|", "\\|").replace("<", "&lt;").replace("\n", " ")
