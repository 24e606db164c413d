"""The official provider makes, reads, imports, updates and destroys one of each resource type.

One root goes through it all, since most of the cost is Terraform's own start: applied, left alone,
imported into a state of its own, updated, destroyed. Each test looks at one step.
"""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness import hcl
from harness.accounts import Account
from harness.applied import changes, destroy_to_nothing, resident
from harness.inventory import inventory
from harness.places import BOOTSTRAP, MODULES
from harness.terraform import make_root

pytestmark = pytest.mark.terraform

ONE_OF_EACH = Path(__file__).with_name("one_of_each.tf")
TWO = ("-var=text=two", "-var=number=5")

# Not the provider's: Terraform's own type.
BUILT_IN = {"terraform_data"}
# What App Runner has beside what the modules use. aws_apprunner_deployment is missing here: it only
# starts a deployment, and there is nothing to import, to update or to destroy.
APP_RUNNER = {
    "aws_apprunner_connection",
    "aws_apprunner_default_auto_scaling_configuration_version",
}

# How "Import" on each resource's page of the provider's documentation spells the id, where that is
# not the `id` of the resource.
IMPORT_IDS: Mapping[str, Callable[[Mapping[str, Any]], str]] = {
    "aws_apprunner_custom_domain_association": lambda v: f"{v['domain_name']},{v['service_arn']}",
    "aws_cloudwatch_event_target": lambda v: f"{v['rule']}/{v['target_id']}",
    "aws_cloudwatch_log_metric_filter": lambda v: f"{v['log_group_name']}:{v['name']}",
    "aws_iam_role_policy_attachment": lambda v: f"{v['role']}/{v['policy_arn']}",
    "aws_wafv2_web_acl": lambda v: f"{v['id']}/{v['name']}/{v['scope']}",
}

# How the provider itself behaves later on. AWS knows nothing of it, so an import finds none of
# these, and an apply sets them in the state alone.
THE_PROVIDERS_OWN = {
    "bypass_policy_lockout_safety_check",
    "confirmation_timeout_in_minutes",
    "deletion_window_in_days",
    "endpoint_auto_confirms",
    "force_delete",
    "force_destroy",
    "force_detach_policies",
    "force_overwrite_replica_secret",
    "recovery_window_in_days",
    "skip_destroy",
}

# What has nothing that can be updated in place here: each change of it replaces it, or it only ties
# others together, or it stands twice.
FIXED = {
    "aws_apprunner_auto_scaling_configuration_version.other",
    "aws_apprunner_custom_domain_association.this",
    "aws_apprunner_service.private",
    "aws_ecr_lifecycle_policy.this",
    "aws_iam_role_policy_attachment.this",
    "aws_kms_alias.this",
    "aws_s3_bucket.copy",
    "aws_s3_bucket_notification.this",
    "aws_s3_bucket_policy.copy",
    "aws_s3_bucket_versioning.copy",
    "aws_s3_bucket_versioning.this",
    "aws_secretsmanager_secret_version.this",
    "aws_wafv2_web_acl_association.this",
}


@dataclass(frozen=True)
class Life:
    """What was seen at each step. Addresses of resources in what is planned."""

    addresses: list[str]
    second_plan: Mapping[str, Any]
    import_plan: Mapping[str, Any]
    after_import: Mapping[str, Any]
    update_plan: Mapping[str, Any]
    after_update: Mapping[str, Any]
    left: list[str]


@pytest.fixture(scope="module")
def life(
    new_account: Callable[[], Account], tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Life]:
    """One life of everything, from the apply to the destroy."""
    account, folder = new_account(), tmp_path_factory.mktemp("one_of_each")
    made = make_root(folder, "one_of_each", ONE_OF_EACH.read_text(encoding="utf-8"), account)
    made.init()
    with resident(made) as root:
        root.apply()
        second = root.plan()
        state = made.directory / "terraform.tfstate"
        resources = json.loads(root.succeed("show", "-json").stdout)["values"]["root_module"]
        shutil.move(state, state.with_suffix(".first"))
        imports = made.directory / "imports.tf"
        imports.write_text(import_blocks(resources["resources"]), encoding="utf-8")
        importing = root.plan()
        root.succeed("apply", "-input=false", "-no-color", str(made.directory / "test.tfplan"))
        imports.unlink()
        after_import = root.plan()
        update = root.plan(*TWO)
        root.succeed("apply", "-input=false", "-no-color", str(made.directory / "test.tfplan"))
        after_update = root.plan(*TWO)
        addresses = root.addresses()
        destroy_to_nothing(root, account)
    yield Life(addresses, second, importing, after_import, update, after_update, inventory(account))


def import_blocks(resources: list[Mapping[str, Any]]) -> str:
    """An import block for each resource in a state."""
    blocks = []
    for resource in resources:
        if resource["mode"] == "managed":
            values = resource["values"]
            named = IMPORT_IDS.get(resource["type"], lambda v: str(v["id"]))
            blocks.append(
                f"import {{\n  to = {resource['address']}\n  id = {json.dumps(named(values))}\n}}\n"
            )
    return "\n".join(blocks)


def types_in(path: Path) -> set[str]:
    """The resource types of a Terraform file."""
    return {
        hcl.text(kind)
        for block in hcl.parsed(path).get("resource", [])
        for kind in block
        if not kind.startswith("__")
    }


def addresses_in(plan: Mapping[str, Any]) -> set[str]:
    """The managed resources that a plan speaks of."""
    found = plan["resource_changes"]
    return {item["address"] for item in found if item["mode"] == "managed"}


def test_every_type_of_the_modules_is_there() -> None:
    files = [*MODULES.glob("*/*.tf"), *BOOTSTRAP.glob("*.tf")]
    used = set().union(*map(types_in, files)) - BUILT_IN
    assert types_in(ONE_OF_EACH) == used | APP_RUNNER | {"aws_subnet", "aws_vpc"}


def test_a_second_plan_is_empty(life: Life) -> None:
    assert changes(life.second_plan) == {}


def test_everything_can_be_imported(life: Life) -> None:
    imported = {
        item["address"]
        for item in life.import_plan["resource_changes"]
        if "importing" in item["change"]
    }
    assert imported == addresses_in(life.import_plan) == set(life.addresses)


def test_an_import_finds_what_the_configuration_says(life: Life) -> None:
    differing: dict[str, set[str]] = {}
    for item in life.import_plan["resource_changes"]:
        before, after = item["change"]["before"] or {}, item["change"]["after"] or {}
        if item["change"]["actions"] not in (["no-op"], ["read"]):
            names = {key for key in after if before.get(key) != after[key]}
            differing[item["address"]] = names - THE_PROVIDERS_OWN
    assert {address: names for address, names in differing.items() if names} == {}
    actions = {tuple(item) for item in changes(life.import_plan).values()}
    assert actions <= {("update",)}


def test_a_plan_after_the_import_is_empty(life: Life) -> None:
    assert changes(life.after_import) == {}


def test_everything_that_can_change_is_updated_in_place(life: Life) -> None:
    planned = changes(life.update_plan)
    assert {address: actions for address, actions in planned.items() if actions != ["update"]} == {}
    assert set(life.addresses) - set(planned) == FIXED


def test_a_plan_after_the_update_is_empty(life: Life) -> None:
    assert changes(life.after_update) == {}


def test_nothing_is_left(life: Life) -> None:
    assert life.left == []
