"""Reading a state as it is stored, without Terraform."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from infra.errors import InfraError, StateCorruptError

if TYPE_CHECKING:  # A process that starts beside Terraform reads with this, and must be quick.
    from infra.clients import Clients

NOT_THERE = ("NoSuchKey", "NoSuchBucket", "NoSuchVersion", "404")


class Located(Protocol):
    """Where a state is, such as a Backend."""

    @property
    def bucket(self) -> str: ...

    @property
    def key(self) -> str: ...


@dataclass(frozen=True)
class StoredState:
    """A state. It holds secrets: never print it as it is. lineage is "" where there is none."""

    lineage: str = ""
    serial: int = 0
    outputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    resources: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    @property
    def count(self) -> int:
        """How many managed objects it knows."""
        return sum(
            len(resource.get("instances") or ())
            for resource in self.resources
            if resource.get("mode") == "managed"
        )

    def output(self, name: str) -> Any:
        """The value of an output, None where there is none."""
        return (self.outputs.get(name) or {}).get("value")

    def managed(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """The attributes of all managed resources of a type."""
        for resource in self.resources:
            if resource.get("mode") == "managed" and resource.get("type") == kind:
                for instance in resource.get("instances") or ():
                    yield instance.get("attributes") or {}


@dataclass(frozen=True)
class StateObject:
    """The bytes of a state as S3 has them. etag: "" where there is no object."""

    body: bytes = field(default=b"", repr=False)
    etag: str = ""

    @property
    def exists(self) -> bool:
        """Whether there is an object, be it empty."""
        return bool(self.etag)


def read_stored_state(make: Clients, backend: Located) -> StoredState:
    """Read a state from its bucket; an empty one where there is none.

    Raises InfraError, StateCorruptError.
    """
    return parsed_state(read_object(make, backend).body, f"s3://{backend.bucket}/{backend.key}")


def read_object(make: Clients, backend: Located, version: str = "") -> StateObject:
    """The object of a state, or a former version of it. Raises InfraError."""
    from botocore.exceptions import BotoCoreError, ClientError

    which = {"VersionId": version} if version else {}
    try:
        answer = make("s3").get_object(Bucket=backend.bucket, Key=backend.key, **which)
        return StateObject(answer["Body"].read(), str(answer["ETag"]))
    except (BotoCoreError, ClientError) as error:
        code = getattr(error, "response", {}).get("Error", {}).get("Code", "")
        if code in NOT_THERE and not version:
            return StateObject()
        raise InfraError(
            f"The state s3://{backend.bucket}/{backend.key} can't be read: {error}.",
            hint="Check the credentials and the network. Nothing was changed.",
        ) from error


def parsed_state(body: bytes, place: str) -> StoredState:
    """What the bytes of a state say; an empty one where there are none. place: for the message.

    Raises StateCorruptError.
    """
    try:
        document = json.loads(body) if body else {}
        return StoredState(
            lineage=str(document.get("lineage") or ""),
            serial=int(document.get("serial") or 0),
            outputs=dict(document.get("outputs") or {}),
            resources=tuple(dict(resource) for resource in document.get("resources") or ()),
        )
    except (ValueError, TypeError, AttributeError, RecursionError) as error:
        # What the parser says may quote the state.
        raise StateCorruptError(
            f"{place} is no state that can be read: it was cut short, or somebody wrote over it"
            f" ({len(body)} bytes).",
            hint="Look for the last version that can be read: infra state versions ENV",
        ) from error
