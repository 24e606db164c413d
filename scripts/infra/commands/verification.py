"""verify and drift: does an environment run what it should, and is it what the files say?"""

from __future__ import annotations

import click

from infra import observing, reports
from infra import verification as verifying
from infra.commands.completion import complete_environment
from infra.commands.shared import (
    Context,
    environment_argument,
    json_option,
    pass_context,
    target_option,
)
from infra.drift import DriftReport, any_drift, drift_of
from infra.environments import environment_names, load_environment
from infra.errors import UnhealthyError
from infra.ledger.access import session_ledger
from infra.sessions import choose_target, open_session

EXIT_DRIFT = 2


@click.command(
    epilog="""\b
Exit codes: 0 verified, 1 error, 10 the ledger can't record it, 21 not as it should be.

\b
Examples:
  infra verify staging
  infra verify prod --bake 0
  infra verify prod --json | jq '.result.checks[] | select(.status != "passed")'
"""
)
@environment_argument
@target_option
@click.option(
    "--bake",
    metavar="SECONDS",
    type=click.IntRange(0, 7200),
    help="How long to watch the alarms, in place of what environment.yaml says.",
)
@json_option
@pass_context
@click.pass_context
def verify(
    click_context: click.Context,
    context: Context,
    environment: str,
    target: str | None,
    bake: int | None,
) -> None:
    """See whether ENV runs the pinned release well, and write the result into its ledger.

    Looked at are the newest operation of App Runner, the running image by its digest, the health
    at the service's URL, all alarms, now and for the bake time, and whether what the outputs name
    exists. A promotion asks for this record. Nothing is changed.
    """
    repository = context.repository
    described = load_environment(repository, environment)
    settings = verifying.settings(described, choose_target(described, target))
    settings = settings if bake is None else settings.baking(bake)
    with (
        context.progress() as progress,
        open_session(repository, environment, target, progress) as session,
        session_ledger(session) as ledger,
    ):
        found = verifying.verify_environment(session, settings, progress)
        entry = verifying.record_verification(ledger, session, found)
    context.session_notes(session)
    context.show(observing.verification(found, entry.record.sequence))
    result = observing.verification_document(found, entry.record.sequence)
    context.result(reports.session_envelope("verify", session, result))
    context.session_end(session)
    if not found.passed:
        click_context.exit(UnhealthyError.exit_code)


@click.command(
    epilog="""\b
Exit codes: 0 no drift, 2 drift, 1 an error.

\b
Examples:
  infra drift
  infra drift prod
  infra drift prod --json | jq -r '.result.environments[].unmanaged[].id'
"""
)
@click.argument("environment", metavar="[ENV]", required=False, shell_complete=complete_environment)
@target_option
@json_option
@pass_context
@click.pass_context
def drift(
    click_context: click.Context, context: Context, environment: str | None, target: str | None
) -> None:
    """Show where reality, state and git differ in ENV, or in all environments.

    That is: what was changed or deleted outside of Terraform, what the files say and nobody has
    applied, and what is in the account and in no state, with a hint at whose it is. Nothing is
    changed, and the state lock is neither taken nor waited for.
    """
    repository = context.repository
    names = [environment] if environment else environment_names(repository)
    reports_by_name: dict[str, DriftReport] = {}
    last = None
    for name in names:
        with (
            context.progress() as progress,
            open_session(repository, name, target, progress) as session,
        ):
            reports_by_name[name] = drift_of(session, progress)
        context.session_notes(session)
        context.show(observing.drift(reports_by_name[name], name))
        last = session
    documents = [
        {"environment": name, **report.document()} for name, report in reports_by_name.items()
    ]
    context.result(reports.envelope("drift", None, None, {"environments": documents}))
    if last is not None:
        context.session_end(last)
    if any_drift(reports_by_name.values()):
        click_context.exit(EXIT_DRIFT)
