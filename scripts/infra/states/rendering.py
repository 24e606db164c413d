"""What a person sees of the versions of a state."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from rich.console import Group, RenderableType
from rich.text import Text

from infra.states.comparison import MOST_PATHS, StateDifference, addresses
from infra.states.restoring import Restoration
from infra.states.versions import Version, Writer
from infra.tables import Columns
from infra.untrusted import visible

STYLES = {"state": "", "deleted": "yellow", "empty": "bold red", "unreadable": "bold red"}


def versions(found: Sequence[Version], known: Mapping[tuple[str, int], Writer]) -> RenderableType:
    """Versions, newest first."""
    if not found:
        return Text("There is no state, and there never was one.")
    titles = ("Serial", "Written (UTC)", "Resources", "By the ledger", "Version")
    table = Columns(*titles, right=("Serial", "Resources"))
    lineages = list(dict.fromkeys(item.state.lineage for item in found if item.state is not None))
    for item in found:
        state = item.state
        writer = known.get((state.lineage, state.serial)) if state is not None else None
        told = f"{writer.who}: {writer.what} (record {writer.record})" if writer else ""
        if state is not None and state.lineage != lineages[0]:
            told = f"another lineage: {state.lineage}"
        table.add(
            Text("" if state is None else str(state.serial)),
            Text(item.written + (" (now)" if item.latest else "")),
            Text(item.content, STYLES[item.content]) if state is None else Text(str(state.count)),
            Text(visible(told)),
            Text(item.id, style="dim"),
        )
    return Group(table, Text(f"Lineage: {lineages[0]}" if lineages else "", style="dim"))


def version(found: Version) -> RenderableType:
    """One version: what it manages, by address."""
    state = found.state
    if state is None:
        return Text(f"Version {found.id} of {found.written} is {found.content}.", "bold red")
    rows = [
        ("serial", str(state.serial)),
        ("lineage", state.lineage),
        ("written", f"{found.written} UTC"),
        ("version", found.id),
        ("outputs", ", ".join(sorted(state.outputs)) or "none"),
    ]
    head = [Text.assemble((name.ljust(9), "bold"), value) for name, value in rows]
    listed = addresses(state)
    noun = "resource" if len(listed) == 1 else "resources"
    return Group(*head, Text(f"{len(listed)} {noun}", "bold"), *(Text(f"  {a}") for a in listed))


def difference(found: StateDifference) -> RenderableType:
    """What differs, one thing a line; no values."""
    if found.empty:
        return Text("They say the same.", style="green")
    lines = [
        *(Text(f"+ {address}", style="green") for address in found.added),
        *(Text(f"- {address}", style="red") for address in found.removed),
    ]
    for item in found.changed:
        more = len(item.attributes) - MOST_PATHS
        paths = ", ".join(item.attributes[:MOST_PATHS]) + (f" and {more} more" if more > 0 else "")
        lines.append(Text.assemble((f"~ {item.address}: ", "yellow"), paths))
    lines += [Text(f"~ output {name}", style="yellow") for name in found.outputs]
    return Group(*lines)


def restoration(made: Restoration) -> RenderableType:
    """What a restore would write, and what the state would say then."""
    state, current = made.version.state, made.current
    assert state is not None  # noqa: S101
    now = "nothing that can be read" if current is None else f"serial {current.serial}"
    return Group(
        Text(
            f"What the state said at serial {state.serial} (written {made.version.written} UTC)"
            f" would be its serial {made.serial}. Stored is {now}."
        ),
        Text("The state would say differently then:", style="bold"),
        difference(made.difference),
        Text("What is in the account stays as it is.", style="dim"),
    )
