"""What stands at the head of a report beside the changes: release, cost, policy, plan."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.gates.results import Status
from infra.plan_report.model import Report
from infra.untrusted import cut, visible

SHORT = 12
"""How many characters of a hash tell it from others at a glance."""

LONGEST = 200
"""More of a sentence nobody reads at the head of a report."""

_RELEASE = (
    ("release", "id"),
    ("model", "model_version"),
    ("data", "data_version"),
    ("code", "git_sha"),
    ("image", "image_digest"),
)


@dataclass(frozen=True)
class Change:
    """One part of a release. before: "" where it stays as it is, or was not there."""

    name: str
    before: str
    after: str


def release(report: Report) -> list[Change]:
    """What the environment is to run; empty for none."""
    return list(_changes(report.released or {}, report.about.release or {}))


def release_moves(report: Report) -> bool:
    """Whether the plan brings another release than the one before."""
    return any(change.before for change in release(report))


def cost(report: Report) -> tuple[str, str]:
    """What a month costs more or less, in a few words, and what is not in that figure."""
    found = report.cost
    if found is None:
        return "not known", cut(visible(report.cost_problem), LONGEST)
    amount = found.monthly_usd
    text = f"{'+' if amount > 0 else '-'}${abs(amount):,.2f} a month" if amount else "no change"
    notes = []
    if found.unpriced:
        notes.append(f"without {', '.join(map(visible, found.unpriced))}: no price known")
    if found.by_use:
        notes.append("what is paid by use comes on top")
    told = f"list prices of {found.region}"
    return text, cut("; ".join([told, *notes]), LONGEST)


def policy(report: Report) -> tuple[str, str]:
    """What the policy says in a word, and what must be known about that word, "" for nothing."""
    result = report.policy.result
    words = {
        Status.PASSED: "passed",
        Status.FAILED: "refused",
        Status.ERROR: "could not be checked",
    }
    notes = []
    if used := result.details.get("exceptions"):
        notes.append(f"with {len(used)} exception{'s' if len(used) > 1 else ''}")
    if unjudged := result.details.get("known_after_apply"):
        policies = "1 policy" if len(unjudged) == 1 else f"{len(unjudged)} policies"
        notes.append(f"{policies} can be judged only after the apply")
    if not report.policy.declared:
        name = report.about.environment.name
        notes.append(f"{name} doesn't ask for it, so its default settings count")
    return words[result.status], "; ".join(notes)


def place(report: Report) -> str:
    """Where an apply would act."""
    about = report.about
    where = "the local cloud" if about.target == "local" else "AWS"
    return f"{where} · account {about.environment.account_id} · {about.environment.region}"


def following(report: Report) -> str:
    """The command that applies the plan, "" where nothing may be."""
    about = report.about
    if report.empty or report.policy.result.refused:
        return ""
    name = about.environment.name
    return f"infra apply {name}" + (f" --plan {about.identity}" if about.kept else "")


def made(report: Report) -> str:
    """When, and with what."""
    about = report.about
    tools = ", ".join(f"{name} {version}" for name, version in about.versions.items())
    when = f"{about.made_at:%Y-%m-%d %H:%M} UTC"
    return f"{when} with {visible(tools)}" if tools else when


def _changes(before: Mapping[str, Any], after: Mapping[str, Any]) -> Iterator[Change]:
    for name, key in _RELEASE:
        old, new = (_short(key, side.get(key)) for side in (before, after))
        if new or old:
            yield Change(name, old if old != new and before else "", new or "none")


def _short(key: str, value: Any) -> str:
    if not isinstance(value, str):
        return ""
    text = visible(value.removeprefix("sha256:"))
    return text[:SHORT] if key in ("git_sha", "image_digest") else cut(text, 60)
