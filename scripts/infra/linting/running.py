"""Running checks side by side."""

from __future__ import annotations

import time
from collections.abc import Collection, Iterable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

from infra.errors import InfraError, LintToolError, LintToolMissingError, UsageError
from infra.linting.checks import Check
from infra.linting.findings import Finding, Report, Result, Status
from infra.linting.registry import CHECKS
from infra.linting.site import Site

AT_ONCE = 2
"""How many checks run at a time: more only wait for each other on a small machine."""

_STRANGE = (AttributeError, IndexError, KeyError, TypeError, ValueError)

LONGEST_FIRST = ("checkov", "terraform-validate", "mypy", "terraform-rules")
"""Else one of them, taken up last, runs alone."""


def chosen(only: Collection[str]) -> list[Check]:
    """The checks of these names, or all. Raises UsageError for a name that there is not."""
    strange = [name for name in only if name not in CHECKS]
    if strange:
        raise UsageError(
            f"There is no check named {strange[0]!r}.", hint=f"One of: {', '.join(CHECKS)}"
        )
    return [
        replace(check, tolerated=check.tolerated and not only)
        for check in CHECKS.values()
        if not only or check.name in only
    ]


def run(site: Site, checks: Iterable[Check]) -> Report:
    """Run checks; whatever becomes of one, the others go on."""
    started = time.monotonic()
    wanted = list(checks)
    order = [*LONGEST_FIRST, *(check.name for check in wanted)]

    with ThreadPoolExecutor(AT_ONCE) as pool:
        futures = {
            check.name: pool.submit(_run, site, check)
            for check in sorted(wanted, key=lambda check: order.index(check.name))
        }
        results = tuple(futures[check.name].result() for check in wanted)
    return Report(results, time.monotonic() - started)


def fix(site: Site, checks: Iterable[Check]) -> list[str]:
    """Repair what can be repaired without a decision; the names of the checks that did so."""
    repaired = []
    for check in checks:
        if check.fix is not None:
            check.fix(site)
            repaired.append(check.name)
    return repaired


def _run(site: Site, check: Check) -> Result:
    started = time.monotonic()
    try:
        looked = check.run(site)
    except (InfraError, *_STRANGE) as caught:
        error = caught if isinstance(caught, InfraError) else _strange(caught)
        missing = isinstance(error, LintToolMissingError)
        return Result(
            check.name,
            Status.MISSING if missing else Status.BROKEN,
            seconds=time.monotonic() - started,
            reason=" ".join((error.message, *error.details)),
            advice=error.hint,
            tolerated=check.tolerated,
        )
    return Result(
        check.name,
        Status.FINDINGS if looked.findings else Status.CLEAN,
        looked.files,
        tuple(sorted(looked.findings, key=_place)),
        time.monotonic() - started,
        looked.remark,
    )


def _strange(error: Exception) -> LintToolError:
    """A tool's new version may answer in another form; the other checks go on."""
    return LintToolError(
        f"Its answer is not in the form that is known here ({type(error).__name__}: {error}).",
        hint="Has the tool's version changed? The pinned ones are in requirements/.",
    )


def _place(finding: Finding) -> tuple[str, int, str]:
    return finding.file, finding.line or 0, finding.rule
