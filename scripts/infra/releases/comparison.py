"""How two releases differ, artifact by artifact."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

from infra.releases.model import ARTIFACTS, Release


@dataclass(frozen=True)
class ReleaseDifference:
    """One value that two releases have differently; None: not there."""

    artifact: str
    name: str
    before: Any
    after: Any


def differences(before: Release, after: Release) -> tuple[ReleaseDifference, ...]:
    """What is different in `after`, in the order of the artifacts."""
    found = []
    for artifact in ARTIFACTS:
        left, right = (dict(entries(release, artifact)) for release in (before, after))
        for name in sorted({*left, *right}):
            if left.get(name) != right.get(name) or type(left.get(name)) is not type(
                right.get(name)
            ):
                item = ReleaseDifference(artifact, name, left.get(name), right.get(name))
                found.append(item)
    return tuple(found)


def entries(release: Release, artifact: str) -> Iterator[tuple[str, Any]]:
    """What a release says of one artifact, by name."""
    for key, value in release.document[artifact].items():
        if isinstance(value, dict):
            for name, item in value.items():
                yield (name if key in ("files", "values") else f"{key} {name}"), item
        else:
            yield key, value
