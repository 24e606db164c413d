"""Reading a state as it is stored, without Terraform."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, Protocol

from infra import json_text
from infra.errors import InfraError, StateCorruptError

if TYPE_CHECKING:  # A process that starts beside Terraform reads with this, and must be quick.
    from infra.clients import Clients

HIGHEST_SERIAL = 2**53
NOT_THERE = ("NoSuchKey", "NoSuchBucket", "NoSuchVersion", "404")


class Located(Protocol):
    """Where a state is, such as a Backend."""

    @property
    def bucket(self) -> str: ...

    @property
    def key(self) -> str: ...


@dataclass(frozen=True)
class StoredState:
    """A state. It holds secrets: never print it as it is. lineage is "" where there is none.

    terraform: the version that wrote it.
    """

    lineage: str = ""
    serial: int = 0
    outputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    resources: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)
    terraform: str = ""

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
            f"The state s3://{backend.bucket}/{backend.key} can't be read:"
            f" {str(error).rstrip('.')}.",
            hint="Check the credentials and the network. Nothing was changed.",
        ) from error


def parsed_state(body: bytes, place: str) -> StoredState:
    """What the bytes of a state say; an empty one where there are none. place: for the message.

    Raises StateCorruptError.
    """
    try:
        return _state(json_text.load(body)) if body else StoredState()
    except ValueError as error:
        # What the parser says may quote the state.
        raise StateCorruptError(
            f"{place} is no state that can be read: it was cut short, or somebody wrote over it"
            f" ({len(body)} bytes).",
            hint="Look for the last version that can be read: infra state versions ENV",
        ) from error


def _state(document: Any) -> StoredState:
    """Raises ValueError for anything that is not laid out as Terraform lays out a state."""
    if not isinstance(document, dict):
        raise ValueError("it is no JSON object")
    resources = _member(document, "resources", list) or []
    outputs = _member(document, "outputs", dict) or {}
    for resource in resources:
        for name in ("mode", "type", "name", "module"):
            _member(resource, name, str)
        for instance in _member(resource, "instances", list) or []:
            _member(instance, "attributes", dict)
            _member(instance, "dependencies", list)
    for output in outputs.values():
        _member(output, "value", object)
    serial = _member(document, "serial", int) or 0
    if not 0 <= serial <= HIGHEST_SERIAL:
        raise ValueError("a serial that can't be")
    written = document.get("terraform_version")
    return StoredState(
        lineage=_member(document, "lineage", str) or "",
        serial=serial,
        terraform=written if isinstance(written, str) else "",
        outputs=outputs,
        resources=tuple(resources),
    )


def _member(parent: Any, name: str, kind: type) -> Any:
    """A member of this type, or None where it is null or left out. Raises ValueError."""
    found = parent.get(name) if isinstance(parent, dict) else parent
    if not isinstance(parent, dict) or (found is not None and not isinstance(found, kind)):
        raise ValueError("a member has another type than it must have")
    return found
