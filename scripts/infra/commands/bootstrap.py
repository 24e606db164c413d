"""bootstrap: an account's state bucket, and who may deploy."""

from __future__ import annotations

import click

from infra import bootstrap as library
from infra import workflows
from infra.commands.shared import (
    Context,
    ask,
    confirm,
    environment_argument,
    json_option,
    lock_timeout_option,
    pass_context,
    target_option,
    yes_option,
)
from infra.commands.terraform import show_applied
from infra.environments import Environment
from infra.state_bucket import StateBucket


@click.command(
    epilog="""\b
Exit codes: as of apply.

\b
Examples:
  infra bootstrap staging
  infra bootstrap prod --target aws
"""
)
@environment_argument
@target_option
@yes_option
@lock_timeout_option
@json_option
@pass_context
def bootstrap(
    context: Context, environment: str, target: str | None, yes: bool, lock_timeout: int
) -> None:
    """Set up the account of ENV: its state bucket, and who may deploy.

    Run it once before the first apply in AWS, and again after each change of bootstrap/. In AWS it
    asks before it makes the bucket, and before it applies its plan. Stopped at any point, it goes
    on from there when it is run again.
    """

    def approve_bucket(described: Environment, where: str, bucket: StateBucket) -> None:
        if where == "aws" and not yes:
            ask(context, described, "bootstrap", f"make the state bucket {bucket.name}")

    with (
        context.progress() as progress,
        library.open_bootstrap(
            context.repository, environment, target, progress, approve_bucket, lock_timeout
        ) as session,
    ):
        progress.end()
        context.session_notes(session)

        result = workflows.apply_environment(
            session,
            progress,
            confirm(context, session.environment, session.target, "bootstrap", yes=yes),
        )
    show_applied(context, "bootstrap", session, result)
