"""What a person and a machine are shown of a verification, of drift and of a lock."""

from __future__ import annotations

from dataclasses import asdict
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from infra.drift import DriftReport
from infra.tables import Columns
from infra.verification.checks import FAILED, INCONCLUSIVE, PASSED, Verification

STYLES = {PASSED: "green", FAILED: "bold red", INCONCLUSIVE: "yellow"}


def verification(found: Verification, record: int) -> RenderableType:
    """A line for each check, and what it all means. record: its number in the ledger."""
    table = Columns("Check", "Status", "Seconds", "Found", right=("Seconds",))
    for check in found.checks:
        status = Text(check.status, style=STYLES[check.status])
        table.add(check.name, status, f"{check.seconds:.1f} of {check.budget:g}", check.text)
    return Group(table, Text(""), _verdict(found), Text(f"Record {record} says so.", style="dim"))


def _verdict(found: Verification) -> Text:
    release = found.release or "the pinned image"
    if found.passed:
        return Text(f"Verified: it runs {release}.", style="bold green")
    if found.rolled_back_by_app_runner:
        running = found.running_digest or "what ran before"
        return Text(
            f"Not verified: App Runner took the deployment of {release} back, and runs {running}.",
            style="bold red",
        )
    names = ", ".join(check.name for check in found.checks if not check.passed)
    return Text(f"Not verified: {names}.", style="bold red")


def verification_document(found: Verification, record: int) -> dict[str, Any]:
    """A verification as JSON; `reason` is null where it passed, and stable."""
    return {
        "passed": found.passed,
        "reason": found.reason or None,
        "rolled_back_by_app_runner": found.rolled_back_by_app_runner,
        "checks": [asdict(check) for check in found.checks],
        "record": record,
        **{name: value for name, value in found.details().items() if name != "checks"},
    }


def drift(report: DriftReport, name: str) -> RenderableType:
    """What differs, one finding a line."""
    if report.empty:
        return Text("No drift: reality, state and git tell the same story.", style="bold green")
    parts: list[RenderableType] = [Text.assemble(("● ", "yellow"), line) for line in report.lines()]
    count = len(parts)
    parts.append(Text(f"{count} finding{'s' if count != 1 else ''}.", style="bold yellow"))
    if report.reality or report.pending or report.outputs:
        parts.append(Text(f"What an apply would do about it: infra plan {name}", style="dim"))
    return Group(*parts)
