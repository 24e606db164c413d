"""A ledger in memory, with a key of its own, for tests of what a chain means."""

from __future__ import annotations

import base64
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import Any

from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec

from infra.ledger.records import Entry, Event, Kind, Record
from infra.ledger.signing import ALGORITHM, Checker, message
from infra.ledger.store import Stored, key_of
from infra.ledger.writing import append

START = datetime(2026, 11, 25, 8, 0, tzinfo=UTC)
ABOUT = {"environment": "staging", "account": "222222222222", "actor": "arn:aws:sts::2:tester"}


class Key:
    """A key pair as KMS has it."""

    def __init__(self) -> None:
        self._private = ec.generate_private_key(ec.SECP256R1())
        self.pem = (
            self._private.public_key()
            .public_bytes(
                serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo
            )
            .decode("ascii")
        )
        self.checker = Checker([self.pem])

    def sign(self, record: Record) -> Entry:
        """An entry as the account's key would sign it."""
        signature = self._private.sign(message(record.hash), ec.ECDSA(hashes.SHA256()))
        value = base64.b64encode(signature).decode("ascii")
        return Entry(record, record.hash, "arn:key", value, ALGORITHM)


@dataclass
class Memory:
    """Places for records. before_put: what happens in the moment before one is written."""

    texts: dict[int, str] = field(default_factory=dict)
    before_put: list[Callable[[int], None]] = field(default_factory=list)
    after_put: list[Callable[[int], None]] = field(default_factory=list)
    now: datetime = START

    def newest(self) -> tuple[Stored | None, datetime]:
        """The end of the chain; a second passes."""
        self.now += timedelta(seconds=1)
        return (self.get(max(self.texts)) if self.texts else None), self.now

    def get(self, sequence: int) -> Stored:
        """What stands in a place."""
        key = key_of(ABOUT["environment"], sequence)
        return Stored(key, sequence, self.texts.get(sequence), self.now.isoformat())

    def put(self, sequence: int, text: str) -> bool:
        """Write where nothing is."""
        if self.before_put:
            self.before_put.pop(0)(sequence)
        free = self.texts.setdefault(sequence, text) is text
        if self.after_put:
            self.after_put.pop(0)(sequence)
        return free

    def chain(self) -> list[Stored]:
        """All of it."""
        return [self.get(sequence) for sequence in sorted(self.texts)]


def event(result: str = "succeeded", **more: Any) -> dict[str, Any]:
    """What somebody has to say."""
    return Event(kind=more.pop("kind", Kind.APPLIED), result=result, **more).document()


def add(places: Memory, key: Key, said: dict[str, Any] | None = None, **about: str) -> Entry:
    """Append one record."""
    return append(
        places,
        key.sign,
        key.checker.signed,
        {**ABOUT, **about},
        said or event(),
        lambda _seconds: None,
    )
