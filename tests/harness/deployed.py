"""Roles and resources as they stand in the local cloud, and what they may do.

Policies are read back with boto3, as AWS would evaluate them, and not from the configuration.
"""

from __future__ import annotations

import json
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any
from urllib.parse import unquote

from harness.accounts import REGION, Account
from harness.authorization import Surroundings
from harness.inventory import pages
from infra.iam.context import Value
from infra.iam.document import Kind, Policy, parse
from infra.iam.evaluation import Decision, Policies, Principal, Request, decide

GITHUB = "token.actions.githubusercontent.com"
AUDIENCE = "sts.amazonaws.com"


@dataclass(frozen=True)
class Role:
    """A role with everything that limits it."""

    arn: str
    trust: Policy
    identity: tuple[Policy, ...]
    boundary: Policy | None
    session_seconds: int = 3600

    @property
    def account(self) -> str:
        """The account that the role is in."""
        return self.arn.split(":")[4]

    def may(
        self,
        action: str,
        resource: str,
        *,
        keys: Mapping[str, Value] | None = None,
        resource_policy: Policy | None = None,
        owner: str = "",
    ) -> Decision:
        """Whether a session of the role may do this; TLS 1.3 and our region unless keys differ."""
        usual: dict[str, Value] = {
            "aws:RequestedRegion": REGION,
            "aws:SecureTransport": "true",
            "s3:TlsVersion": "1.3",
        }
        session = f"arn:aws:sts::{self.account}:assumed-role/{self.arn.rsplit('/', 1)[-1]}/run"
        principal = Principal("AWS", self.arn, self.account, session)
        return decide(
            Request(principal, action, resource, owner or self.account, {**usual, **(keys or {})}),
            Policies(self.identity, self.boundary, resource=resource_policy),
        )

    def lets_in(
        self, principal: Principal, action: str, keys: Mapping[str, Value] | None = None
    ) -> Decision:
        """Whether somebody may take the role."""
        request = Request(principal, action, self.arn, self.account, keys or {})
        return decide(request, Policies(resource=self.trust))


def read_role(account: Account, name: str) -> Role:
    """A role with its trust, attached policies and boundary; inline policies are an error."""
    iam = account.client("iam")
    raw = iam.get_role(RoleName=name)["Role"]
    assert iam.list_role_policies(RoleName=name)["PolicyNames"] == []
    attached = iam.list_attached_role_policies(RoleName=name)["AttachedPolicies"]
    boundary = raw.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn")
    return Role(
        arn=raw["Arn"],
        trust=parse(_text(raw["AssumeRolePolicyDocument"]), Kind.TRUST, f"trust of {name}"),
        identity=tuple(read_policy(account, item["PolicyArn"]) for item in attached),
        boundary=read_policy(account, boundary) if boundary else None,
        session_seconds=raw["MaxSessionDuration"],
    )


def read_policy(account: Account, arn: str) -> Policy:
    """The version of a managed policy that is in force."""
    iam = account.client("iam")
    version = iam.get_policy(PolicyArn=arn)["Policy"]["DefaultVersionId"]
    found = iam.get_policy_version(PolicyArn=arn, VersionId=version)["PolicyVersion"]
    text = _text(found["Document"])
    assert len("".join(text.split())) <= 6144, f"{arn} is longer than a managed policy may be"
    return parse(text, Kind.IDENTITY, arn.rsplit("/", 1)[-1])


def read_surroundings(account: Account) -> Surroundings:
    """What is in an account, as far as IAM's answers depend on it."""
    iam, kms = account.client("iam"), account.client("kms")
    roles = {
        role["RoleName"]: iam.get_role(RoleName=role["RoleName"])["Role"]
        for role in pages(iam, "list_roles", "Roles")
    }
    tags: dict[str, dict[str, str]] = {}
    for key in pages(kms, "list_keys", "Keys"):
        listed = kms.list_resource_tags(KeyId=key["KeyId"])["Tags"]
        tags[key["KeyId"]] = {item["TagKey"]: item["TagValue"] for item in listed}
    for item in pages(account.client("ec2"), "describe_tags", "Tags"):
        tags.setdefault(item["ResourceId"], {})[item["Key"]] = item["Value"]
    secrets = pages(account.client("secretsmanager"), "list_secrets", "SecretList")
    return Surroundings(
        account=account.account_id,
        roles={
            name: (
                role["Arn"],
                role.get("PermissionsBoundary", {}).get("PermissionsBoundaryArn", ""),
            )
            for name, role in roles.items()
        },
        tags=tags,
        secret_keys={item["ARN"]: item["KmsKeyId"] for item in secrets if "KmsKeyId" in item},
    )


def _text(document: Any) -> str:
    return unquote(document) if isinstance(document, str) else json.dumps(document)


def read_resource_policies(account: Account, outputs: Mapping[str, Any]) -> dict[str, Policy]:
    """The policies of the buckets, the key and the topic that the outputs name."""
    s3 = account.client("s3")
    bucket = s3.get_bucket_policy(Bucket=outputs["bucket"])["Policy"]
    raw = s3.get_bucket_policy(Bucket=outputs["raw"])["Policy"]
    key = account.client("kms").get_key_policy(KeyId=outputs["key"], PolicyName="default")["Policy"]
    topic = account.client("sns").get_topic_attributes(TopicArn=outputs["topic"])["Attributes"]
    return {
        "bucket": parse(bucket, Kind.RESOURCE, "bucket"),
        "key": parse(key, Kind.KEY, "key"),
        "raw": parse(raw, Kind.RESOURCE, "raw"),
        "topic": parse(topic["Policy"], Kind.RESOURCE, "topic"),
    }
