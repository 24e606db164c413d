"""Where an environment keeps its state: the s3 block of its backend.tf."""

from __future__ import annotations

import re
from dataclasses import dataclass

from infra import hcl
from infra.environments import Environment
from infra.errors import EnvironmentFileError
from infra.repository import Repository

BUCKET = re.compile(r"[a-z0-9][a-z0-9.-]{1,61}[a-z0-9]")
KEY = re.compile(r"(?!/)(?!.*(^|/)\.{0,2}(/|$))[A-Za-z0-9._/-]{1,200}")
"""Terraform itself takes `a/../../prod.tfstate`, which is another environment's."""


@dataclass(frozen=True)
class Backend:
    """The S3 backend of one environment."""

    bucket: str
    key: str
    region: str
    allowed_account_ids: tuple[str, ...]


def load_backend(environment: Environment) -> Backend:
    """Read backend.tf and check that it agrees with environment.yaml.

    Terraform allows no expressions in a backend block, so account and region stand in both files;
    this is what keeps them the same. Raises EnvironmentFileError.
    """
    path = environment.directory / "backend.tf"
    shown = f"environments/{environment.name}/backend.tf"
    try:
        parsed = Repository(environment.directory.parents[1]).parsed
        block = hcl.read_again(path, parsed)["terraform"][0]["backend"][0]["s3"]
        backend = Backend(
            bucket=str(block["bucket"]),
            key=str(block["key"]),
            region=str(block["region"]),
            allowed_account_ids=tuple(map(str, block["allowed_account_ids"])),
        )
    except OSError as error:
        raise EnvironmentFileError(
            f"{shown} can't be read: {error.strerror}.", hint="Restore it from git."
        ) from error
    except (ValueError, KeyError, IndexError, TypeError) as error:
        raise EnvironmentFileError(
            f"{shown} is not a terraform block with a complete s3 backend.",
            hint="It needs bucket, key, region and allowed_account_ids, all written out.",
        ) from error
    if not BUCKET.fullmatch(backend.bucket) or not KEY.fullmatch(backend.key):
        wrong = "key" if BUCKET.fullmatch(backend.bucket) else "bucket"
        raise EnvironmentFileError(
            f"{shown}: {wrong} is {getattr(backend, wrong)!r:.100}.",
            hint="Expected the name of a bucket, and a key such as staging/terraform.tfstate:"
            " letters, digits and . _ - between single slashes, no part of it . or ..",
        )
    if backend.allowed_account_ids != (environment.account_id,):
        raise EnvironmentFileError(
            f"{shown}: allowed_account_ids is {list(backend.allowed_account_ids)},"
            f" but environment.yaml says account_id {environment.account_id}.",
            hint="Make both the account that you mean; nothing was changed.",
        )
    if backend.region != environment.region:
        raise EnvironmentFileError(
            f"{shown}: region is {backend.region}, but environment.yaml says {environment.region}.",
            hint="Make both the region that you mean; nothing was changed.",
        )
    return backend
