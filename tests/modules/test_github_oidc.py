"""The module github_oidc: one provider for an account. test_identity_modules.py has the rest."""

from __future__ import annotations

import pytest

from harness.applied import Applied

pytestmark = pytest.mark.terraform

MODULE = "github_oidc"
EXTRA = 'output "github_oidc" { value = module.github_oidc }\n'
PROVIDER = "module.github_oidc.aws_iam_openid_connect_provider.this[0]"


def test_the_output_is_the_provider_and_its_tokens_are_for_sts_alone(applied: Applied) -> None:
    iam = applied.client("iam")
    (listed,) = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert applied.outputs["github_oidc"]["arn"] == listed["Arn"]
    found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=listed["Arn"])
    assert found["Url"].removeprefix("https://") == "token.actions.githubusercontent.com"
    assert found["ClientIDList"] == ["sts.amazonaws.com"]


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_an_account_that_turns_out_to_have_one_takes_that(applied: Applied) -> None:
    arn = "arn:aws:iam::123456789012:oidc-provider/token.actions.githubusercontent.com"
    found = applied.planned_changes(
        f'module "github_oidc" {{\n  existing_provider = {{ arn = "{arn}" }}\n}}'
    )
    assert found == {PROVIDER: ["delete"]}
