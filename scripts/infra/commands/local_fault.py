"""local fault: let calls to the local cloud fail on purpose."""

from __future__ import annotations

from dataclasses import asdict

import click

from infra import local_faults, reports
from infra.commands.shared import Context, json_option, pass_context, started_cloud
from infra.errors import UsageError
from infra.sessions import local_cloud


@click.group(
    epilog="""\b
Examples:
  infra local fault add throttled --one-in 10 --seed 7
  infra local fault list
  infra local fault clear
"""
)
def fault() -> None:
    """Let calls to the local cloud fail on purpose, to see what becomes of a run.

    Faults end with `infra local stop`, `infra local reset` and `infra local snapshot load`.
    """


@fault.command(
    epilog="\b\nKinds:\n"
    + "".join(f"  {kind:<21}{what}\n" for kind, what in local_faults.KINDS.items())
    + """
\b
Examples:
  infra local fault add throttled s3.PutObject --calls 3-5
  infra local fault add error-503 ecr
  infra local fault add dropped --one-in 10 --seed 7
  infra local fault add slow apprunner --seconds 5
  infra local fault add held s3.PutObject --calls 3
"""
)
@click.argument("kind", metavar="KIND", type=click.Choice(list(local_faults.KINDS)))
@click.argument("on", metavar="[SERVICE[.OPERATION]]", default="")
@click.option("--calls", metavar="N|N-M|N-", default="", help="Which of them, counted from 1.")
@click.option(
    "--one-in",
    metavar="N",
    type=click.IntRange(1, 1_000_000),
    default=1,
    show_default=True,
    help="About one in N of those, by chance.",
)
@click.option(
    "--seed",
    type=click.IntRange(0, 999_999_999),
    default=0,
    show_default=True,
    help="Of that chance: the same seed strikes the same calls of an operation.",
)
@click.option(
    "--seconds",
    type=click.FloatRange(0.001, 300),
    help="How long a slow answer takes.",
)
@json_option
@pass_context
def add(
    context: Context,
    kind: str,
    on: str,
    calls: str,
    one_in: int,
    seed: int,
    seconds: float | None,
) -> None:
    """Let something happen to calls: to all, or to those of a service or an operation.

    Services and operations are called as by boto3. What a client tries again counts again. The
    oldest fault that strikes a call is the one that happens.
    """
    if (kind == "slow") != (seconds is not None):
        raise UsageError("--seconds and slow belong together.")
    cloud = started_cloud(context)
    made = local_faults.add(cloud, kind, on, calls=calls, one_in=one_in, seed=seed, seconds=seconds)
    context.show(f"Set: {made}.")
    context.show("`infra local fault clear` takes it back.")
    context.result(reports.envelope("local fault add", None, None, asdict(made)))


@fault.command(name="list", epilog="\b\nExamples:\n  infra local fault list\n")
@json_option
@pass_context
def list_faults(context: Context) -> None:
    """List the faults that are set, and how often each one happened."""
    found = local_faults.listed(local_cloud(context.repository))
    for one in found:
        context.show(str(one))
    if not found:
        context.show("No fault is set.")
    result = [asdict(one) for one in found]
    context.result(reports.envelope("local fault list", None, None, result))


@fault.command(epilog="\b\nExamples:\n  infra local fault clear\n  infra local fault clear 3\n")
@click.argument("number", required=False, type=click.IntRange(1, 999_999_999))
@json_option
@pass_context
def clear(context: Context, number: int | None) -> None:
    """Take back the fault NUMBER, or all of them. Calls that they hold go on."""
    gone = local_faults.clear(local_cloud(context.repository), number)
    if number is not None and not gone:
        raise UsageError(f"There is no fault {number}.", hint="infra local fault list")
    for one in gone:
        context.show(f"Taken back: {one}.")
    if not gone:
        context.show("No fault was set.")
    result = [asdict(one) for one in gone]
    context.result(reports.envelope("local fault clear", None, None, result))
