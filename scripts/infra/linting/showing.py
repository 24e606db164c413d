"""What a person sees of a report: the findings, then one table of all checks."""

from __future__ import annotations

from collections.abc import Iterator

from rich.console import Group, RenderableType
from rich.table import Table
from rich.text import Text

from infra.linting.findings import Finding, Level, Report, Result, Status

_STYLES = {
    Status.CLEAN: "green",
    Status.FINDINGS: "bold red",
    Status.MISSING: "yellow",
    Status.BROKEN: "bold red",
}


def report(found: Report) -> RenderableType:
    """Findings by check, the table, what to do about checks that did not run, the verdict."""
    parts: list[RenderableType] = []
    for result in found.results:
        if result.findings:
            parts += [Text(result.check, style="bold underline"), *_findings(result), Text("")]
    parts.append(_table(found))
    stopped = [result for result in found.results if result.reason]
    if stopped:
        parts += [Text(""), *(_stopped(result) for result in stopped)]
    return Group(*parts, Text(""), _verdict(found))


def _findings(result: Result) -> Iterator[Text]:
    for finding in result.findings:
        yield _line(finding)
        if finding.advice:
            yield Text(f"      {finding.advice}", style="dim")


def _line(finding: Finding) -> Text:
    style = "red" if finding.level is Level.ERROR else "yellow"
    note = "" if finding.level is Level.ERROR else "note: "
    return Text.assemble(
        "  ", (finding.place, "cyan"), "  ", (finding.rule, style), f"  {note}{finding.message}"
    )


def _table(found: Report) -> Table:
    table = Table(box=None, padding=(0, 2, 0, 0), header_style="bold")
    table.add_column("Check", no_wrap=True)
    table.add_column("Status", no_wrap=True)
    for title in ("Files", "Findings", "Seconds"):
        table.add_column(title, justify="right", no_wrap=True)
    table.add_column("", overflow="fold")
    for result in found.results:
        notes = len(result.findings) - result.errors
        status = Status.CLEAN if result.status is Status.FINDINGS and not result.errors else None
        shown = status or result.status
        ran = not result.reason
        remark = ", ".join(filter(None, [f"{notes} to know" if notes else "", result.remark]))
        table.add_row(
            Text(result.check),
            Text(shown.value, style=_STYLES[shown]),
            Text(str(result.files) if ran else "-"),
            Text(str(result.errors) if ran else "-"),
            Text(f"{result.seconds:.1f}"),
            Text(remark, style="dim"),
        )
    return table


def _stopped(result: Result) -> Text:
    return Text.assemble(
        (f"{result.check}: ", _STYLES[result.status]), result.reason, f" {result.advice}".rstrip()
    )


def _verdict(found: Report) -> Text:
    took = f" in {found.seconds:.0f} s."
    errors = sum(result.errors for result in found.results)
    unchecked = [result.check for result in found.results if result.unchecked]
    missing = [r.check for r in found.results if r.status is Status.MISSING and r.tolerated]
    if errors:
        text = Text(f"{errors} finding{'s' if errors > 1 else ''}{took}", style="bold red")
    elif unchecked:
        text = Text(f"Nothing found, but not all was checked{took}", style="bold red")
    else:
        text = Text(f"Clean{took}", style="bold green")
    if unchecked:
        text.append(f" Not checked: {', '.join(unchecked)}.")
    if missing:
        text.append(f" Not installed here: {', '.join(missing)}.", style="yellow")
    return text
