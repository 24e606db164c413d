"""gates: what must hold before a promotion to an environment."""

from __future__ import annotations

import click

from infra import rendering, reports
from infra.commands.shared import Context, environment_argument, json_option, pass_context
from infra.environments import load_environment
from infra.gates import GATES, declared
from infra.gates import rendering as gates_rendering


@click.command(
    epilog="""\b
Examples:
  infra gates prod
  infra gates prod --json | jq '.result.declared[].name'
"""
)
@environment_argument
@json_option
@pass_context
def gates(context: Context, environment: str) -> None:
    """Show the gates that ENV declares: what each means, and with which settings it is checked.

    Gates stand in environment.yaml, under `gates`, and are checked by `infra promote` before
    anybody is asked for an approval. Nothing is run here, and no account is asked.
    """
    found = load_environment(context.repository, environment)
    items = declared(found)
    others = [gate for name, gate in GATES.items() if name not in found.gates]
    context.show(rendering.banner(found, found.target))
    context.show(gates_rendering.declared(found, items, others))
    result = gates_rendering.document(items, others)
    context.result(reports.envelope("gates", found, found.target, result))
