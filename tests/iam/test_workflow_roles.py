"""Each job of the workflows gets the roles that it asks for, by whom GitHub says it is, and no job
gets one that changes an environment but by that environment's own rules."""

from __future__ import annotations

import pytest

from harness.deployed import AUDIENCE, GITHUB, Role
from harness.places import ROOT
from harness.workflows import Job, jobs, subject
from infra.environments import environment_names, load_environment
from infra.iam.evaluation import Principal
from infra.repository import Repository

pytestmark = pytest.mark.terraform

NUMBERS = "repo:octo-org@123456/trending-now@456789"
REPOSITORY = Repository(ROOT)
ENVIRONMENTS = environment_names(REPOSITORY)
BEFORE = {name: load_environment(REPOSITORY, name).promotes_from for name in ENVIRONMENTS}
TAKING = [job for job in jobs() if job.takes_roles and job.workflow != "sweep"]
"""The sweeper's job has a role in no environment's account: tests/live/test_sweeper_role.py."""


def _named(roles: dict[str, Role], environment: str, role: str) -> Role:
    return roles[role if environment == "staging" else f"{environment} {role}"]


def _opens(role: Role, said: str) -> bool:
    """Whether a role lets in a job that GitHub calls this."""
    keys = {"sub": said, "aud": AUDIENCE, "repository_id": "456789"}
    token = {f"{GITHUB}:{name}": value for name, value in keys.items()}
    github = Principal("Federated", f"arn:aws:iam::{role.account}:oidc-provider/{GITHUB}")
    return role.lets_in(github, "sts:AssumeRoleWithWebIdentity", token).allowed


def _settings(job: Job) -> list[dict[str, str]]:
    """The ways in which a job can run. One between no neighbours `infra promote` refuses."""
    return [
        setting
        for setting in job.settings()
        if "FROM" not in setting or BEFORE[setting["TO"]] == setting["FROM"]
    ]


@pytest.mark.parametrize("job", TAKING, ids=str)
def test_a_job_gets_the_roles_that_it_asks_for(roles: dict[str, Role], job: Job) -> None:
    settings = _settings(job)
    assert settings
    for setting in settings:
        asked = job.logins(setting)
        assert asked, "it may ask for a token, and takes no role"
        for environment, role in asked:
            said = subject(setting, NUMBERS)
            assert _opens(_named(roles, environment, role), said), (said, environment, role)


@pytest.mark.parametrize("job", TAKING, ids=str)
def test_a_job_can_change_only_the_environment_that_it_is_in(
    roles: dict[str, Role], job: Job
) -> None:
    for setting in _settings(job):
        said = subject(setting, NUMBERS)
        opened = {name for name in ENVIRONMENTS if _opens(_named(roles, name, "apply"), said)}
        place = setting["(environment)"]
        assert opened == ({place} if place else set())
        changing = {name for name, role in job.logins(setting) if role == "apply"}
        assert changing == ({place} if place else set())


def test_every_environment_is_planned_in_pull_requests_and_looked_at_for_drift() -> None:
    for workflow, job in (("pull_request", "plan"), ("drift", "drift")):
        (found,) = [one for one in TAKING if (one.workflow, one.name) == (workflow, job)]
        asked = {login for setting in found.settings() for login in found.logins(setting)}
        assert asked == {(name, "plan") for name in ENVIRONMENTS}


def test_each_way_to_promote_can_be_chosen() -> None:
    (found,) = [job for job in TAKING if (job.workflow, job.name) == ("promote", "promote")]
    ways = {(setting["FROM"], setting["TO"]) for setting in _settings(found)}
    assert ways == {(before, name) for name, before in BEFORE.items() if before}
