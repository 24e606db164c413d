"""history and ledger: who changed what in an environment, and whether that can be believed."""

from __future__ import annotations

from pathlib import Path

import click
from rich.text import Text

from infra import rendering, reports
from infra.commands.completion import complete_environment
from infra.commands.shared import (
    Context,
    environment_argument,
    json_option,
    pass_context,
    target_option,
)
from infra.errors import UsageError
from infra.ledger import export as files
from infra.ledger import rendering as tables
from infra.ledger.access import OpenedLedger, open_environments_ledger
from infra.ledger.records import MalformedError, parse
from infra.ledger.signing import Checker
from infra.ledger.verification import Verification, verify

EXIT_BROKEN = 12
SHOWN = 20
MOST = 1000


@click.command(
    epilog="""\b
Examples:
  infra history prod
  infra history staging --limit 3 --json | jq '.result.records[].kind'
"""
)
@environment_argument
@click.option(
    "--limit",
    type=click.IntRange(1, MOST),
    default=SHOWN,
    show_default=True,
    help="How many records to show.",
)
@target_option
@json_option
@pass_context
def history(context: Context, environment: str, limit: int, target: str | None) -> None:
    """Show what was done in ENV, newest first: when, by whom, with what result.

    Nothing is checked here; `infra ledger verify` does that.
    """
    with (
        context.progress() as progress,
        open_environments_ledger(context.repository, environment, target, progress) as opened,
    ):
        progress.step("Reading the ledger")
        found = opened.ledger.latest(limit)
    _head(context, opened)
    context.show(tables.history(found))
    context.result(
        reports.envelope("history", opened.environment, opened.target, reports.history(found))
    )


@click.group(
    epilog="""\b
Examples:
  infra ledger verify prod
  infra ledger export prod --out prod.jsonl --key-out prod.pem
"""
)
def ledger() -> None:
    """Check, show and export the record of what was done in an environment."""


@ledger.command(
    "verify",
    epilog="""\b
Exit codes: 0 every record is in its place and signed; 12 something is wrong; 1 an error.

\b
Examples:
  infra ledger verify prod
  infra ledger verify --file prod.jsonl --key prod.pem
""",
)
@click.argument("environment", metavar="[ENV]", required=False, shell_complete=complete_environment)
@click.option(
    "--file",
    "path",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Check an export in place of ENV; nothing is asked of any account.",
)
@click.option(
    "--key",
    "keys",
    type=click.Path(path_type=Path, dir_okay=False),
    multiple=True,
    help="A public key (PEM) to trust as well: for a file, or for a key that was replaced.",
)
@target_option
@json_option
@pass_context
@click.pass_context
def verify_command(
    click_context: click.Context,
    context: Context,
    environment: str | None,
    path: Path | None,
    keys: tuple[Path, ...],
    target: str | None,
) -> None:
    """Look at every record of ENV: its hash, its signature, its place and its time.

    In S3 it also sees what was deleted or written over, and whether the newest record that this
    checkout saw is still there.
    """
    pems = [_pem(key) for key in keys]
    if path is not None:
        _verify_file(click_context, context, environment, path, pems)
        return
    if environment is None:
        raise UsageError("Verify which ledger?", hint="infra ledger verify ENV, or --file FILE.")
    with (
        context.progress() as progress,
        open_environments_ledger(context.repository, environment, target, progress) as opened,
    ):
        progress.step("Reading the ledger")
        snapshot = opened.ledger.everything()
        progress.step("Checking the ledger")
        described, witness = opened.environment, opened.ledger.witness
        found = verify(
            snapshot.stored,
            Checker([*snapshot.keys.values(), *pems]).signed,
            described.name,
            described.account_id,
            witness.seen(),
        )
        if found.head is not None and not found.findings:
            witness.remember(found.head)
    _head(context, opened)
    report = reports.verification(found, signatures=True)
    context.result(reports.envelope("ledger verify", described, opened.target, report))
    _told(click_context, context, found, signatures=True)


@ledger.command(
    epilog="""\b
Examples:
  infra ledger show prod 42
"""
)
@environment_argument
@click.argument("sequence", metavar="NUMBER", type=click.IntRange(min=1))
@target_option
@json_option
@pass_context
def show(context: Context, environment: str, sequence: int, target: str | None) -> None:
    """Show all of one record of ENV, by its number."""
    with (
        context.progress() as progress,
        open_environments_ledger(context.repository, environment, target, progress) as opened,
    ):
        progress.step("Reading the ledger")
        found = opened.ledger.get(sequence)
    if found.text is None:
        raise UsageError(
            f"The ledger of {environment} has no record {sequence}.",
            hint=f"infra history {environment}",
        )
    _head(context, opened)
    context.show(tables.record(found))
    context.result(
        reports.envelope("ledger show", opened.environment, opened.target, reports.record(found))
    )


@ledger.command(
    epilog="""\b
Examples:
  infra ledger export prod --out prod.jsonl --key-out prod.pem
"""
)
@environment_argument
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    required=True,
    help="The file to write: one record a line, readable by its owner alone.",
)
@click.option(
    "--key-out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="Where to write the public key that checks the signatures.",
)
@target_option
@json_option
@pass_context
def export(
    context: Context, environment: str, out: Path, key_out: Path | None, target: str | None
) -> None:
    """Write all records of ENV into a file that can be verified anywhere.

    Keep the key apart from the file: whoever can change both can change everything.
    """
    with (
        context.progress() as progress,
        open_environments_ledger(context.repository, environment, target, progress) as opened,
    ):
        progress.step("Reading the ledger")
        snapshot = opened.ledger.everything()
    written = files.lines(snapshot.stored)
    files.write(out, written)
    if key_out is not None:
        files.write(key_out, [line for pem in snapshot.keys.values() for line in pem.splitlines()])
    _head(context, opened)
    context.show(Text(f"{len(written)} records are in {out}."))
    report = {"count": len(written), "file": str(out)}
    context.result(reports.envelope("ledger export", opened.environment, opened.target, report))


def _verify_file(
    click_context: click.Context,
    context: Context,
    environment: str | None,
    path: Path,
    pems: list[str],
) -> None:
    stored = files.read(path)
    name, account = environment or "", None
    for item in stored:
        try:
            first = parse(item.text or "").record
        except MalformedError:
            continue
        name, account = name or first.environment, first.account
        break
    checker = Checker(pems) if pems else None
    found = verify(stored, checker.signed if checker else lambda _entry: True, name, account)
    report = reports.verification(found, signatures=checker is not None)
    context.result(reports.envelope("ledger verify", None, None, {**report, "file": str(path)}))
    _told(click_context, context, found, signatures=checker is not None)


def _told(
    click_context: click.Context, context: Context, found: Verification, *, signatures: bool
) -> None:
    context.show(tables.verification(found, signatures=signatures))
    if found.findings:
        click_context.exit(EXIT_BROKEN)


def _pem(path: Path) -> str:
    try:
        text = path.read_text(encoding="ascii")
        Checker([text])
    except (OSError, ValueError) as error:
        raise UsageError(f"{path} is not a public key that can be used.") from error
    return text


def _head(context: Context, opened: OpenedLedger) -> None:
    context.show(rendering.banner(opened.environment, opened.target))
