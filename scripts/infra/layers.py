"""One layer of an image, or its configuration, from one repository in ECR to another."""

from __future__ import annotations

import hashlib
import http.client
import tempfile
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Iterator
from typing import IO, Any

from infra.errors import DigestMismatchError, ImageMissingError, RegistryError

CHUNK = 1024 * 1024
LOOPBACK = ("127.0.0.1", "localhost", "::1")
DOWNLOAD_SECONDS = 120
IN_MEMORY = 16 * CHUNK


def copy_layer(
    source_ecr: Any,
    source: str,
    target_ecr: Any,
    target: str,
    digest: str,
    registry: str | None = None,
) -> bool:
    """Copy a layer, unless the target has it. Returns whether it was copied.

    Raises ImageMissingError, DigestMismatchError, RegistryError and botocore's errors.
    """
    if available(target_ecr, target, digest):
        return False
    with tempfile.SpooledTemporaryFile(max_size=IN_MEMORY) as content:
        url = _download_url(source_ecr, source, digest, registry)
        _download(url, content, digest, proxies(source_ecr, url))
        upload(target_ecr, target, digest, content)
    return True


def available(ecr: Any, repository: str, digest: str) -> bool:
    """Tell whether a repository has a layer."""
    answer = ecr.batch_check_layer_availability(repositoryName=repository, layerDigests=[digest])
    return any(layer.get("layerAvailability") == "AVAILABLE" for layer in answer["layers"])


def upload(ecr: Any, repository: str, digest: str, content: IO[bytes]) -> None:
    """Upload a layer part by part. Raises DigestMismatchError and botocore's errors."""
    from botocore.exceptions import ClientError

    begun = ecr.initiate_layer_upload(repositoryName=repository)
    content.seek(0)
    first = 0
    while part := content.read(int(begun["partSize"])):
        ecr.upload_layer_part(
            repositoryName=repository,
            uploadId=begun["uploadId"],
            partFirstByte=first,
            partLastByte=first + len(part) - 1,
            layerPartBlob=part,
        )
        first += len(part)
    try:
        ecr.complete_layer_upload(
            repositoryName=repository, uploadId=begun["uploadId"], layerDigests=[digest]
        )
    except ClientError as error:
        code = error.response["Error"]["Code"]
        # Somebody else uploaded it meanwhile.
        if code == "LayerAlreadyExistsException":
            return
        if code == "InvalidLayerException":
            raise DigestMismatchError(
                f"The layer {digest} arrived damaged at {repository}.",
                hint="Nothing was changed. Run the command again.",
            ) from error
        raise


def proxies(ecr: Any, url: str) -> dict[str, str]:
    """The way to a download address: the client's own, and loopback alone where that is its own.

    Raises RegistryError for an address that a client of the local cloud must not follow.
    """
    host = urllib.parse.urlsplit(url).hostname or ""
    if urllib.parse.urlsplit(ecr.meta.endpoint_url).hostname not in LOOPBACK:
        if not url.startswith("https://"):
            raise RegistryError("ECR names an address for a layer that is not HTTPS.")
        found: dict[str, str] = ecr.meta.config.proxies or urllib.request.getproxies()
        return {} if urllib.request.proxy_bypass(host) else found
    if host not in LOOPBACK:
        raise RegistryError("The local cloud names an address outside of this machine for a layer.")
    return {}


def _download_url(ecr: Any, repository: str, digest: str, registry: str | None) -> str:
    from botocore.exceptions import ClientError

    try:
        answer = ecr.get_download_url_for_layer(
            repositoryName=repository,
            layerDigest=digest,
            **({"registryId": registry} if registry else {}),
        )
    except ClientError as error:
        if error.response["Error"]["Code"] in (
            "LayersNotFoundException",
            "LayerInaccessibleException",
        ):
            raise ImageMissingError(
                f"{repository} lacks the layer {digest} of the image.",
                hint="Push the image again.",
            ) from error
        raise
    return str(answer["downloadUrl"])


def _download(url: str, content: IO[bytes], digest: str, through: dict[str, str]) -> None:
    opener = urllib.request.build_opener(urllib.request.ProxyHandler(through), _Direct())
    computed = hashlib.sha256()
    try:
        with opener.open(url, timeout=DOWNLOAD_SECONDS) as answer:
            for chunk in _chunks(answer):
                computed.update(chunk)
                content.write(chunk)
    # The address is as good as a password for its hour: it is not shown.
    except urllib.error.HTTPError as error:
        error.close()
        raise RegistryError(
            f"The layer {digest} can't be downloaded: HTTP {error.code}."
        ) from error
    except (OSError, http.client.HTTPException) as error:
        reason = getattr(error, "reason", error)
        raise RegistryError(
            f"The layer {digest} can't be downloaded: {type(reason).__name__}."
        ) from error
    if f"sha256:{computed.hexdigest()}" != digest:
        raise DigestMismatchError(
            f"The layer {digest} is not what its digest says.",
            hint="Nothing was changed. Run the command again; if it stays so, it is an incident.",
        )


class _Direct(urllib.request.HTTPRedirectHandler):
    """Follows nobody elsewhere: where ECR says that a layer is, it is."""

    def redirect_request(self, *_arguments: Any, **_keywords: Any) -> None:
        """No."""


def _chunks(answer: Any) -> Iterator[bytes]:
    while chunk := answer.read(CHUNK):
        yield chunk
