"""What the commands have in common: options, output, confirmation."""

from __future__ import annotations

import sys
from collections.abc import Callable
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any, TypeVar

import click
from rich.console import Console, RenderableType

from infra import rendering, reports
from infra.commands.completion import complete_environment, complete_target
from infra.environments import Environment
from infra.errors import ConfirmationError
from infra.local_cloud import LocalCloud
from infra.plans import PlanSummary
from infra.progress import Progress
from infra.repository import Repository, find_repository
from infra.sessions import Session, local_cloud
from infra.terraform.runner import LOCK_TIMEOUT_SECONDS

Command = TypeVar("Command", bound=Callable[..., Any])


@dataclass
class Context:
    """What a command is given: where it runs and where it prints."""

    directory: Path = field(default_factory=Path.cwd)
    as_json: bool = False
    stdout: Console = field(default_factory=rendering.console)
    stderr: Console = field(default_factory=lambda: rendering.console(stderr=True))

    @property
    def repository(self) -> Repository:
        """The checkout that the command works on."""
        return find_repository(self.directory)

    def progress(self) -> Progress:
        """Progress on standard error; silent with --json."""
        return Progress(self.stderr, quiet=self.as_json)

    def show(self, renderable: RenderableType | None) -> None:
        """Print for a person; nothing with --json."""
        if not self.as_json and renderable is not None:
            # What is too long for the terminal is left to it, and not cut off.
            self.stdout.print(renderable, crop=False)

    def note(self, text: str) -> None:
        """Tell a person something beside the result."""
        if not self.as_json:
            self.stderr.print(text, style="yellow", markup=False)

    def result(self, document: dict[str, Any]) -> None:
        """Print the result for a machine; nothing without --json."""
        if self.as_json:
            sys.stdout.write(reports.text(document) + "\n")

    def session_end(self, session: Session) -> None:
        """Say what tried to leave the machine; nothing for a run in AWS."""
        refused = session.refused()
        if refused is not None and not self.as_json:
            self.stderr.print(rendering.refused(refused))

    def session_notes(self, session: Session) -> None:
        """Say what a person should know before the result: where it acts, what was ignored."""
        self.show(rendering.banner(session.environment, session.target))
        self.show(rendering.warnings((), session.run.ignored))


pass_context = click.make_pass_decorator(Context)


def environment_argument(command: Command) -> Command:
    """The ENV that nearly every command takes."""
    return click.argument("environment", metavar="ENV", shell_complete=complete_environment)(
        command
    )


def target_option(command: Command) -> Command:
    """--target, in place of what environment.yaml says."""
    return click.option(
        "--target",
        metavar="local|aws",
        shell_complete=complete_target,
        help="Where to act, in place of what environment.yaml says.",
    )(command)


def json_option(command: Command) -> Command:
    """--json, for machines."""

    def remember(context: click.Context, _parameter: click.Parameter, value: bool) -> None:
        if value:
            context.ensure_object(Context).as_json = True

    return click.option(
        "--json",
        is_flag=True,
        expose_value=False,
        callback=remember,
        help="Print one JSON object in place of text.",
    )(command)


def yes_option(command: Command) -> Command:
    """--yes, for where nobody can be asked."""
    return click.option("--yes", is_flag=True, help="Do not ask; needed where nobody can answer.")(
        command
    )


def lock_timeout_option(command: Command) -> Command:
    """--lock-timeout, for the state lock."""
    return click.option(
        "--lock-timeout",
        metavar="SECONDS",
        type=click.IntRange(0, 3600),
        default=LOCK_TIMEOUT_SECONDS,
        show_default=True,
        help="How long to wait while somebody else holds the state lock.",
    )(command)


def confirm(
    context: Context,
    environment: Environment,
    target: str,
    verb: str,
    *,
    yes: bool,
    refuse: Callable[[PlanSummary], None] = lambda _summary: None,
) -> Callable[[PlanSummary], None]:
    """Return the approval of a plan: it shows it and, in AWS, asks for a person's word.

    refuse: sees the plan once it is shown, and may raise before anybody is asked.
    """

    def approve(summary: PlanSummary) -> None:
        context.show(rendering.plan(summary, destroying=verb == "destroy"))
        refuse(summary)
        if summary.empty or target == "local" or yes:
            return
        ask(context, environment, verb, f"{verb} this")

    return approve


def started_cloud(context: Context) -> LocalCloud:
    """The local cloud, started where it is not running. Raises LocalCloudError."""
    cloud = local_cloud(context.repository)
    with context.progress() as progress:
        started = cloud.ensure_started(on_start=lambda: progress.step("Starting the local cloud"))
        for text in started.notes:
            progress.note(text)
    return cloud


def agreed(context: Context, environment: str, what: str, *, yes: bool) -> bool:
    """Whether something may be done; no where nobody can be asked. what: to do, in words.

    Raises ConfirmationError where a person says no.
    """
    if yes:
        return True
    if context.as_json or not sys.stdin.isatty():
        return False
    answer = click.prompt(f"Type {environment} to {what}", default="", show_default=False, err=True)
    if answer.strip() != environment:
        raise ConfirmationError("Not confirmed; nothing was changed.")
    return True


def ask(context: Context, environment: Environment, command: str, what: str) -> None:
    """Have a person confirm a change in AWS. Raises ConfirmationError."""
    if context.as_json or not sys.stdin.isatty():
        raise ConfirmationError(
            f"Nobody is there to confirm that {environment.name} in AWS may change.",
            hint=f"Run it in a terminal, or as: infra {command} {environment.name} --yes",
        )
    answer = click.prompt(
        f"Type {environment.name} to {what} in account {environment.account_id}",
        default="",
        show_default=False,
        err=True,
    )
    if answer.strip() != environment.name:
        raise ConfirmationError("Not confirmed; nothing was changed.")
