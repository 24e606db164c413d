"""ECR: the layers of images.

AWS (UploadLayerPart, CompleteLayerUpload, GetDownloadUrlForLayer and PutImage, ECR API reference):
a layer is kept, must have the digest that was announced, is refused when it is there already, and
can be downloaded once an image refers to it; an image is refused while one of its layers, or of the
images that an index names, is missing. A part's last byte must be where it ends. moto 5.2.5 counts
the bytes of a layer and forgets them, checks none of that and has no download. Fit for upstream,
but for the address of a download and the layers of `stub_images.py`, which every repository has.
"""

from __future__ import annotations

import hashlib
import json
import re
from collections.abc import Callable, Iterator
from typing import Any

from moto.core.exceptions import ServiceException
from moto.core.responses import ActionResult
from moto.ecr.exceptions import InvalidLayerPartException, InvalidParameterException
from moto.ecr.models import LAYER_MEDIA_TYPE, ECRBackend, LayerUpload, Repository, ecr_backends
from moto.ecr.responses import ECRResponse

from local_aws import layers, stub_images
from local_aws.patches import wrap

_LARGEST_PART = 20 * 1024 * 1024
_SMALLEST_PART = 5 * 1024 * 1024
_DIGEST = re.compile(r"sha256:[a-f0-9]{64}")


class _LayerError(ServiceException):
    def __init__(self, message: str) -> None:
        super().__init__(self.code, message)


class _LayersNotFoundError(_LayerError):
    code = "LayersNotFoundException"


class _LayerInaccessibleError(_LayerError):
    code = "LayerInaccessibleException"


class _LayerAlreadyExistsError(_LayerError):
    code = "LayerAlreadyExistsException"


class _InvalidLayerError(_LayerError):
    code = "InvalidLayerException"


class _EmptyUploadError(_LayerError):
    code = "EmptyUploadException"


class _LayerPartTooSmallError(_LayerError):
    code = "LayerPartTooSmallException"


class _ReferencedImagesNotFoundError(_LayerError):
    code = "ReferencedImagesNotFoundException"


def apply() -> None:
    """Keep layers, and ask for them."""
    wrap(ECRBackend, "batch_check_layer_availability", _batch_check_layer_availability)
    wrap(ECRBackend, "upload_layer_part", _upload_layer_part)
    wrap(ECRBackend, "complete_layer_upload", _complete_layer_upload)
    wrap(ECRBackend, "put_image", _put_image)
    wrap(ECRResponse, "get_download_url_for_layer", _get_download_url_for_layer)


def find(account: str, region: str, repository: str, digest: str) -> bytes | None:
    """The content of a layer, None where it is not."""
    regions = ecr_backends[account]
    found = regions[region].repositories.get(repository) if region in regions else None
    return _content(found, digest) if found is not None else None


def _batch_check_layer_availability(
    original: Callable[..., Any],
    self: ECRBackend,
    repository_name: str,
    layer_digests: list[str],
    registry_id: str | None = None,
) -> dict[str, Any]:
    del original
    repository = self._get_repository(repository_name, registry_id)
    answer: dict[str, Any] = {"layers": [], "failures": []}
    for digest in layer_digests:
        content = _content(repository, digest)
        if content is not None:
            found = {"layerAvailability": "AVAILABLE", "layerSize": len(content)}
            answer["layers"].append({"layerDigest": digest, "mediaType": LAYER_MEDIA_TYPE, **found})
        else:
            known = _DIGEST.fullmatch(digest) is not None
            code = "MissingLayerDigest" if known else "InvalidLayerDigest"
            reason = f"{code}: {digest}"
            answer["failures"].append(
                {"layerDigest": digest, "failureCode": code, "failureReason": reason}
            )
    return answer


def _upload_layer_part(
    original: Callable[..., Any],
    self: ECRBackend,
    repository_name: str,
    upload_id: str,
    part_first_byte: int,
    part_last_byte: int,
    layer_part_blob: bytes,
    registry_id: str | None = None,
) -> dict[str, Any]:
    repository = self._get_repository(repository_name, registry_id)
    size = len(layer_part_blob or b"")
    if size > _LARGEST_PART:
        raise InvalidParameterException(
            "Invalid parameter at 'layerPartBlob' failed to satisfy constraint: 'Member must have "
            f"length less than or equal to {_LARGEST_PART}'"
        )
    upload: Any = repository.uploads.get(upload_id)
    if upload is not None:
        if part_last_byte != part_first_byte + size - 1:
            raise InvalidLayerPartException(
                repository.registry_id, repository_name, upload_id, upload.last_byte_received
            )
        if getattr(upload, "_local_aws_small", False):
            raise _LayerPartTooSmallError("Layer parts must be at least 5 MiB in size")
        upload._local_aws_small = size < _SMALLEST_PART
    answer: dict[str, Any] = original(
        repository_name, upload_id, part_first_byte, part_last_byte, layer_part_blob, registry_id
    )
    return answer


def _complete_layer_upload(
    original: Callable[..., Any],
    self: ECRBackend,
    repository_name: str,
    upload_id: str,
    layer_digests: list[str],
    registry_id: str | None = None,
) -> dict[str, Any]:
    repository = self._get_repository(repository_name, registry_id)
    upload: LayerUpload | None = repository.uploads.get(upload_id)
    content = bytes(upload.layer_parts) if upload is not None else b""
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    if upload is not None:
        _check_upload(repository, content, digest, layer_digests)
    answer: dict[str, Any] = original(repository_name, upload_id, layer_digests, registry_id)
    # moto keeps the sizes; a repository from before this correction has no contents.
    contents = vars(repository).setdefault("_local_aws_layers", {})
    contents[digest] = content
    return answer


def _check_upload(
    repository: Repository, content: bytes, digest: str, announced: list[str]
) -> None:
    if not content:
        raise _EmptyUploadError("The specified layer upload does not contain any layer parts.")
    if digest not in announced:
        raise _InvalidLayerError(
            "The layer digest calculated from the uploaded content does not match the specified "
            f"digest: {', '.join(announced)}"
        )
    if _kept(repository, digest) is not None:
        raise _LayerAlreadyExistsError(
            f"The image layer '{digest}' already exists in the associated repository "
            f"'{repository.name}'"
        )


def _put_image(
    original: Callable[..., Any],
    self: ECRBackend,
    repository_name: str,
    image_manifest: str,
    *arguments: Any,
    **keywords: Any,
) -> Any:
    repository = self._get_repository(repository_name)
    document = _document(image_manifest)
    missing = [d for d in _layers_of(document) if _content(repository, d) is None]
    if missing:
        raise _LayersNotFoundError(
            "The specified layers could not be found, or the specified layer is not valid for "
            f"this repository: {', '.join(missing)}"
        )
    there = {image.get_image_digest() for image in repository.images}
    there |= {image.digest for image in stub_images.stub_images()}
    if not set(_digests(document.get("manifests"))) <= there:
        raise _ReferencedImagesNotFoundError(
            "The manifest list is referencing an image that does not exist."
        )
    return original(repository_name, image_manifest, *arguments, **keywords)


def _get_download_url_for_layer(original: Callable[..., Any], self: ECRResponse) -> ActionResult:
    del original
    name, digest = self._get_param("repositoryName"), self._get_param("layerDigest")
    backend = self.ecr_backend
    repository = backend._get_repository(name, self._get_param("registryId"))
    if not _DIGEST.fullmatch(digest):
        raise InvalidParameterException(
            "Invalid parameter at 'layerDigest' failed to satisfy constraint: 'must satisfy "
            "regular expression '[a-zA-Z0-9-_+.]+:[a-fA-F0-9]+''"
        )
    if _content(repository, digest) is None:
        raise _LayersNotFoundError(
            f"The layer with digest '{digest}' does not exist in the repository with name "
            f"'{name}' in the registry with id '{repository.registry_id}'"
        )
    if not _is_used(repository, digest):
        raise _LayerInaccessibleError(
            "The specified layer is not available because it is not associated with an image."
        )
    path = layers.address(backend.account_id, backend.region_name, name, digest)
    url = f"http://{self.headers['Host']}{path}"
    return ActionResult({"downloadUrl": url, "layerDigest": digest})


def _is_used(repository: Repository, digest: str) -> bool:
    return stub_images.blob(digest) is not None or any(
        digest in _layers_of(_document(image.image_manifest)) for image in repository.images
    )


def _content(repository: Repository, digest: str) -> bytes | None:
    kept = _kept(repository, digest)
    return kept if kept is not None else stub_images.blob(digest)


def _kept(repository: Repository, digest: str) -> bytes | None:
    found: bytes | None = vars(repository).get("_local_aws_layers", {}).get(digest)
    return found


def _document(manifest: str) -> dict[str, Any]:
    try:
        found = json.loads(manifest)
    except ValueError:
        found = None
    if not isinstance(found, dict):
        raise InvalidParameterException(
            "Invalid parameter at 'ImageManifest' failed to satisfy constraint: 'Invalid JSON "
            "syntax'"
        )
    return found


def _layers_of(document: dict[str, Any]) -> list[str]:
    layers_there = document.get("layers")
    items = layers_there if isinstance(layers_there, list) else []
    return list(_digests([document.get("config"), *items]))


def _digests(items: Any) -> Iterator[str]:
    for item in items if isinstance(items, list) else []:
        if isinstance(item, dict) and isinstance(item.get("digest"), str):
            yield item["digest"]
