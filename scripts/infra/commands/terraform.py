"""plan, apply, destroy, output: Terraform in one environment."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path

import click
from rich.text import Text

from infra import identity as identities
from infra import kept_plans, reconciliation, rendering, reports, workflows
from infra.commands.completion import complete_plan
from infra.commands.shared import (
    Context,
    confirm,
    environment_argument,
    json_option,
    lock_timeout_option,
    pass_context,
    target_option,
    yes_option,
)
from infra.environments import load_environment
from infra.errors import UsageError
from infra.ledger.access import session_recorder
from infra.plans import PlanSummary
from infra.reconciliation import Identified
from infra.sessions import Session, choose_target, open_session

EXIT_CHANGES = 2


@click.command(
    epilog="""\b
Exit codes: 0 no changes, 2 changes, 1 error.

\b
Examples:
  infra plan staging
  infra plan staging --out
  infra plan prod --full
  infra plan prod --out --report report
  infra plan prod --json | jq .result.counts
"""
)
@environment_argument
@target_option
@click.option("--no-refresh", is_flag=True, help="Trust the state; do not ask AWS what exists.")
@click.option("--full", is_flag=True, help="Show every attribute, uncut, of what is created too.")
@click.option("--out", "keep", is_flag=True, help="Keep the plan for a review, for a day.")
@click.option(
    "--report",
    "report_folder",
    metavar="FOLDER",
    type=click.Path(path_type=Path, file_okay=False),
    help="Write the plan for a reviewer: plan.md, summary.md and plan.html.",
)
@lock_timeout_option
@json_option
@pass_context
@click.pass_context
def plan(
    click_context: click.Context,
    context: Context,
    environment: str,
    target: str | None,
    no_refresh: bool,
    full: bool,
    keep: bool,
    report_folder: Path | None,
    lock_timeout: int,
) -> None:
    """Show what an apply of ENV would change. Nothing is changed.

    The identity that it prints stands for this plan and no other, secrets included. A plan that was
    kept with --out can be shown again (`infra show`) and applied by its identity (`infra apply ENV
    --plan IDENTITY`). Without a refresh a plan has no identity.

    --report writes it down as well: plan.md for the comment of a pull request, with room for the
    other environments in GitHub's 65,536 characters; summary.md for the summary of a job (1 MiB);
    and plan.html, a page that opens without a network. None of them holds a secret. They say what
    is destroyed and replaced, and why, what it costs, which release it is, and what the gate
    `policy` says of it.
    """
    if keep and no_refresh:
        raise UsageError(
            "A plan that trusts the state can't be kept: an apply asks AWS what exists.",
            hint="Leave out --no-refresh.",
        )
    with (
        context.progress() as progress,
        open_session(context.repository, environment, target, progress, lock_timeout) as session,
    ):
        if no_refresh:
            found = Identified(workflows.plan_environment(session, progress, refresh=False))
        else:
            found = reconciliation.plan_with_identity(session, progress, keep=keep)
        written = None
        if report_folder is not None:
            # Imported late: a plan without a report needs none of it.
            from infra.plan_report.collecting import write_report

            written = write_report(session, found, progress, report_folder)
    context.session_notes(session)
    context.show(rendering.warnings(found.result.warnings, ()))
    context.show(rendering.plan(found.result.summary, full=full))
    if found.identity:
        context.show(rendering.identity(found.identity, kept=found.folder is not None))
    if found.problem:
        context.note(f"This plan has no identity. {found.problem}")
    if written is not None:
        context.note(f"The report is in {written.comment.parent}.")
    files = {"report": None if written is None else written.document()}
    context.result(reports.session_envelope("plan", session, reports.identified(found) | files))
    context.session_end(session)
    if not found.result.summary.empty:
        if not context.as_json:
            following = _following(session, target, found)
            context.stderr.print(f"Next: {following}", style="dim", markup=False)
        click_context.exit(EXIT_CHANGES)


def _following(session: Session, target: str | None, found: Identified) -> str:
    """The command that applies what was planned."""
    name = session.environment.name
    chosen = f" --target {target}" if target else ""
    if found.result.summary.doubled:
        return f"infra recover {name}{chosen}"
    if found.folder is not None:
        return f"infra apply {name} --plan {found.identity}{chosen}"
    return f"infra apply {name}{chosen}" if target else f"make apply ENV={name}"


@click.command(
    epilog="""\b
Examples:
  infra show
  infra show staging-7f3a
  infra show 7f3a --full
"""
)
@click.argument("plan", required=False, shell_complete=complete_plan)
@click.option("--full", is_flag=True, help="Show every attribute, uncut, of what is created too.")
@json_option
@pass_context
def show(context: Context, plan: str | None, full: bool) -> None:
    """Show a kept PLAN again, by its identity or the beginning of it; all of them without one.

    A plan whose files were edited is refused.
    """
    repository = context.repository
    if plan is None:
        manifests = [kept_plans.read_manifest(path) for path in kept_plans.kept(repository)]
        context.show(rendering.kept_plans(manifests))
        context.result(reports.envelope("show", None, None, reports.kept_plans(manifests)))
        return
    claimed = kept_plans.read_manifest(kept_plans.find(repository, plan))
    with (
        context.progress() as progress,
        open_session(repository, claimed.environment, claimed.target, progress) as session,
    ):
        found = reconciliation.load_plan(session, plan)
    summary = identities.summary(found.plan)
    context.session_notes(session)
    context.show(rendering.plan(summary, full=full))
    context.show(rendering.manifest(found.manifest))
    context.result(reports.session_envelope("show", session, reports.kept_plan(found, summary)))
    context.session_end(session)


@click.command(
    epilog="""\b
Exit codes: 0 applied, or nothing to do; 1 error, nothing changed;
10 refused before any change: by the reviewed plan, because too much would go, by a file or state
that is not as it should be, or for want of a record;
20 failed after changes had begun; 130 interrupted.

\b
Examples:
  infra apply dev
  infra apply prod --target aws
  infra apply staging --plan staging-7f3a
"""
)
@environment_argument
@target_option
@click.option(
    "--plan",
    "reviewed",
    metavar="IDENTITY",
    shell_complete=complete_plan,
    help="Apply only if the plan is still the one that was reviewed.",
)
@click.option(
    "--max-deletes",
    "most",
    metavar="NUMBER",
    type=click.IntRange(0),
    help="How many resources may be destroyed or replaced, beyond the usual limit.",
)
@yes_option
@lock_timeout_option
@json_option
@pass_context
def apply(
    context: Context,
    environment: str,
    target: str | None,
    reviewed: str | None,
    most: int | None,
    yes: bool,
    lock_timeout: int,
) -> None:
    """Plan ENV, show the plan, and apply exactly that plan.

    In AWS it asks first. With --plan it plans anew while it holds the state lock, and says what
    differs in place of applying when that plan has another identity. The beginning of an identity
    will do for a plan that is kept here; one that was kept elsewhere needs the whole.

    A plan that destroys or replaces more resources than the gate `policy` of ENV allows (10 where
    it says nothing) is refused. --max-deletes says that it is meant. A protected environment needs
    an exception for that, and for each resource of a protected type that would go.
    """
    _apply(
        context,
        environment,
        target,
        lock_timeout,
        yes=yes,
        destroy=False,
        reviewed=reviewed,
        most=most,
    )


@click.command(
    epilog="""\b
Exit codes: as of apply.

\b
Examples:
  infra destroy dev
"""
)
@environment_argument
@target_option
@yes_option
@lock_timeout_option
@json_option
@pass_context
def destroy(
    context: Context, environment: str, target: str | None, yes: bool, lock_timeout: int
) -> None:
    """Destroy everything in ENV.

    In AWS it asks first. A bucket or repository that holds something stops it before anything is
    destroyed, unless force_destroy is set in the environment. A protected environment is refused,
    unless environments/exceptions.yaml has a reviewed exception for it.
    """
    _apply(context, environment, target, lock_timeout, yes=yes, destroy=True)


def _apply(
    context: Context,
    environment: str,
    target: str | None,
    lock_timeout: int,
    *,
    yes: bool,
    destroy: bool,
    reviewed: str | None = None,
    most: int | None = None,
) -> None:
    # Imported late: all gates come with it, and a plan needs none.
    from infra import limits

    verb = "destroy" if destroy else "apply"
    repository, now = context.repository, datetime.now(UTC)
    described = load_environment(repository, environment)
    used: tuple[str, ...] = ()
    if destroy:
        used = limits.refuse_destroy(repository, described, choose_target(described, target), now)
    with (
        context.progress() as progress,
        open_session(context.repository, environment, target, progress, lock_timeout) as session,
        session_recorder(session) as recorder,
    ):
        progress.end()
        context.session_notes(session)
        recorder.excepted(used)

        def refuse(summary: PlanSummary) -> None:
            if not destroy:
                recorder.excepted(limits.refuse_apply(repository, described, summary, now, most))

        approve = confirm(
            context, session.environment, session.target, verb, yes=yes, refuse=refuse
        )
        if reviewed is None:
            result = workflows.apply_environment(
                session, progress, approve, destroy=destroy, recorder=recorder
            )
        else:
            result = reconciliation.apply_reviewed(session, progress, reviewed, approve, recorder)
    show_applied(context, verb, session, result)


def show_applied(
    context: Context, verb: str, session: Session, result: workflows.ApplyResult
) -> None:
    """Print what an apply or a destroy did."""
    context.show(rendering.warnings(result.warnings, ()))
    if result.counts:
        words = (("add", "created"), ("change", "changed"), ("remove", "destroyed"))
        done = [f"{result.counts.get(key, 0)} {word}" for key, word in words]
        if result.counts.get("import"):
            done.insert(0, f"{result.counts['import']} adopted")
        context.show(Text(f"Done: {', '.join(done)}.", style="bold green"))
    if verb != "destroy" and result.outputs:
        context.show(rendering.outputs(result.outputs))
    context.result(reports.session_envelope(verb, session, reports.apply(result)))
    context.session_end(session)


@click.command(
    epilog="""\b
Examples:
  infra output staging
  infra output staging service_url
  infra output staging --json | jq -r .result.service_url.value
"""
)
@environment_argument
@click.argument("name", required=False)
@target_option
@json_option
@pass_context
def output(context: Context, environment: str, name: str | None, target: str | None) -> None:
    """Print the outputs of ENV, or the one called NAME."""
    with (
        context.progress() as progress,
        open_session(context.repository, environment, target, progress) as session,
    ):
        values = workflows.environment_outputs(session, name)
    if name is None:
        context.session_notes(session)
    context.show(rendering.outputs(values) if name is None else rendering.output(values[name]))
    context.result(reports.session_envelope("output", session, reports.outputs(values)))
