"""What a person sees of a ledger."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import Any

from rich.console import Group, RenderableType
from rich.text import Text

from infra.ledger.records import MalformedError, parse
from infra.ledger.store import Stored
from infra.ledger.verification import Verification
from infra.tables import Columns

SHORT = 12
"""How many characters of a hash tell it from others at a glance."""

TITLES = ("No.", "When (UTC)", "What", "Result", "Of what", "Who")
DONE = {"add": "created", "change": "changed", "import": "adopted", "remove": "destroyed"}
STYLES = {"failed": "bold red", "refused": "bold red", "interrupted": "yellow", "started": "dim"}


def history(stored: Sequence[Stored]) -> RenderableType:
    """Records, newest first."""
    if not stored:
        return Text("The ledger is empty: nothing was done here yet.")
    rows = [_row(item) for item in stored]
    # A column of nothing takes the room of the others.
    told = [place for place in range(len(TITLES)) if any(row[place].plain for row in rows)]
    table = Columns(*(TITLES[place] for place in told), right=("No.",))
    for row in rows:
        table.add(*(row[place] for place in told))
    return Group(table, Text(""), Text("Not checked: `infra ledger verify` does that.", "dim"))


def rows(stored: Sequence[Stored]) -> list[list[str]]:
    """The same as plain text: number, time, what, result, of what, who; "" where there is none."""
    return [[cell.plain for cell in _row(item)] for item in stored]


def record(stored: Stored) -> RenderableType:
    """One record, field by field."""
    try:
        entry = parse(stored.text or "")
    except MalformedError as error:
        return Text(f"Record {stored.sequence} can't be read: {error}.", "bold red")
    rows = {
        **entry.record.fields,
        "hash": entry.stated_hash,
        "signed by": entry.key,
        "signature": entry.signature,
    }
    width = max(map(len, rows))
    return Group(
        *(
            Text.assemble((name.ljust(width), "bold"), "  ", _value(value))
            for name, value in rows.items()
        )
    )


def verification(found: Verification, *, signatures: bool) -> RenderableType:
    """What is wrong, one finding a line, or that nothing is."""
    parts: list[RenderableType] = [
        Text.assemble(("● ", "red"), (item.problem.value, "bold"), f"  {item.text}")
        for item in found.findings
    ]
    noun = "record" if found.count == 1 else "records"
    if found.findings:
        many = "thing is" if len(found.findings) == 1 else "things are"
        parts.append(Text(f"{found.count} {noun}: {len(found.findings)} {many} wrong.", "bold red"))
    else:
        parts.append(Text(f"{found.count} {noun}, all in place and unchanged.", "bold green"))
    if found.head is not None:
        head = found.head.record
        parts.append(Text(f"The newest is {head.sequence}: {head.hash}", "dim"))
    if not signatures:
        parts.append(Text("Signatures were not checked: give the public key, --key.", "yellow"))
    return Group(*parts)


def _row(item: Stored) -> tuple[Text, ...]:
    number = Text(str(item.sequence or "?"))
    try:
        fields = parse(item.text or "").record.fields
    except MalformedError as error:
        unread = (Text(""), Text("can't be read", "bold red"), Text(str(error)))
        return number, *unread, Text(""), Text("")
    result, reason = str(fields["result"]), str(fields["reason"])
    told = f"{result} ({reason})" if reason and reason != result else result
    counted = _counts(fields.get("details"))
    return (
        number,
        Text(str(fields["time"]).replace("T", " ").removesuffix("Z")),
        Text(str(fields["kind"])),
        Text.assemble((told, STYLES.get(result, "")), f", {counted}" if counted else ""),
        Text(_subject(fields)),
        Text(_who(fields)),
    )


def _counts(details: Any) -> str:
    """Such as: 2 created, 1 changed."""
    if not isinstance(details, Mapping):
        return ""
    for name, words in (("applied", DONE), ("planned", {})):
        counts = details.get(name)
        if isinstance(counts, Mapping):
            shown = ((count, words.get(key, f"to {key}")) for key, count in counts.items() if count)
            return ", ".join(f"{count} {word}" for count, word in shown)
    return ""


def _subject(fields: Mapping[str, Any]) -> str:
    """The plan and the release, shortened."""
    parts = []
    if fields.get("plan"):
        parts.append(f"plan {str(fields['plan']).removeprefix('sha256:')[:SHORT]}")
    release = fields.get("release")
    if isinstance(release, Mapping):
        named = release.get("model_version") or ""
        digest = str(release.get("image_digest") or "").removeprefix("sha256:")[:SHORT]
        parts.append(" ".join(str(item) for item in ("release", digest, named) if item))
    return ", ".join(parts)


def _who(fields: Mapping[str, Any]) -> str:
    """The end of the ARN, and the name that the machine gave."""
    arn = str(fields["actor"]).split(":", 5)[-1]
    short = arn.removeprefix("assumed-role/")
    return f"{short} ({fields['user']})" if fields["user"] else short


def _value(value: Any) -> str:
    return value if isinstance(value, str) else json.dumps(value, sort_keys=True)
