"""The managed resources of a canonical plan, as gates look at them."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from infra.gates.context import GateContext

STAYS = (("no-op",), ("read",))
GOES = (("delete",), ("forget",))


@dataclass(frozen=True)
class Change:
    """One managed resource. before, after: its values, None where there is none.

    unknown: the mask of what is known only after the apply.
    """

    address: str
    kind: str
    actions: tuple[str, ...]
    before: Any
    after: Any
    unknown: Any

    @property
    def replaced(self) -> bool:
        """Whether it is destroyed and made again."""
        return set(self.actions) == {"create", "delete"}

    @property
    def goes(self) -> bool:
        """Whether it is there no longer, or no longer known, after the apply."""
        return self.actions in GOES

    @property
    def stays(self) -> bool:
        """Whether nothing of it changes; a canonical plan then has no values of it."""
        return self.actions in STAYS

    def is_unknown(self, attribute: str) -> bool:
        """Whether any part of an attribute is known only after the apply."""
        return _any(self.unknown.get(attribute) if isinstance(self.unknown, Mapping) else None)


def changes(context: GateContext) -> Iterator[Change]:
    """All managed resources of the plan, also those that stay as they are; no deposed objects."""
    return planned_changes(context.plan)


def planned_changes(plan: Mapping[str, Any]) -> Iterator[Change]:
    """The same of any plan's JSON."""
    for raw in plan["resource_changes"]:
        if raw.get("mode") != "managed" or raw.get("deposed"):
            continue
        change = raw["change"]
        yield Change(
            address=raw["address"],
            kind=raw["type"],
            actions=tuple(change["actions"]),
            before=change.get("before"),
            after=change.get("after"),
            unknown=change.get("after_unknown"),
        )


def _any(mask: Any) -> bool:
    if isinstance(mask, Mapping):
        return any(_any(item) for item in mask.values())
    if isinstance(mask, list):
        return any(_any(item) for item in mask)
    return mask is True
