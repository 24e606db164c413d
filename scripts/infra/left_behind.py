"""What a bootstrap made and, because it was killed, could not write into its state.

The next run would fail at each of them, since the name is taken. They are known by their names and
by the tags that the configuration gives to everything, so nothing of somebody else's is taken in.
A process of its own looks, `python -m infra.left_behind`: it sees the environment that Terraform
gets.
"""

from __future__ import annotations

import json
import subprocess
import sys
from collections.abc import Callable, Mapping, Sequence
from pathlib import Path
from typing import Any

from infra import processes

LOOK_SECONDS = 120.0
MISSING = ("NoSuchEntity", "NotFoundException")
NAMED_BY = {
    "aws_iam_openid_connect_provider": ("url",),
    "aws_iam_policy": ("path", "name"),
    "aws_iam_role": ("name",),
    "aws_kms_alias": ("name",),
}
"""By resource type: what its name in AWS is made of.

Of the other resources of bootstrap/, a bucket's settings and attachments can be written again, and
a key has no name to find it by."""


def candidates(document: Mapping[str, Any]) -> list[dict[str, Any]]:
    """What a plan would create under a name that may be taken, and the tags that make it ours."""
    changes = [(raw, raw.get("change") or {}) for raw in document.get("resource_changes") or []]
    tags = [(change.get("after") or {}).get("tags_all") for _, change in changes]
    ours = next((found for found in tags if found), None)
    if not ours:
        return []
    return [
        {
            "address": raw["address"],
            "type": raw["type"],
            "name": "".join(change["after"][key] for key in NAMED_BY[raw["type"]]),
            "tags": ours,
        }
        for raw, change in changes
        if raw.get("type") in NAMED_BY and change.get("actions") == ["create"]
    ]


def find(document: Mapping[str, Any], environment: Mapping[str, str]) -> dict[str, str]:
    """What of a plan's creations is there already and ours, as import ids by address.

    Nothing where that can't be found out: the apply then says what is in its way.
    """
    wanted = candidates(document)
    if not wanted:
        return {}
    try:
        done = processes.run(
            [sys.executable, "-m", "infra.left_behind", json.dumps(wanted)],
            environment={**environment, "PYTHONPATH": str(Path(__file__).parents[1])},
            timeout=LOOK_SECONDS,
        )
        return {str(address): str(name) for address, name in json.loads(done.stdout).items()}
    except (subprocess.TimeoutExpired, ValueError):
        return {}


def look(wanted: Sequence[Mapping[str, Any]], client: Callable[[str], Any]) -> dict[str, str]:
    """The import ids of what is there with our tags, by address. Raises botocore's errors."""
    from botocore.exceptions import ClientError

    iam, kms = client("iam"), client("kms")
    caller = client("sts").get_caller_identity()["Arn"].split(":")
    prefix = f"arn:{caller[1]}:iam::{caller[4]}:"

    def role(name: str) -> tuple[str, Any]:
        return name, iam.get_role(RoleName=name)["Role"].get("Tags", [])

    def policy(name: str) -> tuple[str, Any]:
        arn = f"{prefix}policy{name}"
        return arn, iam.get_policy(PolicyArn=arn)["Policy"].get("Tags", [])

    def provider(url: str) -> tuple[str, Any]:
        arn = f"{prefix}oidc-provider/{url.removeprefix('https://')}"
        found = iam.get_open_id_connect_provider(OpenIDConnectProviderArn=arn)
        return arn, found.get("Tags", [])

    def alias(name: str) -> tuple[str, Any]:
        # An alias has no tags of its own.
        key = kms.describe_key(KeyId=name)["KeyMetadata"]["KeyId"]
        tags = kms.list_resource_tags(KeyId=key)["Tags"]
        return name, [{"Key": tag["TagKey"], "Value": tag["TagValue"]} for tag in tags]

    looks = {
        "aws_iam_openid_connect_provider": provider,
        "aws_iam_policy": policy,
        "aws_iam_role": role,
        "aws_kms_alias": alias,
    }
    found = {}
    for item in wanted:
        try:
            identifier, tags = looks[item["type"]](item["name"])
        except ClientError as error:
            if error.response["Error"]["Code"] in MISSING:
                continue
            raise
        if {tag["Key"]: tag["Value"] for tag in tags}.items() >= item["tags"].items():
            found[item["address"]] = identifier
    return found


def main() -> int:
    """Look for what the argument lists; print a JSON object of what was found."""
    import boto3

    sys.stdout.write(json.dumps(look(json.loads(sys.argv[1]), boto3.client)))
    return 0


if __name__ == "__main__":
    sys.exit(main())
