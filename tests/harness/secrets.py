"""Looking for a secret in all that a run leaves."""

from __future__ import annotations

from collections.abc import Iterable
from typing import TYPE_CHECKING

from infra.backend import load_backend
from infra.environments import load_environment
from infra.ledger.store import folder as ledger_folder
from infra.repository import Repository

if TYPE_CHECKING:
    from harness.checkout import Checkout

CANARY = "canary-4471-swordfish"

HOLDING = (".local/cloud/", ".git/")
"""The local cloud itself, with its states, and the history of the values' files."""

SECRET_FILES = {"terraform.tfvars", "plan.tfplan"}
"""What may have a secret in it: values, and plans that are kept."""


def canaries(checkout: Checkout, environments: Iterable[str]) -> set[str]:
    """Where the secrets of a checkout are, but for the local cloud and git's history.

    Names of files, and the keys of ledger records.
    """
    found = set()
    for file in checkout.root.rglob("*"):
        name = file.relative_to(checkout.root).as_posix()
        if file.is_file() and not file.is_symlink() and not name.startswith(HOLDING):
            found |= {file.name} if CANARY.encode() in file.read_bytes() else set()
    for environment in environments:
        described = load_environment(Repository(checkout.root), environment)
        s3, bucket = checkout.client("s3", environment), load_backend(described).bucket
        listed = s3.list_objects_v2(Bucket=bucket, Prefix=ledger_folder(environment))
        for item in listed.get("Contents", []):
            body = s3.get_object(Bucket=bucket, Key=item["Key"])["Body"].read()
            found |= {item["Key"]} if CANARY.encode() in body else set()
    return found
