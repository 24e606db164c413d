"""sweep: what live tests left behind in the sandbox account, and removing it."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import click

from infra import rendering, reports
from infra.clients import clients
from infra.commands.completion import complete_target
from infra.commands.shared import Context, json_option, pass_context
from infra.environments import environment_names
from infra.live import rendering as shown
from infra.live import sandbox as sandboxes
from infra.live.sweeping import sweep as sweep_account

EXIT_LEFT = 2


@click.command(
    epilog="""\b
Exit codes: 0 nothing is left that has expired; 2 something is, or a person must look at
something; 1 an error.

\b
Examples:
  infra sweep --account 444444444444
  infra sweep --account 444444444444 --delete
  infra sweep --account 444444444444 --region us-east-1 --json
"""
)
@click.option(
    "--account",
    metavar="ID",
    envvar=sandboxes.ACCOUNT_VARIABLE,
    show_envvar=True,
    help="The sandbox account. The credentials must belong to it, and no environment may.",
)
@click.option(
    "--region",
    metavar="REGION",
    envvar=sandboxes.REGION_VARIABLE,
    show_envvar=True,
    help="Where to look; without it, in the region of the first environment.",
)
@click.option(
    "--target",
    metavar="local|aws",
    default="aws",
    show_default=True,
    shell_complete=complete_target,
    help="Where the account is.",
)
@click.option("--delete", is_flag=True, help="Remove what has expired; without it, only look.")
@json_option
@pass_context
@click.pass_context
def sweep(
    click_context: click.Context,
    context: Context,
    account: str | None,
    region: str | None,
    target: str,
    delete: bool,
) -> None:
    """Show what live tests left in the sandbox account, and remove what has expired.

    It knows what a live test made by its tags: the run, its owner, and the time until which it may
    be there. What lacks one of them, what has not expired and what belongs to an environment stays.
    Without --delete it only looks. What can't be removed is told, and the rest goes all the same.
    """
    repository = context.repository
    sandbox = sandboxes.describe(repository, account, region, target)
    nothing = Path(os.devnull)
    now = datetime.now(UTC)
    with context.progress() as progress:
        entered = sandboxes.enter(repository, sandbox, nothing, nothing, progress)
        found = sweep_account(
            clients(sandbox, target, entered.run),
            environment_names(repository),
            now,
            removing=delete,
            tell=progress.step,
        )
    context.show(rendering.banner(sandbox, target))
    context.show(shown.swept(found, sandbox, now))
    context.result(reports.envelope("sweep", sandbox, target, found.document()))
    if found.left:
        click_context.exit(EXIT_LEFT)
