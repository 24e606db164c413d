"""Reading a state as it is stored, without Terraform."""

from __future__ import annotations

import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from infra.backend import Backend
from infra.clients import Clients
from infra.errors import InfraError


@dataclass(frozen=True)
class StoredState:
    """A state. It holds secrets: never print it as it is. lineage is "" where there is none."""

    lineage: str = ""
    serial: int = 0
    outputs: Mapping[str, Any] = field(default_factory=dict, repr=False)
    resources: tuple[Mapping[str, Any], ...] = field(default=(), repr=False)

    def output(self, name: str) -> Any:
        """The value of an output, None where there is none."""
        return (self.outputs.get(name) or {}).get("value")

    def managed(self, kind: str) -> Iterator[Mapping[str, Any]]:
        """The attributes of all managed resources of a type."""
        for resource in self.resources:
            if resource.get("mode") == "managed" and resource.get("type") == kind:
                for instance in resource.get("instances") or ():
                    yield instance.get("attributes") or {}


def read_stored_state(make: Clients, backend: Backend) -> StoredState:
    """Read a state from its bucket; an empty one where there is none. Raises InfraError."""
    from botocore.exceptions import BotoCoreError, ClientError

    s3 = make("s3")
    try:
        body = s3.get_object(Bucket=backend.bucket, Key=backend.key)["Body"].read()
        document = json.loads(body) if body else {}
    except (s3.exceptions.NoSuchKey, s3.exceptions.NoSuchBucket):
        return StoredState()
    except (BotoCoreError, ClientError, ValueError) as error:
        raise InfraError(
            f"The state s3://{backend.bucket}/{backend.key} can't be read: {error}.",
            hint="Check the credentials and the network. Nothing was changed.",
        ) from error
    return StoredState(
        lineage=str(document.get("lineage") or ""),
        serial=int(document.get("serial") or 0),
        outputs=document.get("outputs") or {},
        resources=tuple(document.get("resources") or ()),
    )
