"""What a release is: a document whose hash is its name."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.errors import ReleaseError
from infra.releases import schema
from infra.releases.documents import parse

ID_DIGITS = 16
ARTIFACTS = ("image", *schema.ARTIFACTS)
"""What a release lists, in the order in which a person reads it."""


@dataclass(frozen=True)
class Release:
    """One release. id: `r-` and the begin of the hash. document: all that it lists."""

    id: str
    document: Mapping[str, Any]

    @classmethod
    def of(cls, document: Mapping[str, Any]) -> Release:
        """The release with this content. Raises ReleaseError where it is not what one must be."""
        schema.check(document)
        return cls(_id(encoded(document)), document)

    @classmethod
    def parsed(cls, content: bytes) -> Release:
        """The release in a file, which must be exactly as it was written. Raises ReleaseError."""
        release = cls.of(parse(content))
        if encoded(release.document) != content:
            raise ReleaseError("It is not written as a release is: somebody has edited it.")
        return release

    @property
    def content(self) -> bytes:
        """The release as a file."""
        return encoded(self.document)

    @property
    def sha256(self) -> str:
        """The whole hash, of which the id is the begin: evidence should name it."""
        return hashlib.sha256(self.content).hexdigest()

    @property
    def image_digest(self) -> str:
        """The image, as a registry names it."""
        return str(self.document["image"]["digest"])

    def pin(self) -> dict[str, str]:
        """What Terraform is told of it, as the variable `release`."""
        return {
            "id": self.id,
            "image_digest": self.image_digest,
            "git_sha": str(self.document["code"]["git_sha"]),
            "data_version": str(self.document["data"]["version"]),
            "model_version": str(self.document["model"]["version"]),
        }


def encoded(document: Mapping[str, Any]) -> bytes:
    """A document as the one text that it has."""
    text = json.dumps(document, indent=2, sort_keys=True, ensure_ascii=False, allow_nan=False)
    return text.encode() + b"\n"


def _id(content: bytes) -> str:
    return f"r-{hashlib.sha256(content).hexdigest()[:ID_DIGITS]}"
