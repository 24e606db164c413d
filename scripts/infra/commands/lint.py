"""lint: look at everything in the checkout."""

from __future__ import annotations

import json
from pathlib import Path

import click

from infra import files, reports
from infra.commands.completion import complete_plan
from infra.commands.shared import Context, json_option, pass_context
from infra.errors import UsageError
from infra.linting import junit, plan_files, running, sarif, showing
from infra.linting.checks import Check
from infra.linting.findings import Report
from infra.linting.registry import CHECKS
from infra.linting.site import Site

_FILE = click.Path(path_type=Path, dir_okay=False)


def _complete(_context: click.Context, _parameter: click.Parameter, incomplete: str) -> list[str]:
    return [name for name in CHECKS if name.startswith(incomplete)]


@click.command(
    epilog=f"""\b
Exit codes: 0 clean, 1 an error, {Report.EXIT_FINDINGS} findings,
  {Report.EXIT_UNCHECKED} no findings, but a check could not run.
tflint, which no package registry has, may be missing unless --only names it.

\b
Examples:
  infra lint
  infra lint --only ruff --only mypy
  infra lint --sarif lint.sarif --junit lint.xml
  infra lint --plan prod-1a2b3c4d5e6f
  infra lint --json | jq -r '.result.findings[] | "\\(.file):\\(.line) \\(.rule)"'
"""
)
@click.option(
    "--only",
    multiple=True,
    metavar="NAME",
    shell_complete=_complete,
    help="Run this check alone; may be repeated. --list shows the names.",
)
@click.option("--list", "listing", is_flag=True, help="Show the checks, and run none.")
@click.option(
    "--plan",
    metavar="PLAN",
    shell_complete=complete_plan,
    help="Look at a plan in place of the files: a kept one by its identity, or the JSON of"
    " `terraform show -json`.",
)
@click.option("--fix", is_flag=True, help="Repair what needs no decision: layout above all.")
@click.option("--sarif", "sarif_file", type=_FILE, help="Write the findings as SARIF.")
@click.option("--junit", "junit_file", type=_FILE, help="Write the findings as JUnit's XML.")
@json_option
@pass_context
@click.pass_context
def lint(
    click_context: click.Context,
    context: Context,
    only: tuple[str, ...],
    listing: bool,
    plan: str | None,
    fix: bool,
    sarif_file: Path | None,
    junit_file: Path | None,
) -> None:
    """Look at everything in the checkout, and change nothing.

    Terraform, Python, shell, YAML, Markdown, workflows, generated documents, and facts that end.
    A finding says where it is and what to do. The checks run two at a time, and none of them
    sends anything out of this machine; only tflint gets its plugin, where it is installed.
    """
    if plan is not None and (only or fix or listing):
        raise UsageError("--plan looks at a plan alone; it goes with no --only, --fix or --list.")
    repository = context.repository
    checks = running.chosen(only)
    if listing:
        _list(context, checks)
        return
    site = Site(repository)
    if fix:
        _fix(context, site, checks)
        return
    if plan is not None:
        checks = [plan_files.check_of(repository, plan)]
    with context.progress() as progress:
        names = f"{len(checks)} checks" if len(checks) > 1 else checks[0].name
        progress.step(f"Running {names}")
        report = running.run(site, checks)
    if sarif_file is not None:
        files.replace(sarif_file, json.dumps(sarif.document(report), indent=2).encode() + b"\n")
    if junit_file is not None:
        files.replace(junit_file, junit.document(report))
    context.show(showing.report(report))
    context.result(reports.envelope("lint", None, None, report.document()))
    click_context.exit(report.exit_code)


def _list(context: Context, checks: list[Check]) -> None:
    width = max(len(check.name) for check in checks)
    for check in checks:
        context.show(f"{check.name.ljust(width)}  {check.looks_at}")
    told = [{"name": check.name, "looks_at": check.looks_at} for check in checks]
    context.result(reports.envelope("lint", None, None, {"checks": told}))


def _fix(context: Context, site: Site, checks: list[Check]) -> None:
    repaired = running.fix(site, checks)
    context.show(f"Repaired what needs no decision: {', '.join(repaired) or 'nothing'}.")
    context.result(reports.envelope("lint", None, None, {"repaired": repaired}))
