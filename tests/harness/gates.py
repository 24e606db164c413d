"""A promotion as gates see it, with everything around it pretended."""

from __future__ import annotations

import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from harness.places import ROOT
from infra.environments import load_environment
from infra.gates import GateContext, GateResult, run_gates
from infra.identity import Key, canonical, summary
from infra.repository import Repository

NOW = datetime(2026, 11, 25, 10, 0, tzinfo=UTC)
KEY = Key(b"k" * 32)


@dataclass(frozen=True)
class PretendRelease:
    """A release, as far as gates look at it."""

    id: str = "r-0123456789abcdef"


def _none(_service: str) -> Any:
    raise AssertionError("this gate must not ask AWS")


def _unasked() -> Any:
    raise AssertionError("this gate must not ask for this")


def kind_of(address: str) -> str:
    """The type in an address, whose instance keys may hold dots."""
    return re.sub(r"\[[^]]*\]", "", address).split(".")[-2]


def change(
    address: str,
    before: Mapping[str, Any] | None = None,
    after: Mapping[str, Any] | None = None,
    **members: Any,
) -> dict[str, Any]:
    """One managed resource of a plan's JSON; what happens to it follows from before and after.

    members: of the change, in place of what follows.
    """
    actions = ["update"]
    if before is None or after is None:
        actions = ["create"] if before is None else ["delete"]
    elif before == after:
        actions = ["no-op"]
    return {
        "address": address,
        "mode": "managed",
        "type": kind_of(address),
        "change": {
            "actions": actions,
            "before": before,
            "after": after,
            "after_unknown": {},
            "before_sensitive": {},
            "after_sensitive": {},
            **members,
        },
    }


def plan(*changes: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """A plan's JSON, in the canonical form that gates get."""
    document = {"resource_changes": list(changes), "complete": True, "errored": False, **members}
    return canonical(document, KEY)


def state(*resources: tuple[str, Mapping[str, Any]], sensitive: Any = None) -> dict[str, Any]:
    """What `terraform show -json` prints of a state."""
    return {
        "values": {
            "root_module": {
                "resources": [
                    {
                        "address": address,
                        "mode": "managed",
                        "type": kind_of(address),
                        "values": dict(values),
                        "sensitive_values": sensitive or {},
                    }
                    for address, values in resources
                ]
            }
        }
    }


def context(
    root: Path = ROOT,
    gates: Mapping[str, Any] | None = None,
    planned: Mapping[str, Any] | None = None,
    source: str = "staging",
    target: str = "prod",
    **members: Any,
) -> GateContext:
    """A promotion. gates: what the target declares. members: of the context, as they are."""
    repository = Repository(root)
    document = plan() if planned is None else planned
    environment = load_environment(repository, target)
    if gates is not None:
        environment = replace(environment, gates=gates)
    values: dict[str, Any] = {
        "repository": repository,
        "source": load_environment(repository, source),
        "target": environment,
        "release": PretendRelease(),
        "summary": summary(document),
        "plan": document,
        "source_clients": _none,
        "target_clients": _none,
        "drift": _unasked,
        "alarms": _unasked,
        "source_state": _unasked,
        "source_url": _unasked,
        "target_url": _unasked,
        "now": NOW,
    }
    return GateContext(**values | members)


def result(name: str, settings: Mapping[str, Any] | None = None, **members: Any) -> GateResult:
    """What one gate answers."""
    (found,) = run_gates(context(gates={name: settings}, **members))
    assert found.name == name
    return found


def findings(found: GateResult) -> Sequence[str]:
    """What a gate found wrong, one thing a line."""
    lines: Sequence[str] = found.details.get("findings", [])
    return lines


def resources(document: Mapping[str, Any]) -> Sequence[Mapping[str, Any]]:
    """The managed resources of `terraform show -json` of a state."""
    found, modules = [], [document["values"]["root_module"]]
    while modules:
        module = modules.pop()
        modules += module.get("child_modules", [])
        found += [item for item in module.get("resources", []) if item["mode"] == "managed"]
    return found
