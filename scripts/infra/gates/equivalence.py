"""Gate equivalence: the target is to become what the source is, but for what may differ.

The plan of the target is compared with the state of the source, where the release is verified,
resource by resource at the same address.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from infra.gates.alike import IDS, Comparer, Deviation
from infra.gates.changes import Change, changes
from infra.gates.context import GateContext
from infra.gates.exceptions import EQUIVALENCE, exceptions_of
from infra.gates.following import following
from infra.gates.gate import Gate
from infra.gates.results import Outcome, UncheckedError
from infra.gates.settings import Settings
from infra.identity import shown

LENGTH = 100


def _check(context: GateContext, _settings: Settings) -> Outcome:
    allowed = following(context.repository, context.source, context.target)
    exceptions = exceptions_of(context.repository, context.target, context.now)
    source = {item["address"]: item for item in _resources(context.source_state())}
    if not source:
        raise UncheckedError(f"There is nothing in the state of {context.source.name}.")
    comparer = Comparer(context.source, context.target, frozenset(_ids(source)))
    findings: list[str] = []
    explained: dict[str, int] = {}
    compared = 0

    def note(address: str, what: str, reason: str | None) -> None:
        if reason is not None:
            explained[reason] = explained.get(reason, 0) + 1
        elif not exceptions.allow(EQUIVALENCE, address):
            findings.append(f"{address}: {what}{exceptions.expired(EQUIVALENCE, address)}")

    planned = {change.address: change for change in changes(context)}
    for address in sorted({*source, *planned}):
        mine, change = source.get(address), planned.get(address)
        if mine is None and change is not None and not change.goes:
            told = f"{context.source.name} has no such resource"
            note(address, told, allowed.presence(change.kind))
        elif mine is not None and (change is None or change.goes):
            told = f"{context.target.name} would not have it, {context.source.name} does"
            note(address, told, allowed.presence(mine["type"]))
        elif mine is not None and change is not None and not change.stays:
            compared += 1
            for item in _deviations(comparer, mine, change):
                reason = allowed.reason(f"{change.kind}.{item.attribute}", item.source, item.target)
                note(address, _told(context, item), reason)
    details: dict[str, Any] = {
        "compared": compared,
        "explained": explained,
        "exceptions": exceptions.used,
    }
    if findings:
        count = "1 difference" if len(findings) == 1 else f"{len(findings)} differences"
        return Outcome(
            False,
            f"{count} from what {context.source.name} runs, without a reason in"
            " environments/differences.yaml.",
            {**details, "findings": findings},
        )
    return Outcome(
        True,
        f"{compared} planned resources are as in {context.source.name}, but for"
        f" {sum(explained.values())} explained differences.",
        details,
    )


def _deviations(comparer: Comparer, mine: Mapping[str, Any], change: Change) -> Iterator[Deviation]:
    yield from comparer.deviations(
        change.kind,
        mine.get("values") or {},
        mine.get("sensitive_values"),
        change.after or {},
        change.unknown,
    )


def _told(context: GateContext, item: Deviation) -> str:
    source, target = (_cut(shown(value)) for value in (item.source, item.target))
    return (
        f"{item.attribute} is {source} in {context.source.name},"
        f" and would be {target} in {context.target.name}"
    )


def _cut(text: str) -> str:
    return text if len(text) <= LENGTH else text[: LENGTH - 3] + "..."


def _resources(state: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    """The managed resources of `terraform show -json`, of all modules."""
    modules = [(state.get("values") or {}).get("root_module") or {}]
    while modules:
        module = modules.pop()
        modules += module.get("child_modules") or []
        for item in module.get("resources") or []:
            if item.get("mode") == "managed":
                yield item


def _ids(source: Mapping[str, Mapping[str, Any]]) -> Iterator[str]:
    for item in source.values():
        values = item.get("values") or {}
        for name in IDS:
            if isinstance(values.get(name), str):
                yield values[name]


GATE = Gate(
    "equivalence",
    "The plan makes the target what the source runs, but for what environments/differences.yaml"
    " explains.",
    _check,
)
