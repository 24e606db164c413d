"""The guards hold by themselves: with AdministratorAccess attached, they still deny.

Most of these requests are refused for want of an Allow already, which would hide a guard that was
lost. So everything is allowed here, and what is denied is denied by the statement that is named.
"""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.deployed import Role
from harness.policies import allow, policy
from infra.iam.evaluation import Outcome

pytestmark = pytest.mark.terraform

EVERYTHING = policy(allow(), name="AdministratorAccess")
IAM = "arn:aws:iam::{a}:"
STATE_BUCKET = "arn:aws:s3:::trending-now-tfstate-{a}"
STATE = STATE_BUCKET + "/staging/terraform.tfstate"
DATA = "arn:aws:s3:::trending-now-staging-data-{a}"
SECRET = "arn:aws:secretsmanager:eu-west-1:{a}:secret:trending-now/staging/session-key-a1B2c3"
PARAMETER = "arn:aws:ssm:eu-west-1:{a}:parameter/x"
STATE_KEY = "arn:aws:kms:eu-west-1:{a}:key/00000000-0000-0000-0000-000000000000"
LEDGER = STATE_BUCKET + "/ledger/staging/9999999998-0000000001.json"
LEDGER_KEY = "arn:aws:kms:eu-west-1:{a}:key/55555555-5555-5555-5555-555555555555"
OURS = IAM + "role/trending-now-staging-instance"
POLICY = IAM + "policy/trending-now-staging-instance-data"
ANY_ROLE = IAM + "role/any"
BOUNDARY = IAM + "policy/deployment/trending-now-staging-boundary"
APPLY = IAM + "role/deployment/trending-now-staging-apply"
PROVIDER = IAM + "oidc-provider/token.actions.githubusercontent.com"
PROD_KEY = "arn:aws:kms:eu-west-1:{a}:key/33333333-3333-3333-3333-333333333333"
PROD_TAG = {"aws:ResourceTag/environment": "prod"}
COPY = "arn:aws:s3:::somewhere-else/raw/a"
COPY_KEY = "arn:aws:kms:eu-central-1:444455556666:key/44444444-4444-4444-4444-444444444444"
VIA_S3_THERE = {"kms:ViaService": "s3.eu-central-1.amazonaws.com"}
BOUND = {"iam:PermissionsBoundary": BOUNDARY}
ABROAD = {"aws:RequestedRegion": "us-east-1"}

# The role, the action, the resource, keys, and the statement that denies it.
DENIED: list[tuple[str, str, str, dict[str, Any], str]] = [
    ("apply", "iam:CreateRole", ANY_ROLE, {}, "DenyOtherBoundaries"),
    ("apply", "iam:CreateUser", IAM + "user/eve", {}, "DenyOtherBoundaries"),
    ("apply", "iam:PutRolePolicy", ANY_ROLE, {}, "DenyOtherBoundaries"),
    ("apply", "iam:AttachRolePolicy", ANY_ROLE, {}, "DenyOtherBoundaries"),
    ("apply", "iam:PutRolePermissionsBoundary", ANY_ROLE, {}, "DenyOtherBoundaries"),
    ("apply", "iam:DeleteRolePermissionsBoundary", ANY_ROLE, BOUND, "DenyRemovingBoundaries"),
    ("apply", "iam:AttachRolePolicy", APPLY, BOUND, "DenyChangingDeployment"),
    ("apply", "iam:PutRolePolicy", APPLY, BOUND, "DenyChangingDeployment"),
    ("apply", "iam:UpdateAssumeRolePolicy", APPLY, {}, "DenyChangingDeployment"),
    ("apply", "iam:PassRole", APPLY, {}, "DenyChangingDeployment"),
    ("apply", "iam:CreatePolicyVersion", BOUNDARY, {}, "DenyChangingDeployment"),
    ("apply", "iam:DeletePolicyVersion", BOUNDARY, {}, "DenyChangingDeployment"),
    ("apply", "iam:DeleteOpenIDConnectProvider", PROVIDER, {}, "DenyChangingDeployment"),
    ("apply", "iam:UpdateOpenIDConnectProviderThumbprint", PROVIDER, {}, "DenyChangingDeployment"),
    ("apply", "iam:CreateAccessKey", IAM + "user/eve", {}, "DenyPeople"),
    ("apply", "iam:CreateLoginProfile", IAM + "user/eve", {}, "DenyPeople"),
    ("apply", "s3:PutBucketPolicy", STATE_BUCKET, {}, "DenyChangingStateBucket"),
    ("apply", "s3:PutObject", LEDGER, {}, "DenyOverwritingLedger"),
    ("apply", "s3:DeleteObject", LEDGER, {}, "DenyDeletingState"),
    ("apply", "s3:DeleteObjectVersion", LEDGER, {}, "DenyDeletingStateVersions"),
    ("apply", "kms:ScheduleKeyDeletion", LEDGER_KEY, {}, "DenyChangingStateKey"),
    ("apply", "kms:UpdateAlias", LEDGER_KEY, {}, "DenyChangingStateKey"),
    ("plan", "s3:PutObject", LEDGER, {"s3:if-none-match": "*"}, "DenyWriting"),
    ("apply", "s3:DeleteBucketPolicy", STATE_BUCKET, {}, "DenyChangingStateBucket"),
    ("apply", "s3:PutBucketVersioning", STATE_BUCKET, {}, "DenyChangingStateBucket"),
    ("apply", "s3:PutLifecycleConfiguration", STATE_BUCKET, {}, "DenyChangingStateBucket"),
    ("apply", "s3:DeleteObject", STATE, {}, "DenyDeletingState"),
    ("apply", "s3:DeleteObjectVersion", STATE, {}, "DenyDeletingStateVersions"),
    ("apply", "kms:ScheduleKeyDeletion", STATE_KEY, {}, "DenyChangingStateKey"),
    ("apply", "kms:PutKeyPolicy", STATE_KEY, {}, "DenyChangingStateKey"),
    ("apply", "kms:TagResource", PROD_KEY, PROD_TAG, "DenyTakingKeys"),
    ("apply", "kms:UntagResource", PROD_KEY, PROD_TAG, "DenyTakingKeys"),
    ("apply", "secretsmanager:GetSecretValue", SECRET, {}, "DenySecretValues"),
    ("apply", "ssm:GetParametersByPath", PARAMETER, {}, "DenySecretValues"),
    ("apply", "ec2:RunInstances", "*", ABROAD, "DenyOtherRegions"),
    ("plan", "secretsmanager:GetSecretValue", SECRET, {}, "DenySecretValues"),
    ("plan", "secretsmanager:BatchGetSecretValue", SECRET, {}, "DenySecretValues"),
    ("plan", "ssm:GetParameter", PARAMETER, {}, "DenySecretValues"),
    ("plan", "s3:GetObject", DATA + "/raw/a", {}, "DenyObjects"),
    ("plan", "s3:GetObjectVersion", DATA + "/raw/a", {}, "DenyObjects"),
    ("plan", "s3:PutObject", STATE, {}, "DenyWriting"),
    ("plan", "s3:DeleteObject", STATE, {}, "DenyWriting"),
    ("plan", "s3:DeleteObjectVersion", STATE + ".tflock", {}, "DenyDeletingVersions"),
    ("instance", "s3:GetObject", STATE, {}, "DenyState"),
    ("instance", "iam:CreateRole", ANY_ROLE, {}, "DenyIdentity"),
    ("instance", "sts:AssumeRole", ANY_ROLE, {}, "DenyIdentity"),
]


@pytest.mark.parametrize(
    ("role", "action", "resource", "keys", "statement"),
    DENIED,
    ids=[f"{row[0]}: {row[1]} by {row[4]} ({number})" for number, row in enumerate(DENIED)],
)
def test_a_guard_holds_against_an_administrator(
    roles: dict[str, Role],
    role: str,
    action: str,
    resource: str,
    keys: dict[str, Any],
    statement: str,
) -> None:
    found = roles[role]
    mighty = replace(found, identity=(*found.identity, EVERYTHING))
    account = found.account
    filled = {key: value.replace("{a}", account) for key, value in keys.items()}
    decision = mighty.may(action, resource.replace("{a}", account), keys=filled)
    assert decision.outcome is Outcome.DENIED_EXPLICITLY
    assert decision.because.endswith(f"/{statement}")


@pytest.mark.parametrize(
    ("role", "action", "resource"),
    [
        ("instance", "iam:ListUsers", "*"),
        ("instance", "ec2:RunInstances", "*"),
        ("instance", "s3:GetObject", DATA.replace("staging", "prod") + "/models/a"),
        ("instance", "s3:PutBucketPolicy", DATA),
        ("instance", "secretsmanager:GetSecretValue", SECRET.replace("staging", "prod")),
        ("instance", "secretsmanager:PutSecretValue", SECRET),
        ("instance", "kms:Decrypt", STATE_KEY),
        ("access", "ecr:PutImage", "arn:aws:ecr:eu-west-1:{a}:repository/trending-now-staging"),
        ("access", "iam:PassRole", APPLY),
    ],
)
def test_an_administrator_within_the_boundary_is_none(
    roles: dict[str, Role], role: str, action: str, resource: str
) -> None:
    found = roles[role]
    mighty = replace(found, identity=(*found.identity, EVERYTHING))
    assert not mighty.may(action, resource.replace("{a}", found.account)).allowed
    unbounded = replace(mighty, boundary=None)
    assert unbounded.may(action, resource.replace("{a}", found.account)).allowed


# Copies go to the one account that was named, and no role of the environment writes elsewhere.
COPIES = [
    ("s3:ReplicateObject", COPY, {"aws:ResourceAccount": "444455556666"}, True),
    ("s3:ReplicateObject", COPY, {"aws:ResourceAccount": "777788889999"}, False),
    ("s3:ReplicateObject", COPY, {}, False),
    ("s3:PutObject", COPY, {"aws:ResourceAccount": "444455556666"}, False),
    ("s3:ReplicateDelete", COPY, {"aws:ResourceAccount": "444455556666"}, False),
    ("s3:GetObjectVersionForReplication", DATA + "/raw/a", {}, True),
    ("s3:GetObjectVersionForReplication", DATA.replace("staging", "prod") + "/a", {}, False),
    ("kms:Encrypt", COPY_KEY, VIA_S3_THERE, True),
    ("kms:Encrypt", COPY_KEY, {}, False),
    ("kms:Decrypt", COPY_KEY, VIA_S3_THERE, False),
    ("kms:Encrypt", COPY_KEY.replace("444455556666", "777788889999"), VIA_S3_THERE, False),
    ("ssm:GetParameters", "arn:aws:ssm:eu-west-1:{a}:parameter/trending-now/staging/x", {}, True),
    ("ssm:GetParameters", "arn:aws:ssm:eu-west-1:{a}:parameter/trending-now/prod/x", {}, False),
]


@pytest.mark.parametrize(
    ("action", "resource", "keys", "allowed"),
    COPIES,
    ids=[f"{row[0]} {'within' if row[3] else 'beyond'} ({n})" for n, row in enumerate(COPIES)],
)
def test_the_boundary_lets_out_copies_alone(
    roles: dict[str, Role], action: str, resource: str, keys: dict[str, Any], allowed: bool
) -> None:
    found = roles["instance"]
    mighty = replace(found, identity=(EVERYTHING,))
    assert mighty.may(action, resource.replace("{a}", found.account), keys=keys).allowed is allowed


# What the guards deny, but what no other policy of the role allows either.
UNGUARDED = [
    ("apply", "iam:CreateRole", OURS, {}),
    ("apply", "iam:PutRolePolicy", OURS, {}),
    ("apply", "iam:AttachRolePolicy", OURS, {"iam:PolicyARN": POLICY}),
    ("apply", "iam:PutRolePermissionsBoundary", OURS, {}),
    ("apply", "iam:DeleteRolePermissionsBoundary", OURS, BOUND),
    ("apply", "iam:CreatePolicyVersion", BOUNDARY, {}),
    ("apply", "iam:UpdateAssumeRolePolicy", APPLY, {}),
    ("apply", "iam:DeleteOpenIDConnectProvider", PROVIDER, {}),
    ("apply", "s3:PutBucketPolicy", STATE_BUCKET, {}),
    ("apply", "s3:DeleteObject", STATE, {}),
    ("apply", "s3:DeleteObjectVersion", STATE, {}),
    ("apply", "secretsmanager:GetSecretValue", SECRET, {}),
    ("plan", "secretsmanager:GetSecretValue", SECRET, {}),
    ("plan", "s3:GetObject", DATA + "/raw/a", {}),
    ("plan", "s3:PutObject", STATE, {}),
    ("plan", "s3:DeleteObjectVersion", STATE + ".tflock", {}),
]


@pytest.mark.parametrize(
    ("role", "action", "resource", "keys"),
    UNGUARDED,
    ids=[f"{row[0]}: {row[1]} ({number})" for number, row in enumerate(UNGUARDED)],
)
def test_nothing_rests_on_the_guards_alone(
    roles: dict[str, Role], role: str, action: str, resource: str, keys: dict[str, Any]
) -> None:
    found = roles[role]
    others = tuple(policy for policy in found.identity if not policy.name.endswith("-guards"))
    assert len(others) == len(found.identity) - 1
    account = found.account
    filled = {key: value.replace("{a}", account) for key, value in keys.items()}
    unguarded = replace(found, identity=others)
    assert not unguarded.may(action, resource.replace("{a}", account), keys=filled).allowed
