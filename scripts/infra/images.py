"""Images in ECR: is one there, and how it gets into another registry as it is.

Nothing is pulled or pushed by Docker, and nothing is made anew: each layer and each manifest is
copied byte by byte, and its digest is computed here before and after. What is in the target already
is left out, so a copy that was interrupted goes on where it was.
"""

from __future__ import annotations

import hashlib
import re
from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from typing import Any

from infra import json_text
from infra.errors import DigestMismatchError, ImageMissingError, RegistryError
from infra.layers import copy_layer

INDEXES = (
    "application/vnd.oci.image.index.v1+json",
    "application/vnd.docker.distribution.manifest.list.v2+json",
)
MANIFESTS = (
    "application/vnd.oci.image.manifest.v1+json",
    "application/vnd.docker.distribution.manifest.v2+json",
)
DEEPEST_INDEX = 2
DIGEST = re.compile(r"sha256:[0-9a-f]{64}")


@dataclass(frozen=True)
class Manifest:
    """The manifest of an image, as it came. text: as ECR stores it, byte by byte."""

    digest: str
    media_type: str
    text: str

    @property
    def document(self) -> Mapping[str, Any]:
        """What the manifest says."""
        return _parsed(self.text)


def release_tag(digest: str) -> str:
    """A tag that no other image has and that ECR's lifecycle rules keep."""
    return f"release-{digest.removeprefix('sha256:')[:12]}"


def exists(ecr: Any, repository_name: str, digest: str) -> bool:
    """Tell whether a repository holds an image. Raises DigestMismatchError, RegistryError."""
    return find(ecr, repository_name, digest) is not None


def find(
    ecr: Any, repository_name: str, digest: str, registry: str | None = None
) -> Manifest | None:
    """The manifest of an image, None when there is none.

    registry: the account whose repository is meant, in place of the client's own. Raises
    DigestMismatchError, RegistryError.
    """
    with errors(f"The image {digest} can't be looked for in {repository_name}"):
        return _found(ecr, repository_name, _by(digest), digest, registry)


def copy_image(
    source_ecr: Any,
    source_repository: str,
    target_ecr: Any,
    target_repository: str,
    digest: str,
    tag: str,
    *,
    source_registry: str | None = None,
) -> bool:
    """Bring an image into another repository, unchanged, and tag it there.

    Returns whether there was something to do. source_registry: the account of the source, where its
    client is another account's. Raises ImageMissingError, DigestMismatchError, RegistryError.
    """
    wanted = {"imageDigest": digest, "imageTag": tag}
    with errors(f"The image {digest} can't be copied to {target_repository}"):
        if _holds(target_ecr, target_repository, wanted, digest):
            return False
        source = _found(source_ecr, source_repository, _by(digest), digest, source_registry)
        if source is None:
            raise ImageMissingError(
                f"{source_repository} has no image {digest}.",
                hint="Nothing was changed. Was it pushed there, or has it expired?",
            )
        copy = _Copy(source_ecr, source_repository, source_registry, target_ecr, target_repository)
        copy.image(source, tag)
        if not _holds(target_ecr, target_repository, wanted, digest):
            raise DigestMismatchError(
                f"{target_repository} took the image {digest}, but does not give it back as {tag}.",
                hint="Run the command again; the registry may not have settled yet.",
            )
    return True


@contextmanager
def errors(what: str) -> Iterator[None]:
    """Name what failed when ECR refuses or does not answer. Raises RegistryError."""
    # Imported late, as in accounts.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        yield
    except ClientError as error:
        found = error.response["Error"]
        raise RegistryError(f"{what}: {found.get('Message') or found['Code']}") from error
    except BotoCoreError as error:
        raise RegistryError(f"{what}: {error}.") from error


@dataclass(frozen=True)
class _Copy:
    """One copy between two repositories."""

    source_ecr: Any
    source: str
    registry: str | None
    target_ecr: Any
    target: str

    def image(self, manifest: Manifest, tag: str | None, depth: int = 0) -> None:
        """Copy what a manifest refers to, and then the manifest: so ECR asks for it."""
        document = manifest.document
        if manifest.media_type in INDEXES:
            for child in _digests(manifest, document.get("manifests")):
                self._child(child, depth)
        else:
            layers = document.get("layers")
            parts = [document.get("config"), *(layers if isinstance(layers, list) else [layers])]
            for blob in _digests(manifest, parts):
                copy_layer(
                    self.source_ecr, self.source, self.target_ecr, self.target, blob, self.registry
                )
        _put(self.target_ecr, self.target, manifest, tag)

    def _child(self, digest: str, depth: int) -> None:
        if depth >= DEEPEST_INDEX:
            raise DigestMismatchError(f"The image index of {digest} is nested too deeply.")
        if _found(self.target_ecr, self.target, _by(digest), digest) is not None:
            return
        child = _found(self.source_ecr, self.source, _by(digest), digest, self.registry)
        if child is None:
            raise ImageMissingError(
                f"{self.source} lacks {digest}, a part of the image.",
                hint="Nothing runs there yet. Push the image again, with all its platforms.",
            )
        self.image(child, None, depth + 1)


def _by(digest: str) -> dict[str, str]:
    return {"imageDigest": digest}


def _holds(ecr: Any, repository: str, wanted: Mapping[str, str], digest: str) -> bool:
    """Whether a repository has the image under its tag as well."""
    tagged = _found(ecr, repository, {"imageTag": wanted["imageTag"]}, digest)
    return tagged is not None and _found(ecr, repository, _by(digest), digest) is not None


def _found(
    ecr: Any,
    repository: str,
    image_id: Mapping[str, str],
    digest: str,
    registry: str | None = None,
) -> Manifest | None:
    answer = ecr.batch_get_image(
        repositoryName=repository,
        imageIds=[dict(image_id)],
        # Else ECR may turn the manifest into an older kind, with another digest.
        acceptedMediaTypes=[*MANIFESTS, *INDEXES],
        **({"registryId": registry} if registry else {}),
    )
    if not answer.get("images"):
        return None
    image = answer["images"][0]
    text = str(image["imageManifest"])
    computed = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    if computed != digest:
        name = image_id.get("imageTag") or digest
        raise DigestMismatchError(
            f"{repository} gives another image for {name}: its digest is {computed}.",
            hint=f"Expected {digest}. Nothing was changed; treat it as an incident.",
        )
    media_type = str(image.get("imageManifestMediaType") or "")
    return Manifest(digest, media_type or _media_type(text), text)


def _digests(manifest: Manifest, items: Any) -> list[str]:
    """What a manifest refers to, each once. Raises DigestMismatchError where it isn't one."""
    listed = items if isinstance(items, list) and items else [None]
    found = [item.get("digest") if isinstance(item, dict) else None for item in listed]
    digests = [item for item in found if isinstance(item, str) and DIGEST.fullmatch(item)]
    if len(digests) != len(found):
        raise DigestMismatchError(
            f"The manifest of {manifest.digest} is malformed.", hint="Push the image again."
        )
    return list(dict.fromkeys(digests))


def _media_type(text: str) -> str:
    return str(_parsed(text).get("mediaType") or MANIFESTS[0])


def _parsed(text: str) -> Mapping[str, Any]:
    """A manifest, {} for one that is none: it refers to nothing, and is refused for that."""
    try:
        found = json_text.load(text)
    except ValueError:
        return {}
    return found if isinstance(found, dict) else {}


def _put(ecr: Any, repository: str, manifest: Manifest, tag: str | None) -> None:
    from botocore.exceptions import ClientError

    try:
        answer = ecr.put_image(
            repositoryName=repository,
            imageManifest=manifest.text,
            imageManifestMediaType=manifest.media_type,
            imageDigest=manifest.digest,
            **({"imageTag": tag} if tag else {}),
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        # Somebody else was faster; what is there is checked afterwards.
        if code == "ImageAlreadyExistsException":
            return
        if code in ("ImageTagAlreadyExistsException", "ImageDigestDoesNotMatchException"):
            raise DigestMismatchError(
                f"{repository} refuses the image {manifest.digest}:"
                f" {error.response['Error']['Message']}"
            ) from error
        raise
    stored = answer["image"]["imageId"].get("imageDigest")
    if stored != manifest.digest:
        raise DigestMismatchError(
            f"{repository} stored the image {manifest.digest} as {stored}.",
            hint="Nothing runs it yet. Treat it as an incident.",
        )
