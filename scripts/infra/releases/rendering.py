"""Releases for a person's eyes."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from infra.releases.comparison import ReleaseDifference, entries
from infra.releases.model import ARTIFACTS, Release
from infra.tables import Columns


def release(found: Release, pinned: Sequence[str]) -> RenderableType:
    """All that a release lists, and which environments pin it."""
    table = Columns("Artifact", "What", "Value")
    for artifact in ARTIFACTS:
        rows = sorted(entries(found, artifact)) or [("", None)]
        for index, (name, value) in enumerate(rows):
            head = Text(artifact if index == 0 else "", style="bold")
            table.add(head, name, _value(value))
    where = f"pinned in {', '.join(pinned)}" if pinned else "pinned in no environment"
    return Group(Text.assemble((found.id, "bold"), f" · {where}"), table)


def releases(found: Sequence[Release], pins: Mapping[str, Sequence[str]]) -> RenderableType:
    """All releases, one a line."""
    if not found:
        return Text("There are no releases yet: infra release create --help")
    table = Columns("Release", "Code", "Data", "Model", "Image", "Pinned in")
    for item in found:
        pin = item.pin()
        table.add(
            Text(item.id, style="bold"),
            pin["git_sha"][:12],
            pin["data_version"],
            pin["model_version"],
            item.image_digest.removeprefix("sha256:")[:12],
            ", ".join(pins.get(item.id, ())),
        )
    return table


def differences(before: str, after: str, found: Sequence[ReleaseDifference]) -> RenderableType:
    """Two releases side by side."""
    if not found:
        return Text("They are the same release.")
    table = Columns("Artifact", "What", before, after)
    last = ""
    for item in found:
        head = Text(item.artifact if item.artifact != last else "", style="bold")
        table.add(head, item.name, _value(item.before), _value(item.after))
        last = item.artifact
    return table


def _value(value: Any) -> Text:
    if value is None:
        return Text("-", style="dim")
    return Text(value if isinstance(value, str) else str(value).lower())
