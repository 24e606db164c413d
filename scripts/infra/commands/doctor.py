"""doctor: what this machine has."""

from __future__ import annotations

from dataclasses import asdict

import click

from infra import doctor as library
from infra import rendering, reports
from infra.commands.completion import complete_environment
from infra.commands.shared import (
    Context,
    json_option,
    pass_context,
    target_option,
)
from infra.environments import load_environment
from infra.errors import UsageError
from infra.guards.rehearsal import OK, rehearse
from infra.sessions import choose_target


@click.command(
    epilog="""\b
Exit codes: 0 all that is needed is there, and nothing would refuse a run; 1 something is missing,
or a run would be refused.

\b
Examples:
  infra doctor
  infra doctor prod
  infra doctor --json
"""
)
@click.argument("environment", metavar="[ENV]", required=False, shell_complete=complete_environment)
@target_option
@json_option
@pass_context
@click.pass_context
def doctor(
    click_context: click.Context, context: Context, environment: str | None, target: str | None
) -> None:
    """Show what was found on this machine, and what to do about what is missing.

    With ENV: whether a run in it would be refused before Terraform starts, and why; every guard is
    asked, and nothing is changed.
    """
    if environment is not None:
        _guards(click_context, context, environment, target)
        return
    if target is not None:
        raise UsageError("--target is of use with an environment.", hint="infra doctor ENV")
    with context.progress() as progress:
        progress.step("Looking at this machine")
        checks = library.examine(context.repository)
    context.show(rendering.checks(checks))
    context.result(reports.envelope("doctor", None, None, [asdict(check) for check in checks]))
    if any(check.status == "missing" for check in checks):
        click_context.exit(1)


def _guards(
    click_context: click.Context, context: Context, environment: str, target: str | None
) -> None:
    described = load_environment(context.repository, environment)
    chosen = choose_target(described, target)
    with context.progress() as progress:
        progress.step("Asking the guards")
        rows = rehearse(context.repository, environment, target, progress)
    context.show(rendering.banner(described, chosen))
    context.show(rendering.guards(rows))
    result = [asdict(row) for row in rows]
    context.result(reports.envelope("doctor", described, chosen, result))
    if any(row.status != OK for row in rows):
        click_context.exit(1)
