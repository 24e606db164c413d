"""How much one apply or destroy may take away.

A promotion has its gates; these hold for whoever applies or destroys by hand. What goes further
needs an exception of environments/exceptions.yaml, which is reviewed and ends by itself.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from infra.environments import Environment
from infra.errors import BlastRadiusError, ProtectedError
from infra.gates import git
from infra.gates.exceptions import (
    DELETES,
    DESTROY,
    EVERYTHING,
    FILE,
    PROTECTED,
    Exceptions,
    exceptions_of,
)
from infra.gates.policy import GATE as POLICY
from infra.gates.results import UncheckedError
from infra.gates.running import declared
from infra.plans import HALF_MADE, RISKY, Action, PlanSummary
from infra.repository import Repository

SHOWN = 20


def refuse_destroy(
    repository: Repository, environment: Environment, target: str, now: datetime
) -> tuple[str, ...]:
    """Raise ProtectedError for a protected environment without an exception, EnvironmentFileError.

    Returns the exceptions that were needed.
    """
    if not environment.protected:
        return ()
    exceptions = exceptions_of(repository, environment, now)
    name = environment.name
    if not exceptions.allow(DESTROY, EVERYTHING):
        told = exceptions.expired(DESTROY, EVERYTHING)
        forget = (
            "\nIn the local cloud `infra local reset` forgets all environments at once."
            if target == "local"
            else ""
        )
        raise ProtectedError(
            f"{name} is protected, so it can't be destroyed{told}. Nothing was changed.",
            hint=f"{_how(name, DESTROY, EVERYTHING)}{forget}",
        )
    _refuse_unreviewed(repository, name, target)
    return tuple(exceptions.used)


def refuse_apply(
    repository: Repository,
    environment: Environment,
    summary: PlanSummary,
    now: datetime,
    most: int | None = None,
) -> tuple[str, ...]:
    """Raise BlastRadiusError for a plan that takes too much away, ProtectedError for one that takes
    something protected.

    most: how many deletes the caller has said that there may be; a protected environment asks for
    more than that. Returns the exceptions that were needed. Raises EnvironmentFileError.
    """
    settings = _settings(environment)
    exceptions = exceptions_of(repository, environment, now)
    if environment.protected:
        _refuse_protected(environment, summary, settings["protected_types"], exceptions)
    limit = settings["max_deletes"]
    count = summary.counts.get(Action.DELETE, 0) + summary.counts.get(Action.REPLACE, 0)
    if limit is None or count <= limit:
        return tuple(exceptions.used)
    name = environment.name
    if not environment.protected and most is not None and count <= most:
        return tuple(exceptions.used)
    if exceptions.allow(DELETES, EVERYTHING):
        return tuple(exceptions.used)
    gone = [change.address for change in summary.changes if change.action in RISKY]
    more = (f"and {len(gone) - SHOWN} more",) if len(gone) > SHOWN else ()
    told = exceptions.expired(DELETES, EVERYTHING)
    raise BlastRadiusError(
        f"{count} resources of {name} would be destroyed or replaced; at most {limit} may be"
        f"{told}. Nothing was changed.",
        details=(*gone[:SHOWN], *more),
        hint="An empty map or a lost state looks like this."
        + (
            f" If it is meant:\n{_how(name, DELETES, EVERYTHING)}"
            if environment.protected
            else f" If it is meant: infra apply {name} --max-deletes {count}"
        ),
    )


def _refuse_protected(
    environment: Environment, summary: PlanSummary, types: list[str], exceptions: Exceptions
) -> None:
    findings, first, again = [], "", ""
    for change in summary.changes:
        if change.action not in RISKY or change.kind not in types:
            continue
        if not exceptions.allow(PROTECTED, change.address):
            told = exceptions.expired(PROTECTED, change.address)
            findings.append(f"{change.address}: {change.action.value}{told}")
            first = first or change.address
            if change.reason == HALF_MADE:
                again = (
                    "What a stopped run left half made can be kept:\n"
                    f"infra recover {environment.name}\n"
                )
    if findings:
        noun = "resource" if len(findings) == 1 else "resources"
        raise ProtectedError(
            f"{len(findings)} protected {noun} of {environment.name} would go. Nothing was"
            " changed.",
            details=tuple(findings[:SHOWN]),
            hint=again + _how(environment.name, PROTECTED, first),
        )


def _settings(environment: Environment) -> Mapping[str, Any]:
    """Those of the gate `policy`, which a promotion asks; its defaults where it isn't declared."""
    for item in declared(environment):
        if item.gate.name == POLICY.name:
            return item.settings
    return POLICY.section.read("policy", None)


def _refuse_unreviewed(repository: Repository, name: str, target: str) -> None:
    """An exception counts once it is committed, so that somebody could look at it."""
    path = repository.environments / FILE
    try:
        changed = git.Checkout(repository.root, "").paths(
            "status", "--porcelain=v1", "-z", "--untracked-files=all", "--", str(path)
        )
    except UncheckedError as error:
        if target == "local":
            return
        raise ProtectedError(
            f"Whether anybody reviewed the exception for {name} can't be told: {error.message}"
            " Nothing was changed.",
            hint="Destroy it from a git checkout.",
        ) from error
    if changed:
        raise ProtectedError(
            f"The exception for {name} in environments/{FILE} is not committed. Nothing was"
            " changed.",
            hint="Commit it and have it reviewed, as any other change.",
        )


def _how(name: str, gate: str, address: str) -> str:
    return (
        f"If it is meant, somebody reviews this entry of environments/{FILE}:\n"
        f"- environment: {name}\n"
        f'  address: "{address}"\n'
        f"  gate: {gate}\n"
        "  reason: ...\n"
        "  expires: YYYY-MM-DD, a day soon"
    )
