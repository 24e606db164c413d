"""The module ecr_registry: scans, and images that are copied out and in."""

from __future__ import annotations

from typing import Any

import pytest

from harness.applied import Applied, planned, statements
from harness.terraform import Outcome

pytestmark = pytest.mark.terraform

MODULE = "ecr_registry"
EXTRA = """
output "ecr_registry" { value = module.ecr_registry }
"""

REGISTRY = "module.ecr_registry"


def refusal(applied: Applied, override: str) -> Outcome:
    """What Terraform says to a root that is overridden so, where it must refuse to plan it."""
    overriding = applied.root.directory / "test_override.tf"
    overriding.write_text(override, encoding="utf-8")
    try:
        outcome = applied.root.run("plan", "-input=false", "-no-color", "-refresh=false")
    finally:
        overriding.unlink()
    assert outcome.returncode == 1
    return outcome


def scanning(applied: Applied) -> Any:
    """How the registry scans."""
    found = applied.client("ecr").get_registry_scanning_configuration()
    return found["scanningConfiguration"]


def after(applied: Applied, override: str, address: str) -> Any:
    """What a resource would be with an override."""
    plan = planned(applied.root, override)
    (change,) = [item for item in plan["resource_changes"] if item["address"] == address]
    assert change["change"]["actions"] == ["update"]
    return change["change"]["after"]


def test_outputs_are_what_ecr_has(applied: Applied) -> None:
    outputs = applied.outputs["ecr_registry"]
    assert outputs["registry_id"] == applied.account.account_id
    assert outputs["scan_type"] == scanning(applied)["scanType"]
    stored = applied.client("ecr").get_registry_policy()["policyText"]
    assert statements(stored) == statements(outputs["policy_json"])


def test_every_image_is_scanned_when_it_is_pushed(applied: Applied) -> None:
    assert scanning(applied) == {
        "scanType": "BASIC",
        "rules": [
            {
                "scanFrequency": "SCAN_ON_PUSH",
                "repositoryFilters": [{"filter": "*", "filterType": "WILDCARD"}],
            }
        ],
    }


def test_images_are_copied_where_that_was_asked(applied: Applied) -> None:
    found = applied.client("ecr").describe_registry()["replicationConfiguration"]
    assert found == {
        "rules": [
            {
                "destinations": [{"region": region, "registryId": account}],
                "repositoryFilters": [{"filter": "trending-now", "filterType": "PREFIX_MATCH"}],
            }
            for account, region in (
                ("444444444444", "eu-west-1"),
                ("222222222222", "eu-central-1"),
            )
        ]
    }


def test_other_accounts_may_fill_repositories_under_the_prefix_and_make_none(
    applied: Applied,
) -> None:
    stored = applied.client("ecr").get_registry_policy()["policyText"]
    account = applied.account.account_id
    assert statements(stored) == {
        "Replicate": {
            "Effect": "Allow",
            "Action": ["ecr:ReplicateImage"],
            "Resource": [f"arn:aws:ecr:eu-west-1:{account}:repository/trending-now*"],
            "Principal": {"AWS": ["arn:aws:iam::333333333333:root"]},
        }
    }


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_continuous_scans_come_beside_scans_on_push(applied: Applied) -> None:
    found = after(
        applied,
        """
        module "ecr_registry" {
          scan_type               = "ENHANCED"
          continuous_scan_filters = ["trending-now-prod"]
        }
        """,
        f"{REGISTRY}.aws_ecr_registry_scanning_configuration.this",
    )
    assert found["scan_type"] == "ENHANCED"
    rules = {
        rule["scan_frequency"]: [item["filter"] for item in rule["repository_filter"]]
        for rule in found["rule"]
    }
    assert rules == {"CONTINUOUS_SCAN": ["trending-now-prod"], "SCAN_ON_PUSH": ["*"]}


def test_a_registry_does_not_replicate_to_itself(applied: Applied) -> None:
    account = applied.account.account_id
    destination = f'{{ account_id = "{account}", repository_prefix = "app" }}'
    outcome = refusal(
        applied,
        f'module "ecr_registry" {{\n  replication_destinations = {{ self = {destination} }}\n}}',
    )
    assert "A registry cannot replicate to itself" in outcome.text


def test_without_replication_there_are_only_scans(applied: Applied) -> None:
    changes = applied.planned_changes(
        """
        module "ecr_registry" {
          replication_destinations       = {}
          replication_source_account_ids = []
        }
        """
    )
    assert changes == {
        f"{REGISTRY}.aws_ecr_registry_policy.this[0]": ["delete"],
        f"{REGISTRY}.aws_ecr_replication_configuration.this[0]": ["delete"],
    }
