"""staging, and exhaustively dev, staging and prod at the same time, each in its own account."""

from __future__ import annotations

import json
import subprocess
from concurrent.futures import ThreadPoolExecutor
from typing import Any

import pytest

from harness import gates
from harness.checkout import Checkout
from harness.inventories import ENVIRONMENT_INVENTORIES, assert_same, state_addresses
from harness.terraform import shell_with_terraform
from harness.waiting import PATIENCE_SECONDS
from infra import accounts
from infra.environments import load_environment
from infra.gates import GateResult, Status, run_gates
from infra.identity import canonical
from infra.repository import Repository

pytestmark = pytest.mark.terraform

NAMES = ("dev", "staging", "prod")
USUAL = ("staging",)
EACH = pytest.mark.parametrize(
    "name",
    [pytest.param(name, marks=() if name in USUAL else pytest.mark.exhaustive) for name in NAMES],
)
"""They differ in values alone, so `make test` applies one of them."""


class Applied:
    """An applied environment, as boto3 sees its account."""

    def __init__(self, checkout: Checkout, name: str, outputs: dict[str, Any]) -> None:
        self.outputs = {key: raw["value"] for key, raw in outputs.items()}
        self.name = name
        self.environment = load_environment(Repository(checkout.root), name)
        endpoint = checkout.cloud.running()
        assert endpoint is not None
        self.endpoint = endpoint
        self.credentials = accounts.assume_role(self.environment, endpoint)

    def client(self, service: str) -> Any:
        """A boto3 client in this environment's account."""
        return accounts.client(service, self.environment, self.endpoint, self.credentials)


@pytest.fixture(scope="module")
def applied(checkout: Checkout, request: pytest.FixtureRequest) -> dict[str, Applied]:
    """The environments that the selected tests need, applied."""
    chosen = [item for item in request.session.items if item.path == request.path]
    all_of_them = any(item.get_closest_marker("exhaustive") for item in chosen)
    names = NAMES if all_of_them else USUAL
    assert checkout.infra("local", "start").code == 0
    # Side by side: nearly all of an apply is the provider's waiting (docs/field_notes.md).
    with ThreadPoolExecutor(len(names)) as pool:
        answers = pool.map(lambda name: checkout.infra("apply", name, "--json"), names)
    made = {}
    for name, answer in zip(names, answers, strict=True):
        assert answer.code == 0, answer.out + answer.err
        assert answer.json["result"]["counts"]["create"] >= 35
        made[name] = Applied(checkout, name, answer.json["result"]["outputs"])
    return made


@EACH
def test_a_second_plan_is_empty(checkout: Checkout, applied: dict[str, Applied], name: str) -> None:
    assert name in applied
    answer = checkout.infra("plan", name)
    assert answer.code == 0, answer.out + answer.err
    assert "No changes" in answer.out


@EACH
def test_an_environment_has_the_resources_that_are_expected(
    applied: dict[str, Applied], name: str
) -> None:
    environment = applied[name]
    bucket = f"trending-now-tfstate-{environment.environment.account_id}"
    stored = environment.client("s3").get_object(Bucket=bucket, Key=f"{name}/terraform.tfstate")
    assert_same(
        ENVIRONMENT_INVENTORIES / f"{name}.txt",
        state_addresses(json.loads(stored["Body"].read())),
    )


@EACH
def test_the_service_runs_the_release_by_digest(applied: dict[str, Applied], name: str) -> None:
    environment = applied[name]
    apprunner = environment.client("apprunner")
    (summary,) = apprunner.list_services()["ServiceSummaryList"]
    assert summary["Status"] == "RUNNING"
    service = apprunner.describe_service(ServiceArn=summary["ServiceArn"])["Service"]
    source = service["SourceConfiguration"]
    assert environment.environment.account_id in source["ImageRepository"]["ImageIdentifier"]
    assert "@sha256:" in source["ImageRepository"]["ImageIdentifier"]
    assert source["AutoDeploymentsEnabled"] is False
    assert environment.outputs["service_url"] == f"https://{service['ServiceUrl']}"
    operations = apprunner.list_operations(ServiceArn=summary["ServiceArn"])
    assert operations["OperationSummaryList"][0]["Status"] == "SUCCEEDED"


@EACH
def test_an_account_holds_its_own_things_and_no_others(
    applied: dict[str, Applied], name: str
) -> None:
    environment = applied[name]
    expected = f"trending-now-{name}"
    buckets = {item["Name"] for item in environment.client("s3").list_buckets()["Buckets"]}
    account_id = environment.environment.account_id
    zones = ("access-logs", "dvc", "features", "models", "processed", "raw", "reports")
    assert buckets == {
        *(f"{expected}-{zone}-{account_id}" for zone in zones),
        f"trending-now-tfstate-{account_id}",
    }
    repositories = environment.client("ecr").describe_repositories()["repositories"]
    assert [item["repositoryName"] for item in repositories] == [expected]
    roles = environment.client("iam").list_roles()["Roles"]
    ours = [item["RoleName"] for item in roles if item["RoleName"].startswith("trending-now")]
    assert ours
    assert all(role.startswith(expected) for role in ours)
    alarms = environment.client("cloudwatch").describe_alarms()["MetricAlarms"]
    assert {item["AlarmName"] for item in alarms} == set(environment.outputs["alarm_names"])
    assert alarms


@EACH
def test_objects_can_be_written_to_the_data_lake_and_are_encrypted(
    applied: dict[str, Applied], name: str
) -> None:
    environment = applied[name]
    s3 = environment.client("s3")
    bucket = environment.outputs["bucket_names"]["raw"]
    s3.put_object(Bucket=bucket, Key="probe.parquet", Body=b"PAR1")
    answer = s3.get_object(Bucket=bucket, Key="probe.parquet")
    assert answer["Body"].read() == b"PAR1"
    assert answer["ServerSideEncryption"] == "aws:kms"
    for version in s3.list_object_versions(Bucket=bucket)["Versions"]:
        s3.delete_object(Bucket=bucket, Key=version["Key"], VersionId=version["VersionId"])


@pytest.mark.exhaustive
def test_another_account_can_not_reach_a_bucket(applied: dict[str, Applied]) -> None:
    from botocore.exceptions import ClientError

    bucket = applied["prod"].outputs["bucket_names"]["raw"]
    with pytest.raises(ClientError) as caught:
        applied["dev"].client("s3").list_objects_v2(Bucket=bucket)
    assert caught.value.response["Error"]["Code"] == "AccessDenied"


@EACH
def test_the_state_is_in_the_accounts_own_bucket_and_unlocked(
    applied: dict[str, Applied], name: str
) -> None:
    environment = applied[name]
    bucket = f"trending-now-tfstate-{environment.environment.account_id}"
    listed = environment.client("s3").list_objects_v2(Bucket=bucket)["Contents"]
    keys = {item["Key"] for item in listed if not item["Key"].startswith(f"ledger/{name}/")}
    state = f"{name}/terraform.tfstate"
    assert keys - {f"{state}.identity-key"} == {state}


@pytest.mark.exhaustive
def test_raw_terraform_with_the_printed_variables_plans_the_same(
    checkout: Checkout, applied: dict[str, Applied]
) -> None:
    """The command adds no hidden input: a changed value shows the same in both."""
    assert "staging" in applied
    values = checkout.file("terraform.tfvars")
    before = values.read_text()
    try:
        assert "max_instances   = 4" in before
        values.write_text(before.replace("max_instances   = 4", "max_instances   = 5"))
        ours = checkout.infra("plan", "staging", "--json")
        printed = checkout.infra("local", "env", "staging")
        assert printed.code == 0
        script = (
            f"{printed.out}\n"
            "terraform plan -input=false -no-color -out=raw.tfplan >/dev/null"
            " && terraform show -json raw.tfplan; status=$?; rm -f raw.tfplan; exit $status"
        )
        raw = subprocess.run(
            ["sh", "-c", script],
            cwd=values.parent,
            env=shell_with_terraform(checkout.shell(), checkout.root / "bin"),
            capture_output=True,
            text=True,
            check=False,
            timeout=PATIENCE_SECONDS,
        )
    finally:
        values.write_text(before)
    assert raw.returncode == 0, raw.stderr
    actions = {"create": ["create"], "update": ["update"], "destroy": ["delete"]}
    raw_changes = {
        item["address"]: item["change"]["actions"]
        for item in json.loads(raw.stdout)["resource_changes"]
        if item["change"]["actions"] != ["no-op"]
    }
    our_changes = {item["address"]: item["action"] for item in ours.json["result"]["changes"]}
    assert our_changes
    assert our_changes.keys() == raw_changes.keys()
    for address, action in our_changes.items():
        expected = actions.get(action)
        assert raw_changes[address] == expected if expected else len(raw_changes[address]) == 2


def let_prod_be_destroyed(checkout: Checkout) -> None:
    """Write the exception without which prod, as it is shipped, can't be destroyed."""
    (checkout.root / "environments" / "exceptions.yaml").write_text(
        '- {environment: prod, address: "*", gate: destroy, reason: a test, expires: 2999-12-31}\n'
    )


@pytest.mark.exhaustive
def test_a_store_that_holds_something_stops_a_destroy_before_it_begins(
    checkout: Checkout, applied: dict[str, Applied]
) -> None:
    let_prod_be_destroyed(checkout)
    s3 = applied["prod"].client("s3")
    bucket = applied["prod"].outputs["bucket_names"]["raw"]
    version = s3.put_object(Bucket=bucket, Key="kept.parquet", Body=b"PAR1")["VersionId"]
    answer = checkout.infra("destroy", "prod", "--json")
    assert answer.code == 1, answer.out
    assert answer.json["error"]["reason"] == "not-empty"
    assert any(bucket in line for line in answer.json["error"]["details"])
    assert s3.list_object_versions(Bucket=bucket)["Versions"][0]["VersionId"] == version
    s3.delete_object(Bucket=bucket, Key="kept.parquet", VersionId=version)


def terraform_json(checkout: Checkout, name: str, script: str) -> Any:
    """What raw Terraform prints as JSON in an environment."""
    printed = checkout.infra("local", "env", name)
    assert printed.code == 0
    done = subprocess.run(
        ["sh", "-c", f"{printed.out}\n{script}"],
        cwd=checkout.file("main.tf", name).parent,
        env=shell_with_terraform(checkout.shell(), checkout.root / "bin"),
        capture_output=True,
        text=True,
        check=False,
        timeout=PATIENCE_SECONDS,
    )
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


def with_release_of(checkout: Checkout, source: str, target: str, text: str) -> str:
    """A text of the target with the source's release: a promotion brings them together."""
    theirs, mine = (
        json.loads(checkout.file("release.auto.tfvars.json", name).read_text())["release"]
        for name in (source, target)
    )
    for name, value in mine.items():
        text = text.replace(value, theirs[name])
    return text


@pytest.fixture(scope="module")
def shown(checkout: Checkout, applied: dict[str, Applied]) -> dict[str, Any]:
    """The state of each environment, as Terraform shows it."""
    return {name: terraform_json(checkout, name, "terraform show -json") for name in applied}


@pytest.mark.exhaustive
@pytest.mark.parametrize("pair", [("dev", "staging"), ("staging", "prod")], ids="-".join)
def test_each_environment_is_what_it_promotes_from_but_for_what_is_explained(
    checkout: Checkout, shown: dict[str, Any], pair: tuple[str, str]
) -> None:
    """As if the target were made from nothing, with all that AWS made up known already."""
    mine, other = (shown[name] for name in pair)
    other = json.loads(with_release_of(checkout, *pair, json.dumps(other)))
    planned = gates.plan(
        *(
            gates.change(
                item["address"], None, item["values"], after_sensitive=item["sensitive_values"]
            )
            for item in gates.resources(other)
        )
    )
    found = gates.result(
        "equivalence",
        root=checkout.root,
        source=pair[0],
        target=pair[1],
        planned=planned,
        source_state=lambda: mine,
    )
    assert found.status is Status.PASSED, gates.findings(found)
    assert found.details["compared"] > 100
    assert sum(found.details["explained"].values()) > 15


@pytest.mark.exhaustive
def test_a_module_that_gives_prod_something_else_is_no_equivalent(
    checkout: Checkout, shown: dict[str, Any]
) -> None:
    """By a real plan of prod with the release that staging runs: nothing else differs."""
    pin = checkout.file("release.auto.tfvars.json", "prod")
    service = checkout.root / "modules" / "trending_now" / "service.tf"
    before = (pin.read_text(), service.read_text())
    state = shown["staging"]

    def judged() -> list[GateResult]:
        script = (
            "terraform plan -input=false -no-color -out=raw.tfplan >/dev/null"
            " && terraform show -json raw.tfplan; status=$?; rm -f raw.tfplan; exit $status"
        )
        document = canonical(terraform_json(checkout, "prod", script), gates.KEY)
        names = {"policy": {"max_deletes": 0}, "equivalence": None}
        return run_gates(gates.context(checkout.root, names, document, source_state=lambda: state))

    try:
        pin.write_text(checkout.file("release.auto.tfvars.json", "staging").read_text())
        old = "ENVIRONMENT      = var.environment"
        assert old in before[1]
        changed = f'{old}\n    CACHE = var.environment == "prod" ? "off" : "on"'
        service.write_text(before[1].replace(old, changed))
        policy, equivalence = judged()
    finally:
        pin.write_text(before[0])
        service.write_text(before[1])
    assert policy.status is Status.PASSED
    assert equivalence.status is Status.FAILED
    (line,) = gates.findings(equivalence)
    assert "aws_apprunner_service.this: " in line
    assert line.endswith(
        "runtime_environment_variables.CACHE is null in staging, and would be off in prod"
    )


@EACH
def test_destroy_leaves_nothing(checkout: Checkout, applied: dict[str, Applied], name: str) -> None:
    """Runs last: keys and secrets may wait for their deletion, as in AWS; all else is gone."""
    let_prod_be_destroyed(checkout)
    environment = applied[name]
    state_bucket = f"trending-now-tfstate-{environment.environment.account_id}"
    answer = checkout.infra("destroy", name, "--json")
    assert answer.code == 0, answer.out + answer.err
    state = environment.client("s3").get_object(
        Bucket=state_bucket, Key=f"{name}/terraform.tfstate"
    )
    assert json.loads(state["Body"].read())["resources"] == []
    buckets = {item["Name"] for item in environment.client("s3").list_buckets()["Buckets"]}
    assert buckets == {state_bucket}
    assert environment.client("ecr").describe_repositories()["repositories"] == []
    assert environment.client("apprunner").list_services()["ServiceSummaryList"] == []
    assert environment.client("cloudwatch").describe_alarms()["MetricAlarms"] == []
    assert environment.client("cloudwatch").list_dashboards()["DashboardEntries"] == []
    assert environment.client("sns").list_topics()["Topics"] == []
    roles = environment.client("iam").list_roles()["Roles"]
    assert [r["RoleName"] for r in roles if r["RoleName"].startswith("trending-now")] == []
    policies = environment.client("iam").list_policies(Scope="Local")["Policies"]
    assert policies == []
    groups = environment.client("logs").describe_log_groups()["logGroups"]
    left = [group["logGroupName"] for group in groups]
    assert [name for name in left if not name.startswith("/aws/apprunner/")] == []
    secrets = environment.client("secretsmanager").list_secrets()["SecretList"]
    assert [item for item in secrets if "DeletedDate" not in item] == []
    kms = environment.client("kms")
    states = [
        kms.describe_key(KeyId=key["KeyId"])["KeyMetadata"] for key in kms.list_keys()["Keys"]
    ]
    kept = ("Default key", "Signs the ledger")
    ours = [item for item in states if not item["Description"].startswith(kept)]
    assert all(item["KeyState"] == "PendingDeletion" for item in ours), ours
