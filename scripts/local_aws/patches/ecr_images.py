"""ECR: the digest of an image, and what becomes of a tag that is pushed again.

AWS ("PutImage", ECR API reference): an image's digest is the SHA-256 of the bytes of its manifest,
and a different imageDigest in the request is refused; a tag that cannot be moved is
ImageTagAlreadyExistsException; one that can be leaves the image that had it, untagged. An image
that is there already is ImageAlreadyExistsException. moto 5.2.5 hashes the digests of the layers,
believes any imageDigest, has one exception for all, and deletes the image that loses its last tag.
Fit for upstream.
"""

from __future__ import annotations

import hashlib
from collections.abc import Callable
from typing import Any

from moto.ecr.exceptions import ImageAlreadyExistsException
from moto.ecr.models import ECRBackend

from local_aws.patches import wrap


class _ImageTagAlreadyExistsError(ImageAlreadyExistsException):
    code = "ImageTagAlreadyExistsException"

    def __init__(self, tag: str, repository: str, registry: str) -> None:
        # The parent's constructor has a message of its own.
        Exception.__init__(self)
        self.message = (
            f"The image tag '{tag}' already exists in the '{repository}' repository in registry "
            f"'{registry}' and cannot be overwritten because the repository is immutable."
        )


class _ImageDigestAlreadyExistsError(ImageAlreadyExistsException):
    def __init__(self, digest: str, repository: str, registry: str) -> None:
        Exception.__init__(self)
        self.message = (
            f"Image with digest '{digest}' already exists in the '{repository}' repository in "
            f"registry '{registry}'."
        )


class _ImageDigestDoesNotMatchError(ImageAlreadyExistsException):
    code = "ImageDigestDoesNotMatchException"

    def __init__(self, given: str, digest: str) -> None:
        Exception.__init__(self)
        self.message = (
            f"Image digest provided '{given}' does not match the calculated digest '{digest}'."
        )


def apply() -> None:
    """Compute digests as ECR does, and name the refusal of a tag."""
    wrap(ECRBackend, "put_image", _put_image)


def _put_image(
    original: Callable[..., Any],
    self: ECRBackend,
    repository_name: str,
    image_manifest: str,
    image_tag: str | None,
    image_manifest_mediatype: str | None = None,
    digest: str | None = None,
) -> Any:
    computed = "sha256:" + hashlib.sha256(image_manifest.encode()).hexdigest()
    if digest is not None and digest != computed:
        raise _ImageDigestDoesNotMatchError(digest, computed)
    repository = self._get_repository(repository_name)
    if image_tag is None and any(i.get_image_digest() == computed for i in repository.images):
        raise _ImageDigestAlreadyExistsError(computed, repository_name, repository.registry_id)
    holder: Any = next((i for i in repository.images if image_tag in i.image_tags), None)
    if image_tag is not None and holder is not None and holder.get_image_digest() != computed:
        try:
            self._resolve_image_tag_mutability(repository, image_tag)
        except ImageAlreadyExistsException:
            registry = repository.registry_id
            raise _ImageTagAlreadyExistsError(image_tag, repository_name, registry) from None
        holder.remove_tag(image_tag)
        holder.image_tag = holder.image_tags[-1] if holder.image_tags else None
    return original(repository_name, image_manifest, image_tag, image_manifest_mediatype, computed)
