"""What two versions of a state say differently: pure functions.

No value is ever in the result. A state holds secrets that nothing in it marks as such, so only
the names of attributes are told; `infra plan` knows which values may be shown.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import asdict, dataclass
from typing import Any

from infra.plans import path_text
from infra.stored_state import StoredState
from infra.untrusted import visible

MOST_PATHS = 40


@dataclass(frozen=True)
class Changed:
    """An object that both have. attributes: the places where they differ."""

    address: str
    attributes: tuple[str, ...]


@dataclass(frozen=True)
class StateDifference:
    """Addresses and names, sorted. outputs: those that differ or that one of them lacks."""

    added: tuple[str, ...]
    removed: tuple[str, ...]
    changed: tuple[Changed, ...]
    outputs: tuple[str, ...]

    @property
    def empty(self) -> bool:
        """Whether they say the same."""
        return not (self.added or self.removed or self.changed or self.outputs)

    def document(self) -> dict[str, Any]:
        """As JSON."""
        return asdict(self)


def addresses(state: StoredState) -> list[str]:
    """Everything that a state manages, sorted."""
    return sorted(_objects(state))


def address_of(resource: Mapping[str, Any], instance: Mapping[str, Any]) -> str:
    """The address of an instance of a resource, both as a state has them."""
    module = f"{resource['module']}." if resource.get("module") else ""
    index = _index(instance.get("index_key"))
    return f"{module}{resource.get('type')}.{resource.get('name')}{index}"


def compare(old: StoredState, new: StoredState) -> StateDifference:
    """What is in the new one and not in the old one, the other way round, and what differs."""
    before, after = _objects(old), _objects(new)
    changed = [
        Changed(address, paths)
        for address in sorted(before.keys() & after.keys())
        if (paths := tuple(_paths(before[address], after[address], [])))
    ]
    names = old.outputs.keys() | new.outputs.keys()
    return StateDifference(
        added=tuple(sorted(after.keys() - before.keys())),
        removed=tuple(sorted(before.keys() - after.keys())),
        changed=tuple(changed),
        outputs=tuple(sorted(n for n in names if old.outputs.get(n) != new.outputs.get(n))),
    )


def _objects(state: StoredState) -> dict[str, Any]:
    """What a state says of each managed object, by address; a tainted one says that too."""
    found = {}
    for resource in state.resources:
        if resource.get("mode") != "managed":
            continue
        for instance in resource.get("instances") or ():
            address = address_of(resource, instance)
            if instance.get("deposed"):
                address += f" (deposed {instance['deposed']})"
            found[visible(address)] = {
                **(instance.get("attributes") or {}),
                **({"(tainted)": True} if instance.get("status") == "tainted" else {}),
            }
    return found


def _index(key: Any) -> str:
    if key is None:
        return ""
    return f"[{key}]" if isinstance(key, int) else f'["{key}"]'


def _paths(old: Any, new: Any, path: list[Any]) -> Iterator[str]:
    """The places where two values differ, as deep as both have them."""
    if isinstance(old, Mapping) and isinstance(new, Mapping):
        for key in sorted(old.keys() | new.keys()):
            if key in old and key in new:
                yield from _paths(old[key], new[key], [*path, key])
            else:
                yield visible(path_text([*path, key]))
    elif isinstance(old, list) and isinstance(new, list) and len(old) == len(new):
        for index, (left, right) in enumerate(zip(old, new, strict=True)):
            yield from _paths(left, right, [*path, index])
    elif old != new:
        yield visible(path_text(path))
