"""Collecting what a release lists, from files and from what the caller says."""

from __future__ import annotations

import hashlib
import math
import operator
import re
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from infra import hcl
from infra.environments import environment_names
from infra.errors import ReleaseError
from infra.releases.documents import parse, read, shown
from infra.releases.schema import DIGEST, FORMAT_VERSION, MOST_ENTRIES, check_value
from infra.repository import Repository
from infra.trees import LOCK_FILE

LARGEST_FILE = 64 * 1024 * 1024
MOST_LEVELS = 8
_THRESHOLD = re.compile(
    r"\s*(?P<name>[^\s<>=][^<>=]{0,98}?)\s*(?P<how>>=|<=|==|>|<)\s*(?P<bound>[0-9.-]{1,32})\s*"
)
_COMPARISONS: Mapping[str, Callable[[Any, Any], bool]] = {
    ">=": operator.ge,
    "<=": operator.le,
    "==": operator.eq,
    ">": operator.gt,
    "<": operator.lt,
}


@dataclass(frozen=True)
class Wanted:
    """What the caller says of a release. None, and an empty tuple: nothing.

    thresholds: such as `auc>=0.9`, by which the metrics must be good enough.
    """

    image: str
    model: str
    code: str | None = None
    data: str | None = None
    dvc_lock: Path | None = None
    configuration: Sequence[Path] = ()
    metrics: Path | None = None
    thresholds: Sequence[str] = ()
    lineage: Mapping[str, str] = field(default_factory=dict)


def check_image(image: str) -> None:
    """Raise ReleaseError unless an image is named by its digest."""
    if DIGEST.fullmatch(image):
        return
    name = shown(image)
    if "sha256:" in image:
        raise ReleaseError(
            f"{name} is not a digest.",
            hint='Give the digest alone: "sha256:" and 64 lower-case hexadecimal digits.',
        )
    raise ReleaseError(
        f"{name} is a tag, and a tag can be moved to another image: a release names its image by"
        " digest.",
        hint="Give what the push printed, or ask ECR: aws ecr describe-images --repository-name"
        " NAME --image-ids imageTag=TAG",
    )


def collect(repository: Repository, wanted: Wanted, revision: str | None) -> dict[str, Any]:
    """The document of a release.

    revision: the commit that the image says it was built from. Raises ReleaseError.
    """
    check_image(wanted.image)
    values = _metrics(wanted.metrics) if wanted.metrics is not None else {}
    return {
        "format_version": FORMAT_VERSION,
        "image": {"digest": wanted.image},
        "code": {"git_sha": _code(wanted.code, revision)},
        "data": _data(wanted),
        "model": {"version": wanted.model},
        "configuration": {"files": _hashes(repository, wanted.configuration)},
        "metrics": {"values": values, "thresholds": _thresholds(wanted.thresholds, values)},
        "environment": {
            "python": _hashes(repository, sorted(repository.root.glob("requirements/*.txt"))),
            "providers": _hashes(
                repository, sorted(repository.environments.glob(f"*/{LOCK_FILE}"))
            ),
            "terraform": _terraform(repository),
        },
        "lineage": dict(wanted.lineage),
    }


def _code(said: str | None, revision: str | None) -> str:
    if said is not None:
        check_value("code.git_sha", said)
    if revision is not None and said is not None and said != revision:
        raise ReleaseError(
            f"The image says that it was built from {shown(revision)}, not from {said}.",
            hint="Leave --code out, or build the image from that commit.",
        )
    found = said or revision
    if found is None:
        raise ReleaseError(
            "The image does not say from which commit it was built.",
            hint="Give it with --code, or build with the label org.opencontainers.image.revision.",
        )
    return found


def _data(wanted: Wanted) -> dict[str, str]:
    if wanted.dvc_lock is None:
        if wanted.data is None:
            raise ReleaseError(
                "The release names no data.", hint="Give --data VERSION, --dvc-lock FILE, or both."
            )
        return {"version": wanted.data}
    digest = _hash(wanted.dvc_lock)
    return {"version": wanted.data or f"dvc-lock:{digest}", "dvc_lock": digest}


def _hash(path: Path) -> str:
    return hashlib.sha256(read(path, "The file", LARGEST_FILE)).hexdigest()


def _hashes(repository: Repository, paths: Sequence[Path]) -> dict[str, str]:
    found: dict[str, str] = {}
    for path in paths:
        resolved = path.resolve()
        inside = resolved.is_relative_to(repository.root)
        name = resolved.relative_to(repository.root).as_posix() if inside else resolved.name
        if name in found:
            raise ReleaseError(f"Two files would be called {shown(name)} in the release.")
        found[name] = _hash(path)
    return found


def _metrics(path: Path) -> dict[str, Any]:
    try:
        return dict(_flat(parse(read(path, "The file of metrics")), "", MOST_LEVELS))
    except ReleaseError as error:
        name = shown(str(path))
        message = error.message if name in error.message else f"{name}: {error.message}"
        raise ReleaseError(message, hint=error.hint) from error


def _flat(values: Mapping[str, Any], prefix: str, levels: int) -> Iterator[tuple[str, Any]]:
    if not levels:
        raise ReleaseError(f"It is nested more than {MOST_LEVELS} levels deep.")
    for key, value in values.items():
        name = f"{prefix}{key}"
        if isinstance(value, dict):
            yield from _flat(value, f"{name}.", levels - 1)
            continue
        try:
            check_value("metrics.values", {name: value})
        except ReleaseError as error:
            raise ReleaseError(
                f"The metric {shown(name)} is {shown(value)}.",
                hint=f"Expected at most {MOST_ENTRIES} finite numbers, short texts or booleans,"
                ' by plain names such as "auc".',
            ) from error
        yield name, value


def _thresholds(given: Sequence[str], values: Mapping[str, Any]) -> dict[str, str]:
    found: dict[str, str] = {}
    for text in given:
        match = _THRESHOLD.fullmatch(text)
        threshold = f"{match['how']} {match['bound']}" if match else text
        name = match["name"] if match else ""
        try:
            check_value("metrics.thresholds", {name: threshold})
        except ReleaseError as error:
            raise ReleaseError(
                f"The threshold {shown(text)} can't be read.",
                hint="Expected a metric, a comparison and a number. Example: auc>=0.9",
            ) from error
        if name in found:
            raise ReleaseError(f"There are two thresholds for {shown(name)}.")
        found[name] = threshold
        _hold(name, threshold, values)
    return found


def _hold(name: str, threshold: str, values: Mapping[str, Any]) -> None:
    """Raise ReleaseError unless a metric is as good as it has to be."""
    value = values.get(name)
    how, _, bound = threshold.partition(" ")
    if isinstance(value, bool) or not isinstance(value, int | float) or math.isnan(value):
        raise ReleaseError(
            f"There is a threshold for {shown(name)}, but no such number among the metrics.",
            hint="Give the file that has it with --metrics.",
        )
    if not _COMPARISONS[how](value, float(bound)):
        raise ReleaseError(
            f"{name} is {value}, but the release asks for {threshold}: it is not good enough.",
            hint="Nothing was written.",
        )


def _terraform(repository: Repository) -> str:
    """The version of Terraform that every environment requires."""
    found: dict[str, list[str]] = {}
    for name in environment_names(repository):
        for path in sorted((repository.environments / name).glob("*.tf")):
            for block in _terraform_blocks(path):
                found.setdefault(str(block["required_version"]), []).append(name)
    if len(found) != 1:
        raise ReleaseError(
            "The environments don't require one and the same version of Terraform.",
            hint="Set the same required_version in each environments/*/versions.tf.",
            details=tuple(
                f"{shown(version)}: {', '.join(names)}" for version, names in found.items()
            ),
        )
    return next(iter(found))


def _terraform_blocks(path: Path) -> list[Mapping[str, Any]]:
    try:
        # Parsing is slow, and only one small file has it.
        if b"required_version" not in path.read_bytes():
            return []
        document = hcl.read(path)
    except (OSError, ValueError) as error:
        raise ReleaseError(f"{path.parent.name}/{path.name} can't be read.") from error
    return [block for block in hcl.blocks(document, "terraform") if "required_version" in block]
