"""The images of the releases that environments/ pins: small, valid and always the same.

A first apply makes a repository and a service that runs an image of it, and nobody could push one
in between. In the local cloud the build has delivered to every repository before it was made.
"""

from __future__ import annotations

import hashlib
import json
from dataclasses import dataclass
from functools import cache
from typing import Any

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
HEALTH = "local-cloud.health"
"""An annotation of a manifest. With the value `unhealthy`, whoever runs the image finds it ill."""
UNHEALTHY_IN = "local-cloud.unhealthy-in"
"""Another: the accounts in which alone it is ill, with commas between them."""

REVISIONS = (
    "174e986609225b1027b9f6eab57034c847248787",
    "54718e4509ed5ce900e8ab3cebd3be4e4d5abd7b",
)
"""The commits of these releases."""

# An empty archive: a layer must be one, and nothing ever unpacks this.
_LAYER = bytes(1024)


@dataclass(frozen=True)
class StubImage:
    """An image. digest: the SHA-256 of the manifest, by which everyone names it."""

    manifest: str
    digest: str
    tag: str
    config: bytes

    @property
    def blobs(self) -> dict[str, bytes]:
        """The configuration and the layer, by their digests."""
        return {_digest(blob): blob for blob in (self.config, _LAYER)}


@cache
def stub_images() -> tuple[StubImage, ...]:
    """All of them."""
    return tuple(_stub_image(revision) for revision in REVISIONS)


def find(tag: str | None, digest: str | None) -> StubImage | None:
    """The image that has these names, as far as they are given."""
    if tag is None and digest is None:
        return None
    images = (i for i in stub_images() if tag in (None, i.tag) and digest in (None, i.digest))
    return next(images, None)


def blob(digest: str) -> bytes | None:
    """The layer or configuration of one of them, by its digest."""
    return next((i.blobs[digest] for i in stub_images() if digest in i.blobs), None)


def _stub_image(revision: str) -> StubImage:
    layer = _descriptor("application/vnd.oci.image.layer.v1.tar", _LAYER)
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
        }
    ).encode()
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MEDIA_TYPE,
            "config": _descriptor("application/vnd.oci.image.config.v1+json", config),
            "layers": [layer],
            "annotations": {"org.opencontainers.image.revision": revision},
        }
    )
    return StubImage(manifest, _digest(manifest.encode()), f"release-{revision[:12]}", config)


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": _digest(content), "size": len(content)}


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
