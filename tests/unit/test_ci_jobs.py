"""What a job tells GitHub, how it gets into AWS, and what it shows for an approval."""

from __future__ import annotations

import base64
import configparser
import io
import json
import stat
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from harness.github import SHA, TOKEN, Hub
from infra.ci import login, pins
from infra.ci.announcement import announce, markdown
from infra.ci.api import client
from infra.ci.job import MOST_SUMMARY, Job
from infra.ci.login import Login, log_in
from infra.environments import load_environment
from infra.errors import CredentialsError, PromotionRefusedError, UsageError
from infra.plans import Action, AttributeChange, PlanSummary, ResourceChange
from infra.promotion.change import Brought
from infra.promotion.evidence import Evidence
from infra.promotion.requests import ALREADY, REHEARSED, Outcome
from infra.releases import Release, pinned_release_id
from infra.repository import Repository

PLAN = "staging-7f3a-91c2-0b5d-44e1-8a90-3c7e-d2f6-61b8"
DIGEST = "sha256:" + "a" * 64
RELEASE = Release(
    "r-0123456789abcdef",
    {
        "image": {"digest": DIGEST},
        "code": {"git_sha": SHA},
        "data": {"version": "trends-1"},
        "model": {"version": "ranker-1"},
    },
)


@pytest.fixture
def job(tmp_path: Path) -> Job:
    """A job with the files that GitHub gives it."""
    (tmp_path / "temp").mkdir()
    names = ("GITHUB_OUTPUT", "GITHUB_ENV", "GITHUB_STEP_SUMMARY")
    files = {name: str(tmp_path / name) for name in names}
    return Job(
        {
            **files,
            "GITHUB_ACTIONS": "true",
            "GITHUB_RUN_ID": "77",
            "GITHUB_RUN_ATTEMPT": "1",
            "RUNNER_TEMP": str(tmp_path / "temp"),
        },
        io.StringIO(),
    )


def told(job: Job, name: str) -> str:
    """What was written into one of the files."""
    path = Path(job.variables[name])
    return path.read_text() if path.exists() else ""


def assigned(job: Job, name: str) -> dict[str, str]:
    """The variables that GitHub would read in one of the files, as its runner does."""
    found: dict[str, str] = {}
    lines = iter(told(job, name).splitlines())
    for line in lines:
        key, _, end = line.partition("<<")
        value = []
        while (line := next(lines)) != end:
            value.append(line)
        found[key] = "\n".join(value)
    return found


def commands(job: Job) -> list[str]:
    """The workflow commands that were written."""
    assert isinstance(job.out, io.StringIO)
    return job.out.getvalue().splitlines()


def test_no_value_can_set_another_variable(job: Job) -> None:
    value = "one\nPATH<<end\n/evil\nend\nPATH=/evil"
    job.output("text", value)
    job.output("next", "two")
    assert assigned(job, "GITHUB_OUTPUT") == {"text": value, "next": "two"}


def test_no_message_can_be_another_command(job: Job) -> None:
    job.notice("a title, of: two", "100%\n::error::x")
    assert commands(job) == ["::notice title=a title%2C of%3A two::100%25%0A::error::x"]


def test_a_long_summary_is_cut_and_says_so(job: Job) -> None:
    job.summary("é" * MOST_SUMMARY)
    text = told(job, "GITHUB_STEP_SUMMARY")
    assert len(text.encode()) <= MOST_SUMMARY
    assert text.endswith("longer than GitHub shows.\n")


def test_outside_of_github_actions_nobody_is_told() -> None:
    out = io.StringIO()
    nowhere = Job({}, out)
    nowhere.output("identity", PLAN)
    nowhere.summary("text")
    nowhere.notice("title", "message")
    nowhere.mask("secret")
    assert out.getvalue() == ""


class Sts:
    """AWS's STS. refused: the code with which it refuses."""

    def __init__(self, refused: str = "") -> None:
        self.refused = refused
        self.asked: list[dict[str, Any]] = []

    def __call__(self, region: str) -> Sts:
        assert region == "eu-west-1"
        return self

    def assume_role_with_web_identity(self, **asked: Any) -> dict[str, Any]:
        from botocore.exceptions import ClientError

        self.asked.append(asked)
        if self.refused:
            raise ClientError({"Error": {"Code": self.refused}}, "AssumeRoleWithWebIdentity")
        names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
        role = asked["RoleArn"].rsplit("-", 1)[-1]
        return {"Credentials": {name: f"canary-{name}-{role}" for name in names}}


def token(subject: str) -> str:
    """A token of GitHub's, unsigned."""
    claims = base64.urlsafe_b64encode(json.dumps({"sub": subject}).encode()).decode().rstrip("=")
    return f"head.{claims}.signature"


@pytest.fixture
def logins(repository: Repository, edit: Callable[[str, str, str], None]) -> list[Login]:
    """Dev to look at, staging to change."""
    edit("environment.yaml", "promotes_from: null", "promotes_from: dev")
    roles = {"dev": "plan", "staging": "apply"}
    return [Login(load_environment(repository, name), role) for name, role in roles.items()]


def asking(job: Job, hub: Hub) -> Job:
    """The job, which may ask for a token."""
    hub.id_token = token("repo:octo-org/trending-now:environment:staging")
    secret = {
        "ACTIONS_ID_TOKEN_REQUEST_URL": f"{hub.url}/token?version=2",
        "ACTIONS_ID_TOKEN_REQUEST_TOKEN": TOKEN,
    }
    return Job({**job.variables, **secret}, job.out)


def test_a_job_gets_a_profile_for_each_account(
    job: Job, hub: Hub, repository: Repository, logins: list[Login]
) -> None:
    sts = Sts()
    log_in(repository, logins, asking(job, hub), sts)
    set_up = assigned(job, "GITHUB_ENV")
    path = Path(set_up["AWS_SHARED_CREDENTIALS_FILE"])
    parser = configparser.RawConfigParser()
    parser.read(path)
    for name, role in (("DEV", "plan"), ("STAGING", "apply")):
        section = parser[set_up[f"INFRA_PROFILE_{name}"]]
        assert section["aws_session_token"] == f"canary-SessionToken-{role}"
    assert stat.S_IMODE(path.stat().st_mode) == 0o600
    assert stat.S_IMODE(path.parent.stat().st_mode) == 0o700
    assert Path(set_up["AWS_CONFIG_FILE"]).read_text() == ""
    assert [asked["RoleArn"] for asked in sts.asked] == [
        "arn:aws:iam::222222222222:role/deployment/trending-now-dev-plan",
        "arn:aws:iam::222222222222:role/deployment/trending-now-staging-apply",
    ]
    assert {asked["RoleSessionName"] for asked in sts.asked} == {"github-77-1"}
    assert hub.asked == ["GET /token"]


def test_all_that_is_secret_of_a_login_is_hidden_in_the_log(
    job: Job, hub: Hub, repository: Repository, logins: list[Login]
) -> None:
    log_in(repository, logins, asking(job, hub), Sts())
    masks = {line.removeprefix("::add-mask::") for line in commands(job)}
    names = ("AccessKeyId", "SecretAccessKey", "SessionToken")
    roles = ("plan", "apply")
    assert masks == {hub.id_token, *(f"canary-{name}-{role}" for name in names for role in roles)}
    assert "canary" not in told(job, "GITHUB_ENV") + told(job, "GITHUB_OUTPUT")


def test_a_project_of_ones_own_names_the_roles(repository: Repository, logins: list[Login]) -> None:
    repository.bootstrap.mkdir()
    (repository.bootstrap / "terraform.tfvars").write_text('project = "radar"\n')
    arn = login.role_arn(repository, logins[0])
    assert arn == "arn:aws:iam::222222222222:role/deployment/radar-dev-plan"


def test_a_role_that_does_not_trust_the_job(
    job: Job, hub: Hub, repository: Repository, logins: list[Login]
) -> None:
    with pytest.raises(CredentialsError) as caught:
        log_in(repository, logins, asking(job, hub), Sts("AccessDenied"))
    said = f"{caught.value.message} {caught.value.details} {caught.value.hint}"
    assert "trending-now-dev-plan does not let this job in: AccessDenied" in said
    assert "repo:octo-org/trending-now:environment:staging" in said
    assert "signature" not in said
    assert told(job, "GITHUB_ENV") == ""


def test_a_job_that_may_not_ask_for_a_token(
    job: Job, repository: Repository, logins: list[Login]
) -> None:
    with pytest.raises(UsageError, match="gives this job no token") as caught:
        log_in(repository, logins, job, Sts())
    assert "id-token: write" in caught.value.hint


@pytest.mark.parametrize(
    "variables",
    [
        {"ACTIONS_ID_TOKEN_REQUEST_URL": "http://tokens.example/"},
        {"ACTIONS_ID_TOKEN_REQUEST_TOKEN": "another"},
    ],
    ids=["not by HTTPS", "refused"],
)
def test_no_token(
    job: Job, hub: Hub, repository: Repository, logins: list[Login], variables: dict[str, str]
) -> None:
    wrong = Job({**asking(job, hub).variables, **variables}, job.out)
    with pytest.raises((CredentialsError, UsageError)):
        log_in(repository, logins, wrong, Sts())


@pytest.mark.parametrize("text", ["staging", "staging:", "staging:admin", ":plan:apply"])
def test_a_login_must_say_where_and_as_what(text: str) -> None:
    with pytest.raises(UsageError):
        login.parse(text)


def rehearsed(*changes: ResourceChange) -> Outcome:
    """A rehearsal of a promotion to staging."""
    evidence = Evidence("dev", RELEASE.id, 12, "hash", "2026-11-25T08:00:00Z")
    brought = Brought(PLAN, PlanSummary(changes))
    return Outcome(REHEARSED, "c1", "staging", RELEASE, evidence, brought)


CHANGE = ResourceChange(
    "module.app.aws_apprunner_service.this",
    "module.app",
    "aws_apprunner_service",
    Action.REPLACE,
    "it can't be changed in place",
    attributes=(AttributeChange("token", "canary-old", "canary-new"),),
)


def test_the_run_shows_which_plan_waits_for_an_approval(job: Job) -> None:
    announce(job, rehearsed(CHANGE))
    assert commands(job) == [f"::notice title=infra plan::{PLAN}"]
    assert assigned(job, "GITHUB_OUTPUT") == {
        "status": "dry-run",
        "identity": PLAN,
        "release": RELEASE.id,
    }
    page = told(job, "GITHUB_STEP_SUMMARY")
    for part in (PLAN, RELEASE.id, DIGEST, "record 12 of dev", "**replace**", CHANGE.address):
        assert part in page
    assert "canary" not in page


def test_what_is_promoted_already_waits_for_nobody(job: Job) -> None:
    announce(job, Outcome(ALREADY, "c1", "staging", RELEASE))
    assert commands(job) == []
    outputs = assigned(job, "GITHUB_OUTPUT")
    assert (outputs["status"], outputs["identity"]) == ("already", "")


def test_a_name_can_not_change_the_page() -> None:
    evil = ResourceChange('aws_x.y["a|b<img>\n# c"]', "", "aws_x", Action.CREATE)
    row = markdown(rehearsed(evil)).splitlines()[-1]
    assert row.startswith("| create |")
    assert "<img" not in row
    assert "\\|" in row


def test_the_pin_goes_into_git_by_one_pull_request(hub: Hub, repository: Repository) -> None:
    staging = load_environment(repository, "staging")
    path = "environments/staging/release.auto.tfvars.json"
    hub.branches["main"][path] = b"{}"
    hub.branches["pin/staging"] = {"left": b"of an earlier one"}
    github = client(hub.variables())

    def propose(release: Release) -> str:
        return pins.propose(github, repository, staging, release, "main")

    other = Release("r-fedcba9876543210", RELEASE.document)
    done = [propose(release) for release in (RELEASE, RELEASE, other)]
    assert done == ["opened", "unchanged", "updated"]
    (pull,) = hub.pulls
    assert (pull["title"], pull["head"], pull["base"]) == (
        "staging: r-fedcba9876543210",
        "pin/staging",
        "main",
    )
    with pytest.raises(PromotionRefusedError, match="pull request 1, staging: r-fedcba"):
        pins.refuse_unmerged(github, staging, "main")
    pins.refuse_unmerged(github, load_environment(repository, "dev"), "main")
    assert hub.branches["main"][path] == b"{}"
    assert "left" not in hub.branches["pin/staging"]
    (staging.directory / "release.auto.tfvars.json").write_bytes(hub.branches["pin/staging"][path])
    assert pinned_release_id(repository, staging) == other.id
    hub.branches["main"][path] = hub.branches["pin/staging"][path]
    assert propose(other) == "nothing"
    pull["state"] = "closed"
    pins.refuse_unmerged(github, staging, "main")
