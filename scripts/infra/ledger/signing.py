"""The key of a ledger in KMS, and signatures that are checked without it.

What is signed is the hash of a record behind a fixed head, so that a signature of the ledger can
never be taken for one of anything else.
"""

from __future__ import annotations

import base64
import binascii
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from infra.errors import LedgerUnavailableError
from infra.ledger.records import Entry, Record

ALGORITHM = "ECDSA_SHA_256"
KEY_SPEC = "ECC_NIST_P256"
_HEAD = b"infra-ledger-1\n"


def alias(bucket: str) -> str:
    """The alias of the signing key of the ledgers in a state bucket, as bootstrap/ has it."""
    return f"alias/{bucket.replace('.', '-')}-ledger"


def local_alias(bucket: str) -> str:
    """The alias of the key that stands in for it in the local cloud, before any bootstrap.

    It has a name of its own, so that a bootstrap later finds its own name free.
    """
    return f"{alias(bucket)}-local"


def aliases(bucket: str, *, local: bool) -> list[str]:
    """Where to look for the key of a bucket's ledgers, the first that is there first."""
    return [alias(bucket), local_alias(bucket)] if local else [alias(bucket)]


def message(digest: str) -> bytes:
    """What is signed for a record with this hash."""
    return _HEAD + digest.encode("ascii")


@dataclass(frozen=True)
class Keys:
    """The public keys that a ledger trusts, as PEM by ARN. signing: the ARN of the one in use."""

    pems: Mapping[str, str]
    signing: str = ""


class Checker:
    """Checks signatures with public keys, without asking anybody."""

    def __init__(self, pems: Sequence[str]) -> None:
        """Raises ValueError when one of them is not the PEM of a P-256 key."""
        from cryptography.hazmat.primitives.asymmetric import ec
        from cryptography.hazmat.primitives.serialization import load_pem_public_key

        self._keys = []
        for pem in pems:
            key = load_pem_public_key(pem.encode("ascii"))
            if not isinstance(key, ec.EllipticCurvePublicKey):
                raise ValueError("The key is not an elliptic curve key.")
            self._keys.append(key)

    def signed(self, entry: Entry) -> bool:
        """Tell whether one of the keys signed the record as it is now."""
        if entry.algorithm != ALGORITHM:
            return False
        return self.made(entry.signature, message(entry.record.hash))

    def made(self, signature: str, content: bytes) -> bool:
        """Tell whether one of the keys made a signature, in base64, of some bytes."""
        from cryptography.exceptions import InvalidSignature
        from cryptography.hazmat.primitives import hashes
        from cryptography.hazmat.primitives.asymmetric import ec

        try:
            raw = base64.b64decode(signature, validate=True)
        except (binascii.Error, ValueError):
            return False
        for key in self._keys:
            try:
                key.verify(raw, content, ec.ECDSA(hashes.SHA256()))
            except InvalidSignature:
                continue
            return True
        return False


class Signer:
    """Signs records with the account's key, through KMS."""

    def __init__(self, kms: Any, aliases: Sequence[str], *, make: bool, command: str) -> None:
        """aliases: where to look for keys, the first one found signs.

        make: whether a missing key is made, under the last alias. command: what a person runs to
        have one made.
        """
        self._kms = kms
        self._aliases = tuple(aliases)
        self._make = make
        self._command = command
        self._keys: Keys | None = None

    def keys(self) -> Keys:
        """The keys that are there. Raises LedgerUnavailableError when there is none."""
        if self._keys is None:
            found = self._find()
            if not found and self._make:
                self._create(self._aliases[-1])
                found = self._find()
            if not found:
                raise LedgerUnavailableError(
                    f"The account has no key to sign the ledger with ({self._aliases[0]}).",
                    hint=f"{self._command} makes it; an administrator of the account runs that"
                    " once. Nothing was changed.",
                )
            self._keys = Keys(found, next(iter(found)))
        return self._keys

    def sign(self, record: Record) -> Entry:
        """Sign a record. Raises botocore's errors."""
        digest = record.hash
        return Entry(
            record=record,
            stated_hash=digest,
            key=self.keys().signing,
            signature=self.signature(message(digest)),
            algorithm=ALGORITHM,
        )

    def signature(self, content: bytes) -> str:
        """The signature of some bytes, in base64. Raises botocore's errors."""
        answer = self._kms.sign(
            KeyId=self.keys().signing,
            Message=content,
            MessageType="RAW",
            SigningAlgorithm=ALGORITHM,
        )
        return base64.b64encode(answer["Signature"]).decode("ascii")

    def _find(self) -> dict[str, str]:
        found = {}
        for name in self._aliases:
            try:
                answer = self._kms.get_public_key(KeyId=name)
            except self._kms.exceptions.NotFoundException:
                continue
            found[str(answer["KeyId"])] = _pem(answer["PublicKey"])
        return found

    def _create(self, name: str) -> None:
        """Make a key, unless somebody else does at the same moment: a name can be taken once."""
        key = self._kms.create_key(
            Description="Signs the ledger of this account of the local cloud",
            KeySpec=KEY_SPEC,
            KeyUsage="SIGN_VERIFY",
        )["KeyMetadata"]["KeyId"]
        try:
            self._kms.create_alias(AliasName=name, TargetKeyId=key)
        except self._kms.exceptions.AlreadyExistsException:
            self._kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)


def _pem(der: bytes) -> str:
    body = base64.b64encode(der).decode("ascii")
    lines = [body[start : start + 64] for start in range(0, len(body), 64)]
    return "\n".join(["-----BEGIN PUBLIC KEY-----", *lines, "-----END PUBLIC KEY-----", ""])
