"""unlock: who holds the state lock, and how the lock of a dead run is broken."""

from __future__ import annotations

import sys
from dataclasses import replace

import click
from rich.text import Text

from infra import rendering, reports
from infra.bootstrap import STATE_KEY
from infra.broken_locks import STATE, StateLock, break_lock, described, read_lock, refuse_while_held
from infra.commands.shared import (
    Context,
    environment_argument,
    json_option,
    pass_context,
    target_option,
    yes_option,
)
from infra.environments import load_environment
from infra.errors import ConfirmationError, UsageError
from infra.ledger.access import visited_ledger
from infra.promotion.lock import SUFFIX
from infra.visits import visit


@click.command(
    epilog="""\b
Exit codes: 0 nobody held the lock, or it was broken; 1 it was not broken;
10 the ledger can't record it.

\b
Examples:
  infra unlock staging
  infra unlock staging --yes --id 6f1ce1b2-0a3e-4f0e-9d8c-7d6f3b1a2c4d
  infra unlock staging --bootstrap
  infra unlock prod --promotion
"""
)
@environment_argument
@target_option
@click.option("--id", "identifier", metavar="ID", help="Break the lock only if it is this one.")
@click.option("--bootstrap", is_flag=True, help="The lock of what `infra bootstrap ENV` made.")
@click.option("--promotion", is_flag=True, help="The lock of ENV's promotions and rollbacks.")
@yes_option
@json_option
@pass_context
def unlock(
    context: Context,
    environment: str,
    target: str | None,
    identifier: str | None,
    bootstrap: bool,
    promotion: bool,
    yes: bool,
) -> None:
    """Show who holds the state lock of ENV since when, and break it if its holder is gone.

    It asks before it does, and writes that into the ledger. While the holder is seen to be at work
    on this machine it refuses; whether one on another machine is, only a person can know. Where
    nobody can be asked, --yes and --id say which lock is meant.
    """
    if bootstrap and promotion:
        raise UsageError("--bootstrap and --promotion name two locks.", hint="Choose one of them.")
    what = "lock of promotions" if promotion else "state lock"
    repository = context.repository
    described_environment = load_environment(repository, environment)
    with context.progress() as progress:
        visited = visit(repository, described_environment, target, progress)
        chosen, make = visited.target, visited.clients
        state = replace(visited.backend, key=STATE_KEY) if bootstrap else visited.backend
        data = repository.terraform_data(
            f"{'bootstrap-' if bootstrap else ''}{environment}-{chosen}"
        )
        progress.step("Looking for the lock")
        lock = read_lock(make, state, SUFFIX if promotion else STATE)
        progress.end()
        context.show(rendering.banner(described_environment, chosen))
        if lock is None:
            context.show(Text(f"Nobody holds the {what} of {environment}.", style="green"))
        else:
            refuse_while_held(lock, data, chosen)
            which = " --promotion" if promotion else " --bootstrap" if bootstrap else ""
            _confirm(context, environment, lock, identifier, which, yes=yes)
            with visited_ledger(visited) as ledger:
                break_lock(make, state, lock, ledger)
            context.show(
                Text(
                    "The lock is broken. The run that held it may have been cut short: look"
                    f" closely at `infra plan {environment}` before you go on.",
                    style="yellow",
                )
            )
    result = {"lock": None if lock is None else lock.document(), "broken": lock is not None}
    context.result(reports.envelope("unlock", described_environment, chosen, result))


def _confirm(
    context: Context,
    environment: str,
    lock: StateLock,
    identifier: str | None,
    which: str,
    *,
    yes: bool,
) -> None:
    """Have a person say that this lock may go. which: the option that names it.

    Raises ConfirmationError, UsageError.
    """
    if identifier is not None and identifier != lock.id:
        raise UsageError(
            f"The lock of {environment} is not {identifier}.",
            details=described(lock),
            hint="Nothing was changed.",
        )
    if yes and identifier is not None:
        return
    if context.as_json or yes or not sys.stdin.isatty():
        raise ConfirmationError(
            f"Somebody holds the lock of {environment}, and nobody is there to say that it may be"
            " broken.",
            details=described(lock),
            hint="Only when that run is known to be dead:"
            f" infra unlock {environment}{which} --yes --id {lock.id}",
        )
    for line in described(lock):
        context.stdout.print(line, markup=False)
    answer = click.prompt(
        f"Only if that run is dead: type {environment}, or the lock's ID, to break the lock",
        default="",
        show_default=False,
        err=True,
    )
    if answer.strip() not in (environment, lock.id):
        raise ConfirmationError("Not confirmed; the lock is still there.")
