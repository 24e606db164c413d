"""doctor: what this machine has."""

from __future__ import annotations

from dataclasses import asdict

import click

from infra import doctor as library
from infra import rendering, reports
from infra.commands.shared import Context, json_option, pass_context


@click.command(
    epilog="""\b
Exit codes: 0 all that is needed is there, 1 something needed is missing.

\b
Examples:
  infra doctor
  infra doctor --json
"""
)
@json_option
@pass_context
@click.pass_context
def doctor(click_context: click.Context, context: Context) -> None:
    """Show what was found on this machine, and what to do about what is missing."""
    with context.progress() as progress:
        progress.step("Looking at this machine")
        checks = library.examine(context.repository)
    context.show(rendering.checks(checks))
    context.result(reports.envelope("doctor", None, None, [asdict(check) for check in checks]))
    if any(check.status == "missing" for check in checks):
        click_context.exit(1)
