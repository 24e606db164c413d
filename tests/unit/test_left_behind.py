"""What counts as left behind by a run of ours."""

from __future__ import annotations

from typing import Any

from harness.accounts import Account
from infra.left_behind import candidates, look

TAGS = {"environment": "dev-bootstrap", "project": "x"}


def change(address: str, kind: str, *actions: str, **after: Any) -> dict[str, Any]:
    """One resource change of a plan."""
    return {"address": address, "type": kind, "change": {"actions": list(actions), "after": after}}


def test_only_creations_under_a_name_are_looked_for() -> None:
    document = {
        "resource_changes": [
            change("a", "aws_kms_alias", "create", name="alias/x"),
            change("b", "aws_iam_role", "create", name="r", tags_all=TAGS),
            change("c", "aws_iam_role", "update", name="s", tags_all=TAGS),
            change("d", "aws_iam_policy", "create", name="p", path="/deployment/", tags_all=TAGS),
            change("e", "aws_s3_bucket_policy", "create"),
            {"address": "f", "type": "aws_iam_role", "change": {"actions": ["delete"]}},
        ]
    }
    found = {item["address"]: item["name"] for item in candidates(document)}
    assert found == {"a": "alias/x", "b": "r", "d": "/deployment/p"}
    assert all(item["tags"] == TAGS for item in candidates(document))


def test_without_tags_nothing_could_be_told_from_somebody_elses() -> None:
    document = {"resource_changes": [change("a", "aws_kms_alias", "create", name="alias/x")]}
    assert candidates(document) == []
    assert candidates({}) == []


def test_only_what_carries_all_the_tags_is_ours(account: Account) -> None:
    iam, kms = account.client("iam"), account.client("kms")
    tags = [{"Key": key, "Value": value} for key, value in TAGS.items()]
    more = [*tags, {"Key": "more", "Value": "1"}]
    trust = '{"Version": "2012-10-17", "Statement": []}'
    statement = '{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}'
    policy = trust.replace("[]", f"[{statement}]")
    for name, given in (("ours", more), ("nearly", tags[:1]), ("bare", [])):
        iam.create_role(RoleName=name, AssumeRolePolicyDocument=trust, Tags=given)
        iam.create_policy(PolicyName=name, Path="/d/", PolicyDocument=policy, Tags=given)
        key = kms.create_key(Tags=[{"TagKey": t["Key"], "TagValue": t["Value"]} for t in given])
        kms.create_alias(AliasName=f"alias/{name}", TargetKeyId=key["KeyMetadata"]["KeyId"])
    iam.create_open_id_connect_provider(Url="https://ours.example.com", Tags=tags)
    names = ("ours", "nearly", "bare", "missing")
    wanted = [
        {"address": f"{kind}.{name}", "type": kind, "name": made(name), "tags": TAGS}
        for kind, made in {
            "aws_iam_role": lambda name: name,
            "aws_iam_policy": lambda name: f"/d/{name}",
            "aws_kms_alias": lambda name: f"alias/{name}",
            "aws_iam_openid_connect_provider": lambda name: f"https://{name}.example.com",
        }.items()
        for name in names
    ]
    prefix = f"arn:aws:iam::{account.account_id}:"
    assert look(wanted, account.client) == {
        "aws_iam_role.ours": "ours",
        "aws_iam_policy.ours": f"{prefix}policy/d/ours",
        "aws_kms_alias.ours": "alias/ours",
        "aws_iam_openid_connect_provider.ours": f"{prefix}oidc-provider/ours.example.com",
    }
