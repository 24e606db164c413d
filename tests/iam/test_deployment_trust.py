"""Who may take the deployment roles: exact subjects of one repository's GitHub tokens.

Forms of the subject: "OpenID Connect reference" (GitHub docs). The role that is asked for, the
token's subject, what else differs from a true token, and whether it opens.
"""

from __future__ import annotations

from typing import Any

import pytest

from harness.deployed import AUDIENCE, GITHUB, Role
from infra.iam.evaluation import Principal

pytestmark = pytest.mark.terraform

NAME = "repo:octo-org/trending-now"
NUMBERS = "repo:octo-org@123456/trending-now@456789"
MAIN = "ref:refs/heads/main"
NO_AUDIENCE: dict[str, Any] = {"aud": ()}
WRONG_AUDIENCE = {"aud": "https://github.com/octo-org"}
NO_SUBJECT: dict[str, Any] = {"sub": ()}

CASES: list[tuple[str, str, str, dict[str, Any], bool]] = [
    ("a pull request plans", "plan", f"{NAME}:pull_request", {}, True),
    ("a pull request plans, numbered", "plan", f"{NUMBERS}:pull_request", {}, True),
    ("main plans, for drift", "plan", f"{NAME}:{MAIN}", {}, True),
    ("another branch does not plan", "plan", f"{NAME}:ref:refs/heads/mine", {}, False),
    ("a branch that main begins", "plan", f"{NAME}:{MAIN}-2", {}, False),
    ("a tag called main", "plan", f"{NAME}:ref:refs/tags/main", {}, False),
    ("an environment does not plan", "plan", f"{NAME}:environment:staging", {}, False),
    ("prod reads what staging proved", "plan", f"{NUMBERS}:environment:prod", {}, True),
    ("dev reads nothing of staging", "plan", f"{NUMBERS}:environment:dev", {}, False),
    ("staging reads nothing of prod", "prod plan", f"{NUMBERS}:environment:staging", {}, False),
    ("prod reads nothing of dev", "dev plan", f"{NUMBERS}:environment:prod", {}, False),
    ("staging applies", "apply", f"{NAME}:environment:staging", {}, True),
    ("staging applies, numbered", "apply", f"{NUMBERS}:environment:staging", {}, True),
    ("a pull request does not apply", "apply", f"{NAME}:pull_request", {}, False),
    ("main alone does not apply", "apply", f"{NAME}:{MAIN}", {}, False),
    ("prod does not apply staging", "apply", f"{NAME}:environment:prod", {}, False),
    ("staging does not apply prod", "prod apply", f"{NUMBERS}:environment:staging", {}, False),
    ("an environment staging begins", "apply", f"{NAME}:environment:staging-2", {}, False),
    ("an environment that begins staging", "apply", f"{NAME}:environment:stag", {}, False),
    ("the environment in capitals", "apply", f"{NAME}:environment:Staging", {}, False),
    ("another repository", "apply", "repo:octo-org/other:environment:staging", {}, False),
    ("one whose name begins ours", "apply", f"{NAME}-x:environment:staging", {}, False),
    ("a fork of the same name", "apply", "repo:eve/trending-now:environment:staging", {}, False),
    ("an owner that ours ends", "apply", f"repo:x-{NAME[5:]}:environment:staging", {}, False),
    (
        "a repository that took over the name",
        "apply",
        f"{NAME}:environment:staging",
        {"repository_id": "999"},
        False,
    ),
    (
        "the name of ours with other numbers",
        "apply",
        "repo:octo-org@9/trending-now@456789:environment:staging",
        {},
        False,
    ),
    ("no audience", "apply", f"{NAME}:environment:staging", NO_AUDIENCE, False),
    ("another audience", "apply", f"{NAME}:environment:staging", WRONG_AUDIENCE, False),
    ("no subject", "apply", "", NO_SUBJECT, False),
    ("prod by numbers", "prod apply", f"{NUMBERS}:environment:prod", {}, True),
    ("prod takes no names", "prod apply", f"{NAME}:environment:prod", {}, False),
    ("main pushes", "push", f"{NAME}:{MAIN}", {}, True),
    ("a pull request does not push", "push", f"{NAME}:pull_request", {}, False),
    ("an environment does not push", "push", f"{NAME}:environment:staging", {}, False),
]


def _token(subject: str, changes: dict[str, Any]) -> dict[str, Any]:
    claims = {"sub": subject, "aud": AUDIENCE, "repository_id": "456789", **changes}
    return {f"{GITHUB}:{name}": value for name, value in claims.items()}


@pytest.mark.parametrize(
    ("role", "subject", "changes", "opens"),
    [case[1:] for case in CASES],
    ids=[case[0] for case in CASES],
)
def test_a_token_opens_a_role(
    roles: dict[str, Role], role: str, subject: str, changes: dict[str, Any], opens: bool
) -> None:
    asked = roles[role]
    github = Principal("Federated", f"arn:aws:iam::{asked.account}:oidc-provider/{GITHUB}")
    decision = asked.lets_in(github, "sts:AssumeRoleWithWebIdentity", _token(subject, changes))
    assert decision.allowed is opens


STRANGERS = {
    "another account's GitHub provider": ("Federated", "arn:aws:iam::{other}:oidc-provider/{host}"),
    "another provider of the account": ("Federated", "arn:aws:iam::{account}:oidc-provider/x.com"),
    "a role of the account": ("AWS", "arn:aws:iam::{account}:role/admin"),
    "a role of another account": ("AWS", "arn:aws:iam::{other}:role/admin"),
    "a service": ("Service", "build.apprunner.amazonaws.com"),
}


@pytest.mark.parametrize("action", ["sts:AssumeRole", "sts:AssumeRoleWithWebIdentity"])
@pytest.mark.parametrize("role", ["plan", "apply", "push"])
@pytest.mark.parametrize(("kind", "identifier"), STRANGERS.values(), ids=STRANGERS)
def test_a_true_token_in_the_wrong_hands_opens_nothing(
    roles: dict[str, Role], role: str, kind: str, identifier: str, action: str
) -> None:
    asked = roles[role]
    name = identifier.format(account=asked.account, other="444455556666", host=GITHUB)
    account = name.split(":")[4] if kind == "AWS" else ""
    keys = _token(f"{NAME}:environment:staging", {})
    assert not asked.lets_in(Principal(kind, name, account), action, keys).allowed


@pytest.mark.parametrize("role", ["plan", "apply", "push", "prod plan", "prod apply"])
def test_stolen_credentials_end_within_the_hour(roles: dict[str, Role], role: str) -> None:
    assert roles[role].session_seconds == 3600
