"""state: the versions of an environment's state, compared and brought back."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

import click
from rich.text import Text

from infra import rendering, reports
from infra.commands.shared import (
    Context,
    agreed,
    environment_argument,
    json_option,
    pass_context,
    target_option,
    yes_option,
)
from infra.errors import LedgerUnavailableError, UsageError
from infra.ledger.access import OpenedLedger, open_environments_ledger
from infra.states import rendering as shown
from infra.states.comparison import addresses, compare
from infra.states.restoring import accept as take
from infra.states.restoring import prepare
from infra.states.restoring import restore as write
from infra.states.versions import SHOWN, Version, find_version, list_versions, writers

EXIT_LEFT = 2
RECORDS = 100
"""How many of the newest records are read, to say who wrote a version."""

version_argument = click.argument("version", metavar="VERSION")


@click.group(
    epilog="""\b
Examples:
  infra state versions staging
  infra state diff staging 41
  infra state restore staging 41
"""
)
def state() -> None:
    """Look at the former versions of ENV's state, compare them, bring one back.

    A VERSION is a serial, such as 41, the id of a version or its beginning, or `latest`.
    """


@state.command(
    epilog="""\b
Examples:
  infra state versions staging
  infra state versions prod --limit 50 --json | jq '.result.versions[].serial'
"""
)
@environment_argument
@click.option(
    "--limit",
    type=click.IntRange(1, 200),
    default=SHOWN,
    show_default=True,
    help="How many versions to show.",
)
@target_option
@json_option
@pass_context
def versions(context: Context, environment: str, limit: int, target: str | None) -> None:
    """List the versions of ENV's state, newest first: serial, when, who by the ledger."""
    with _opened(context, environment, target) as opened:
        found = list_versions(opened.clients, opened.backend, limit)
        known = {}
        try:
            known = writers(opened.ledger.latest(RECORDS))
        except LedgerUnavailableError as error:
            context.note(f"Who wrote them is not known. {error.message}")
    context.show(shown.versions(found, known))
    rows = []
    for item in found:
        writer = known.get((item.state.lineage, item.state.serial)) if item.state else None
        said = None if writer is None else {"record": writer.record, "kind": writer.what,
                                            "who": writer.who}  # fmt: skip
        rows.append({**item.document(), "by": said})
    _result(context, "state versions", opened, {"versions": rows})


@state.command(
    epilog="""\b
Examples:
  infra state show staging
  infra state show staging 41
"""
)
@environment_argument
@click.argument("version", metavar="[VERSION]", default="latest")
@target_option
@json_option
@pass_context
def show(context: Context, environment: str, version: str, target: str | None) -> None:
    """Show what a version of ENV's state manages, by address. No values are shown."""
    with _opened(context, environment, target) as opened:
        found = _found(opened, version)
    context.show(shown.version(found))
    listed = addresses(found.state) if found.state else None
    outputs = sorted(found.state.outputs) if found.state else None
    _result(
        context,
        "state show",
        opened,
        {**found.document(), "addresses": listed, "outputs": outputs},
    )


@state.command(
    epilog="""\b
Exit codes: 0 they say the same, 2 they differ, 1 an error.

\b
Examples:
  infra state diff staging 41
  infra state diff staging 41 43
"""
)
@environment_argument
@click.argument("old", metavar="OLD")
@click.argument("new", metavar="[NEW]", default="latest")
@target_option
@json_option
@pass_context
@click.pass_context
def diff(
    click_context: click.Context,
    context: Context,
    environment: str,
    old: str,
    new: str,
    target: str | None,
) -> None:
    """Show what two versions of ENV's state say differently: addresses and names of attributes.

    NEW is the newest one if it is left out. No values are shown, as a state does not say which of
    them are secret.
    """
    with _opened(context, environment, target) as opened:
        left, right = _found(opened, old), _found(opened, new)
    for item in (left, right):
        if item.state is None:
            raise UsageError(
                f"Version {item.id} can't be compared: it is {item.content}.",
                hint=f"infra state versions {environment}",
            )
    assert left.state is not None and right.state is not None  # noqa: S101
    found = compare(left.state, right.state)
    context.show(shown.difference(found))
    _result(
        context,
        "state diff",
        opened,
        {"old": left.document(), "new": right.document(), **found.document()},
    )
    if not found.empty:
        click_context.exit(EXIT_LEFT)


@state.command(
    epilog="""\b
Exit codes: 0 it was brought back; 2 nobody was there to agree, nothing was changed; 1 an error;
10 another lineage, or the ledger can't record it.

\b
Examples:
  infra state restore staging 41
  infra state restore staging 41 --yes
"""
)
@environment_argument
@version_argument
@target_option
@yes_option
@json_option
@pass_context
@click.pass_context
def restore(
    click_context: click.Context,
    context: Context,
    environment: str,
    version: str,
    target: str | None,
    yes: bool,
) -> None:
    """Bring a former VERSION of ENV's state back, as a new one with a higher serial.

    It shows what the state would say differently and asks; without --yes, where nobody can be
    asked, it only shows. It works under the state lock, and refuses a version of another lineage.
    What is in the account stays: this mends a state that is lost or damaged, it undoes no apply.
    """
    done = False
    with _opened(context, environment, target) as opened:
        made = prepare(opened, version, opened.ledger.mark())
        context.show(shown.restoration(made))
        if agreed(context, environment, "bring it back", yes=yes):
            problem = write(opened, opened.ledger, made)
            done = True
            if problem:
                context.note(problem)
    _result(
        context,
        "state restore",
        opened,
        {
            "restored": done,
            "from": made.version.document(),
            "serial": made.serial,
            "difference": made.difference.document(),
        },
    )
    if not done:
        context.note(
            f"Nothing was changed. To do it: infra state restore {environment} {version} --yes"
        )
        click_context.exit(EXIT_LEFT)
    context.show(
        Text(
            f"The state is serial {made.serial} now. Look at what it means: infra plan"
            f" {environment}",
            style="green",
        )
    )


@state.command(
    epilog="""\b
Exit codes: 0 the ledger knows it now; 2 nobody was there to agree, nothing was changed; 1 an error.

\b
Examples:
  infra state accept staging
"""
)
@environment_argument
@target_option
@yes_option
@json_option
@pass_context
@click.pass_context
def accept(
    click_context: click.Context, context: Context, environment: str, target: str | None, yes: bool
) -> None:
    """Take the stored state of ENV for the right one, though the ledger knows a later or another.

    For a state that somebody replaced on purpose. Until then plans are refused, as they would be
    of things that are no more. Only the ledger is written.
    """
    done = False
    with _opened(context, environment, target) as opened:
        known = opened.ledger.mark()
        now = _found(opened, "latest")
        if now.state is None:
            raise UsageError(
                f"The stored state of {environment} is {now.content}.",
                hint=f"infra state versions {environment}",
            )
        before = "none" if known is None else f"serial {known.serial} of lineage {known.lineage}"
        context.show(Text(f"The ledger knows {before}."))
        context.show(Text(f"Stored is serial {now.state.serial} of lineage {now.state.lineage}."))
        if agreed(context, environment, "take it for the right one", yes=yes):
            take(opened, opened.ledger)
            done = True
    _result(context, "state accept", opened, {"accepted": done, **now.document()})
    if not done:
        context.note(f"Nothing was changed. To do it: infra state accept {environment} --yes")
        click_context.exit(EXIT_LEFT)
    context.show(Text("The ledger knows it now.", style="green"))


@contextmanager
def _opened(context: Context, environment: str, target: str | None) -> Iterator[OpenedLedger]:
    with (
        context.progress() as progress,
        open_environments_ledger(context.repository, environment, target, progress) as opened,
    ):
        progress.step("Reading the state")
        progress.end()
        context.show(rendering.banner(opened.environment, opened.target))
        yield opened


def _found(opened: OpenedLedger, version: str) -> Version:
    return find_version(opened.clients, opened.backend, version)


def _result(context: Context, command: str, opened: OpenedLedger, result: object) -> None:
    context.result(reports.envelope(command, opened.environment, opened.target, result))
