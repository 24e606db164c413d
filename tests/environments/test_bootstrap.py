"""infra bootstrap: an account from nothing, again, over what is there, and away."""

from __future__ import annotations

import json
import os
import re
import signal
import subprocess
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError

from harness.accounts import Account
from harness.checkout import Answer, Checkout
from harness.inventory import inventory
from harness.terraform import shell_with_terraform
from infra import accounts
from infra.backend import load_backend
from infra.environments import load_environment
from infra.repository import Repository

pytestmark = pytest.mark.terraform

NAMES = ("dev", "staging", "prod")
REGION = {"LocationConstraint": "eu-west-1"}
CLOSED = dict.fromkeys(
    ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
)


@dataclass(frozen=True)
class Bootstrapped:
    """An account, and what the command said of it, in order."""

    account: Account
    bucket: str
    answers: tuple[Answer, ...]

    @property
    def outputs(self) -> dict[str, Any]:
        """The outputs by name."""
        values = self.answers[-1].json["result"]["outputs"]
        return {name: raw["value"] for name, raw in values.items()}

    def client(self, service: str) -> Any:
        """A boto3 client in the account."""
        return self.account.client(service)


def enter(checkout: Checkout, name: str) -> Account:
    """The account of an environment, as boto3 sees it."""
    environment = load_environment(Repository(checkout.root), name)
    endpoint = checkout.cloud.running()
    assert endpoint is not None
    return Account(environment, endpoint, accounts.assume_role(environment, endpoint))


def in_an_empty_account(checkout: Checkout, account: Account, bucket: str) -> tuple[Answer, ...]:
    """From nothing: even the bucket that a local session makes is taken away."""
    assert checkout.infra("local", "env", "prod").code == 0
    account.client("s3").delete_bucket(Bucket=bucket)
    return (checkout.infra("bootstrap", "prod", "--json"),)


def after_a_plan(checkout: Checkout, account: Account, bucket: str) -> tuple[Answer, ...]:
    """Over a bucket that is in use already."""
    planned = checkout.infra("plan", "staging")
    account.client("s3").put_object(Bucket=bucket, Key="kept", Body=b"1")
    return (planned, checkout.infra("bootstrap", "staging", "--json"))


def stopped_twice(checkout: Checkout, account: Account, bucket: str) -> tuple[Answer, ...]:
    """Once with a bare bucket and nothing else, and once in the middle of an apply."""
    account.client("s3").create_bucket(Bucket=bucket, CreateBucketConfiguration=REGION)
    process = checkout.start("bootstrap", "dev")
    assert process.stderr is not None
    attached = 0
    for line in process.stderr:
        attached += "Created module.deployment_roles.aws_iam_role_policy_attachment.apply[" in line
        if attached == 5:  # what is left is the longest of all: the bucket's life cycle
            break
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=200)
    first = Answer(process.returncode, out, err)
    return (first, checkout.infra("bootstrap", "dev", "--json"))


WAYS: dict[str, Callable[[Checkout, Account, str], tuple[Answer, ...]]] = {
    "dev": stopped_twice,
    "staging": after_a_plan,
    "prod": in_an_empty_account,
}


@pytest.fixture(scope="module")
def checkout(checkout: Checkout) -> Checkout:
    """One whose environments have an output and their own backend: an output makes a state."""
    for name in NAMES:
        checkout.file("main.tf", name).unlink()
        checkout.file("outputs.tf", name).write_text('output "probe" {\n  value = "1"\n}\n')
    return checkout


@pytest.fixture(scope="module")
def bootstrapped(checkout: Checkout) -> dict[str, Bootstrapped]:
    """Three accounts, each set up in another way."""
    assert checkout.infra("local", "start").code == 0

    def make(name: str) -> Bootstrapped:
        account = enter(checkout, name)
        bucket = load_backend(account.environment).bucket
        return Bootstrapped(account, bucket, WAYS[name](checkout, account, bucket))

    # Side by side: nearly all of it is the provider's waiting (docs/field_notes.md).
    with ThreadPoolExecutor(len(NAMES)) as pool:
        made = dict(zip(NAMES, pool.map(make, NAMES), strict=True))
    for name, one in made.items():
        assert one.answers[-1].code == 0, name + one.answers[-1].out + one.answers[-1].err
    return made


@pytest.fixture(scope="module")
def in_use(checkout: Checkout, bootstrapped: dict[str, Bootstrapped]) -> Bootstrapped:
    """Staging's account, after an apply through the environment's own backend.tf."""
    applied = checkout.infra("apply", "staging", "--json")
    assert applied.code == 0, applied.out
    return bootstrapped["staging"]


def test_it_works_from_nothing(bootstrapped: dict[str, Bootstrapped]) -> None:
    (answer,) = bootstrapped["prod"].answers
    assert answer.json["command"] == "bootstrap"
    assert answer.json["account_id"] == "333333333333"
    assert answer.json["result"]["applied"]["import"] == 1
    assert answer.json["refused_requests"] == {}


def test_a_bucket_in_use_is_adopted_with_what_it_holds(
    bootstrapped: dict[str, Bootstrapped],
) -> None:
    one = bootstrapped["staging"]
    planned, answer = one.answers
    assert planned.code == 2, planned.err
    adopted = [c for c in answer.json["result"]["changes"] if c["type"] == "aws_s3_bucket"]
    assert [c["reason"] for c in adopted] == ["it exists already and is adopted"]
    assert one.client("s3").get_object(Bucket=one.bucket, Key="kept")["Body"].read() == b"1"


def test_one_that_was_stopped_goes_on(bootstrapped: dict[str, Bootstrapped]) -> None:
    stopped, answer = bootstrapped["dev"].answers
    assert stopped.code == 130, stopped.out + stopped.err
    assert "The state is saved" in stopped.err
    assert answer.json["result"]["applied"]["add"] > 0


def test_who_promotes_from_an_environment_may_read_it(
    bootstrapped: dict[str, Bootstrapped],
) -> None:
    trusted = {}
    for name, one in bootstrapped.items():
        role = one.client("iam").get_role(RoleName=f"trending-now-{name}-plan")["Role"]
        trust = json.dumps(role["AssumeRolePolicyDocument"])
        trusted[name] = set(re.findall(r":environment:([a-z]+)", trust))
    assert trusted == {"dev": {"staging"}, "staging": {"prod"}, "prod": set()}


@pytest.mark.parametrize("name", NAMES)
def test_a_second_run_changes_nothing(
    checkout: Checkout, bootstrapped: dict[str, Bootstrapped], name: str
) -> None:
    assert name in bootstrapped
    answer = checkout.infra("bootstrap", name)
    assert answer.code == 0, answer.out + answer.err
    assert "No changes" in answer.out
    assert "Done:" not in answer.out


def test_what_a_killed_run_could_not_write_down_is_adopted(
    checkout: Checkout, bootstrapped: dict[str, Bootstrapped]
) -> None:
    """Things of ours that the state lacks, and one that only has the name."""
    iam = bootstrapped["prod"].client("iam")
    lost = [
        "module.github_oidc.aws_iam_openid_connect_provider.this[0]",
        "module.state_key.aws_kms_alias.this",
        'module.deployment_roles.aws_iam_policy.apply["data"]',
        "module.deployment_roles.aws_iam_role.push",
        "module.deployment_roles.aws_iam_role_policy_attachment.push",
        "module.state_bucket.aws_s3_bucket.this",
    ]
    forgotten = " ".join(f"'{address}'" for address in [*lost, FOREIGN])
    before = state_of(bootstrapped["prod"])
    terraform(checkout, "prod", f"{INIT}\nterraform -chdir=bootstrap state rm {forgotten}")
    iam.untag_role(RoleName="trending-now-prod-plan", TagKeys=["project"])
    refused = checkout.infra("bootstrap", "prod")
    assert refused.code == 20, refused.out + refused.err
    assert "EntityAlreadyExists" in refused.err
    assert "had made 4 things that the state does not know" in refused.err
    known = state_of(bootstrapped["prod"])
    assert FOREIGN not in known
    assert {address.partition("[")[0] for address in lost[:4]} <= known
    project = {"Key": "project", "Value": "trending-now"}
    iam.tag_role(RoleName="trending-now-prod-plan", Tags=[project])
    assert checkout.infra("bootstrap", "prod").code == 0
    assert state_of(bootstrapped["prod"]) == before


FOREIGN = "module.deployment_roles.aws_iam_role.plan"
INIT = """terraform -chdir=bootstrap init -reconfigure -input=false \\
  -backend-config=bucket=trending-now-tfstate-333333333333 -backend-config=region=eu-west-1"""


def state_of(one: Bootstrapped) -> set[str]:
    """The kinds and names of what is in the state of bootstrap/."""
    found = one.client("s3").get_object(Bucket=one.bucket, Key="bootstrap/terraform.tfstate")
    return {
        f"{item['module']}.{item['type']}.{item['name']}" if "module" in item else item["type"]
        for item in json.loads(found["Body"].read())["resources"]
        if item["mode"] == "managed" and item["instances"]
    }


def terraform(checkout: Checkout, name: str, commands: str) -> str:
    """Run a script with Terraform in an account of the local cloud; return all that it said."""
    printed = checkout.infra("local", "env", name)
    assert printed.code == 0
    folder = checkout.root / ".local" / "terraform" / f"raw-{name}"
    variables = f"export TF_DATA_DIR={folder} TF_VAR_environment={name}"
    done = subprocess.run(
        ["sh", "-ec", f"{printed.out}\n{variables}\n{commands}"],
        cwd=checkout.root,
        env=shell_with_terraform(checkout.shell(), checkout.root / "bin"),
        capture_output=True,
        text=True,
        check=False,
        timeout=300,
    )
    assert done.returncode == 0, done.stdout + done.stderr
    return " ".join(re.sub(r"[│╷╵]", " ", done.stdout + done.stderr).split())


def test_a_wrong_value_is_refused_with_an_example(
    checkout: Checkout, bootstrapped: dict[str, Bootstrapped]
) -> None:
    assert "prod" in bootstrapped
    values = "-var environment=moon -var owner= -var cost_centre="
    plan = f"! terraform -chdir=bootstrap plan -input=false -no-color -lock=false {values}"
    said = terraform(checkout, "prod", f"{INIT}\n{plan}")
    assert 'must be the name of a folder in environments/. Example: "staging".' in said
    assert 'Example: "trending-now-team".' in said
    assert 'Example: "ml-platform".' in said


@pytest.mark.parametrize("name", NAMES)
def test_the_bucket_is_closed_versioned_and_encrypted(
    bootstrapped: dict[str, Bootstrapped], name: str
) -> None:
    one = bootstrapped[name]
    s3 = one.client("s3")
    assert s3.get_bucket_versioning(Bucket=one.bucket)["Status"] == "Enabled"
    found = s3.get_public_access_block(Bucket=one.bucket)
    assert found["PublicAccessBlockConfiguration"] == CLOSED
    (rule,) = s3.get_bucket_encryption(Bucket=one.bucket)["ServerSideEncryptionConfiguration"][
        "Rules"
    ]
    assert rule["ApplyServerSideEncryptionByDefault"] == {
        "SSEAlgorithm": "aws:kms",
        "KMSMasterKeyID": one.outputs["state_key_arn"],
    }
    policy = json.loads(s3.get_bucket_policy(Bucket=one.bucket)["Policy"])
    assert {statement["Sid"] for statement in policy["Statement"]} == {
        "DenyDeletingLedger",
        "DenyKeysOfCallers",
        "DenyOldTls",
        "DenyOtherAlgorithms",
        "DenyOtherKeys",
        "DenyOverwritingLedger",
        "DenyPlainTransport",
    }


@pytest.mark.parametrize(
    ("arguments", "allowed"),
    [
        ({}, True),
        ({"ServerSideEncryption": "aws:kms"}, True),
        ({"ServerSideEncryption": "AES256"}, False),
        ({"ServerSideEncryption": "aws:kms:dsse"}, False),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "own"}, True),
        ({"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": "another"}, False),
    ],
)
def test_only_the_buckets_own_encryption_is_taken(
    bootstrapped: dict[str, Bootstrapped], arguments: dict[str, str], allowed: bool
) -> None:
    one = bootstrapped["prod"]
    own = one.outputs["state_key_arn"]
    if "SSEKMSKeyId" in arguments:
        other = own[:-4] + ("0000" if not own.endswith("0000") else "1111")
        arguments = {
            **arguments,
            "SSEKMSKeyId": own if arguments["SSEKMSKeyId"] == "own" else other,
        }
    s3 = one.client("s3")
    try:
        put = s3.put_object(Bucket=one.bucket, Key="probe", Body=b"1", **arguments)
    except ClientError as error:
        assert not allowed, error
        assert error.response["Error"]["Code"] == "AccessDenied"
        return
    assert allowed
    assert put["SSEKMSKeyId"] == own
    s3.delete_object(Bucket=one.bucket, Key="probe", VersionId=put["VersionId"])


def test_current_states_never_expire_and_locks_do(bootstrapped: dict[str, Bootstrapped]) -> None:
    one = bootstrapped["prod"]
    found = one.client("s3").get_bucket_lifecycle_configuration(Bucket=one.bucket)["Rules"]
    rules = {rule["ID"]: rule for rule in found}
    assert rules.pop("housekeeping")["Expiration"] == {"ExpiredObjectDeleteMarker": True}
    kept = {"NoncurrentDays": 365, "NewerNoncurrentVersions": 20}
    expected = {
        "bootstrap-state": ("bootstrap/terraform.tfstate", kept),
        "bootstrap-lock": ("bootstrap/terraform.tfstate.tflock", {"NoncurrentDays": 1}),
        "environment-state": ("prod/terraform.tfstate", kept),
        "environment-lock": ("prod/terraform.tfstate.tflock", {"NoncurrentDays": 1}),
    }
    shown = {
        name: (rule["Filter"]["Prefix"], rule["NoncurrentVersionExpiration"])
        for name, rule in rules.items()
    }
    assert shown == expected
    assert all("Expiration" not in rule for rule in rules.values())
    assert all(rule["Status"] == "Enabled" for rule in found)


@pytest.mark.parametrize("name", NAMES)
def test_states_are_encrypted_with_the_key_and_no_lock_stays(
    checkout: Checkout, bootstrapped: dict[str, Bootstrapped], in_use: Bootstrapped, name: str
) -> None:
    one = bootstrapped[name]
    applied = one is in_use
    assert checkout.infra("plan", name).code == (0 if applied else 2)
    s3 = one.client("s3")
    keys = {item["Key"] for item in s3.list_objects_v2(Bucket=one.bucket)["Contents"]}
    own = {key for key in keys if not key.startswith("ledger/")}
    # A plan makes the key of its identity, here perhaps before the account was bootstrapped.
    identity = f"{name}/terraform.tfstate.identity-key"
    states = {"bootstrap/terraform.tfstate", *([f"{name}/terraform.tfstate"] if applied else [])}
    assert own - {"kept"} == {*states, identity}
    head = s3.head_object(Bucket=one.bucket, Key="bootstrap/terraform.tfstate")
    assert head["ServerSideEncryption"] == "aws:kms"
    assert head["SSEKMSKeyId"] == one.outputs["state_key_arn"]


def test_the_environments_own_state_gets_the_key_too(in_use: Bootstrapped) -> None:
    one = in_use
    head = one.client("s3").head_object(Bucket=one.bucket, Key="staging/terraform.tfstate")
    assert head["SSEKMSKeyId"] == one.outputs["state_key_arn"]


def test_the_ledger_is_signed_by_the_accounts_key_and_nobody_changes_it(
    checkout: Checkout, in_use: Bootstrapped
) -> None:
    """The bucket itself refuses, whoever asks."""
    one = in_use
    verified = checkout.infra("ledger", "verify", "staging", "--json")
    assert verified.code == 0, verified.out
    assert verified.json["result"]["count"] == 2
    shown = checkout.infra("ledger", "show", "staging", "1", "--json").json["result"]["entry"]
    assert shown["signature"]["key"] in one.outputs["ledger_key_arn"]
    s3 = one.client("s3")
    keys = [i["Key"] for i in s3.list_objects_v2(Bucket=one.bucket, Prefix="ledger/")["Contents"]]
    version = s3.head_object(Bucket=one.bucket, Key=keys[0])["VersionId"]
    for refused in (
        lambda: s3.put_object(Bucket=one.bucket, Key=keys[0], Body=b"{}"),
        lambda: s3.put_object(Bucket=one.bucket, Key="ledger/staging/new", Body=b"{}"),
        lambda: s3.delete_object(Bucket=one.bucket, Key=keys[0]),
        lambda: s3.delete_object(Bucket=one.bucket, Key=keys[0], VersionId=version),
    ):
        with pytest.raises(ClientError, match="AccessDenied"):
            refused()


@pytest.mark.parametrize("name", NAMES)
def test_the_roles_trust_the_provider_and_the_boundary_is_there(
    bootstrapped: dict[str, Bootstrapped], name: str
) -> None:
    one = bootstrapped[name]
    iam = one.client("iam")
    providers = iam.list_open_id_connect_providers()["OpenIDConnectProviderList"]
    assert [item["Arn"] for item in providers] == [one.outputs["oidc_provider_arn"]]
    for kind in ("plan", "apply", "push"):
        role = iam.get_role(RoleName=f"trending-now-{name}-{kind}")["Role"]
        assert role["Arn"] == one.outputs[f"{kind}_role_arn"]
        assert role["Path"] == "/deployment/"
        (statement,) = role["AssumeRolePolicyDocument"]["Statement"]
        assert statement["Principal"] == {"Federated": one.outputs["oidc_provider_arn"]}
    boundary = iam.get_policy(PolicyArn=one.outputs["permissions_boundary_arn"])["Policy"]
    assert boundary["PolicyName"] == f"trending-now-{name}-boundary"
    guards = policy_text(iam, f"trending-now-{name}-apply-guards", one)
    assert one.outputs["permissions_boundary_arn"] in guards
    assert one.outputs["state_key_arn"] in guards
    assert (
        "s3:DeleteObjectVersion" in policy_text(iam, f"trending-now-{name}-apply-data", one)
    ) == (name != "prod")


def policy_text(iam: Any, name: str, one: Bootstrapped) -> str:
    """The document of a deployment policy."""
    arn = f"arn:aws:iam::{one.account.account_id}:policy/deployment/{name}"
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    document = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]["Document"]
    return json.dumps(document)


@pytest.mark.parametrize("name", NAMES)
def test_the_apply_role_can_not_reach_the_states_key_by_its_tag(
    bootstrapped: dict[str, Bootstrapped], name: str
) -> None:
    one = bootstrapped[name]
    kms = one.client("kms")
    tags = kms.list_resource_tags(KeyId=one.outputs["state_key_arn"])["Tags"]
    assert {tag["TagKey"]: tag["TagValue"] for tag in tags}["environment"] == f"{name}-bootstrap"
    assert kms.get_key_rotation_status(KeyId=one.outputs["state_key_arn"])["KeyRotationEnabled"]


def account_block(one: Bootstrapped) -> dict[str, bool] | None:
    """The account's public access block, asked for as the SDKs do it (see local_aws.guard)."""
    keys = one.account.credentials
    control = boto3.client(
        "s3control",
        endpoint_url=one.account.endpoint.url,
        region_name="eu-west-1",
        aws_access_key_id=keys.access_key_id,
        aws_secret_access_key=keys.secret_access_key,
        aws_session_token=keys.session_token,
        config=Config(
            proxies={"http": one.account.endpoint.guard}, retries={"total_max_attempts": 1}
        ),
    )
    try:
        found = control.get_public_access_block(AccountId=one.account.account_id)
    except ClientError as error:
        assert error.response["Error"]["Code"] == "NoSuchPublicAccessBlockConfiguration"
        return None
    return dict(found["PublicAccessBlockConfiguration"])


@pytest.mark.parametrize("name", NAMES)
def test_the_whole_account_blocks_public_access(
    bootstrapped: dict[str, Bootstrapped], name: str
) -> None:
    assert account_block(bootstrapped[name]) == CLOSED


def test_a_bucket_of_somebody_else_is_refused(
    checkout: Checkout, bootstrapped: dict[str, Bootstrapped]
) -> None:
    one = bootstrapped["dev"]
    stranger = replace(one.account.environment, account_id="999999999999")
    credentials = accounts.assume_role(stranger, one.account.endpoint)
    s3 = accounts.client("s3", stranger, one.account.endpoint, credentials)
    s3.create_bucket(Bucket="taken-by-a-stranger", CreateBucketConfiguration=REGION)
    file = checkout.file("backend.tf", "dev")
    text = file.read_text()
    try:
        file.write_text(text.replace(one.bucket, "taken-by-a-stranger"))
        answer = checkout.infra("bootstrap", "dev")
        machine = checkout.infra("bootstrap", "dev", "--json")
    finally:
        file.write_text(text)
    assert answer.code == 1
    assert "taken-by-a-stranger exists, but account 111111111111 can't use it" in answer.err
    assert "Next: " in answer.err
    assert machine.json["error"]["reason"] == "state-bucket"
    assert "Contents" not in s3.list_objects_v2(Bucket="taken-by-a-stranger")


def test_an_account_can_be_closed_as_the_readme_says(
    checkout: Checkout, bootstrapped: dict[str, Bootstrapped]
) -> None:
    """Runs last. The commands are the README's own; an answer that they wait for is given."""
    one = bootstrapped["staging"]
    text = (checkout.root / "bootstrap" / "README.md").read_text()
    begin, end = re.findall(r"^```sh\n(export .*?)^```", text, re.DOTALL | re.MULTILINE)
    commands = (begin + end).replace("terraform -chdir=bootstrap apply", "", 1)
    commands = commands.replace(" apply\n", " apply -auto-approve\n")
    commands = commands.replace(" destroy\n", " destroy -auto-approve\n")
    commands = commands.replace("-migrate-state", "-migrate-state -force-copy -input=false")
    terraform(checkout, "staging", commands)
    assert inventory(one.account) == []
    assert account_block(one) is None
    assert not list(Path(checkout.root / "bootstrap").glob("*.tfstate*"))
