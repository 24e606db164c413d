"""What of a plan may be there already, and the configuration that takes it in."""

from __future__ import annotations

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError

from harness.accounts import Account
from infra.errors import InfraError
from infra.left_behind import kinds, looking
from infra.left_behind.kinds import KINDS, Found, Kind, Values
from infra.left_behind.looking import look
from infra.left_behind.overlay import IMPORTS, imports, with_imports
from infra.left_behind.wanted import Wanted, wanted
from infra.recovering.half_made import HalfMade, delete, half_made, kept
from infra.repository import Repository
from infra.stored_state import parsed_state

TAGS = {"environment": "dev"}
OURS = {"environment": "dev", "project": "x"}
REGION: Any = {"LocationConstraint": "eu-west-1"}
TRUST = '{"Version": "2012-10-17", "Statement": []}'
STATEMENT = '{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}'
POLICY = TRUST.replace("[]", f"[{STATEMENT}]")
ADDRESS = 'module.zone["raw"].aws_s3_bucket.this'


def change(kind: str, actions: list[str], **after: Any) -> dict[str, Any]:
    change = {"actions": actions, "after": after}
    return {"address": f"{kind}.this", "type": kind, "change": change}


def planned(*changes: dict[str, Any]) -> list[str]:
    return [item.address for item in wanted({"resource_changes": list(changes)})]


def test_what_is_created_under_a_known_name_is_looked_for() -> None:
    role = change("aws_iam_role", ["create"], name="a", tags_all=TAGS)
    (item,) = wanted({"resource_changes": [role]})
    assert item == Wanted("aws_iam_role.this", "aws_iam_role", {"name": "a"}, TAGS)


@pytest.mark.parametrize(
    "other",
    [
        change("aws_ecr_repository", ["no-op"], name="a", tags_all=TAGS),
        change("aws_ecr_repository", ["delete", "create"], name="a", tags_all=TAGS),
        # Its name is known after the apply.
        change("aws_ecr_repository", ["create"], tags_all=TAGS),
        # AWS writes over it.
        change("aws_cloudwatch_metric_alarm", ["create"], alarm_name="a", tags_all=TAGS),
        change("terraform_data", ["create"], input="a"),
    ],
)
def test_nothing_else_is(other: dict[str, Any]) -> None:
    role = change("aws_iam_role", ["create"], name="a", tags_all=TAGS)
    assert planned(role, other) == ["aws_iam_role.this"]


def test_without_tags_nobody_can_tell_whose_it_is() -> None:
    assert planned(change("aws_iam_role", ["create"], name="a")) == []
    assert planned(change("aws_iam_role", ["create"], name="a", tags_all={})) == []


def test_what_has_no_tags_of_its_own_is_ours_by_those_of_the_others() -> None:
    role = change("aws_iam_role", ["create"], name="a", tags_all=TAGS)
    alias = change("aws_kms_alias", ["create"], name="alias/a")
    assert [item.tags for item in wanted({"resource_changes": [alias, role]})] == [TAGS, TAGS]


class _Sts:
    def get_caller_identity(self) -> dict[str, str]:
        return {"Arn": "arn:aws-cn:sts::123456789012:assumed-role/a/b"}


def _refuses(code: str) -> Kind:
    def find(_account: kinds.Account, _values: Values) -> Iterator[Found]:
        raise ClientError({"Error": {"Code": code, "Message": "no"}}, "Get")
        yield

    return Kind(("name",), find)


def _has(*found: Found) -> Kind:
    return Kind(("name",), lambda _account, _values: iter(found))


def asked(monkeypatch: pytest.MonkeyPatch, kind: Kind, *addresses: str) -> looking.Answer:
    monkeypatch.setitem(KINDS, "some", kind)
    items = [Wanted(address, "some", {"name": "a"}, TAGS) for address in addresses]
    return look(items, lambda _service: _Sts())


@pytest.mark.parametrize(
    ("tags", "found"),
    [
        (TAGS, {"one": "id"}),
        ({**TAGS, "more": "x"}, {"one": "id"}),
        (None, {"one": "id"}),
        ({}, {}),
        ({"environment": "prod"}, {}),
    ],
)
def test_only_what_has_our_tags_is_ours(
    monkeypatch: pytest.MonkeyPatch, tags: dict[str, str] | None, found: dict[str, str]
) -> None:
    assert asked(monkeypatch, _has(Found("id", tags)), "one").found == found


def test_the_first_that_is_ours_is_taken_and_only_once(monkeypatch: pytest.MonkeyPatch) -> None:
    answer = asked(
        monkeypatch, _has(Found("theirs", {}), Found("a", TAGS), Found("b", TAGS)), "one", "two"
    )
    assert answer.found == {"one": "a"}


def test_what_is_not_there_is_no_failure_and_what_is_refused_is_told(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    assert asked(monkeypatch, _refuses("NoSuchEntity"), "one") == looking.Answer()
    told = asked(monkeypatch, _refuses("AccessDenied"), "one").unread
    assert len(told) == 1
    assert told[0].startswith("one: An error occurred (AccessDenied)")


def test_an_account_that_does_not_answer_is_told(monkeypatch: pytest.MonkeyPatch) -> None:
    """The process that asks has no credentials, and fails."""
    monkeypatch.setattr(looking, "LOOK_SECONDS", 60.0)
    answer = looking.find(
        [Wanted("one", "aws_iam_role", {"name": "a"}, TAGS)],
        {"AWS_EC2_METADATA_DISABLED": "true", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"},
    )
    assert answer.found == {}
    assert answer.unread == ("The account did not say what is there.",)


def test_import_blocks_take_addresses_and_ids_as_they_are() -> None:
    document = json.loads(imports({ADDRESS: "a-${b}-%{c}"}))
    assert document == {"import": [{"to": ADDRESS, "id": "a-$${b}-%%{c}"}]}


def test_the_stand_in_leads_to_all_files_and_adds_one(tmp_path: Path) -> None:
    root = tmp_path / "checkout"
    here = root / "environments" / "dev"
    for path in (root / "modules" / "a.tf", here / "main.tf", here / ".terraform.lock.hcl"):
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(path.name)
    (here.parent / "prod").mkdir()
    before = sorted(root.rglob("*"))
    with with_imports(Repository(root), here, {ADDRESS: "x"}) as folder:
        assert sorted(item.name for item in folder.iterdir()) == [
            ".terraform.lock.hcl",
            IMPORTS,
            "main.tf",
        ]
        assert (folder / "main.tf").resolve() == here / "main.tf"
        assert (folder / "../../modules/a.tf").read_text() == "a.tf"
        assert (folder / "../prod").is_dir()
        assert not (here / IMPORTS).exists()
        assert folder.parents[1].stat().st_mode & 0o077 == 0
    assert [path for path in sorted(root.rglob("*")) if ".local" not in path.parts] == before
    assert list((root / ".local" / "plans").iterdir()) == []


ARN = "arn:aws:apprunner:eu-west-1:111111111111:service/a/0123"
KEPT = ("aws_s3_bucket", "aws_apprunner_service")
STATE = {
    "version": 4,
    "lineage": "a",
    "serial": 4,
    "resources": [
        {
            "mode": "managed",
            "module": 'module.zone["raw"]',
            "type": kind,
            "name": "this",
            "instances": [{"status": "tainted", "attributes": {"id": ARN}}, {"attributes": {}}],
        }
        for kind in ("terraform_data", *KEPT)
    ],
}


BUCKET, SERVICE = (f'module.zone["raw"].{kind}.this' for kind in KEPT)


class _AppRunner:
    """Says one status after the other, "" for a service that is not there."""

    def __init__(self, *statuses: str) -> None:
        self._statuses = list(statuses)
        self.deleted = 0

    def describe_service(self, **arguments: str) -> dict[str, Any]:
        assert arguments == {"ServiceArn": ARN}
        status = self._statuses.pop(0)
        if not status:
            raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "DescribeService")
        return {"Service": {"Status": status}}

    def delete_service(self, **arguments: str) -> None:
        assert arguments == {"ServiceArn": ARN}
        self.deleted += 1


def found(status: str) -> HalfMade:
    state = parsed_state(json.dumps(STATE).encode(), "x")
    return half_made(state, lambda _service: _AppRunner(status))


@pytest.mark.parametrize(
    ("status", "keep", "failed", "unready"),
    [
        ("RUNNING", [BUCKET, SERVICE], [], []),
        ("PAUSED", [BUCKET, SERVICE], [], []),
        ("CREATE_FAILED", [BUCKET], [SERVICE], []),
        ("OPERATION_IN_PROGRESS", [BUCKET], [], [SERVICE]),
        ("DELETED", [BUCKET], [], []),
        ("", [BUCKET], [], []),
    ],
)
def test_half_made_is_kept_what_an_update_can_finish(
    status: str, keep: list[str], failed: list[str], unready: list[str]
) -> None:
    now = found(status)
    assert sorted(now.keep) == sorted(keep)
    assert [item.address for item in now.failed] == failed
    assert list(now.unready) == unready


def test_what_is_kept_is_whole_in_the_next_state() -> None:
    document = json.loads(kept(json.dumps(STATE).encode(), found("RUNNING").keep))
    left = [item["type"] for item in document["resources"] if "status" in item["instances"][0]]
    assert left == ["terraform_data"]
    assert (document["serial"], document["lineage"]) == (5, "a")


@pytest.mark.parametrize("end", ["DELETED", ""])
def test_what_aws_could_not_make_is_deleted_and_waited_for(end: str) -> None:
    (failed,) = found("CREATE_FAILED").failed
    app_runner = _AppRunner("CREATE_FAILED", "OPERATION_IN_PROGRESS", end)
    waits: list[float] = []
    delete(failed, lambda _service: app_runner, waits.append)
    assert (app_runner.deleted, len(waits)) == (1, 1)


def test_what_runs_meanwhile_is_not_deleted() -> None:
    (failed,) = found("CREATE_FAILED").failed
    app_runner = _AppRunner("RUNNING", "RUNNING")
    with pytest.raises(InfraError, match="RUNNING"):
        delete(failed, lambda _service: app_runner, clock=iter([0.0, 901.0]).__next__)
    assert app_runner.deleted == 0


GIVEN = {"ours": {**OURS, "more": "1"}, "nearly": {"environment": "dev"}, "bare": {}}
"""The tags of what has these names; "missing" is not there."""


def make(account: Account, name: str, tags: dict[str, str]) -> None:
    """One of each kind, with these tags."""
    plain = [{"Key": key, "Value": value} for key, value in tags.items()]
    iam, kms = account.client("iam"), account.client("kms")
    iam.create_role(RoleName=name, AssumeRolePolicyDocument=TRUST, Tags=plain)
    iam.create_policy(PolicyName=name, Path="/d/", PolicyDocument=POLICY, Tags=plain)
    iam.create_open_id_connect_provider(Url=f"https://{name}.example.com", Tags=plain)
    key = kms.create_key(
        Description=name, Tags=[{"TagKey": t["Key"], "TagValue": t["Value"]} for t in plain]
    )["KeyMetadata"]
    kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key["KeyId"])
    account.client("ecr").create_repository(repositoryName=name, tags=plain)
    account.client("logs").create_log_group(logGroupName=name, tags=tags)
    account.client("secretsmanager").create_secret(Name=name, SecretString="x", Tags=plain)
    s3, bucket = account.client("s3"), f"{name}-{account.account_id}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=REGION)
    if plain:
        s3.put_bucket_tagging(Bucket=bucket, Tagging={"TagSet": plain})
    else:
        s3.put_object(Bucket=bucket, Key="somebody's", Body=b"x")


def everywhere(account: Account, name: str) -> list[Wanted]:
    values: dict[str, dict[str, str]] = {
        "aws_cloudwatch_log_group": {"name": name},
        "aws_ecr_repository": {"name": name},
        "aws_iam_openid_connect_provider": {"url": f"https://{name}.example.com"},
        "aws_iam_policy": {"name": name, "path": "/d/"},
        "aws_iam_role": {"name": name},
        "aws_kms_alias": {"name": f"alias/{name}"},
        "aws_kms_key": {"description": name},
        "aws_s3_bucket": {"bucket": f"{name}-{account.account_id}"},
        "aws_secretsmanager_secret": {"name": name},
    }
    return [Wanted(f"{kind}.{name}", kind, value, OURS) for kind, value in values.items()]


def test_in_an_account_only_what_carries_all_the_tags_is_ours(account: Account) -> None:
    for name, tags in GIVEN.items():
        make(account, name, tags)
    items = [item for name in (*GIVEN, "missing") for item in everywhere(account, name)]
    answer = look(items, account.client)
    assert answer.unread == ()
    assert sorted(answer.found) == sorted(item.address for item in everywhere(account, "ours"))
    prefix = f"arn:aws:iam::{account.account_id}:"
    assert answer.found["aws_iam_role.ours"] == "ours"
    assert answer.found["aws_iam_policy.ours"] == f"{prefix}policy/d/ours"
    provider = answer.found["aws_iam_openid_connect_provider.ours"]
    assert provider == f"{prefix}oidc-provider/ours.example.com"


def test_a_bucket_without_tags_is_ours_while_it_is_empty(account: Account) -> None:
    """It is tagged by a second call, which a stopped run may not have sent."""
    s3, bucket = account.client("s3"), f"x-{account.account_id}"
    s3.create_bucket(Bucket=bucket, CreateBucketConfiguration=REGION)
    item = Wanted("a", "aws_s3_bucket", {"bucket": bucket}, OURS)
    assert look([item], account.client).found == {"a": bucket}
    s3.put_object(Bucket=bucket, Key="somebody's", Body=b"x")
    assert look([item], account.client).found == {}


def test_what_is_to_be_deleted_is_not_taken(account: Account) -> None:
    make(account, "ours", OURS)
    secrets, kms = account.client("secretsmanager"), account.client("kms")
    secrets.delete_secret(SecretId="ours", RecoveryWindowInDays=7)
    key = kms.describe_key(KeyId="alias/ours")["KeyMetadata"]["KeyId"]
    kms.schedule_key_deletion(KeyId=key, PendingWindowInDays=7)
    items = [
        Wanted("secret", "aws_secretsmanager_secret", {"name": "ours"}, OURS),
        Wanted("key", "aws_kms_key", {"description": "ours"}, OURS),
    ]
    assert look(items, account.client).found == {}


def test_of_keys_that_are_alike_the_newest_is_taken(account: Account) -> None:
    kms = account.client("kms")
    tags = [{"TagKey": key, "TagValue": value} for key, value in OURS.items()]
    made = [kms.create_key(Description="a", Tags=tags)["KeyMetadata"] for _ in range(3)]
    newest = max(made, key=lambda key: (key["CreationDate"], key["KeyId"]))["KeyId"]
    item = Wanted("a", "aws_kms_key", {"description": "a"}, OURS)
    assert look([item], account.client).found == {"a": newest}
