"""What a person sees of a recovery."""

from __future__ import annotations

from collections.abc import Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from infra.plans import PlanSummary
from infra.recovering.steps import Decision, Left


def findings(decision: Decision) -> RenderableType:
    """What happened, and the steps, numbered."""
    if not decision.findings:
        return Text("No run left anything behind.", style="green")
    parts: list[RenderableType] = [Text("What happened", style="bold")]
    parts += [Text(f"  {item.text}") for item in decision.findings]
    if decision.steps:
        parts.append(Text("What to do about it", style="bold"))
        parts += [Text(f"  {i}. {step.text}") for i, step in enumerate(decision.steps, 1)]
    return Group(*parts)


def done(sentences: Sequence[str]) -> RenderableType | None:
    """What was done, a line each."""
    if not sentences:
        return None
    return Group(Text("Done", style="bold"), *(Text(f"  {text}") for text in sentences))


def ending(summary: PlanSummary | None, left: Sequence[Left]) -> RenderableType:
    """What is left, with the next command of each, or that nothing is."""
    if not left:
        return Text("Nothing is left to do: a plan finds no changes.", style="bold green")
    head = "What is left" if summary is None or not summary.empty else "The plan is empty. Left is"
    lines = [
        Text.assemble(f"  {item.text}", (f"  {item.command}" if item.command else "", "bold"))
        for item in left
    ]
    return Group(Text(head, style="bold yellow"), *lines)
