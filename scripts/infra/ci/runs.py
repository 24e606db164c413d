"""A run of a workflow: who started it, which plan it showed, and who approved what."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.ci.api import GitHub
from infra.errors import GitHubError

PLAN_NOTICE = "infra plan"
"""The title of the notice by which a run shows a plan's identity."""


@dataclass(frozen=True)
class Account:
    """A GitHub account. id: which stays when the login changes."""

    id: int
    login: str


@dataclass(frozen=True)
class Review:
    """What a reviewer decided. state: `approved`, `rejected` or `pending`."""

    environments: tuple[str, ...]
    state: str
    by: Account


@dataclass(frozen=True)
class WorkflowRun:
    """A run as it is now. starters: who set it off, the first time and this time."""

    repository: str
    status: str
    attempt: int
    commit: str
    starters: tuple[Account, ...]


def workflow_run(github: GitHub, number: str) -> WorkflowRun:
    """One run. Raises GitHubError."""
    raw = github.get(f"actions/runs/{number}")
    try:
        return WorkflowRun(
            repository=str(raw["repository"]["full_name"]),
            status=str(raw["status"]),
            attempt=int(raw["run_attempt"]),
            commit=str(raw["head_sha"]),
            starters=tuple(
                _account(raw[name]) for name in ("actor", "triggering_actor") if raw.get(name)
            ),
        )
    except (KeyError, TypeError, ValueError) as error:
        raise GitHubError(f"GitHub's answer about run {number} is not understood.") from error


def reviews(github: GitHub, number: str) -> list[Review]:
    """What reviewers of environments decided in a run, in all its attempts. Raises GitHubError."""
    try:
        return [
            Review(
                tuple(str(item["name"]) for item in raw["environments"]),
                str(raw["state"]),
                _account(raw["user"]),
            )
            for raw in github.get(f"actions/runs/{number}/approvals")
        ]
    except (KeyError, TypeError, ValueError) as error:
        raise GitHubError(f"GitHub's list of approvals of run {number} is not understood.") from (
            error
        )


def shown_plans(github: GitHub, number: str, attempt: int) -> set[str]:
    """The identities of plans that the jobs of a run have shown. Raises GitHubError."""
    found: set[str] = set()
    for job in github.each(f"actions/runs/{number}/attempts/{attempt}/jobs", key="jobs"):
        if job.get("conclusion") != "success":
            continue
        check = str(job.get("check_run_url", "")).rsplit("/", 1)[-1]
        for note in github.each(f"check-runs/{check}/annotations"):
            if note.get("title") == PLAN_NOTICE:
                found.add(str(note.get("message")))
    return found


def _account(raw: Mapping[str, Any]) -> Account:
    return Account(int(raw["id"]), str(raw["login"]))
