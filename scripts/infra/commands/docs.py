"""docs: the generated parts of the documents."""

from __future__ import annotations

import click
from rich.text import Text

from infra import documents, reports
from infra.commands.shared import Context, json_option, pass_context


@click.command(
    epilog="""\b
Exit codes: 0 up to date, or written; 1 an error, or with --check something is stale.

\b
Examples:
  infra docs
  infra docs --check
"""
)
@click.option("--check", is_flag=True, help="Write nothing; show what is stale.")
@json_option
@pass_context
@click.pass_context
def docs(click_context: click.Context, context: Context, check: bool) -> None:
    """Bring the modules' tables and docs/cli.md up to date."""
    root = click_context.find_root().command
    repository = context.repository
    stale = [page for page in documents.pages(repository, root) if page.stale]
    names = [str(page.path.relative_to(repository.root)) for page in stale]
    if check:
        for page in stale:
            context.show(Text(page.difference()))
    else:
        documents.write(stale)
    verb = "Stale" if check else "Written"
    context.show(f"{verb}: {', '.join(names)}" if names else "All documents are up to date.")
    context.result(reports.envelope("docs", None, None, {"stale": names, "written": not check}))
    if check and stale:
        if not context.as_json:
            context.stderr.print("Next: make docs", style="dim", markup=False)
        click_context.exit(1)
