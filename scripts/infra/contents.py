"""What a destroy would stop at: buckets and repositories that hold something.

AWS refuses to delete them, but only when their turn comes; by then a bucket's policy, versioning
and encryption are gone. So they are looked at before anything is destroyed. A process of its own
looks, `python -m infra.contents`: it sees the environment that Terraform gets.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

from infra import processes
from infra.errors import InfraError

LOOK_SECONDS = 120.0
KINDS = {
    "aws_s3_bucket": ("bucket", "bucket", "force_destroy"),
    "aws_ecr_repository": ("repository", "name", "force_delete"),
}
"""By resource type: what it is, which attribute names it, and which one lets it be emptied."""


class NotEmptyError(InfraError):
    """Something that would be destroyed holds something, and may not be emptied."""

    reason = "not-empty"


def guarded(document: Mapping[str, Any]) -> dict[str, list[str]]:
    """The names of buckets and repositories that a plan destroys and that must be empty for it."""
    found: dict[str, list[str]] = {kind: [] for kind, _, _ in KINDS.values()}
    for raw in document.get("resource_changes") or []:
        change = raw.get("change") or {}
        if raw.get("type") in KINDS and "delete" in (change.get("actions") or []):
            kind, name, force = KINDS[raw["type"]]
            before = change.get("before") or {}
            if not before.get(force):
                found[kind].append(str(before.get(name)))
    return found


def refuse_unless_empty(
    names: Mapping[str, list[str]], environment: Mapping[str, str], destroyed: str
) -> None:
    """Raise NotEmptyError when one of them holds something.

    environment: the process environment of the run. destroyed: what would be destroyed, in words.
    """
    if not any(names.values()):
        return
    try:
        done = processes.run(
            [sys.executable, "-m", "infra.contents", json.dumps(dict(names))],
            environment=environment,
            timeout=LOOK_SECONDS,
        )
        held = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError) as error:
        raise InfraError(
            f"Whether the buckets and repositories of {destroyed} are empty can't be found out.",
            hint="Nothing was changed. Check the credentials, and run the command again.",
        ) from error
    if held:
        raise NotEmptyError(
            f"{destroyed} can't be destroyed: {len(held)} of its stores hold something.",
            details=tuple(held),
            hint="Nothing was changed. Empty them, or set force_destroy = true in terraform.tfvars,"
            "\napply that, and destroy then. WHAT THEY HOLD IS THEN LOST.",
        )


def main() -> int:
    """Look, and print a JSON list of what holds something."""
    import boto3
    from botocore.exceptions import ClientError

    names = json.loads(sys.argv[1])
    held = []
    for name in names.get("bucket", []):
        try:
            listed = boto3.client("s3").list_object_versions(Bucket=name, MaxKeys=1)
        except ClientError as error:
            if error.response["Error"]["Code"] == "NoSuchBucket":
                continue
            raise
        if listed.get("Versions") or listed.get("DeleteMarkers"):
            held.append(f"bucket {name} holds objects or versions of objects")
    for name in names.get("repository", []):
        try:
            images = boto3.client("ecr").list_images(repositoryName=name, maxResults=1)
        except ClientError as error:
            if error.response["Error"]["Code"] == "RepositoryNotFoundException":
                continue
            raise
        if images["imageIds"]:
            held.append(f"repository {name} holds images")
    sys.stdout.write(json.dumps(held))
    return 0


if __name__ == "__main__":
    sys.exit(main())
