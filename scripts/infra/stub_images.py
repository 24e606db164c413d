"""Images as a build would push them, with nothing in them that runs.

With them a release can be rehearsed in the local cloud without Docker: each is a valid OCI image
with a digest of its own. Whether a service that runs it is well says an annotation of its manifest,
which the local cloud looks at and AWS doesn't know.
"""

from __future__ import annotations

import hashlib
import io
import json
import secrets
import tarfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import Any

from infra import images, layers

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
REVISION = "org.opencontainers.image.revision"
CREATED = "org.opencontainers.image.created"
HEALTH = "local-cloud.health"
"""With the value `unhealthy`, each deployment of the image fails in the local cloud."""
UNHEALTHY_IN = "local-cloud.unhealthy-in"
"""The accounts in which alone it fails, with commas between them."""


@dataclass(frozen=True)
class StubImage:
    """An image. digest: the SHA-256 of the manifest, by which ECR and a release name it."""

    manifest: str
    digest: str
    blobs: tuple[bytes, ...]

    @property
    def labels(self) -> dict[str, str]:
        """The annotations of the manifest."""
        return dict(json.loads(self.manifest)["annotations"])

    @property
    def release_tag(self) -> str:
        """A tag that no other image has and that ECR's lifecycle rules keep."""
        return images.release_tag(self.digest)


def make(labels: Mapping[str, str]) -> StubImage:
    """An image with these labels; the same labels give the same digest."""
    archive = _archive("labels.json", _json(dict(labels)).encode())
    layer = _descriptor("application/vnd.oci.image.layer.v1.tar", archive)
    config = _json(
        {
            "architecture": "amd64",
            "os": "linux",
            "config": {"Labels": dict(labels)},
            "rootfs": {"type": "layers", "diff_ids": [layer["digest"]]},
        }
    ).encode()
    manifest = _json(
        {
            "schemaVersion": 2,
            "mediaType": MEDIA_TYPE,
            "config": _descriptor("application/vnd.oci.image.config.v1+json", config),
            "layers": [layer],
            "annotations": dict(labels),
        }
    )
    return StubImage(manifest, _digest(manifest.encode()), (config, archive))


def build(
    labels: Mapping[str, str], *, unhealthy: bool = False, unhealthy_in: Sequence[str] = ()
) -> StubImage:
    """A new image, distinct from all others: built now from a commit that was made up.

    labels: what it says of itself besides, or instead of that. unhealthy: label it so.
    unhealthy_in: the accounts in which alone it is to be ill.
    """
    own = {REVISION: secrets.token_hex(20), CREATED: datetime.now(UTC).isoformat()}
    health = {HEALTH: "unhealthy"} if unhealthy else {}
    if unhealthy_in:
        health[UNHEALTHY_IN] = ",".join(unhealthy_in)
    return make({**own, **labels, **health})


def push(ecr: Any, repository: str, image: StubImage, tag: str) -> None:
    """Push an image as `docker push` does: its blobs, then the manifest. Raises botocore's errors.

    ecr: a boto3 client of the account that has the repository.
    """
    for blob in image.blobs:
        digest = _digest(blob)
        if not layers.available(ecr, repository, digest):
            layers.upload(ecr, repository, digest, io.BytesIO(blob))
    ecr.put_image(
        repositoryName=repository,
        imageManifest=image.manifest,
        imageManifestMediaType=MEDIA_TYPE,
        imageTag=tag,
        imageDigest=image.digest,
    )


def _archive(name: str, content: bytes) -> bytes:
    """A tar archive of one file, the same for the same content."""
    packed = io.BytesIO()
    with tarfile.open(fileobj=packed, mode="w") as archive:
        member = tarfile.TarInfo(name)
        member.size = len(content)
        archive.addfile(member, io.BytesIO(content))
    return packed.getvalue()


def _descriptor(media_type: str, content: bytes) -> dict[str, Any]:
    return {"mediaType": media_type, "digest": _digest(content), "size": len(content)}


def _digest(content: bytes) -> str:
    return "sha256:" + hashlib.sha256(content).hexdigest()


def _json(value: Any) -> str:
    return json.dumps(value, sort_keys=True, separators=(",", ":"))
