"""plan, apply, destroy, output: Terraform in one environment."""

from __future__ import annotations

import click
from rich.text import Text

from infra import rendering, reports, workflows
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
from infra.ledger.access import session_recorder
from infra.sessions import Session, open_session

EXIT_CHANGES = 2


@click.command(
    epilog="""\b
Exit codes: 0 no changes, 2 changes, 1 error.

\b
Examples:
  infra plan staging
  infra plan prod --full
  infra plan prod --json | jq .result.counts
"""
)
@environment_argument
@target_option
@click.option("--no-refresh", is_flag=True, help="Trust the state; do not ask AWS what exists.")
@click.option("--full", is_flag=True, help="Show every attribute, uncut, of what is created too.")
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
    lock_timeout: int,
) -> None:
    """Show what an apply of ENV would change. Nothing is changed."""
    with (
        context.progress() as progress,
        open_session(context.repository, environment, target, progress, lock_timeout) as session,
    ):
        result = workflows.plan_environment(session, progress, refresh=not no_refresh)
    context.session_notes(session)
    context.show(rendering.warnings(result.warnings, ()))
    context.show(rendering.plan(result.summary, full=full))
    context.result(reports.session_envelope("plan", session, reports.plan(result)))
    context.session_end(session)
    if not result.summary.empty:
        if not context.as_json:
            name = session.environment.name
            following = (
                f"infra apply {name} --target {target}" if target else f"make apply ENV={name}"
            )
            context.stderr.print(f"Next: {following}", style="dim", markup=False)
        click_context.exit(EXIT_CHANGES)


@click.command(
    epilog="""\b
Exit codes: 0 applied, or nothing to do; 1 error, nothing changed;
10 refused before any change, since the ledger can't record it;
20 failed after changes had begun; 130 interrupted.

\b
Examples:
  infra apply dev
  infra apply prod --target aws
"""
)
@environment_argument
@target_option
@yes_option
@lock_timeout_option
@json_option
@pass_context
def apply(
    context: Context, environment: str, target: str | None, yes: bool, lock_timeout: int
) -> None:
    """Plan ENV, show the plan, and apply exactly that plan.

    In AWS it asks first.
    """
    _apply(context, environment, target, lock_timeout, yes=yes, destroy=False)


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
    destroyed, unless force_destroy is set in the environment.
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
) -> None:
    verb = "destroy" if destroy else "apply"
    with (
        context.progress() as progress,
        open_session(context.repository, environment, target, progress, lock_timeout) as session,
        session_recorder(session) as recorder,
    ):
        progress.end()
        context.session_notes(session)
        result = workflows.apply_environment(
            session,
            progress,
            confirm(context, session.environment, session.target, verb, yes=yes),
            destroy=destroy,
            recorder=recorder,
        )
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
