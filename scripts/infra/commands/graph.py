"""graph: the architecture of an environment, from its state."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from pathlib import Path

import click

from infra import files, rendering, reports
from infra.commands.shared import (
    Context,
    environment_argument,
    json_option,
    pass_context,
    target_option,
)
from infra.environments import load_environment
from infra.graphs import Graph, mermaid, page, state_graph, svg
from infra.visits import Visit, visit

DRAWINGS: Mapping[str, Callable[..., str]] = {"svg": svg.document, "html": page.page}


@click.command(
    epilog="""\b
Examples:
  infra graph staging
  infra graph staging --detail --format svg --out staging.svg
  infra graph prod --format html --out prod.html
  infra graph prod --json | jq '.result.nodes[].label'
"""
)
@environment_argument
@click.option(
    "--format",
    "form",
    type=click.Choice(["mermaid", *DRAWINGS, "json"]),
    default="mermaid",
    show_default=True,
    help="mermaid is drawn by GitHub in any Markdown page; json is what --json prints.",
)
@click.option("--detail", is_flag=True, help="Name each resource, and not only modules.")
@click.option(
    "--out",
    "path",
    metavar="FILE",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Write the drawing into a file, in place of printing it.",
)
@target_option
@json_option
@pass_context
def graph(
    context: Context,
    environment: str,
    form: str,
    detail: bool,
    path: Path | None,
    target: str | None,
) -> None:
    """Draw what ENV consists of, from its state: what there is, and what was made after what.

    Only names are read, no values, so no secret can get into a drawing. An arrow leads from what is
    needed to what needs it; what follows from other arrows is left out.
    """
    context.as_json = context.as_json or form == "json"
    with context.progress() as progress:
        visited = visit(
            context.repository, load_environment(context.repository, environment), target, progress
        )
        progress.step("Reading the state")
        # A drawing lists a module's resources in its card; a node for each is beyond any page.
        found = state_graph(visited.state(), detail=detail and form not in DRAWINGS)
    if not found.nodes:
        context.note(f"{environment} is empty. To make it: make apply ENV={environment}")
    if context.as_json:
        _json(context, visited, found)
        return
    if form in DRAWINGS:
        title = f"{environment}: what it consists of"
        drawing = DRAWINGS[form](found, title, items=detail)
    else:
        drawing = mermaid.flowchart(found)
    if path is None:
        # As it is: the output is for another program.
        click.echo(drawing, nl=False)
    else:
        files.replace(path, drawing.encode())
        context.show(rendering.banner(visited.environment, visited.target))
        context.show(f"Written: {path}")


def _json(context: Context, visited: Visit, found: Graph) -> None:
    document = reports.envelope("graph", visited.environment, visited.target, found.document())
    context.result(document)
