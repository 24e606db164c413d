"""The official provider makes, reads, updates, imports and destroys one of each resource type.

One root goes through it all, since most of the cost is Terraform's own start: applied, left alone,
updated, imported into a state of its own, destroyed. Each test looks at one step. The import comes
after the update, so that what it reads from nothing is what the update has stored.
"""

from __future__ import annotations

import json
import shutil
import urllib.request
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from harness import arguments, hcl, provider_schema
from harness.accounts import Account
from harness.applied import changes, destroy_to_nothing, resident
from harness.inventory import inventory
from harness.places import BOOTSTRAP, MODULES
from harness.provider_schema import Schemas
from harness.terraform import make_root
from harness.web import direct

pytestmark = [pytest.mark.terraform, pytest.mark.exhaustive]

ONE_OF_EACH = Path(__file__).with_name("one_of_each.tf")
OURS = sorted([*MODULES.glob("*/*.tf"), *BOOTSTRAP.glob("*.tf")])
TWO = ("-var=text=two", "-var=number=5")
SECOND = "-var=name=second"
CONNECTION = "aws_apprunner_connection.this"

# Not the provider's: Terraform's own type.
BUILT_IN = {"terraform_data"}
# What App Runner has beside what the modules use.
APP_RUNNER = {
    "aws_apprunner_connection",
    "aws_apprunner_default_auto_scaling_configuration_version",
    "aws_apprunner_deployment",
}
# It only starts a deployment, and the provider has neither an import nor an update of it.
ONLY_MADE = "aws_apprunner_deployment.this"
# The provider reads no version number of a value that is not in the state, so it writes it again.
WRITTEN_AGAIN = "aws_secretsmanager_secret_version.this"

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

# What needs not change in place, although a module or bootstrap sets it, or it is App Runner's.
# First what replaces the resource, which a plan has to say.
REPLACES = set(Path(__file__).with_name("replaces.txt").read_text(encoding="utf-8").split())
# Then what has only one value as yet, and what its block cannot do without.
ONLY_ONE_VALUE = {
    "aws_apprunner_observability_configuration.trace_configuration.vendor",
    "aws_apprunner_service.source_configuration.code_repository.source_code_version.type",
}
# What Terraform writes and never keeps; boto3 reads it.
NEVER_IN_A_STATE = {"aws_secretsmanager_secret_version.secret_string_wo"}
# How long the provider waits.
FOR_THE_PROVIDER = {"aws_apprunner_deployment.timeouts.create"}


@dataclass(frozen=True)
class Life:
    """What was seen at each step: plans, and the states before and after the update as read."""

    addresses: list[str]
    second_plan: Mapping[str, Any]
    update_plan: Mapping[str, Any]
    after_update: Mapping[str, Any]
    secret: str
    import_plan: Mapping[str, Any]
    after_import: Mapping[str, Any]
    replace_plan: Mapping[str, Any]
    deployments: list[str]
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
        planned = made.directory / "test.tfplan"

        def apply_planned() -> None:
            root.succeed("apply", "-input=false", "-no-color", str(planned))

        root.plan(f"-target={CONNECTION}")
        apply_planned()
        complete_handshakes(account)
        root.apply()
        second = root.plan()
        update = root.plan(*TWO)
        apply_planned()
        after_update = root.plan(*TWO)
        secret = account.client("secretsmanager").get_secret_value(SecretId="first-secret")
        state = made.directory / "terraform.tfstate"
        addresses = root.addresses()
        shutil.move(state, state.with_suffix(".first"))
        imports = made.directory / "imports.tf"
        resources = after_update["prior_state"]["values"]["root_module"]["resources"]
        imports.write_text(import_blocks(resources), encoding="utf-8")
        importing = root.plan(*TWO)
        apply_planned()
        imports.unlink()
        after_import = root.plan(*TWO)
        replacing = root.plan(*TWO, SECOND, "-refresh=false")
        deployments = deployments_of(account, "first-service")
        destroy_to_nothing(root, account)
    yield Life(
        addresses=addresses,
        second_plan=second,
        update_plan=update,
        after_update=after_update,
        secret=secret["SecretString"],
        import_plan=importing,
        after_import=after_import,
        replace_plan=replacing,
        deployments=deployments,
        left=inventory(account),
    )


@pytest.fixture(scope="module")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Schemas:
    """The locked provider's schema."""
    return provider_schema.locked(tmp_path_factory.mktemp("schema"))


@pytest.fixture(scope="module")
def wanted(locked: Schemas) -> set[str]:
    """The arguments that must be seen to change."""
    types = types_in(ONE_OF_EACH)
    return {
        name
        for kind in types
        for name in arguments.settable(locked, kind)
        if kind.startswith("aws_apprunner_")
    } | arguments.set_in(OURS)


def complete_handshakes(account: Account) -> None:
    """Do for each connection what a person does in the console."""
    runner = account.client("apprunner")
    for connection in runner.list_connections()["ConnectionSummaryList"]:
        address = f"/local/apprunner/handshake?connection={connection['ConnectionArn']}"
        request = urllib.request.Request(account.endpoint.url + address, method="POST")  # noqa: S310
        with direct.open(request) as answer:
            assert answer.status == 200


def deployments_of(account: Account, name: str) -> list[str]:
    """How the deployments ended that somebody has started."""
    runner = account.client("apprunner")
    services = runner.list_services()["ServiceSummaryList"]
    (arn,) = (item["ServiceArn"] for item in services if item["ServiceName"] == name)
    operations = runner.list_operations(ServiceArn=arn)["OperationSummaryList"]
    return [item["Status"] for item in operations if item["Type"] == "START_DEPLOYMENT"]


def import_blocks(resources: list[Mapping[str, Any]]) -> str:
    """An import block for each resource in a state."""
    blocks = []
    for resource in resources:
        if resource["mode"] == "managed" and resource["address"] != ONLY_MADE:
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


def updated(life: Life, names: set[str]) -> set[str]:
    """Those of the arguments of which the update has changed what is read of them."""
    before = arguments.values(life.update_plan["prior_state"])
    after = arguments.values(life.after_update["prior_state"])
    return {
        name
        for name in names
        for address in before.keys() & after.keys()
        if address.partition(".")[0] == name.partition(".")[0]
        and arguments.differ(before[address], after[address], name.partition(".")[2])
    }


def test_every_type_of_the_modules_is_there() -> None:
    used = set().union(*map(types_in, OURS)) - BUILT_IN
    assert types_in(ONE_OF_EACH) == used | APP_RUNNER | {"aws_subnet", "aws_vpc"}


def test_the_provider_knows_every_argument_that_is_looked_for(
    locked: Schemas, wanted: set[str]
) -> None:
    for name in wanted:
        kind, *steps = name.split(".")
        use = provider_schema.Use("resource", kind, tuple(steps), read=False, file=name)
        provider_schema.check(locked, use)


def test_a_second_plan_is_empty(life: Life) -> None:
    assert changes(life.second_plan) == {}


def test_what_changes_is_updated_in_place(life: Life) -> None:
    assert {tuple(actions) for actions in changes(life.update_plan).values()} == {("update",)}


def test_every_argument_is_updated_or_cannot_be(life: Life, wanted: set[str]) -> None:
    tables = REPLACES, ONLY_ONE_VALUE, NEVER_IN_A_STATE, FOR_THE_PROVIDER
    excepted: set[str] = set().union(*tables)
    assert excepted <= wanted
    assert wanted - updated(life, wanted) == excepted


def test_a_plan_after_the_update_is_empty(life: Life) -> None:
    assert changes(life.after_update) == {}


def test_a_value_that_no_state_has_is_written(life: Life) -> None:
    assert life.secret == "written"


def test_what_replaces_a_resource_is_planned_so(life: Life, wanted: set[str]) -> None:
    assert arguments.replacing(life.replace_plan, wanted) >= REPLACES


def test_everything_can_be_imported(life: Life) -> None:
    imported = {
        item["address"]
        for item in life.import_plan["resource_changes"]
        if "importing" in item["change"]
    }
    assert imported == set(life.addresses) - {ONLY_MADE}


def test_an_import_finds_what_the_configuration_says(life: Life) -> None:
    differing: dict[str, set[str]] = {}
    for item in life.import_plan["resource_changes"]:
        before, after = item["change"]["before"] or {}, item["change"]["after"] or {}
        if item["change"]["actions"] == ["update"]:
            names = {key for key in after if before.get(key) != after[key]}
            differing[item["address"]] = names - THE_PROVIDERS_OWN
    assert {address: names for address, names in differing.items() if names} == {}
    others = {a: c for a, c in changes(life.import_plan).items() if c != ["update"]}
    assert others == {ONLY_MADE: ["create"], WRITTEN_AGAIN: ["delete", "create"]}


def test_a_plan_after_the_import_is_empty(life: Life) -> None:
    assert changes(life.after_import) == {}


def test_a_deployment_is_started_each_time_it_is_made(life: Life) -> None:
    assert life.deployments == ["SUCCEEDED", "SUCCEEDED"]


def test_nothing_is_left(life: Life) -> None:
    assert life.left == []
