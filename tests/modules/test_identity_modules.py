"""The identity modules: an account that has GitHub's provider already, and exact subjects."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.accounts import Account
from harness.applied import resident
from harness.terraform import make_root, readme_example

pytestmark = pytest.mark.terraform

PROVIDER = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
ARGUMENTS = {
    "environment": '"staging"',
    "oidc_provider_arn": f'"{PROVIDER}"',
    "repository": 'merge(local.repository, { subject_forms = ["name"] })',
    "state": '{ bucket = "tfstate-123456789012", key = "staging/terraform.tfstate" }',
}
LOCALS = """\
locals {
  repository = {
    owner         = "octo-org"
    repository    = "trending-now"
    owner_id      = "123456"
    repository_id = "456789"
    subject_forms = ["name"]
  }
}
"""


def _module(name: str, arguments: dict[str, str]) -> str:
    lines = "\n".join(f"  {key} = {value}" for key, value in arguments.items())
    return f'module "{name}" {{\n  source = "../../modules/deployment_roles"\n{lines}\n}}\n'


def test_an_account_that_has_the_provider_keeps_it(account: Account, tmp_path: Path) -> None:
    """The second example of the README."""
    iam = account.client("iam")
    made = iam.create_open_id_connect_provider(
        Url="https://token.actions.githubusercontent.com", ClientIDList=["sts.amazonaws.com"]
    )["OpenIDConnectProviderArn"]
    text = readme_example("github_oidc").replace(
        'source = "../../modules/github_oidc"',
        f'source = "../../modules/github_oidc"\n  existing_provider = {{ arn = "{made}" }}',
    )
    text += '\noutput "arn" {\n  value = module.github_oidc.arn\n}\n'
    with resident(make_root(tmp_path, "existing", text, account)) as root:
        root.init()
        root.apply()
        assert root.outputs()["arn"] == made
        assert root.addresses() == []


def test_the_provider_takes_tokens_for_sts_alone(account: Account, tmp_path: Path) -> None:
    with resident(make_root(tmp_path, "provider", readme_example("github_oidc"), account)) as root:
        root.init()
        root.apply()
    iam = account.client("iam")
    (listed,) = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=listed["Arn"])
    assert found["Url"].removeprefix("https://") == "token.actions.githubusercontent.com"
    assert found["ClientIDList"] == ["sts.amazonaws.com"]


def test_the_subjects_are_exact_and_the_name_comes_first(account: Account, tmp_path: Path) -> None:
    both = {**ARGUMENTS, "repository": ARGUMENTS["repository"].replace("[", '["immutable", ')}
    output = 'output "subjects" {\n  value = module.good.subjects\n}\n'
    text = LOCALS + _module("good", both) + output
    with resident(make_root(tmp_path, "subjects", text, account)) as root:
        root.init()
        planned = root.plan()["planned_values"]["outputs"]["subjects"]["value"]
    assert planned == {
        "apply": [
            "repo:octo-org/trending-now:environment:staging",
            "repo:octo-org@123456/trending-now@456789:environment:staging",
        ],
        "plan": [
            "repo:octo-org/trending-now:pull_request",
            "repo:octo-org/trending-now:ref:refs/heads/main",
            "repo:octo-org@123456/trending-now@456789:pull_request",
            "repo:octo-org@123456/trending-now@456789:ref:refs/heads/main",
        ],
        "push": [
            "repo:octo-org/trending-now:ref:refs/heads/main",
            "repo:octo-org@123456/trending-now@456789:ref:refs/heads/main",
        ],
    }
