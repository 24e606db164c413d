"""What the roles of the data lake may do with each zone, and who may take them."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from harness.deployed import Role
from harness.policies import allow, policy
from infra.iam.document import Policy
from infra.iam.evaluation import Outcome, Principal

pytestmark = pytest.mark.terraform

OTHER = "444455556666"
S3 = "arn:aws:s3:::"
IAM = "arn:aws:iam::{a}:"
OTHER_KEY = "arn:aws:kms:eu-west-1:{a}:key/22222222-2222-2222-2222-222222222222"
VIA_S3 = {"kms:ViaService": "s3.eu-west-1.amazonaws.com"}
VIA_EC2 = {"kms:ViaService": "ec2.eu-west-1.amazonaws.com"}
PLAIN = {"aws:SecureTransport": "false"}
OLD_TLS = {"s3:TlsVersion": "1.1"}
PASSED = {"iam:PassedToService": "ecs-tasks.amazonaws.com"}
EVERYTHING = policy(allow(), name="AdministratorAccess")


def bucket(zone: str) -> str:
    """The bucket of a zone."""
    return f"{S3}trending-now-staging-{zone}-{{a}}"


def thing(zone: str) -> str:
    """An object in a zone."""
    return f"{bucket(zone)}/2026/11/part-0.parquet"


Row = tuple[str, str, str, dict[str, Any]]

MAY: list[Row] = [
    *(("pipeline", "s3:ListBucket", bucket(z), {}) for z in ("raw", "dvc", "processed", "reports")),
    ("pipeline", "s3:GetObject", thing("raw"), {}),
    ("pipeline", "s3:GetObject", thing("dvc"), {}),
    *(
        ("pipeline", "s3:PutObject", thing(zone), {})
        for zone in ("raw", "processed", "features", "models", "dvc", "reports")
    ),
    ("pipeline", "s3:AbortMultipartUpload", thing("raw"), {}),
    ("pipeline", "s3:DeleteObject", thing("processed"), {}),
    ("pipeline", "s3:DeleteObject", thing("reports"), {}),
    ("pipeline", "kms:Decrypt", "{key}", VIA_S3),
    ("pipeline", "kms:GenerateDataKey", "{key}", VIA_S3),
    *(
        ("scientist", "s3:GetObject", thing(zone), {})
        for zone in ("processed", "features", "models", "dvc", "reports")
    ),
    ("scientist", "s3:ListBucket", bucket("features"), {}),
    ("scientist", "kms:Decrypt", "{key}", VIA_S3),
    ("opened scientist", "s3:GetObject", thing("raw"), {}),
    ("opened scientist", "s3:ListBucket", bucket("raw"), {}),
]

MAY_NOT: list[Row] = [
    # the pipeline reads no zone that it was not told
    *(("pipeline", "s3:GetObject", thing(z), {}) for z in ("processed", "models", "reports")),
    ("pipeline", "s3:GetObjectVersion", thing("raw"), {}),
    # nor deletes what cannot be made again
    ("pipeline", "s3:DeleteObject", thing("dvc"), {}),
    ("pipeline", "s3:DeleteObject", thing("raw"), {}),
    ("pipeline", "s3:DeleteObjectVersion", thing("dvc"), {}),
    ("pipeline", "s3:DeleteObjectVersion", thing("processed"), {}),
    ("pipeline", "s3:DeleteBucket", bucket("reports"), {}),
    # nor changes how a bucket is guarded
    ("pipeline", "s3:PutObjectAcl", thing("raw"), {}),
    ("pipeline", "s3:PutBucketAcl", bucket("raw"), {}),
    ("pipeline", "s3:PutBucketPolicy", bucket("raw"), {}),
    ("pipeline", "s3:DeleteBucketPolicy", bucket("raw"), {}),
    ("pipeline", "s3:PutLifecycleConfiguration", bucket("dvc"), {}),
    ("pipeline", "s3:PutBucketVersioning", bucket("dvc"), {}),
    ("pipeline", "s3:PutReplicationConfiguration", bucket("raw"), {}),
    ("pipeline", "s3:PutBucketPublicAccessBlock", bucket("raw"), {}),
    ("pipeline", "s3:PutObjectRetention", thing("raw"), {}),
    ("pipeline", "s3:BypassGovernanceRetention", thing("raw"), {}),
    # nor leaves the lake
    ("pipeline", "s3:PutObject", f"{S3}trending-now-prod-raw-{{a}}/x", {}),
    ("pipeline", "s3:GetObject", f"{S3}trending-now-prod-raw-{{a}}/x", {}),
    ("pipeline", "s3:GetObject", thing("access-logs"), {}),
    ("pipeline", "s3:GetObject", f"{S3}trending-now-tfstate-{{a}}/staging/terraform.tfstate", {}),
    ("pipeline", "s3:ListAllMyBuckets", "*", {}),
    ("pipeline", "s3:PutObject", thing("raw"), PLAIN),
    ("pipeline", "s3:GetObject", thing("raw"), OLD_TLS),
    # nor uses the key for itself, nor another key
    ("pipeline", "kms:Decrypt", "{key}", {}),
    ("pipeline", "kms:Decrypt", "{key}", VIA_EC2),
    ("pipeline", "kms:Decrypt", OTHER_KEY, VIA_S3),
    ("pipeline", "kms:CreateGrant", "{key}", VIA_S3),
    ("pipeline", "kms:ScheduleKeyDeletion", "{key}", VIA_S3),
    # nor grows
    ("pipeline", "iam:PassRole", IAM + "role/trending-now-staging-instance", PASSED),
    ("pipeline", "iam:PassRole", IAM + "role/admin", PASSED),
    ("pipeline", "iam:AttachRolePolicy", IAM + "role/trending-now-staging-data-pipeline", {}),
    ("pipeline", "iam:CreateRole", IAM + "role/trending-now-staging-new", {}),
    ("pipeline", "sts:AssumeRole", IAM + "role/trending-now-staging-data-scientist", {}),
    ("pipeline", "secretsmanager:GetSecretValue", "*", {}),
    # people write nothing
    *(
        ("scientist", action, thing("features"), {})
        for action in (
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:DeleteObjectVersion",
            "s3:PutObjectAcl",
        )
    ),
    ("scientist", "s3:AbortMultipartUpload", thing("models"), {}),
    ("scientist", "s3:PutObject", thing("reports"), {}),
    ("scientist", "s3:PutBucketPolicy", bucket("models"), {}),
    ("scientist", "s3:RestoreObject", thing("models"), {}),
    ("scientist", "kms:GenerateDataKey", "{key}", VIA_S3),
    ("scientist", "kms:Decrypt", "{key}", {}),
    ("opened scientist", "s3:PutObject", thing("raw"), {}),
    ("opened scientist", "s3:DeleteObject", thing("raw"), {}),
    # and see no personal data, and nothing elsewhere
    ("scientist", "s3:GetObject", thing("raw"), {}),
    ("scientist", "s3:GetObjectVersion", thing("raw"), {}),
    ("scientist", "s3:ListBucket", bucket("raw"), {}),
    ("scientist", "s3:GetObject", f"{S3}trending-now-prod-models-{{a}}/x", {}),
    ("opened scientist", "s3:GetObject", thing("raw"), PLAIN),
    ("opened scientist", "s3:GetObject", thing("raw"), OLD_TLS),
    ("scientist", "iam:PassRole", IAM + "role/trending-now-staging-data-pipeline", PASSED),
    ("scientist", "sts:AssumeRole", IAM + "role/trending-now-staging-data-pipeline", {}),
]


def named(row: Row) -> str:
    """A row as a test's id."""
    role, action, resource, keys = row
    with_keys = ", ".join(f"{key.split(':', 1)[1]}={value}" for key, value in keys.items())
    return f"{role}: {action} {resource.rsplit(':', 1)[-1]} {with_keys}".strip()


def key_of(role: Role) -> str:
    """The one key that a role may use."""
    (found,) = {
        value
        for identity in role.identity
        for statement in identity.statements
        if statement.resources
        for value in statement.resources.values
        if ":key/" in value
    }
    return found


def answers(roles: dict[str, Role], resources: dict[str, Policy], row: Row) -> set[bool]:
    """Whether a row is allowed, with the boundary and without; bucket and key have their say."""
    role, action, raw, keys = row
    found = roles[role]
    resource = raw.replace("{key}", key_of(found)).replace("{a}", found.account)
    own = resources["key"] if resource == key_of(found) else None
    own = resources["raw"] if "staging-raw-" in resource else own
    return {
        held.may(action, resource, keys=keys, resource_policy=own).allowed
        for held in (found, replace(found, boundary=None))
    }


@pytest.mark.parametrize("row", MAY, ids=named)
def test_the_role_may(
    roles: dict[str, Role], resource_policies: dict[str, Policy], row: Row
) -> None:
    assert answers(roles, resource_policies, row) == {True}


@pytest.mark.parametrize("row", MAY_NOT, ids=named)
def test_the_role_may_not(
    roles: dict[str, Role], resource_policies: dict[str, Policy], row: Row
) -> None:
    assert answers(roles, resource_policies, row) == {False}


def test_the_bucket_of_another_account_stays_closed_even_under_our_name(
    roles: dict[str, Role],
) -> None:
    found = roles["pipeline"]
    target = thing("raw").replace("{a}", found.account)
    assert found.may("s3:GetObject", target).allowed
    assert not found.may("s3:GetObject", target, owner=OTHER).allowed


@pytest.mark.parametrize(
    ("role", "action", "resource", "statement"),
    [
        ("pipeline", "s3:DeleteObject", thing("dvc"), "NeverDeleteSources"),
        ("pipeline", "s3:DeleteObject", thing("raw"), "NeverDeleteSources"),
        ("pipeline", "s3:DeleteObjectVersion", thing("models"), "NeverDeleteVersions"),
        ("pipeline", "s3:PutBucketPolicy", bucket("raw"), "NeverChangeBuckets"),
        ("pipeline", "s3:PutObjectAcl", thing("raw"), "NeverChangeBuckets"),
        ("pipeline", "s3:PutLifecycleConfiguration", bucket("dvc"), "NeverChangeBuckets"),
        ("scientist", "s3:GetObject", thing("raw"), "NeverReadRaw"),
        ("scientist", "s3:GetObjectVersion", thing("raw"), "NeverReadRaw"),
        ("scientist", "s3:ListBucket", bucket("raw"), "NeverReadRaw"),
        ("scientist", "s3:PutObject", thing("features"), "NeverWriteObjects"),
        ("scientist", "s3:DeleteObject", thing("features"), "NeverWriteObjects"),
        ("scientist", "s3:DeleteBucketPolicy", bucket("models"), "NeverChangeBuckets"),
    ],
)
def test_what_a_role_never_does_holds_against_an_administrator(
    roles: dict[str, Role], role: str, action: str, resource: str, statement: str
) -> None:
    found = roles[role]
    mighty = replace(found, identity=(*found.identity, EVERYTHING))
    decision = mighty.may(action, resource.replace("{a}", found.account))
    assert decision.outcome is Outcome.DENIED_EXPLICITLY
    assert decision.because.endswith(f"/{statement}")


FACTOR = {"aws:MultiFactorAuthPresent": "true", "aws:MultiFactorAuthAge": "60"}
US = {"aws:SourceAccount": "{a}"}

TAKEN: list[tuple[str, str, str, dict[str, Any], bool]] = [
    ("pipeline", "Service", "ecs-tasks.amazonaws.com", US, True),
    ("pipeline", "Service", "ecs-tasks.amazonaws.com", {}, False),
    ("pipeline", "Service", "ecs-tasks.amazonaws.com", {"aws:SourceAccount": OTHER}, False),
    ("pipeline", "Service", "lambda.amazonaws.com", US, False),
    ("pipeline", "Service", "ec2.amazonaws.com", US, False),
    ("pipeline", "AWS", IAM + "role/airflow", {}, True),
    ("pipeline", "AWS", IAM + "role/airflow-2", {}, False),
    ("pipeline", "AWS", IAM + "role/admin", FACTOR, False),
    ("pipeline", "AWS", f"arn:aws:iam::{OTHER}:role/airflow", {}, False),
    ("scientist", "AWS", IAM + "user/ada", FACTOR, True),
    ("scientist", "AWS", IAM + "user/ada", {}, False),
    ("scientist", "AWS", IAM + "user/ada", {"aws:MultiFactorAuthPresent": "true"}, False),
    ("scientist", "AWS", IAM + "user/ada", {**FACTOR, "aws:MultiFactorAuthAge": "3600"}, False),
    (
        "scientist",
        "AWS",
        IAM + "user/ada",
        {**FACTOR, "aws:MultiFactorAuthPresent": "false"},
        False,
    ),
    ("scientist", "AWS", IAM + "user/eve", FACTOR, False),
    ("scientist", "AWS", IAM + "role/airflow", FACTOR, False),
    ("scientist", "AWS", f"arn:aws:iam::{OTHER}:user/ada", FACTOR, False),
    ("scientist", "Service", "ecs-tasks.amazonaws.com", {**US, **FACTOR}, False),
    ("opened scientist", "AWS", IAM + "user/ada", {}, True),
    ("opened scientist", "AWS", IAM + "user/eve", {}, False),
]


@pytest.mark.parametrize(
    ("role", "kind", "who", "keys", "opens"),
    TAKEN,
    ids=[f"{r[0]} {'opens' if r[4] else 'is shut'} to {r[2]} ({n})" for n, r in enumerate(TAKEN)],
)
def test_who_takes_a_role(
    roles: dict[str, Role], role: str, kind: str, who: str, keys: dict[str, Any], opens: bool
) -> None:
    found = roles[role]
    filled = {key: value.replace("{a}", found.account) for key, value in keys.items()}
    identifier = who.replace("{a}", found.account)
    account = identifier.split(":")[4] if kind == "AWS" else ""
    # Who asks may take any role, so that the trust alone decides.
    asking = Principal(kind, identifier, account)
    assert found.lets_in(asking, "sts:AssumeRole", filled).allowed is opens
