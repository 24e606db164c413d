"""What a person sees: every table, line and colour of the command's output.

Results go to standard output, progress and errors to standard error. Colours follow rich: none
where the output is no terminal or NO_COLOR is set.
"""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from typing import TYPE_CHECKING, Any

from rich.console import Console, ConsoleOptions, Group, RenderableType
from rich.segment import Segment
from rich.text import Text

from infra.diagnostics import Diagnostic
from infra.errors import InfraError, TerraformError
from infra.kept_plans import KEPT_HOURS
from infra.plans import (
    RISKY,
    UNKNOWN,
    Action,
    AttributeChange,
    PlanSummary,
    ResourceChange,
    by_module,
    module_path,
)
from infra.tables import Columns
from infra.untrusted import visible

if TYPE_CHECKING:  # Each command would import them, and few show them.
    from infra.differences import Comparison
    from infra.doctor import Check
    from infra.environments import Environment
    from infra.guards.rehearsal import Row
    from infra.kept_plans import Manifest
    from infra.local_cloud import Saved

ENDLESS = 10_000
"""The columns of an output that is no terminal."""

VALUE_LENGTH = 120
"""How many characters of a value a person is shown, unless they ask for all."""

MOST_DETAILS = 200
"""How many facts a person is shown under an error."""

STYLES: Mapping[Action, tuple[str, str]] = {
    Action.DELETE: ("-", "bold red"),
    Action.REPLACE: ("±", "bold magenta"),
    Action.FORGET: ("○", "magenta"),
    Action.UPDATE: ("~", "yellow"),
    Action.CREATE: ("+", "green"),
    Action.READ: ("<", "cyan"),
}


def banner(environment: Environment, target: str) -> RenderableType:
    """The head of every command's output: where it acts."""
    place = "the local cloud" if target == "local" else "AWS"
    style = "cyan" if target == "local" else "bold red"
    return Text.assemble(
        (environment.name, "bold"),
        " · target ",
        (target, style),
        f" ({place}) · account {environment.account_id} · {environment.region}",
    )


def plan(summary: PlanSummary, *, destroying: bool = False, full: bool = False) -> RenderableType:
    """A plan for review: what is risky first, then by module, the counts at the end.

    full: every attribute, uncut, also of what is created or destroyed.
    """
    parts: list[RenderableType] = []
    if summary.drifted:
        parts.append(_drift(summary.drifted))
    risky = [change for change in summary.changes if change.action in RISKY]
    if risky and not destroying:
        parts.append(Text("Look at these first: they destroy something", style="bold red"))
        parts.extend(_change(change, full_address=True, full=full) for change in risky)
        parts.append(Text(""))
        rest = [change for change in summary.changes if change.action not in RISKY]
    else:
        rest = list(summary.changes)
    for module, changes in by_module(rest).items():
        parts.append(Text(module_path(module) or "the environment itself", style="bold underline"))
        parts.extend(_change(change, full=full) for change in changes)
        parts.append(Text(""))
    if summary.outputs:
        parts.append(Text("outputs", style="bold underline"))
        parts.extend(_attribute(attribute, full=full) for attribute in summary.outputs)
        parts.append(Text(""))
    parts.append(counts(summary))
    return Group(*parts)


def counts(summary: PlanSummary) -> Text:
    """The last line of a plan, such as: Plan: 2 to create, 1 to destroy."""
    if summary.empty:
        return Text("No changes: what exists is what the configuration says.", style="bold green")
    if not summary.changes:
        return Text("Plan: no resource changes, only outputs.", style="bold")
    text = Text("Plan: ", style="bold")
    numbers = summary.counts
    shown = [action for action in reversed(Action) if numbers.get(action)]
    for index, action in enumerate(shown):
        if index:
            text.append(", ")
        text.append(f"{numbers[action]} to {action.value}", style=STYLES[action][1])
    return text.append(".")


def identity(name: str, *, kept: bool) -> Text:
    """The line below a plan that says which one it is."""
    text = Text.assemble("Identity: ", (name, "bold"))
    return text.append(f" (kept for {KEPT_HOURS} hours)") if kept else text


def manifest(found: Manifest) -> Text:
    """The lines below a kept plan: which one it is, and where it comes from."""
    serial = found.state.get("serial", "none")
    return identity(found.identity, kept=False).append(
        f"\nMade {found.created_at} by {found.who} with Terraform"
        f" {found.versions.get('terraform')}, on state serial {serial};"
        f" expires {found.expires_at}."
    )


def kept_plans(manifests: Sequence[Manifest]) -> RenderableType:
    """All kept plans, one a line."""
    if not manifests:
        return Text("No plan is kept. To keep one: infra plan ENV --out")
    lines = []
    for found in manifests:
        what = ", ".join(f"{count} to {verb}" for verb, count in sorted(found.counts.items()))
        told = f"  {found.created_at}  {found.who}  {what or 'only outputs'}"
        lines.append(Text.assemble((found.identity, "bold"), told))
    return Group(*lines)


def _change(
    change: ResourceChange, *, full_address: bool = False, full: bool = False
) -> RenderableType:
    symbol, style = STYLES[change.action]
    name = change.address
    if not full_address and change.module:
        name = name.removeprefix(change.module + ".")
    line = Text.assemble("  ", (symbol, style), " ", (name, style if full_address else ""))
    if change.action in RISKY:
        how = " (the new one first)" if change.create_first else ""
        line.append(f"  {change.action.value}{how}", style=style)
    if change.reason:
        line.append(f" because {change.reason}", style="italic")
    shown = sorted(change.attributes, key=lambda attribute: not attribute.forces_replacement)
    hidden = 0
    if not full:
        if change.action not in (Action.UPDATE, Action.REPLACE):
            return line
        if change.action is Action.REPLACE:
            told = [a for a in shown if a.forces_replacement or a.after != UNKNOWN]
            shown, hidden = told, len(shown) - len(told)
    parts: list[RenderableType] = [line]
    parts += [_attribute(attribute, indent=6, full=full) for attribute in shown]
    if hidden:
        parts.append(Text(f"      and {hidden} more, known after apply", style="dim"))
    return Group(*parts)


def _attribute(attribute: AttributeChange, indent: int = 2, *, full: bool = False) -> Text:
    before, after = attribute.before, attribute.after
    if not full:
        before, after = shortened(before, after)
    text = Text(" " * indent)
    text.append(f"{attribute.path}: ", style="bold" if attribute.forces_replacement else "")
    if before != "null":
        text.append(before, style="red").append(" → ")
    return text.append(after, style="green")


def shortened(before: str, after: str) -> tuple[str, str]:
    """Cut two long values so that the place where they begin to differ stays in sight."""
    same = next(
        (i for i, pair in enumerate(zip(before, after, strict=False)) if pair[0] != pair[1]),
        min(len(before), len(after)),
    )
    start = max(0, same - VALUE_LENGTH // 3)
    return _cut(before, start), _cut(after, start)


def _cut(text: str, start: int) -> str:
    if len(text) <= VALUE_LENGTH:
        return text
    start = min(start, len(text) - VALUE_LENGTH // 2)
    end = start + VALUE_LENGTH
    return ("…" if start else "") + text[start:end] + ("…" if end < len(text) else "")


def _drift(addresses: Sequence[str]) -> RenderableType:
    head = Text(f"{len(addresses)} changed outside of Terraform:", style="bold yellow")
    return Group(head, *(Text(f"  {address}") for address in addresses), Text(""))


def outputs(values: Mapping[str, Any]) -> RenderableType:
    """An environment's outputs, one a line and uncut; sensitive ones stay masked."""
    width = max(map(len, values), default=0)
    return Group(
        *(
            Text.assemble((name.ljust(width), "bold"), "  ", output(raw))
            for name, raw in sorted(values.items())
        )
    )


def output(raw: Mapping[str, Any]) -> Text:
    """The value of one output."""
    value = raw.get("value")
    if raw.get("sensitive"):
        return Text("(sensitive)")
    return Text(value if isinstance(value, str) else json.dumps(value, sort_keys=True))


def error(failure: InfraError) -> RenderableType:
    """What happened, why, and what to do next."""
    parts: list[RenderableType] = [Text.assemble(("Error: ", "bold red"), failure.message)]
    if isinstance(failure, TerraformError):
        parts.extend(diagnostic(item) for item in failure.diagnostics)
    parts.extend(Text(f"  {line}", style="dim") for line in failure.details[:MOST_DETAILS])
    if len(failure.details) > MOST_DETAILS:
        more = len(failure.details) - MOST_DETAILS
        parts.append(Text(f"  and {more} more; --json has all of them", style="dim"))
    if failure.hint:
        parts.append(Text.assemble(("Next: ", "bold"), failure.hint))
    return Group(*parts)


def diagnostic(item: Diagnostic) -> RenderableType:
    """One of Terraform's errors or warnings, with file and line."""
    style = "red" if item.severity == "error" else "yellow"
    parts: list[RenderableType] = [Text.assemble(("● ", style), (item.summary, "bold"))]
    place = f"{item.filename}:{item.line}" if item.filename else ""
    where = " · ".join(part for part in (place, item.address) if part)
    if where:
        parts.append(Text(f"  {where}", style="cyan"))
    if item.snippet:
        parts.append(Text(f"    {item.snippet}", style="dim"))
    parts.extend(Text(f"  {line}") for line in item.detail.splitlines() if line.strip())
    return Group(*parts)


def warnings(items: Sequence[Diagnostic], ignored: Sequence[str]) -> RenderableType | None:
    """Terraform's warnings, and which of the caller's variables had no effect."""
    parts: list[RenderableType] = [diagnostic(item) for item in items]
    if ignored:
        parts.append(
            Text(f"Ignored from your shell: {', '.join(ignored)}. Only files decide.", "yellow")
        )
    return Group(*parts) if parts else None


def refused(requests: Mapping[str, int]) -> Text:
    """The proof of a local run, or what spoke against it."""
    if not requests:
        return Text("0 requests left this machine.", style="dim")
    shown = ", ".join(f"{destination} ({count})" for destination, count in requests.items())
    count = sum(requests.values())
    return Text(
        f"0 requests left this machine; {count} tried and were refused: {shown}",
        style="bold yellow",
    )


def saved(what: Saved) -> str:
    """When something was saved, and how large it is."""
    size = f"{what.size / 1e6:.1f} MB" if what.size >= 1e5 else f"{what.size / 1e3:.1f} kB"
    return f"saved at {what.saved_at}, {size}"


def checks(rows: Sequence[Check]) -> RenderableType:
    """What `infra doctor` found, and below it what to do about the rest."""
    table = Columns("Status", "What", "Version", "Found")
    marks = {"ok": "green", "missing": "bold red", "optional": "yellow"}
    for row in rows:
        status = Text(row.status, style=marks[row.status])
        table.add(status, row.name, row.version, row.found)
    advice = [
        Text.assemble(("  ", ""), (row.name, marks[row.status]), ": ", row.advice)
        for row in rows
        if row.advice
    ]
    if not advice:
        return table
    return Group(table, Text(""), Text("What to do", style="bold"), *advice)


def guards(rows: Sequence[Row]) -> RenderableType:
    """What a run would meet before Terraform starts."""
    table = Columns("Guard", "A run", "Why")
    marks = {"ok": ("goes on", "green"), "refuses": ("is refused", "bold red")}
    for row in rows:
        word, style = marks.get(row.status, ("is not known", "yellow"))
        table.add(row.name, Text(word, style=style), row.text)
    advice = [
        Text.assemble("  ", (row.name, "bold red"), ": ", row.advice) for row in rows if row.advice
    ]
    if not advice:
        return table
    return Group(table, Text(""), Text("What to do", style="bold"), *advice)


def comparison(found: Comparison) -> RenderableType:
    """Two environments side by side, a table for each section, what nobody explained marked."""
    parts: list[RenderableType] = []
    reasons = list(dict.fromkeys(item.reason for item in found.differences if item.reason))
    for section in dict.fromkeys(item.section for item in found.differences):
        table = Columns(section, found.left, found.right, "why")
        # Stable, so that what a person must look at comes first and the rest keeps its order.
        for item in sorted(found.differences, key=lambda item: item.reason is not None):
            if item.section == section:
                before, after = shortened(item.left, item.right)
                why = Text("not explained", style="bold red")
                if item.reason:
                    why = Text(f"[{reasons.index(item.reason) + 1}]")
                table.add(item.name, before, after, why)
        parts += [table, Text("")]
    parts += [Text(f"[{number}] {reason}") for number, reason in enumerate(reasons, 1)]
    parts += [Text("")] if reasons else []
    parts += [
        Text(f"Stale in environments/differences.yaml: {pattern} explains nothing.", "yellow")
        for pattern in found.stale
    ]
    return Group(*parts, _differences_counted(found))


def _differences_counted(found: Comparison) -> Text:
    if not found.differences:
        return Text(f"{found.left} and {found.right} do not differ.", style="bold green")
    count, open_ones = len(found.differences), len(found.unexplained)
    told = f"{open_ones} not explained" if open_ones else "all explained"
    style = "bold red" if open_ones else "bold green"
    return Text(f"{count} difference{'s' if count > 1 else ''}, {told}.", style=style)


class _Harmless(Console):
    """A console on which no text can move the cursor, colour, hide or turn round anything.

    Values, names and tags come from files, states and AWS, and a terminal obeys what stands in
    them. What is ours, such as a colour, is a style and no text.
    """

    def render(
        self, renderable: RenderableType, options: ConsoleOptions | None = None
    ) -> Iterable[Segment]:
        """What is printed, with all that a person would not see made visible."""
        for segment in super().render(renderable, options):
            text = segment.text
            if segment.control or (text.isascii() and text.isprintable()):
                yield segment
            else:
                # Lines are ours: what a value has of them was taken out before.
                lines = "\n".join(map(visible, text.split("\n")))
                yield Segment(lines, segment.style)


def console(*, stderr: bool = False) -> Console:
    """A console for one of the two output streams.

    On a terminal lines are wrapped between words; elsewhere they are left whole, for other tools,
    and tables are as wide as they need to be, unless COLUMNS says how wide.
    """
    made = _Harmless(stderr=stderr, highlight=False, emoji=False)
    made.soft_wrap = not made.is_terminal
    if made.soft_wrap and not os.environ.get("COLUMNS", "").isdecimal():
        made.width = ENDLESS
    return made
