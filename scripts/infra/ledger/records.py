"""What a record says, and the bytes that are hashed.

A record holds names, counts and codes, and never the value of an attribute: nothing that Terraform
said or planned is copied into it.
"""

from __future__ import annotations

import hashlib
import json
import re
import secrets
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

from infra import json_text

SCHEMA = 1
GENESIS = "0" * 64
"""What the first record has in place of the hash of the one before it."""

LAST_SEQUENCE = 9_999_999_999
MAX_BYTES = 32_768
"""A record that is longer holds what does not belong into it."""

Scalar = str | int | bool | None


class Kind(StrEnum):
    """What happened."""

    PLAN_REVIEWED = "plan-reviewed"
    APPLY_STARTED = "apply-started"
    APPLIED = "applied"
    APPLY_FAILED = "apply-failed"
    DESTROY_STARTED = "destroy-started"
    DESTROYED = "destroyed"
    DESTROY_FAILED = "destroy-failed"
    VERIFIED = "verified"
    UNHEALTHY = "unhealthy"
    GATE = "gate"
    APPROVED = "approved"
    PROMOTION_STARTED = "promotion-started"
    PROMOTED = "promoted"
    PROMOTION_FAILED = "promotion-failed"
    ROLLED_BACK = "rolled-back"
    STATE_REPAIRED = "state-repaired"
    UNLOCKED = "unlocked"


ENDS = (
    Kind.APPLIED,
    Kind.APPLY_FAILED,
    Kind.DESTROYED,
    Kind.DESTROY_FAILED,
    Kind.STATE_REPAIRED,
)
"""After these the state is another one than before."""


class MalformedError(ValueError):
    """Bytes that are no record."""


@dataclass(frozen=True)
class Event:
    """What somebody has to say; the ledger adds place, time, number and who it was.

    result: one word, such as `started`, `succeeded`, `failed`. reason: the stable code of a
    failure, as in the JSON of errors. release: what environments/ENV pins. plan: the identity of
    the plan. tools: versions by name. details: counts and codes.
    """

    kind: Kind
    result: str
    reason: str = ""
    release: Mapping[str, Scalar] | None = None
    plan: str | None = None
    tools: Mapping[str, str] = field(default_factory=dict)
    details: Mapping[str, Scalar | Mapping[str, Scalar]] = field(default_factory=dict)
    user: str = ""
    id: str = field(default_factory=lambda: secrets.token_hex(16))

    def document(self) -> dict[str, Any]:
        """As JSON, for the clerk."""
        return {
            "kind": self.kind.value,
            "result": self.result,
            "reason": self.reason,
            "release": None if self.release is None else dict(self.release),
            "plan": self.plan,
            "tools": dict(self.tools),
            "details": {
                name: dict(value) if isinstance(value, Mapping) else value
                for name, value in self.details.items()
            },
            "user": self.user,
            "id": self.id,
        }


@dataclass(frozen=True)
class Mark:
    """Which state an environment had when somebody last wrote down what was done to it.

    resources: how many managed objects it knew.
    """

    lineage: str
    serial: int
    resources: int

    def document(self) -> dict[str, Scalar]:
        """As JSON."""
        return {"lineage": self.lineage, "serial": self.serial, "resources": self.resources}


@dataclass(frozen=True)
class Record:
    """One record as it was read; `fields` is all of it, also what a later schema adds.

    previous: the hash of the record before it. time: UTC, ISO 8601. arn: who the account says it
    was. user: who the machine says it was, which nobody has checked.
    """

    fields: Mapping[str, Any]

    @property
    def sequence(self) -> int:
        """Its place, from 1."""
        return int(self.fields["sequence"])

    @property
    def environment(self) -> str:
        """The environment that it is about."""
        return str(self.fields["environment"])

    @property
    def account(self) -> str:
        """The account of the environment, as it was then."""
        return str(self.fields["account"])

    @property
    def kind(self) -> str:
        """What happened."""
        return str(self.fields["kind"])

    @property
    def id(self) -> str:
        """What tells two records of one moment apart."""
        return str(self.fields["id"])

    @property
    def time(self) -> str:
        """When, by the clock of S3: UTC, ISO 8601."""
        return str(self.fields["time"])

    @property
    def mark(self) -> Mark | None:
        """The last known state of the environment, None in records from before it was noted."""
        found = self.fields.get("state")
        if not isinstance(found, Mapping):
            return None
        lineage, serial, resources = (found.get(k) for k in ("lineage", "serial", "resources"))
        if not (isinstance(lineage, str) and lineage):
            return None
        if not (isinstance(serial, int) and isinstance(resources, int)):
            return None
        return Mark(lineage, serial, resources)

    @property
    def previous(self) -> str:
        """The hash of the record before it."""
        return str(self.fields["previous"])

    @property
    def hash(self) -> str:
        """SHA-256 over the canonical JSON of all fields."""
        return hashlib.sha256(canonical(self.fields)).hexdigest()


@dataclass(frozen=True)
class Entry:
    """A record, what it says its hash is, and who signed that.

    key: the ARN of the signing key as the entry claims it. signature: base64, empty for none.
    """

    record: Record
    stated_hash: str
    key: str
    signature: str
    algorithm: str

    def document(self) -> dict[str, Any]:
        """The JSON that is stored."""
        return {
            "record": dict(self.record.fields),
            "hash": self.stated_hash,
            "signature": {
                "algorithm": self.algorithm,
                "key": self.key,
                "value": self.signature,
            },
        }

    def text(self) -> str:
        """One line of JSON, always the same for the same entry."""
        return canonical(self.document()).decode("ascii")


_TEXTS = ("environment", "account", "kind", "id", "time", "previous", "result", "reason", "user")
_HASH = re.compile(r"[0-9a-f]{64}")
_TIME = re.compile(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\dZ")


def canonical(document: Mapping[str, Any]) -> bytes:
    """The one spelling of a JSON object: sorted keys, no spaces, ASCII."""
    text = json.dumps(
        document, sort_keys=True, separators=(",", ":"), ensure_ascii=True, allow_nan=False
    )
    return text.encode("ascii")


def parse(text: str) -> Entry:
    """Read a stored entry. Nothing is believed yet. Raises MalformedError."""
    if len(text) > MAX_BYTES:
        raise MalformedError("it is too long")
    try:
        document = json_text.load(text)
        fields, signature = dict(document["record"]), document["signature"]
        entry = Entry(
            record=Record(fields),
            stated_hash=str(document["hash"]),
            key=str(signature["key"]),
            signature=str(signature["value"]),
            algorithm=str(signature["algorithm"]),
        )
        canonical(fields)
    except (ValueError, KeyError, TypeError) as error:
        raise MalformedError("it is not the JSON of a record") from error
    if fields.get("schema") != SCHEMA:
        raise MalformedError(f"its schema is not {SCHEMA}, the only one that is known")
    for name in _TEXTS:
        if not isinstance(fields.get(name), str):
            raise MalformedError(f"it has no {name}")
    sequence = fields.get("sequence")
    if (
        not isinstance(sequence, int)
        or isinstance(sequence, bool)
        or not 1 <= sequence <= LAST_SEQUENCE
    ):
        raise MalformedError("it has no sequence number")
    if not isinstance(fields.get("actor"), str) or not _TIME.fullmatch(fields["time"]):
        raise MalformedError("it does not say who or when")
    if not _HASH.fullmatch(fields["previous"]) or not _HASH.fullmatch(entry.stated_hash):
        raise MalformedError("it has no hashes")
    return entry
