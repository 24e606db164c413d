"""diff: how two environments differ."""

from __future__ import annotations

import click

from infra import differences, rendering, reports
from infra.commands.completion import complete_environment
from infra.commands.shared import Context, json_option, pass_context

EXIT_UNEXPLAINED = 2


@click.command(
    epilog="""\b
Exit codes: 0 no differences, or all are explained; 2 some are not; 1 an error.

\b
Examples:
  infra diff staging prod
  infra diff dev prod --json | jq '.result.differences[] | select(.reason == null)'
"""
)
@click.argument("left", metavar="A", shell_complete=complete_environment)
@click.argument("right", metavar="B", shell_complete=complete_environment)
@json_option
@pass_context
@click.pass_context
def diff(click_context: click.Context, context: Context, left: str, right: str) -> None:
    """Show how the environments A and B differ, by what their files say.

    Compared are the values of variables as Terraform loads them, environment.yaml, backend,
    release, modules, provider locks and code. environments/differences.yaml says which differences
    are meant, and why. Nothing is run, and no account is asked.
    """
    comparison = differences.compare(context.repository, left, right)
    context.show(rendering.comparison(comparison))
    context.result(reports.envelope("diff", None, None, reports.comparison(comparison)))
    if comparison.unexplained:
        if not context.as_json:
            context.stderr.print(
                "Next: remove the difference, or give its reason in environments/differences.yaml",
                style="dim",
                markup=False,
            )
        click_context.exit(EXIT_UNEXPLAINED)
