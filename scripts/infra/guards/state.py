"""Whether the stored state is the one that the ledger knows: pure functions over what was read."""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from typing import Any

from infra.errors import (
    StateCorruptError,
    StateError,
    StateForeignError,
    StateMissingError,
    StateNewerError,
    StateRewoundError,
)
from infra.ledger.records import Entry, MalformedError, Mark, parse
from infra.stored_state import StateObject, parsed_state
from infra.untrusted import visible


@dataclass(frozen=True)
class Facts:
    """What is stored, and what should be.

    exists, size: of the object. readable: whether it is a state. terraform: the version that wrote
    it. mark: the last state that the ledger knows, None where it knows none. record: the number of
    the newest record.
    """

    exists: bool = False
    size: int = 0
    readable: bool = True
    lineage: str = ""
    serial: int = 0
    resources: int = 0
    terraform: str = ""
    mark: Mark | None = None
    record: int = 0

    def document(self) -> dict[str, Any]:
        """As JSON, for another process."""
        return asdict(self)


def facts_of(there: StateObject, newest: str | None) -> Facts:
    """The facts. newest: the text of the newest record, None where there is none."""
    record, mark = _last(newest)
    base = Facts(exists=there.exists, size=len(there.body), mark=mark, record=record)
    try:
        state = parsed_state(there.body, "")
    except StateCorruptError:
        return Facts(**{**_fields(base), "readable": False})
    return Facts(
        **{
            **_fields(base),
            "lineage": state.lineage,
            "serial": state.serial,
            "resources": state.count,
            "terraform": state.terraform,
        }
    )


def facts_from(document: Mapping[str, Any]) -> Facts:
    """The facts as another process told them."""
    mark = document.get("mark")
    return Facts(**{**document, "mark": None if mark is None else Mark(**mark)})


def refuse(facts: Facts, environment: str, terraform: str = "") -> None:
    """Raise the StateError that says what is wrong with the state.

    terraform: the version that is to work with it, "" for whichever.
    """
    error = wrong(facts, environment, terraform)
    if error is not None:
        raise error


def wrong(facts: Facts, environment: str, terraform: str = "") -> StateError | None:
    """What is wrong with the state, None where nothing is."""
    versions = f"infra state versions {environment}"
    back = f"See what there was, and bring it back:\n{versions}"
    mark = facts.mark
    if not facts.readable:
        return StateCorruptError(
            f"The state of {environment} can't be read: it was cut short, or somebody wrote over"
            f" it ({facts.size} bytes). Nothing was changed.",
            hint=back,
        )
    if not facts.lineage:
        if facts.exists:
            return StateMissingError(
                f"The state of {environment} is an empty object; Terraform would take that for an"
                " environment without anything in it. Nothing was changed.",
                hint=back,
            )
        if mark is not None and mark.resources:
            return StateMissingError(
                f"The state of {environment} is gone: by the ledger it knew {mark.resources}"
                f" resources at serial {mark.serial}. Terraform would make all of it again."
                " Nothing was changed.",
                hint=back,
            )
        return None
    meant = f"If it is meant to be this one: infra state accept {environment}"
    if mark is not None and facts.lineage != mark.lineage:
        return StateForeignError(
            f"The state of {environment} is another one than the ledger knows. Nothing was"
            " changed.",
            details=(f"stored: lineage {visible(facts.lineage)}", f"known: lineage {mark.lineage}"),
            hint=f"{back}\n{meant}",
        )
    if mark is not None and facts.serial < mark.serial:
        return StateRewoundError(
            f"The state of {environment} was rewound: it is serial {facts.serial}, and the ledger"
            f" knows serial {mark.serial}. Nothing was changed.",
            hint=f"{back}\n{meant}",
        )
    if terraform and _version(facts.terraform) > _version(terraform):
        return StateNewerError(
            f"Terraform {visible(facts.terraform)} wrote the state of {environment}, and this is"
            f" {terraform}. Nothing was changed.",
            hint=f"Use Terraform {visible(facts.terraform)} or a later one; INFRA_TERRAFORM names"
            " it.",
        )
    return None


def _last(newest: str | None) -> tuple[int, Mark | None]:
    try:
        entry: Entry = parse(newest or "")
    except MalformedError:
        return 0, None
    if entry.record.hash != entry.stated_hash:
        return 0, None
    return entry.record.sequence, entry.record.mark


def _fields(facts: Facts) -> dict[str, Any]:
    return {**facts.document(), "mark": facts.mark}


def _version(text: str) -> tuple[int, ...]:
    """Major and minor: patches of one minor version read each other's states."""
    found = re.match(r"(\d{1,6})\.(\d{1,6})\.", text)
    return tuple(map(int, found.groups())) if found else ()
