"""Gates and their results, for people and for machines."""

from __future__ import annotations

import json
from collections.abc import Iterable, Mapping, Sequence
from datetime import date
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from infra.environments import Environment
from infra.gates.gate import Gate
from infra.gates.results import GateResult, Status
from infra.gates.running import Declared

STYLES: Mapping[Status, tuple[str, str]] = {
    Status.PASSED: ("✓", "green"),
    Status.FAILED: ("✗", "bold red"),
    Status.ERROR: ("?", "bold red"),
}


def results(found: Iterable[GateResult]) -> RenderableType:
    """Each gate on a line, and what it found wrong below it."""
    return Group(*(result(item) for item in found))


def result(found: GateResult) -> RenderableType:
    """One gate on a line, and what it found wrong below it."""
    symbol, style = STYLES[found.status]
    lines = [
        Text.assemble("  ", (symbol, style), " ", (found.name, "bold"), f"  {found.text}"),
        *(Text(f"      {line}") for line in found.details.get("findings", ())),
    ]
    hint = found.details.get("hint")
    if hint:
        lines.append(Text(f"      {hint}", style="dim"))
    return Group(*lines)


def declared(
    environment: Environment, items: Sequence[Declared], others: Sequence[Gate]
) -> RenderableType:
    """The gates of an environment, each with its settings; then the names of all others."""
    parts: list[RenderableType] = []
    if not items:
        parts.append(Text(f"{environment.name} declares no gates."))
    for item in items:
        parts.append(Text.assemble((item.gate.name, "bold"), f"  {item.gate.meaning}"))
        raw = environment.gates[item.gate.name] or {}
        for name, setting in item.gate.section.settings.items():
            line = Text.assemble(f"    {name}: ", (_shown(item.settings[name]), "cyan"))
            if name not in raw:
                line.append(" (default)", style="dim")
            parts.append(line.append(f"  {setting.meaning}", style="dim"))
    if others:
        parts.append(Text(f"Not declared: {', '.join(gate.name for gate in others)}", style="dim"))
    return Group(*parts)


def document(items: Sequence[Declared], others: Sequence[Gate]) -> dict[str, Any]:
    """The same for `--json`."""
    return {
        "declared": [
            {
                "name": item.gate.name,
                "meaning": item.gate.meaning,
                "settings": {name: _plain(value) for name, value in item.settings.items()},
            }
            for item in items
        ],
        "not_declared": [{"name": gate.name, "meaning": gate.meaning} for gate in others],
    }


def _plain(value: Any) -> Any:
    if isinstance(value, list):
        return [_plain(item) for item in value]
    return value.isoformat() if isinstance(value, date) else value


def _shown(value: Any) -> str:
    plain = _plain(value)
    return plain if isinstance(plain, str) else json.dumps(plain, ensure_ascii=False)
