"""The module deployment_roles: what changes of it do. tests/iam says what the roles may do."""

from __future__ import annotations

import re

import pytest

from harness.applied import Applied
from harness.inventory import pages
from harness.plan_text import REPLACE

pytestmark = pytest.mark.terraform

MODULE = "deployment_roles"
EXTRA = 'output "deployment_roles" { value = module.deployment_roles }\n'
PREFIX = "module.deployment_roles.aws_iam_"


def changed(applied: Applied, arguments: str) -> dict[str, list[str]]:
    """What other arguments of the module would do."""
    found = applied.planned_changes(f'module "deployment_roles" {{\n{arguments}\n}}')
    assert all(address.startswith(PREFIX) for address in found)
    return {address.removeprefix(PREFIX): actions for address, actions in found.items()}


def test_the_roles_and_their_policies_stand_under_a_path_of_their_own(applied: Applied) -> None:
    iam = applied.client("iam")
    roles = pages(iam, "list_roles", "Roles", PathPrefix="/deployment/")
    assert {role["RoleName"] for role in roles} == {
        f"trending-now-example-{kind}" for kind in ("apply", "plan", "push")
    }
    policies = list(pages(iam, "list_policies", "Policies", Scope="Local"))
    assert policies
    assert {policy["Path"] for policy in policies} == {"/deployment/"}


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_another_environment_replaces_everything(applied: Applied) -> None:
    found = changed(applied, '  environment = "other"')
    assert set(map(tuple, found.values())) == {tuple(REPLACE)}
    assert len(found) == len(applied.root.addresses()) - 1  # all but GitHub's provider


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        ('  main_branch = "trunk"', {"role.plan", "role.push"}),
        ("  data_deletion_allowed = true", {'policy.apply["data"]'}),
        (
            "  secret_values_readable = true",
            {'policy.apply["guards"]', "policy.plan_guards", "policy.read"},
        ),
        (
            '  state = { bucket = "another-bucket", key = "example/terraform.tfstate" }',
            {
                'policy.apply["guards"]',
                # It names the boundary, whose new version makes Terraform read it anew.
                'policy.apply["identity"]',
                "policy.boundary",
                "policy.plan_guards",
                'policy.state["apply"]',
                'policy.state["plan"]',
            },
        ),
    ],
    ids=lambda value: re.sub(r"\W+", " ", value).strip() if isinstance(value, str) else None,
)
def test_what_is_not_in_a_name_changes_in_place(
    applied: Applied, arguments: str, expected: set[str]
) -> None:
    assert changed(applied, arguments) == {address: ["update"] for address in expected}
