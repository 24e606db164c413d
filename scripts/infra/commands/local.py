"""local: the embedded AWS of this checkout."""

from __future__ import annotations

import os
import shlex
from dataclasses import asdict

import click

from infra import rendering, reports
from infra.commands.local_image import image
from infra.commands.shared import (
    Context,
    environment_argument,
    json_option,
    pass_context,
)
from infra.sessions import local_cloud, open_session
from infra.targets import cleared_variables


@click.group()
def local() -> None:
    """The local cloud: AWS on this machine, one account an environment."""


local.add_command(image)


@local.command(epilog="\b\nExamples:\n  infra local status\n")
@json_option
@pass_context
def status(context: Context) -> None:
    """Say whether the local cloud runs, where, and what it was asked for but lacks."""
    found = local_cloud(context.repository).health()
    if found is None:
        context.show("The local cloud is not running. It starts when a command needs it.")
        context.result(reports.envelope("local status", None, None, {"running": False}))
        return
    endpoint, answer = found
    missing = answer.get("unimplemented") or {}
    context.show(
        f"The local cloud runs at {endpoint.url} (process {endpoint.pid},"
        f" since {endpoint.started_at})."
    )
    context.show(rendering.refused(answer.get("refused") or {}))
    for operation, count in sorted(missing.items()):
        context.show(f"  asked for and not implemented: {operation}, {count} times")
    result = {
        "running": True,
        **asdict(endpoint),
        "unimplemented": missing,
        "refused": answer.get("refused"),
    }
    context.result(reports.envelope("local status", None, None, result))


@local.command(epilog="\b\nExamples:\n  infra local start\n  infra local start --port 4700\n")
@click.option(
    "--port", type=click.IntRange(0, 65535), default=0, help="A port of your own; 0 takes any."
)
@json_option
@pass_context
def start(context: Context, port: int) -> None:
    """Start the local cloud, unless it runs already."""
    cloud = local_cloud(context.repository)
    with context.progress() as progress:
        started = cloud.ensure_started(
            port, on_start=lambda: progress.step("Starting the local cloud")
        )
    verb = "Started" if started.new else "Already running"
    context.show(f"{verb} at {started.endpoint.url} (process {started.endpoint.pid}).")
    if started.lost:
        context.note("The one before had stopped by itself; what was applied in it is gone.")
    result = {"new": started.new, **asdict(started.endpoint)}
    context.result(reports.envelope("local start", None, None, result))


@local.command(epilog="\b\nExamples:\n  infra local stop\n")
@json_option
@pass_context
def stop(context: Context) -> None:
    """Stop the local cloud. It forgets everything that was applied in it."""
    stopped = local_cloud(context.repository).stop()
    context.show("Stopped. What was applied in it is gone." if stopped else "It was not running.")
    context.result(reports.envelope("local stop", None, None, {"stopped": stopped}))


@local.command(epilog="\b\nExamples:\n  infra local reset\n")
@json_option
@pass_context
def reset(context: Context) -> None:
    """Empty all accounts of the local cloud, states included."""
    endpoint = local_cloud(context.repository).reset()
    context.show("All accounts of the local cloud are empty, and so are their states.")
    context.result(reports.envelope("local reset", None, None, asdict(endpoint)))


@local.command(
    epilog="""\b
Examples:
  eval "$(infra local env staging)"
  terraform -chdir=environments/staging plan
  aws apprunner list-services
"""
)
@environment_argument
@json_option
@pass_context
def env(context: Context, environment: str) -> None:
    """Print the variables with which any AWS client, or raw Terraform, acts in ENV."""
    with (
        context.progress() as progress,
        open_session(context.repository, environment, "local", progress) as session,
    ):
        variables = session.run.added
    context.result(reports.session_envelope("local env", session, dict(variables)))
    if context.as_json:
        return
    for name in cleared_variables(variables, os.environ):
        click.echo(f"unset {name}")
    for name, value in variables.items():
        click.echo(f"export {name}={shlex.quote(value)}")
