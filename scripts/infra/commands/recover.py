"""recover: what an interrupted run left behind, and putting it right."""

from __future__ import annotations

from collections.abc import Sequence

import click

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
from infra.environments import load_environment
from infra.ledger.access import visited_ledger
from infra.recovering import rendering as shown
from infra.recovering.doing import Done
from infra.recovering.doing import recover as put_right
from infra.recovering.ending import Ending, end_with_plan
from infra.recovering.remains import look
from infra.recovering.steps import Decision, Left, decide
from infra.visits import Visit, visit

EXIT_LEFT = 2


@click.command(
    epilog="""\b
Exit codes: 0 nothing is left and a plan is empty; 2 something is left to do, or nobody was
there to agree to the steps; 1 an error; 10 the ledger can't record it, nothing was changed.

\b
Examples:
  infra recover staging
  infra recover staging --yes
  infra recover prod --json | jq .result.left
"""
)
@environment_argument
@target_option
@yes_option
@json_option
@pass_context
@click.pass_context
def recover(
    click_context: click.Context, context: Context, environment: str, target: str | None, yes: bool
) -> None:
    """Put right what an interrupted run left behind in ENV.

    It looks for a state that could not be saved (errored.tfstate), a lock whose run is dead, an
    apply without an end in the ledger, processes that outlived their run, plans of killed commands,
    what is half made, and what AWS could not make. It says what happened, shows its steps, asks,
    and does them. It saves a state only if it goes on from the stored one, and breaks a lock only
    if its holder is known to be dead. At the end it plans, adopting what the state does not know,
    and says what is left. Without --yes, where nobody can be asked, it only looks.
    """
    repository = context.repository
    described = load_environment(repository, environment)
    with context.progress() as progress:
        visited = visit(repository, described, target, progress)
        with visited_ledger(visited) as ledger:
            progress.step("Looking at what was left")
            found = look(visited, ledger)
            decision = decide(found)
            progress.end()
            context.show(rendering.banner(described, visited.target))
            context.show(shown.findings(decision))
            if decision.steps and not agreed(context, environment, "do this", yes=yes):
                context.note(f"Nothing was changed. To do it: infra recover {environment} --yes")
                _result(context, visited, decision, (), Ending(None), decision.left)
                click_context.exit(EXIT_LEFT)
            done = Done((), decision)
            if decision.steps:
                done = put_right(visited, ledger, found, progress.step)
                progress.end()
                context.show(shown.done(done.sentences))
        locked = any(item.kind == "lock" for item in done.decision.findings)
        ending = end_with_plan(visited, progress, locked=locked, stale=done.stale)
    left = (*done.decision.left, *ending.left)
    context.show(shown.ending(ending.summary, left))
    _result(context, visited, decision, done.sentences, ending, left)
    if left:
        click_context.exit(EXIT_LEFT)


def _result(
    context: Context,
    visited: Visit,
    decision: Decision,
    sentences: Sequence[str],
    ending: Ending,
    left: Sequence[Left],
) -> None:
    result = {
        **decision.document(),
        "done": list(sentences),
        "left": [{"text": item.text, "command": item.command} for item in left],
        "plan": ending.document(),
    }
    context.result(reports.envelope("recover", visited.environment, visited.target, result))
