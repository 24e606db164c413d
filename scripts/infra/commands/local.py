"""local: the embedded AWS of this checkout."""

from __future__ import annotations

import os
import shlex
import sys
from dataclasses import asdict
from typing import Any

import click

from infra import rendering, reports
from infra.commands.completion import complete_snapshot
from infra.commands.local_fault import fault
from infra.commands.local_image import image
from infra.commands.shared import (
    Context,
    environment_argument,
    json_option,
    pass_context,
    started_cloud,
    yes_option,
)
from infra.errors import ConfirmationError
from infra.local_faults import Fault
from infra.sessions import local_cloud, open_session
from infra.targets import cleared_variables


@click.group(
    epilog="""\b
Examples:
  infra local status
  infra local snapshot save before-upgrade
  infra local stop
"""
)
def local() -> None:
    """The local cloud: AWS on this machine, one account an environment."""


local.add_command(image)
local.add_command(fault)


@local.command(epilog="\b\nExamples:\n  infra local status\n")
@json_option
@pass_context
def status(context: Context) -> None:
    """Say whether the local cloud runs, where, and what it was asked for but lacks."""
    cloud = local_cloud(context.repository)
    found = cloud.health()
    kept = cloud.saved()
    if found is None:
        context.show("The local cloud is not running. It starts when a command needs it.")
        if kept is not None:
            context.show(f"It will hold what was {rendering.saved(kept)}.")
        result: dict[str, Any] = {"running": False, "saved": asdict(kept) if kept else None}
        context.result(reports.envelope("local status", None, None, result))
        return
    endpoint, answer = found
    missing = answer.get("unimplemented") or {}
    context.show(
        f"The local cloud runs at {endpoint.url} (process {endpoint.pid},"
        f" since {endpoint.started_at})."
    )
    saving = answer.get("saved") or {}
    if saving.get("error"):
        context.note(f"It can't save what is in it: {saving['error']}. Its log is {cloud.log}.")
    if kept is not None:
        behind = "; what changed since is about to be" if saving.get("behind") else ""
        context.show(f"Last {rendering.saved(kept)}{behind}.")
    context.show(rendering.refused(answer.get("refused") or {}))
    for operation, count in sorted(missing.items()):
        context.show(f"  asked for and not implemented: {operation}, {count} times")
    faults = [Fault(**item) for item in answer.get("faults") or ()]
    if faults:
        context.note("Calls fail on purpose here, until `infra local fault clear`:")
        for one in faults:
            context.note(f"  {one}")
    result = {
        "running": True,
        **asdict(endpoint),
        "unimplemented": missing,
        "refused": answer.get("refused"),
        "saved": answer.get("saved"),
        "faults": answer.get("faults"),
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
    for text in started.notes:
        context.note(text)
    if started.new and started.endpoint.restored and not started.lost:
        context.show(f"It holds what was saved at {started.endpoint.restored}.")
    result = {"new": started.new, **asdict(started.endpoint)}
    context.result(reports.envelope("local start", None, None, result))


@local.command(epilog="\b\nExamples:\n  infra local stop\n")
@json_option
@pass_context
def stop(context: Context) -> None:
    """Stop the local cloud. What was applied in it is kept for the next start."""
    cloud = local_cloud(context.repository)
    stopped = cloud.stop()
    saved = cloud.saved()
    if not stopped:
        context.show("It was not running.")
    elif saved is None:
        context.show("Stopped. It had nothing to keep.")
    else:
        context.show(f"Stopped. What was applied in it is kept: {rendering.saved(saved)}.")
    result = {"stopped": stopped, "saved": asdict(saved) if saved else None}
    context.result(reports.envelope("local stop", None, None, result))


@local.command(epilog="\b\nExamples:\n  infra local reset\n")
@json_option
@pass_context
def reset(context: Context) -> None:
    """Forget everything in the local cloud, states included. Snapshots stay."""
    cloud = local_cloud(context.repository)
    if cloud.saved() is not None:
        started_cloud(context)
    endpoint = cloud.reset()
    context.show("All accounts of the local cloud are empty, and so are their states.")
    context.show("What was saved of them is forgotten too, but for the snapshots.")
    context.result(reports.envelope("local reset", None, None, asdict(endpoint)))


@local.group(
    epilog="""\b
Examples:
  infra local snapshot save before-upgrade
  infra local snapshot load before-upgrade
"""
)
def snapshot() -> None:
    """Save everything in the local cloud by a name, and come back to it."""


@snapshot.command(epilog="\b\nExamples:\n  infra local snapshot save before-upgrade\n")
@click.argument("name")
@json_option
@pass_context
def save(context: Context, name: str) -> None:
    """Save everything as NAME. An older one of that name is replaced."""
    saved = started_cloud(context).save_snapshot(name)
    context.show(f"{saved.name} is {rendering.saved(saved)}.")
    context.result(reports.envelope("local snapshot save", None, None, asdict(saved)))


@snapshot.command(epilog="\b\nExamples:\n  infra local snapshot load before-upgrade --yes\n")
@click.argument("name", shell_complete=complete_snapshot)
@yes_option
@json_option
@pass_context
def load(context: Context, name: str, yes: bool) -> None:
    """Replace everything, states included, by what was saved as NAME."""
    cloud = local_cloud(context.repository)
    saved = cloud.snapshot(name)
    started_cloud(context)
    if not yes:
        _confirm(context, name)
    replaced = cloud.saved()
    loaded = cloud.load_snapshot(name)
    before = f" ({rendering.saved(replaced)})" if replaced else ""
    context.show(
        f"What was in the local cloud{before} was replaced by {name} ({rendering.saved(saved)})."
    )
    result = {**asdict(loaded), "replaced": asdict(replaced) if replaced else None}
    context.result(reports.envelope("local snapshot load", None, None, result))


@snapshot.command(name="list", epilog="\b\nExamples:\n  infra local snapshot list\n")
@json_option
@pass_context
def list_snapshots(context: Context) -> None:
    """List what was saved by name."""
    found = local_cloud(context.repository).snapshots()
    for saved in found:
        context.show(f"{saved.name}  {rendering.saved(saved)}")
    if not found:
        context.show("There are no snapshots.")
    result = [asdict(saved) for saved in found]
    context.result(reports.envelope("local snapshot list", None, None, result))


@snapshot.command(epilog="\b\nExamples:\n  infra local snapshot remove before-upgrade\n")
@click.argument("name", shell_complete=complete_snapshot)
@json_option
@pass_context
def remove(context: Context, name: str) -> None:
    """Forget what was saved as NAME."""
    removed = local_cloud(context.repository).remove_snapshot(name)
    context.show(f"Removed {name}, {rendering.saved(removed)}.")
    context.result(reports.envelope("local snapshot remove", None, None, asdict(removed)))


def _confirm(context: Context, name: str) -> None:
    if context.as_json or not sys.stdin.isatty():
        raise ConfirmationError(
            "Nobody is there to confirm that everything in the local cloud may be replaced.",
            hint=f"Run it in a terminal, or as: infra local snapshot load {name} --yes",
        )
    if not click.confirm("Replace everything in the local cloud, states included?", err=True):
        raise ConfirmationError("Not confirmed; nothing was changed.")


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
