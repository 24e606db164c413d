"""ECR: images that every repository has for whoever names them (`stub_images.py`).

No correction of moto but a part of the pretence: they stand for what a build has pushed before the
first apply. They answer to their digest and tag, in BatchGetImage, DescribeImages and to App
Runner. They are not listed and don't keep a repository from being deleted, so that it's otherwise
as empty as in AWS; one that somebody pushes again is there like any other. Not for upstream.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.ecr.exceptions import ImageNotFoundException
from moto.ecr.models import ECRBackend, Image, Repository

from local_aws import stub_images
from local_aws.patches import wrap


def apply() -> None:
    """Find these images beside those of the repository."""
    wrap(Repository, "_get_image", _get_image)
    wrap(ECRBackend, "batch_get_image", _batch_get_image)


def _get_image(
    original: Callable[..., Any], self: Repository, image_tag: str | None, image_digest: str | None
) -> Any:
    try:
        return original(image_tag, image_digest)
    except ImageNotFoundException:
        found = stub_images.find(image_tag or None, image_digest or None)
        if found is None:
            raise
        return _image(self, found)


def _batch_get_image(
    original: Callable[..., Any],
    self: ECRBackend,
    repository_name: str,
    registry_id: str | None = None,
    image_ids: list[dict[str, Any]] | None = None,
) -> dict[str, Any]:
    answer: dict[str, Any] = original(repository_name, registry_id, image_ids)
    if not answer["failures"]:
        return answer
    repository = self.repositories[repository_name]
    answer = {"images": [], "failures": []}
    for image_id in image_ids or []:
        one = original(repository_name, registry_id, [image_id])
        found = stub_images.find(image_id.get("imageTag"), image_id.get("imageDigest"))
        if one["failures"] and found is not None:
            one = {"images": [_image(repository, found)], "failures": []}
        answer = {key: answer[key] + one[key] for key in answer}
    return answer


def _image(repository: Repository, stub: stub_images.StubImage) -> Image:
    image = Image(
        repository.account_id,
        stub.tag,
        stub.manifest,
        repository.name,
        stub_images.MEDIA_TYPE,
        stub.digest,
        repository.registry_id,
    )
    image.image_pushed_at = int(repository.created_at.timestamp())
    return image
