"""A report as Markdown, for the comment of a pull request and for a job's summary.

What matters most comes first, and what has no room is counted and not dropped silently.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from infra.plan_report import facts
from infra.plan_report.entries import Entry, Line, by_module, counted
from infra.plan_report.markdown_text import Page, code, html_code
from infra.plan_report.model import Report, Verdict
from infra.plan_report.verdict import headline, judge
from infra.plans import Action

COMMENT_BYTES = 65_536
"""GitHub takes a comment of 65,536 characters; counted in bytes it is never more."""

SUMMARY_BYTES = 1024 * 1024
"""GitHub takes 1 MiB for the summary of a job's step."""

TAIL_BYTES = 1_200
"""Room for the last lines: what was left out, and how to go on."""

DRIFT = (
    "This is usual right after an apply, and whatever of it matters is a change above."
    " `infra drift` tells what was changed by hand."
)

CLOSING_BYTES = 16
MOST_DRIFTED = 20

_ALERTS = {
    Verdict.NOTHING: "TIP",
    Verdict.ROUTINE: "NOTE",
    Verdict.LOOK: "WARNING",
    Verdict.REFUSED: "CAUTION",
}


def markdown(report: Report, limit: int = COMMENT_BYTES) -> str:
    """The report, at most so many bytes long.

    The first line is a comment that no reader sees; by it a workflow finds the report again.
    """
    page = Page(limit - TAIL_BYTES)
    for block in _head(report):
        page.add(block)
    shown = _risky(page, report)
    shown += _modules(page, report)
    _outputs(page, report)
    if report.drifted:
        page.add(_drifted(report.drifted))
    tail = Page(TAIL_BYTES)
    for block in _tail(report, shown):
        tail.add(block)
    return page.text + tail.text


def _head(report: Report) -> Iterator[str]:
    name = report.about.environment.name
    yield f"<!-- infra-plan {name} -->"
    yield f"## {name}: {headline(report)}\n"
    found = judge(report)
    lines = [f"[!{_ALERTS[found.verdict]}]", f"**{found.text}**"]
    lines += [f"- {code(reason)}" for reason in found.reasons]
    lines += [f"- and {found.more} more"] if found.more else []
    yield "\n".join(f"> {line}" for line in lines) + "\n"
    yield "\n".join(f"- **{title}:** {text}" for title, text in _facts(report)) + "\n"


def _facts(report: Report) -> Iterator[tuple[str, str]]:
    yield "Release", _release(report)
    text, note = facts.cost(report)
    yield "Cost", f"**{text}** ({note})" if report.cost else f"**{text}**: {code(note)}"
    word, told = facts.policy(report)
    yield "Policy", f"**{word}**" + (f" ({told})" if told else "")
    if report.about.identity:
        yield "Plan", code(report.about.identity)
    elif not report.empty:
        why = f": {code(report.about.problem)}" if report.about.problem else ""
        yield "Plan", f"without an identity{why}"
    yield "Where", facts.place(report)


def _release(report: Report) -> str:
    found = facts.release(report)
    if not found:
        return "none"
    parts = []
    for change in found:
        after = code(change.after)
        moved = f"{code(change.before)} → **{after}**" if change.before else after
        parts.append(f"{change.name} {moved}")
    return ", ".join(parts)


def _risky(page: Page, report: Report) -> int:
    """What ends, uncollapsed. Returns how many of them are shown."""
    shown = 0
    groups = (
        ("Destroyed", Action.DELETE),
        ("Replaced", Action.REPLACE),
        ("Forgotten: it stays, and nobody manages it", Action.FORGET),
    )
    for title, action in groups:
        found = [entry for entry in report.risky if entry.action is action]
        if not found or not page.add(f"### {title} ({len(found)})\n"):
            continue
        for entry in found:
            # One with more attributes than there is room for is at least named.
            texts = ("\n".join(_risky_entry(entry)), f"- {code(entry.address)}")
            if not any(page.add(text, keep=CLOSING_BYTES) for text in texts):
                break
            shown += 1
        page.add("")
    return shown


def _risky_entry(entry: Entry) -> Iterator[str]:
    how = f", {entry.how}" if entry.how else ""
    yield f"- **`{entry.symbol}`** {code(entry.address)}{how}{_because(entry)}"
    yield from (f"  - forced by {_line(line, bold=True)}" for line in entry.forcing)
    yield from (f"  - {_line(line)}" for line in entry.lines)
    yield from (f"  - {text}" for text in _rest(entry))


def _modules(page: Page, report: Report) -> int:
    """The others, collapsed by module. Returns how many of them are shown."""
    shown = 0
    for module, found in by_module(report.entries).items():
        counts = {action: sum(one.action is action for one in found) for action in Action}
        head = f"<details><summary>{html_code(module)}: {counted(counts)}</summary>\n"
        if not page.add(head, keep=CLOSING_BYTES + len(head)):
            break
        for entry in found:
            if not page.add("\n".join(_entry(entry)), keep=CLOSING_BYTES):
                break
            shown += 1
        page.add("\n</details>\n")
    return shown


def _entry(entry: Entry) -> Iterator[str]:
    yield f"- **`{entry.symbol}`** {code(entry.name)}{_because(entry)}"
    if entry.action is Action.UPDATE:
        yield from (f"  - {_line(line)}" for line in entry.lines)
        yield from (f"  - {text}" for text in _rest(entry))


def _line(line: Line, *, bold: bool = False) -> str:
    path = f"**{code(line.path)}**" if bold else code(line.path)
    before = f"{code(line.before)} → " if line.before else ""
    return f"{path}: {before}{code(line.after)}"


def _because(entry: Entry) -> str:
    return f", because {entry.why}" if entry.why else ""


def _rest(entry: Entry) -> Iterator[str]:
    if entry.hidden:
        yield f"and {entry.hidden} attributes more"
    if entry.unknown:
        yield f"{entry.unknown} known only after the apply"


def _drifted(addresses: Sequence[str]) -> str:
    title = f"Otherwise in AWS than in the state: {len(addresses)}"
    lines = [f"<details><summary>{title}</summary>\n", f"{DRIFT}\n"]
    lines += [f"- {code(address)}" for address in addresses[:MOST_DRIFTED]]
    if len(addresses) > MOST_DRIFTED:
        lines.append(f"- and {len(addresses) - MOST_DRIFTED} more")
    return "\n".join([*lines, "\n</details>\n"])


def _outputs(page: Page, report: Report) -> None:
    if not report.outputs:
        return
    head = f"<details><summary>Outputs: {len(report.outputs)} change</summary>\n"
    if not page.add(head, keep=CLOSING_BYTES):
        return
    for line in report.outputs:
        if not page.add(f"- {_line(line)}", keep=CLOSING_BYTES):
            break
    page.add("\n</details>\n")


def _tail(report: Report, shown: int) -> Iterator[str]:
    missing = len(report.entries) - shown
    if missing:
        yield (
            f"**{missing} of {len(report.entries)} changes are not shown here:** there is no room"
            " for them. `plan.html`, which was written beside this, has them.\n"
        )
    if report.about.warnings:
        count = len(report.about.warnings)
        yield f"Terraform warns of {count} thing{'s' if count > 1 else ''}; see `plan.html`.\n"
    apply = facts.following(report)
    if apply:
        yield f"To apply it: `{apply}`\n"
    yield f"<sub>Made {facts.made(report)}.</sub>"
