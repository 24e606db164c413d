"""Who may do more after a plan than before it."""

from __future__ import annotations

import json
from typing import Any

import pytest

from harness.gates import change, findings, plan, result
from infra.gates import Status

STAYS = change("aws_sns_topic.stays", {"name": "a"}, {"name": "a"})
OWN, OTHER = "333333333333", "999999999999"


def statement(**members: Any) -> dict[str, Any]:
    """An identity policy's statement."""
    return {"Sid": "S", "Effect": "Allow", "Action": "s3:GetObject", "Resource": "*", **members}


def shared(principal: Any, **members: Any) -> dict[str, Any]:
    """A resource policy's statement."""
    return statement(Principal=principal, Resource="arn:aws:s3:::b/*", **members)


def policy(*statements: dict[str, Any]) -> str:
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def judged(*changes: dict[str, Any], first: bool = False) -> list[str]:
    """Why a plan is refused; empty when it passes. first: it makes the environment."""
    found = result("policy", planned=plan(*([] if first else [STAYS]), *changes))
    assert found.status is not Status.ERROR, found.text
    return list(findings(found))


def updated(kind: str, attribute: str, before: str, after: str) -> list[str]:
    return judged(change(f"{kind}.a", {attribute: before}, {attribute: after}))


def identity(before: dict[str, Any], *after: dict[str, Any]) -> list[str]:
    return updated("aws_iam_policy", "policy", policy(before), policy(*after))


@pytest.mark.parametrize(
    "after",
    [
        [statement()],
        [statement(Action=["s3:GetObject"])],
        [statement(Resource="arn:aws:s3:::b/*")],
        [statement(Condition={"Bool": {"aws:SecureTransport": "true"}})],
        [statement(Effect="Deny", Action="s3:DeleteObject"), statement()],
        [statement(Effect="Deny")],
        [statement(Sid="T", Action="S3:getobject"), statement(Resource="arn:aws:s3:::c")],
    ],
)
def test_the_same_or_less_is_no_widening(after: list[dict[str, Any]]) -> None:
    assert identity(statement(), *after) == []


@pytest.mark.parametrize(
    ("before", "after"),
    [
        (statement(), [statement(), statement(Sid="New", Action="s3:PutObject")]),
        (statement(), [statement(Action=["s3:GetObject", "s3:PutObject"])]),
        (statement(), [statement(Action="s3:Get*")]),
        (statement(Action="s3:Get*"), [statement(Action="s3:*")]),
        (statement(Resource="arn:aws:s3:::b/*"), [statement()]),
        (statement(Resource="arn:aws:s3:::b/*"), [statement(Resource="arn:aws:s3:::c/*")]),
        (statement(Condition={"Bool": {"aws:SecureTransport": "true"}}), [statement()]),
        (
            {"Sid": "S", "Effect": "Allow", "NotAction": ["iam:*", "s3:*"], "Resource": "*"},
            [{"Sid": "S", "Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}],
        ),
        (statement(), [{"Sid": "S", "Effect": "Allow", "NotAction": "iam:*", "Resource": "*"}]),
        (
            statement(Action=["s3:GetObject", "s3:PutObject"], Resource="arn:aws:s3:::b"),
            [statement(Action="s3:PutObject", Resource="arn:aws:s3:::c")],
        ),
    ],
)
def test_more_actions_resources_or_fewer_conditions_are_refused(
    before: dict[str, Any], after: list[dict[str, Any]]
) -> None:
    (told,) = identity(before, *after)
    assert told.startswith("aws_iam_policy.a: policy, statement ")
    assert "allows what was not allowed before" in told


def test_two_statements_that_allow_it_by_halves_do_not_allow_it_together() -> None:
    old = policy(
        statement(Sid="A", Action="s3:GetObject", Resource="arn:aws:s3:::b"),
        statement(Sid="B", Action="s3:PutObject", Resource="arn:aws:s3:::c"),
    )
    new = policy(statement(Action="s3:PutObject", Resource="arn:aws:s3:::b"))
    assert len(updated("aws_iam_policy", "policy", old, new)) == 1


@pytest.mark.parametrize(
    "after",
    [
        [statement()],
        [statement(), statement(Effect="Deny", Action="s3:PutObject", Resource="arn:aws:s3:::b")],
        [
            statement(),
            statement(
                Effect="Deny",
                Action="s3:PutObject",
                Condition={"Bool": {"aws:SecureTransport": "false"}},
            ),
        ],
    ],
)
def test_a_deny_that_goes_or_shrinks_is_refused(after: list[dict[str, Any]]) -> None:
    before = policy(statement(), statement(Sid="No", Effect="Deny", Action="s3:PutObject"))
    (told,) = updated("aws_iam_policy", "policy", before, policy(*after))
    assert told == (
        "aws_iam_policy.a: policy, statement No, no longer denies all that it denied before"
    )


def test_a_deny_that_grows_is_fine() -> None:
    before = policy(statement(), statement(Effect="Deny", Action="s3:PutObject"))
    after = policy(statement(), statement(Effect="Deny", Action="s3:*"))
    assert updated("aws_iam_policy", "policy", before, after) == []


@pytest.mark.parametrize(
    ("kind", "attribute"),
    [
        ("aws_s3_bucket_policy", "policy"),
        ("aws_ecr_repository_policy", "policy"),
        ("aws_kms_key", "policy"),
        ("aws_sns_topic_policy", "policy"),
        ("aws_secretsmanager_secret_policy", "policy"),
    ],
)
@pytest.mark.parametrize(
    ("principal", "told"),
    [
        ("*", "is open to everybody"),
        ({"AWS": "*"}, "is open to everybody"),
        ({"AWS": f"arn:aws:iam::{OTHER}:role/a"}, f"is open to account {OTHER}"),
        ({"AWS": OTHER}, f"is open to account {OTHER}"),
        ({"AWS": f"arn:aws:iam::{OWN}:role/a"}, "allows what was not allowed before"),
        ({"Service": "ecs-tasks.amazonaws.com"}, "allows what was not allowed before"),
    ],
)
def test_a_resource_that_opens_to_more_is_refused(
    kind: str, attribute: str, principal: Any, told: str
) -> None:
    before = shared({"AWS": f"arn:aws:iam::{OWN}:role/b"})
    found = updated(kind, attribute, policy(before), policy(before, shared(principal, Sid="New")))
    assert len(found) == 1
    assert found[0].startswith(f"{kind}.a: {attribute}, statement New, ")
    assert told in found[0]


def test_everybody_within_the_own_account_is_not_everybody() -> None:
    kept = shared("*", Condition={"StringEquals": {"aws:SourceAccount": OWN}})
    made = change("aws_s3_bucket_policy.a", None, {"policy": policy(kept)})
    assert judged(made, first=True) == []
    open_ = shared("*", Condition={"StringEquals": {"aws:SourceAccount": [OWN, OTHER]}})
    made = change("aws_s3_bucket_policy.a", None, {"policy": policy(open_)})
    assert len(judged(made, first=True)) == 1
    secure = shared("*", Condition={"Bool": {"aws:SecureTransport": "true"}})
    made = change("aws_s3_bucket_policy.a", None, {"policy": policy(secure)})
    assert len(judged(made, first=True)) == 1


def test_what_was_open_before_is_no_widening() -> None:
    before, kind = policy(shared("*")), "aws_s3_bucket_policy"
    named = policy(shared({"AWS": OTHER}, Sid="T"))
    assert updated(kind, "policy", before, named) == []
    more = policy(shared("*"), shared("*", Sid="T", Action="s3:PutObject"))
    assert len(updated(kind, "policy", before, more)) == 1


def test_a_first_apply_is_judged_by_outsiders_alone() -> None:
    own = policy(shared({"AWS": f"arn:aws:iam::{OWN}:role/a"}))
    other = policy(shared({"AWS": f"arn:aws:iam::{OTHER}:role/a"}))
    role = change("aws_iam_role.a", None, {"name": "a", "assume_role_policy": trust(OWN)})
    assert judged(role, change("aws_s3_bucket_policy.a", None, {"policy": own}), first=True) == []
    assert judged(change("aws_s3_bucket_policy.a", None, {"policy": own})) != []
    (told,) = judged(change("aws_s3_bucket_policy.a", None, {"policy": other}), first=True)
    assert f"account {OTHER}" in told


def trust(account: str) -> str:
    principal = {"AWS": f"arn:aws:iam::{account}:role/ci"}
    return policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": principal})


def test_a_role_that_trusts_more_is_refused() -> None:
    both = [f"arn:aws:iam::{OWN}:role/ci", f"arn:aws:iam::{OTHER}:role/ci"]
    after = policy({"Effect": "Allow", "Action": "sts:AssumeRole", "Principal": {"AWS": both}})
    (told,) = updated("aws_iam_role", "assume_role_policy", trust(OWN), after)
    assert told == (
        f"aws_iam_role.a: assume_role_policy, statement (without Sid), is open to account {OTHER}"
    )


def test_new_principals_and_attachments_are_refused_where_something_existed() -> None:
    role = change("aws_iam_role.a", None, {"name": "a", "assume_role_policy": trust(OWN)})
    assert judged(role) == ["aws_iam_role.a: is a new principal"]
    arn = "arn:aws:iam::aws:policy/AdministratorAccess"
    attached = change("aws_iam_role_policy_attachment.a", None, {"policy_arn": arn})
    assert judged(attached) == [f"aws_iam_role_policy_attachment.a: attaches the policy {arn}"]
    unknown = change(
        "aws_iam_role_policy_attachment.a", None, {"role": "a"}, after_unknown={"policy_arn": True}
    )
    assert "known only after the apply" in judged(unknown)[0]
    assert judged(change("aws_iam_role_policy_attachment.a", {"policy_arn": arn})) == []


def test_a_boundary_that_goes_is_refused() -> None:
    values = {"assume_role_policy": trust(OWN), "permissions_boundary": "arn:aws:iam::a:policy/b"}
    bare = {**values, "permissions_boundary": None}
    assert judged(change("aws_iam_role.a", values, bare)) == [
        "aws_iam_role.a: loses or changes its permissions boundary"
    ]
    assert judged(change("aws_iam_role.a", bare, values)) == []


def test_more_policies_of_a_role_by_itself_are_refused() -> None:
    before = {"managed_policy_arns": ["a"]}
    after = {"managed_policy_arns": ["a", "b"]}
    assert judged(change("aws_iam_role.a", before, after)) == [
        "aws_iam_role.a: gets more policies by managed_policy_arns"
    ]
    assert judged(change("aws_iam_role.a", after, before)) == []


@pytest.mark.parametrize(
    "after",
    ["no policy", '{"Version": "2008-10-17", "Statement": []}', policy({"Effect": "Allow"})],
)
def test_a_policy_that_can_not_be_judged_is_refused(after: str) -> None:
    (told,) = updated("aws_iam_policy", "policy", policy(statement()), after)
    assert "policy can't be judged" in told


def test_a_sealed_policy_can_not_be_judged() -> None:
    sensitive = {"policy": True}
    values = [{"policy": policy(statement())}, {"policy": policy(statement(Action="*"))}]
    changed = change(
        "aws_iam_policy.a", *values, before_sensitive=sensitive, after_sensitive=sensitive
    )
    (told,) = judged(changed)
    assert "policy can't be judged" in told


def test_a_policy_that_is_not_known_yet_is_refused_where_something_existed() -> None:
    unknown = change(
        "aws_iam_policy.a",
        {"policy": policy(statement())},
        {},
        after_unknown={"policy": True},
    )
    (told,) = judged(unknown)
    assert "known only after the apply" in told


ON = dict.fromkeys(
    ("block_public_acls", "block_public_policy", "ignore_public_acls", "restrict_public_buckets"),
    True,
)


@pytest.mark.parametrize("switch", ON)
@pytest.mark.parametrize("first", [True, False])
@pytest.mark.parametrize("value", [False, None])
def test_a_block_of_public_access_that_is_switched_off_is_refused(
    switch: str, first: bool, value: bool | None
) -> None:
    before = None if first else ON
    off = change("aws_s3_bucket_public_access_block.a", before, {**ON, switch: value})
    assert judged(off, first=first) == [
        f"aws_s3_bucket_public_access_block.a: {switch} would not be on"
    ]


def test_a_block_of_public_access_that_is_on_is_fine() -> None:
    assert judged(change("aws_s3_bucket_public_access_block.a", None, ON), first=True) == []


@pytest.mark.parametrize(
    "kind", ["aws_s3_account_public_access_block", "aws_wafv2_web_acl_association"]
)
def test_what_keeps_the_public_out_may_not_go(kind: str) -> None:
    assert f"{kind}.a: keeps the public out, and would go" in judged(change(f"{kind}.a", {"a": 1}))


def ingress(public: bool) -> dict[str, Any]:
    inner = [{"is_publicly_accessible": public}]
    size = [{"cpu": "1024", "memory": "2048"}]
    return {
        "network_configuration": [{"ingress_configuration": inner}],
        "instance_configuration": size,
    }


def test_a_private_service_that_becomes_public_is_refused() -> None:
    address = "aws_apprunner_service.a"
    assert judged(change(address, ingress(False), ingress(True))) == [
        f"{address}: would answer the public, where it did not"
    ]
    without = {**ingress(False), "network_configuration": []}
    assert len(judged(change(address, ingress(False), without))) == 1
    assert judged(change(address, ingress(True), ingress(False))) == []
    assert judged(change(address, None, ingress(True))) == []


@pytest.mark.parametrize(
    ("kind", "values"),
    [
        ("aws_vpc_security_group_ingress_rule", {"cidr_ipv4": "0.0.0.0/0"}),
        ("aws_vpc_security_group_ingress_rule", {"cidr_ipv6": "::/0"}),
        ("aws_security_group", {"ingress": [{"cidr_blocks": ["0.0.0.0/0"]}]}),
        ("aws_security_group_rule", {"type": "ingress", "cidr_blocks": ["0.0.0.0/0"]}),
    ],
)
def test_a_door_to_the_internet_is_refused(kind: str, values: dict[str, Any]) -> None:
    (told,) = judged(change(f"{kind}.a", None, values))
    assert "lets in" in told
    assert judged(change(f"{kind}.a", values, {**values, "tags": {"a": "b"}})) == []


def test_a_public_acl_and_a_public_repository_are_refused() -> None:
    assert judged(change("aws_s3_bucket_acl.a", None, {"acl": "public-read"})) == [
        "aws_s3_bucket_acl.a: the bucket's ACL would be public-read"
    ]
    assert judged(change("aws_s3_bucket_acl.a", None, {"acl": "private"})) == []
    assert judged(change("aws_ecrpublic_repository.a", None, {"a": 1})) == [
        "aws_ecrpublic_repository.a: is a public repository"
    ]


def test_a_policy_of_a_first_apply_that_is_not_known_yet_is_said() -> None:
    made = change("aws_iam_policy.a", None, {"name": "a"}, after_unknown={"policy": True})
    found = result("policy", planned=plan(made))
    assert found.status is Status.PASSED
    assert found.text.endswith("; 1 policy is known only after the apply.")
    assert found.details["known_after_apply"] == ["aws_iam_policy.a: policy"]
