"""An environment's repository of images, and a client for it."""

from __future__ import annotations

import re
from collections.abc import Mapping
from typing import Any

from infra.environments import Environment
from infra.errors import EnvironmentFileError, RegistryError
from infra.progress import Progress
from infra.repository import Repository
from infra.values import effective_values
from infra.visits import visit

NAME = re.compile(r"[a-z0-9][a-z0-9._/-]{1,255}")
"""Anything else can't be the name of a repository, and botocore would not even ask."""


def open_registry(
    repository: Repository, environment: Environment, target: str, progress: Progress
) -> Any:
    """An ECR client in the environment's account. Raises the errors of entering an account."""
    return visit(repository, environment, target, progress).clients("ecr")


def choose(ecr: Any, environment: Environment, name: str | None = None) -> Mapping[str, Any]:
    """ECR's description of the repository of this name, or of the environment's own.

    That is the only one in the account, or the one that is called as the module `trending_now`
    calls it. Raises RegistryError and botocore's errors.
    """
    if name is not None:
        found = _named(ecr, name)
        if found is None:
            raise RegistryError(
                f"{environment.name} has no image repository named {name[:60]!a}.",
                hint=_hint(ecr),
            )
        return found
    there = _all(ecr)
    if len(there) == 1:
        return next(iter(there.values()))
    expected = _expected(environment)
    found = there.get(expected) or (_named(ecr, expected) if not there else None)
    if found is not None:
        return found
    if not there:
        where = " in the local cloud" if _is_local(ecr) else ""
        raise RegistryError(
            f"{environment.name} has no image repository{where}.",
            hint=f"Apply it first: infra apply {environment.name}",
        )
    raise RegistryError(
        f"{environment.name} has {len(there)} image repositories.",
        hint=f"Choose with --repository: {', '.join(sorted(there))}.",
    )


def _expected(environment: Environment) -> str:
    try:
        project = effective_values(environment).get("project")
    except EnvironmentFileError:
        project = None
    prefix = project.value if project is not None and isinstance(project.value, str) else ""
    return f"{prefix}-{environment.name}" if prefix else environment.name


def _all(ecr: Any) -> dict[str, Mapping[str, Any]]:
    """Every repository of the account; none for a role that sees its own alone."""
    from botocore.exceptions import ClientError

    try:
        pages = ecr.get_paginator("describe_repositories").paginate()
        return {item["repositoryName"]: item for page in pages for item in page["repositories"]}
    except ClientError as error:
        if error.response["Error"]["Code"] != "AccessDeniedException":
            raise
    return {}


def _named(ecr: Any, name: str) -> Mapping[str, Any] | None:
    from botocore.exceptions import ClientError

    if not NAME.fullmatch(name):
        return None
    try:
        found: Mapping[str, Any] = ecr.describe_repositories(repositoryNames=[name])[
            "repositories"
        ][0]
    except ClientError as error:
        if error.response["Error"]["Code"] not in (
            "RepositoryNotFoundException",
            "InvalidParameterException",
        ):
            raise
        return None
    return found


def _hint(ecr: Any) -> str:
    names = sorted(_all(ecr))
    return f"There is {', '.join(names)}." if names else ""


def _is_local(ecr: Any) -> bool:
    return str(ecr.meta.endpoint_url).startswith("http://127.0.0.1:")
