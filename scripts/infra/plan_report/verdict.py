"""The first thing that a reviewer reads: may I approve this?"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from infra.gates.results import Status
from infra.plan_report.entries import counted
from infra.plan_report.model import Report, Verdict
from infra.plans import Action
from infra.untrusted import cut, visible

MOST_REASONS = 10
REASON_LENGTH = 300


@dataclass(frozen=True)
class Judgement:
    """What to do, in a word, a sentence, and the reasons; more: how many of them are left out."""

    verdict: Verdict
    text: str
    reasons: Sequence[str] = ()
    more: int = 0


def headline(report: Report) -> str:
    """What would change, in one line."""
    if report.empty:
        return "no changes"
    if not report.entries:
        return "only outputs change"
    return counted(report.counts)


def judge(report: Report) -> Judgement:
    """Whether a person may approve the plan. A policy that could not be checked has refused."""
    result = report.policy.result
    if result.refused:
        reasons = [visible(str(one)) for one in result.details.get("findings") or [result.text]]
        if result.status is Status.ERROR:
            text = "Don't approve this: the policy could not be checked."
        elif report.policy.declared:
            text = "Don't approve this: the policy refuses it."
        else:
            name = report.about.environment.name
            text = f"Look closely: the policy would refuse it, though {name} doesn't ask for it."
        shown = [cut(reason, REASON_LENGTH) for reason in reasons[:MOST_REASONS]]
        binding = report.policy.declared or result.status is Status.ERROR
        verdict = Verdict.REFUSED if binding else Verdict.LOOK
        return Judgement(verdict, text, shown, max(0, len(reasons) - MOST_REASONS))
    if report.empty:
        return Judgement(
            Verdict.NOTHING, "Nothing to approve: what exists is what the configuration says."
        )
    ending = _ending(report.counts)
    if not report.about.identity:
        told = f"It has no identity, so nobody can approve it. {ending}".strip()
        return Judgement(Verdict.LOOK, told if told.endswith(".") else f"{told}.")
    if ending:
        return Judgement(Verdict.LOOK, f"Look before you approve: {ending}.")
    return Judgement(
        Verdict.ROUTINE, "Nothing is destroyed or replaced, and the policy has no objection."
    )


def _ending(counts: Mapping[Action, int]) -> str:
    """Such as: 1 resource is destroyed, 2 are replaced. "" where nothing ends."""
    parts: list[str] = []
    for action, word in (
        (Action.DELETE, "destroyed"),
        (Action.REPLACE, "replaced"),
        (Action.FORGET, "forgotten"),
    ):
        count = counts.get(action, 0)
        if count:
            noun = "" if parts else " resource" if count == 1 else " resources"
            parts.append(f"{count}{noun} {'is' if count == 1 else 'are'} {word}")
    return ", ".join(parts)
