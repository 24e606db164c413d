"""The role that docs/workflows.md has made for the sweeper: enough for a sweep, and no more."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness import leftovers
from harness.accounts import Account
from harness.authorization import ANY, Surroundings, asked
from harness.deployed import AUDIENCE, GITHUB, Role
from harness.pages import FILE, blocks
from harness.places import ROOT, environment_names
from harness.recording import Recorder
from harness.workflows import MAIN, jobs, subject
from infra.iam.document import Kind, parse
from infra.iam.evaluation import Principal
from infra.live.sweeping import sweep

PAGE = ROOT / "docs" / "workflows.md"
SANDBOX = "444444444444"
REPOSITORY = "repo:octo-org@123456/trending-now@456789"


def documented(account: str) -> Role:
    """The role as the page has it, in an account."""
    texts = {
        block.marks[FILE]: "\n".join(block.body).replace(SANDBOX, account)
        for block in blocks(PAGE)
        if FILE in block.marks
    }
    return Role(
        arn=f"arn:aws:iam::{account}:role/deployment/trending-now-sandbox-sweep",
        trust=parse(texts["trust.json"], Kind.TRUST, "trust"),
        identity=(parse(texts["policy.json"], Kind.IDENTITY, "policy"),),
        boundary=None,
    )


def lets_in(role: Role, said: str, audience: str = AUDIENCE) -> bool:
    """Whether the role lets in a job that GitHub calls this."""
    token: Any = {f"{GITHUB}:sub": said, f"{GITHUB}:aud": audience}
    github = Principal("Federated", f"arn:aws:iam::{role.account}:oidc-provider/{GITHUB}")
    return role.lets_in(github, "sts:AssumeRoleWithWebIdentity", token).allowed


def test_it_lets_in_the_main_branch_of_this_repository_alone() -> None:
    role = documented(SANDBOX)
    assert lets_in(role, f"{REPOSITORY}:{MAIN}")
    assert not lets_in(role, f"{REPOSITORY}:{MAIN}", "https://example.com")
    for said in (
        f"{REPOSITORY}:pull_request",
        f"{REPOSITORY}:environment:prod",
        f"{REPOSITORY}:ref:refs/heads/other",
        f"repo:octo-org@123456/other@1:{MAIN}",
    ):
        assert not lets_in(role, said), said


def test_the_nightly_job_is_let_in_and_asks_for_nothing_else() -> None:
    (job,) = [job for job in jobs() if job.workflow == "sweep"]
    for setting in job.settings():
        assert job.logins(setting) == [("sandbox", "sweep")]
        assert lets_in(documented(SANDBOX), subject(setting, REPOSITORY))


def test_it_may_do_all_that_a_sweep_does(account: Account) -> None:
    run = leftovers.expired_run()
    leftovers.make_all(account, run.name, run.tags)
    recorder = Recorder(account.endpoint)
    recorder.start()
    try:
        through = replace(account, endpoint=recorder.endpoint)
        clients = leftovers.clients_of(through)
        assert sweep(clients, environment_names(), run.expires, removing=True).left == ()
        calls = recorder.take()
    finally:
        recorder.stop()
    role, around = documented(account.account_id), Surroundings(account.account_id)
    questions = {("tag:GetResources", ANY)}
    for call in calls:
        if call.service != "resourcegroupstaggingapi":
            questions |= {(item.action, item.resource) for item in asked(call, around)}
    assert {question for question in questions if not role.may(*question).allowed} == set()
    named = {
        action
        for policy in role.identity
        for statement in policy.statements
        for action in statement.actions.values
    }
    # An object without versions: the buckets of the module always have them.
    assert named - {action for action, _ in questions} == {"s3:DeleteObject"}


@pytest.mark.parametrize(
    ("action", "resource"),
    [
        ("s3:DeleteBucket", "arn:aws:s3:::trending-now-tfstate-444444444444"),
        ("s3:DeleteObjectVersion", "arn:aws:s3:::trending-now-staging-raw/a"),
        ("s3:GetObject", "arn:aws:s3:::live-20261125-1200-abcdef-data/a"),
        ("iam:DeleteRole", f"arn:aws:iam::{SANDBOX}:role/deployment/trending-now-sandbox-sweep"),
        ("iam:AttachRolePolicy", f"arn:aws:iam::{SANDBOX}:role/live-20261125-1200-abcdef"),
        ("iam:PassRole", f"arn:aws:iam::{SANDBOX}:role/live-20261125-1200-abcdef"),
        ("ecr:DeleteRepository", f"arn:aws:ecr:eu-west-1:{SANDBOX}:repository/kept"),
        ("logs:DeleteLogGroup", f"arn:aws:logs:eu-west-1:{SANDBOX}:log-group:/aws/apprunner/a"),
    ],
)
def test_it_may_not_touch_what_no_run_made(action: str, resource: str) -> None:
    assert not documented(SANDBOX).may(action, resource).allowed
