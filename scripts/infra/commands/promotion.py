"""promote, approve, rollback: a release goes on to the next environment, or back."""

from __future__ import annotations

import os
import shlex
import sys
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import TypedDict, Unpack

import click
from rich.text import Text

from infra import identity as identities
from infra import kept_plans, rendering, reports
from infra.backend import Backend
from infra.ci.announcement import announce
from infra.ci.job import Job
from infra.clients import Clients
from infra.commands.completion import complete_environment, complete_plan, complete_release
from infra.commands.shared import (
    Command,
    Context,
    environment_argument,
    json_option,
    lock_timeout_option,
    pass_context,
    target_option,
)
from infra.environments import Environment
from infra.errors import ApprovalError, ApprovalMissingError, UsageError
from infra.identity_key import load_key
from infra.ledger.access import open_environments_ledger
from infra.ledger.recording import claimed_user
from infra.ledger.signing import Checker, Signer, aliases
from infra.promotion import approvals, flow
from infra.promotion import rollback as rolling
from infra.promotion.approvals import Approved, Approver, Person, Question
from infra.promotion.bench import Bench
from infra.promotion.github_approval import github_approver
from infra.promotion.requests import ALREADY, PROMOTED, REHEARSED, ChooseApprover, Outcome, Request
from infra.promotion.steps import Steps
from infra.repository import Repository

GITHUB = "github"

Bring = Callable[[Repository, Request, ChooseApprover, Steps], Outcome]
"""`flow.promote` or `rollback.roll_back`."""

approval_option = click.option(
    "--approval",
    metavar="FILE|github",
    help="An approval that somebody else made with `infra approve`, or that of the GitHub"
    " environment that this job runs in.",
)
plan_option = click.option(
    "--plan",
    "wanted",
    metavar="IDENTITY",
    default="",
    shell_complete=complete_plan,
    help="Go on only if the plan has this identity.",
)
dry_run_option = click.option(
    "--dry-run", is_flag=True, help="Do everything up to the approval, and change nothing."
)
announce_option = click.option(
    "--announce",
    is_flag=True,
    help="In GitHub Actions, show the plan of --dry-run on the page of the run.",
)
yes_option = click.option(
    "--yes", is_flag=True, help="Approve it at once; only in the local cloud."
)


def change_options(command: Command) -> Command:
    """The options of whatever brings a release into an environment, as `Options` has them."""
    options = (
        *(approval_option, plan_option, dry_run_option, announce_option, yes_option),
        *(target_option, lock_timeout_option, json_option),
    )
    for option in reversed(options):
        command = option(command)
    return command


class Options(TypedDict):
    """What `change_options` give."""

    approval: str | None
    wanted: str
    dry_run: bool
    announce: bool
    yes: bool
    target: str | None
    lock_timeout: int


@click.command(
    epilog="""\b
Exit codes: 0 promoted, or promoted before; 1 an error, nothing changed;
10 refused or not approved yet, nothing changed; 20 the apply failed; 21 not healthy, with no
release before to go back to; 30 not healthy and rolled back; 40 the rollback failed;
130 interrupted.

\b
Examples:
  infra promote staging prod --dry-run
  infra promote staging prod
  infra promote staging prod --approval prod-7f3a.approval.json
  infra promote dev staging --release r-0123456789abcdef --yes
"""
)
@click.argument("source", metavar="FROM", shell_complete=complete_environment)
@click.argument("environment", metavar="TO", shell_complete=complete_environment)
@click.option(
    "--release",
    metavar="ID",
    shell_complete=complete_release,
    help="The release, in place of the one that FROM pins.",
)
@change_options
@pass_context
def promote(
    context: Context,
    source: str,
    environment: str,
    release: str | None,
    **options: Unpack[Options],
) -> None:
    """Bring the release that FROM runs to TO.

    FROM must prove it: its ledger holds a verification of exactly this release, with these modules
    and locks, and it still runs there. Then TO is planned with the release pinned, its gates are
    asked, and somebody approves the identity of the plan: in a terminal, or by a file that another
    person makes with `infra approve`. That plan is applied and verified. What is not healthy is
    rolled back at once.

    Interrupted or not approved yet, the same command goes on where it was.
    """
    words = ["promote", source, environment]
    named = {"--release": release}
    _bring(context, flow.promote, words, source, environment, named, options)


@click.command(
    epilog="""\b
Exit codes: as of promote.

\b
Examples:
  infra rollback prod
  infra rollback prod --to r-0123456789abcdef
  infra rollback staging --yes
"""
)
@environment_argument
@click.option(
    "--to",
    "release",
    metavar="RELEASE",
    shell_complete=complete_release,
    help="The release, in place of the one before.",
)
@change_options
@pass_context
def rollback(
    context: Context,
    environment: str,
    release: str | None,
    **options: Unpack[Options],
) -> None:
    """Bring ENV back to the release before, or to one that it verified earlier.

    Of the gates only `policy` is asked: it must be possible at night, in a freeze and while alarms
    ring. The plan is approved, applied and verified as in a promotion.
    """
    words = ["rollback", environment]
    _bring(context, rolling.roll_back, words, "", environment, {"--to": release}, options)


@click.command(
    epilog="""\b
Examples:
  infra approve prod prod-7f3a-91c2-0b5d-44e1-8a90-3c7e-d2f6-61b8
  infra approve prod prod-7f3a-91c2-0b5d-44e1-8a90-3c7e-d2f6-61b8 --out approved.json
"""
)
@environment_argument
@click.argument("identity", metavar="IDENTITY", shell_complete=complete_plan)
@click.option(
    "--out",
    type=click.Path(path_type=Path, dir_okay=False),
    help="The file, in place of IDENTITY.approval.json.",
)
@target_option
@json_option
@pass_context
def approve(
    context: Context, environment: str, identity: str, out: Path | None, target: str | None
) -> None:
    """Approve the plan IDENTITY of ENV, for somebody else who promotes or rolls back.

    It writes a file, signed with the key of ENV's ledger, which `infra promote --approval FILE`
    takes. It holds for a day, for this plan only, and not for whoever made it. Look at the plan
    first: `infra show IDENTITY`.
    """
    repository = context.repository
    whole = identity.strip().lower()
    with (
        context.progress() as progress,
        open_environments_ledger(repository, environment, target, progress) as place,
    ):
        progress.step("Looking for the plan")
        kept = {folder.name: folder for folder in kept_plans.kept(repository)}
        plan = None
        if whole in kept:
            plan = kept_plans.load(kept[whole], load_key(place.backend, place.run.variables))
        elif not identities.is_whole(whole, environment):
            raise UsageError(
                f"{identity!r} is not the whole identity of a plan of {environment}.",
                hint=f"Such as {environment}-7f3a-91c2-..., with {identities.GROUPS} groups.",
            )
        progress.step("Signing the approval")
        by = Person(str(place.clients("sts").get_caller_identity()["Arn"]), claimed_user())
        approval = approvals.make(place.environment, whole, by, datetime.now(UTC))
        signature = _signer(
            place.environment, place.backend, place.target, place.clients
        ).signature(approval.content())
    path = out or Path.cwd() / f"{whole}{approvals.SUFFIX}"
    approvals.write(path, approval, signature)
    context.show(rendering.banner(place.environment, place.target))
    if plan is not None:
        context.show(rendering.plan(identities.summary(plan.plan)))
    context.show(f"Approved: {whole}, by {by.shown}, until {approval.expires}.")
    context.show(f"The approval is in {path}.")
    result = {
        "identity": whole,
        "file": str(path),
        "approver": by.user,
        "approver_arn": by.arn,
        "expires": approval.expires,
    }
    context.result(reports.envelope("approve", place.environment, place.target, result))


def _bring(
    context: Context,
    bring: Bring,
    words: list[str],
    source: str,
    environment: str,
    release: dict[str, str | None],
    options: Options,
) -> None:
    """Bring a release into an environment, and show how it ended.

    words: of the command. release: the option that names it, with its value.
    """
    told = {
        **release,
        "--plan": options["wanted"],
        "--target": options["target"],
        "--approval": options["approval"],
    }
    yes, wanted = options["yes"], options["wanted"]
    request = Request(
        source=source,
        target=environment,
        release=next(iter(release.values())) or None,
        override=options["target"],
        wanted=wanted,
        dry_run=options["dry_run"],
        lock_timeout=options["lock_timeout"],
        command=_command(words, told, yes=yes),
    )
    if options["announce"] and not request.dry_run:
        raise UsageError("--announce goes with --dry-run: it shows what waits for an approval.")
    choose = _chooser(context, options["approval"], request.command, yes=yes)
    with context.progress() as progress:
        steps = Steps(context.stderr, progress, quiet=context.as_json)
        outcome = bring(context.repository, request, choose, steps)
    if options["announce"]:
        announce(Job(os.environ, sys.stderr if context.as_json else None), outcome)
    _show(context, words[0], outcome, steps, request)


def _command(words: list[str], options: dict[str, str | None], *, yes: bool) -> str:
    """The command as it was given, for a hint."""
    given = [part for name, value in options.items() if value for part in (name, value)]
    return shlex.join(["infra", *words, *given, *(["--yes"] if yes else [])])


def _chooser(context: Context, approval: str | None, command: str, *, yes: bool) -> ChooseApprover:
    """How the plan gets approved, by the options. Raises UsageError."""
    if yes and approval:
        raise UsageError("--yes and --approval exclude each other.")

    def choose(bench: Bench) -> Approver:
        if yes:
            return _at_once
        if approval == GITHUB:
            return github_approver(os.environ)
        if approval:
            keys = (
                _signer(
                    bench.environment, bench.session.backend, bench.session.target, bench.clients
                )
                .keys()
                .pems
            )
            return approvals.file_approver(Path(approval), Checker(list(keys.values())).made)
        return lambda question: _ask(context, question, command)

    return choose


def _at_once(question: Question) -> Approved:
    if question.target != "local":
        raise ApprovalError(
            f"--yes approves nothing in AWS, and {question.environment.name} is there."
            " Nothing was changed.",
            hint=f"Somebody else approves it: infra approve {question.environment.name}"
            f" {question.identity}",
        )
    return Approved("yes", question.asker, approvals.until(datetime.now(UTC)))


def _ask(context: Context, question: Question, command: str) -> Approved:
    """Have the person at the terminal type what stands for this plan and no other."""
    name, identity = question.environment.name, question.identity
    context.show(rendering.plan(question.summary))
    if context.as_json or not sys.stdin.isatty():
        raise ApprovalMissingError(
            f"{identity} waits for an approval. Nothing was changed in {name}.",
            hint=f"Somebody else looks at it and approves it:\ninfra show {identity}"
            f"\ninfra approve {name} {identity}"
            f"\nThen go on: {command} --approval {identity}{approvals.SUFFIX}",
            identity=identity,
        )
    code = approvals.code(identity)
    answer = click.prompt(
        f"Type {code} to apply {identity} in account {question.environment.account_id}",
        default="",
        show_default=False,
        err=True,
    )
    if answer.strip().lower() != code:
        raise ApprovalError("Not approved. Nothing was changed.", hint=f"Try again: {command}")
    return Approved("terminal", question.asker, approvals.until(datetime.now(UTC)))


def _signer(environment: Environment, backend: Backend, target: str, make: Clients) -> Signer:
    """The key of an environment's ledger; nothing here ever makes one."""
    return Signer(
        make("kms"),
        aliases(backend.bucket, local=target == "local"),
        make=False,
        command=f"infra bootstrap {environment.name}",
    )


def _show(context: Context, command: str, outcome: Outcome, steps: Steps, request: Request) -> None:
    name, release = outcome.environment, outcome.release
    pin = f"environments/{name}/release.auto.tfvars.json"
    if outcome.status == ALREADY:
        text = f"{release.id} is in {name} already; nothing was done."
    elif outcome.status == REHEARSED:
        text = f"Nothing was changed. Without --dry-run, {release.id} would now be approved."
    elif outcome.status == PROMOTED:
        text = f"{name} runs {release.id}, and that is verified."
    else:
        text = f"{name} runs {release.id} again, and that is verified."
    if outcome.brought is not None and outcome.brought.identity and outcome.status == REHEARSED:
        context.show(rendering.plan(outcome.brought.summary))
        context.show(rendering.identity(outcome.brought.identity, kept=True))
    context.show(Text(text, style="bold green"))
    if outcome.status != REHEARSED and not context.as_json:
        context.stderr.print(
            f"Next: git commit -m '{name}: {release.id}' -- {pin}", style="dim", markup=False
        )
    result = {**outcome.document(), "steps": steps.document()}
    document = reports.envelope(command, None, None, result)
    context.result({**document, "environment": name, "from": request.source or None})
