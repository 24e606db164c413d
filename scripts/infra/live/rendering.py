"""What a person sees of a sweep."""

from __future__ import annotations

from datetime import datetime

from rich.console import Group, RenderableType
from rich.text import Text

from infra.environments import Environment
from infra.live import removal
from infra.live.leftovers import State
from infra.live.sweeping import Fate, Sweep, Swept
from infra.tables import Columns

_STYLES = {Fate.REMOVED: "green", Fate.LEFT: "red", Fate.STAYS: "dim"}


def swept(sweep: Sweep, sandbox: Environment, now: datetime) -> RenderableType:
    """The table, and one line that says what is next."""
    if not sweep.items:
        return Text("Nothing of any live test is here.", style="green")
    table = Columns("What", "Where", "Run", "By", "Expired", "What became of it")
    for item in sweep.items:
        table.add(
            " ".join(removal.named(item.leftover)),
            item.leftover.region,
            item.leftover.run,
            item.leftover.owner,
            _expiry(item, now),
            Text(_fate(item), style=_STYLES[item.fate]),
        )
    return Group(table, Text(""), _next(sweep, sandbox))


def _expiry(item: Swept, now: datetime) -> str:
    expires = item.leftover.expires
    if expires is None:
        return "unknown"
    time = f"{expires:%Y-%m-%d %H:%M} UTC"
    if expires > now:
        return f"not before {time}"
    minutes = int((now - expires).total_seconds() // 60)
    if minutes < 120:
        return f"{time} ({minutes} min ago)"
    hours = minutes // 60
    return f"{time} ({hours} h ago)" if hours < 48 else f"{time} ({hours // 24} days ago)"


def _fate(item: Swept) -> str:
    if item.fate is Fate.REMOVED:
        return "removed"
    if item.leftover.state is State.UNCLEAR:
        return f"stays: {item.why}"
    if item.fate is Fate.STAYS:
        return "stays: not expired"
    return f"not removed: {item.why}" if item.why else "would be removed"


def _next(sweep: Sweep, sandbox: Environment) -> Text:
    again = f"infra sweep --account {sandbox.account_id}"
    if sandbox.target == "local":
        again += " --target local"
    expired = sweep.count(Fate.LEFT)
    unclear = sum(item.leftover.state is State.UNCLEAR for item in sweep.items)
    told = []
    if sweep.removing:
        told.append(f"{sweep.count(Fate.REMOVED)} removed, {expired} not.")
        if expired:
            told.append(f"Mend what the table says, and run it again: {again} --delete")
    elif expired:
        told.append(f"Nothing was removed. To remove what has expired: {again} --delete")
    else:
        told.append("Nothing of it has expired.")
    if unclear:
        told.append(f"{unclear} must be looked at by a person, who has to remove or retag it.")
    return Text("\n".join(told), style="yellow" if sweep.left else "green")
