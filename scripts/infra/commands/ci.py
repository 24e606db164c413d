"""ci: what the workflows of GitHub Actions need beside the other commands."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click

from infra import reports
from infra.ci import comments, issues, login, pins
from infra.ci.api import client
from infra.ci.job import Job
from infra.commands.completion import complete_environment, complete_release
from infra.commands.shared import (
    Context,
    environment_argument,
    json_option,
    pass_context,
)
from infra.drift import drift_of
from infra.environments import TARGETS, environment_names, load_environment
from infra.errors import UsageError
from infra.releases import load_release
from infra.sessions import open_session


@click.group(
    epilog="""\b
Examples:
  infra ci environments --target aws
  infra ci comment plans --pull-request 12
  infra ci drift prod
"""
)
def ci() -> None:
    """What the workflows in .github/ call. By hand they need GITHUB_TOKEN and GITHUB_REPOSITORY."""


def _job(context: Context) -> Job:
    return Job(os.environ, sys.stderr if context.as_json else None)


@ci.command(
    epilog="""\b
Examples:
  infra ci environments
  infra ci environments --target aws dev staging
"""
)
@click.argument("names", metavar="[ENV]...", nargs=-1, shell_complete=complete_environment)
@click.option("--target", type=click.Choice(TARGETS), help="Only those with this target.")
@json_option
@pass_context
def environments(context: Context, names: tuple[str, ...], target: str | None) -> None:
    """Say which environments there are, for the matrix of a workflow (output `environments`)."""
    repository = context.repository
    described = [
        load_environment(repository, name) for name in names or environment_names(repository)
    ]
    found = [one.name for one in described if target in (None, one.target)]
    _job(context).output("environments", "[" + ",".join(f'"{name}"' for name in found) + "]")
    context.show(", ".join(found) or f"None has target {target}.")
    context.result(reports.envelope("ci environments", None, None, {"environments": found}))


@ci.command(
    name="login",
    epilog="""\b
Examples:
  infra ci login staging:plan
  infra ci login staging:plan prod:apply
  infra ci login sandbox:sweep
""",
)
@click.argument("logins", metavar="ENV:ROLE...", nargs=-1, required=True)
@click.option("--require", is_flag=True, help="Fail where an environment's target is local.")
@json_option
@pass_context
def login_(context: Context, logins: tuple[str, ...], require: bool) -> None:
    """Take roles in AWS with this job's own identity, for its later steps.

    ROLE is plan or apply; sandbox:sweep is the sweeper's, in the account that INFRA_SANDBOX_ACCOUNT
    names. The credentials last an hour, and are of use to the job alone. Where the target is local
    there is nothing to log in to. Outside of GitHub Actions, `aws sso login` and
    INFRA_PROFILE_STAGING and its like do the same.
    """
    repository = context.repository
    asked = [login.asked(repository, text, os.environ) for text in logins]
    local = [one.environment.name for one in asked if one.environment.target == "local"]
    if require and local:
        raise UsageError(
            f"{local[0]} has target local, so there is no account to log in to.",
            hint="Set its account up (bootstrap/README.md), and then target: aws in"
            f" environments/{local[0]}/environment.yaml.",
        )
    real = [one for one in asked if one.environment.target == "aws"]
    if len({one.environment.name for one in real}) != len(real):
        raise UsageError("An environment can be logged in to with one role at a time.")
    if real:
        login.log_in(repository, real, _job(context))
    for one in real:
        context.show(f"{one.environment.name}: {login.role_arn(repository, one)}")
    for name in local:
        context.show(f"{name}: target local, nothing to log in to")
    roles = {one.environment.name: one.role for one in real}
    context.result(reports.envelope("ci login", None, None, {"roles": roles, "local": local}))


@ci.command(
    epilog="""\b
Examples:
  infra ci comment plans
  infra ci comment plans --pull-request 12
"""
)
@click.argument("folder", type=click.Path(path_type=Path, file_okay=False))
@click.option(
    "--pull-request",
    metavar="NUMBER",
    type=click.IntRange(1),
    help="In place of the one that set the workflow off.",
)
@json_option
@pass_context
def comment(context: Context, folder: Path, pull_request: int | None) -> None:
    """Write all plans in FOLDER (plan-ENV/plan.md) into the one comment of a pull request.

    It is found again by a hidden mark and written in place. What is too long for a comment is cut,
    and says so.
    """
    job = _job(context)
    of = job.event().get("pull_request") or {}
    number = pull_request or of.get("number")
    if not isinstance(number, int):
        raise UsageError(
            "Nothing says which pull request is meant.", hint="For example: --pull-request 12"
        )
    plans = comments.reports(folder, environment_names(context.repository))
    commit = str((of.get("head") or {}).get("sha") or "")
    text = comments.body(plans, commit, job.run_url)
    done = comments.upsert(client(os.environ), number, text)
    context.show(f"The comment of pull request {number}: {done}.")
    result = {"pull_request": number, "comment": done}
    context.result(reports.envelope("ci comment", None, None, result))


@ci.command(
    epilog="""\b
Examples:
  infra ci drift prod
"""
)
@environment_argument
@json_option
@pass_context
def drift(context: Context, environment: str) -> None:
    """Look for drift in ENV, and keep its issue: open it, bring it up to date, close it.

    There is one issue an environment, with the label `drift`. Where the target is local there is
    nothing to look at. `infra drift ENV` shows the same and tells nobody.
    """
    described = load_environment(context.repository, environment)
    lines: list[str] = []
    done = issues.NOTHING
    if described.target == "aws":
        github = client(os.environ)
        with (
            context.progress() as progress,
            open_session(context.repository, environment, None, progress) as session,
        ):
            lines = drift_of(session, progress).lines()
        done = issues.upsert(github, environment, lines, _job(context).run_url)
        context.show(f"{environment}: {len(lines)} findings; the issue: {done}.")
    else:
        context.show(f"{environment}: target local, nothing to look at")
    result = {"findings": lines, "issue": done}
    context.result(reports.envelope("ci drift", described, described.target, result))


@ci.command(
    epilog="""\b
Examples:
  infra ci pin prod r-0123456789abcdef
"""
)
@environment_argument
@click.argument("release", metavar="RELEASE", shell_complete=complete_release)
@click.option("--base", metavar="BRANCH", default="main", show_default=True, help="Where to.")
@json_option
@pass_context
def pin(context: Context, environment: str, release: str, base: str) -> None:
    """Propose, in a pull request, that git pins RELEASE in ENV: it was promoted there in a job."""
    repository = context.repository
    described = load_environment(repository, environment)
    found = load_release(repository, release)
    done = pins.propose(client(os.environ), repository, described, found, base)
    context.show(f"The pull request that pins {found.id} in {environment}: {done}.")
    result = {"release": found.id, "pull_request": done}
    context.result(reports.envelope("ci pin", described, described.target, result))


@ci.command(
    epilog="""\b
Exit codes: 0 nothing waits, 10 something does, 1 an error.

\b
Examples:
  infra ci unmerged staging
"""
)
@environment_argument
@click.option("--base", metavar="BRANCH", default="main", show_default=True, help="Into which.")
@json_option
@pass_context
def unmerged(context: Context, environment: str, base: str) -> None:
    """Fail while the pull request that pins ENV's release is open: an apply would undo it."""
    described = load_environment(context.repository, environment)
    pins.refuse_unmerged(client(os.environ), described, base)
    context.show(f"{base} pins what {environment} runs, as far as promotions go.")
    context.result(reports.envelope("ci unmerged", described, described.target, {"open": False}))


@ci.command(
    epilog="""\b
Examples:
  infra ci summary plan/plan.md
"""
)
@click.argument(
    "pages", metavar="FILE...", nargs=-1, required=True, type=click.Path(path_type=Path)
)
@json_option
@pass_context
def summary(context: Context, pages: tuple[Path, ...]) -> None:
    """Show Markdown on the page of the run."""
    job = _job(context)
    for page in pages:
        try:
            job.summary(page.read_text(encoding="utf-8"))
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{page} can't be read.") from error
    context.show(f"On the page of the run: {', '.join(str(page) for page in pages)}.")
    names = [str(page) for page in pages]
    context.result(reports.envelope("ci summary", None, None, {"pages": names}))
