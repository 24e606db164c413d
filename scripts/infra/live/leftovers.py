"""What the live tests made and is still there, found by its tags.

Two ways, because AWS has no single list. The Resource Groups Tagging API knows all tagged resources
of a region but IAM's users and roles ("Services that support the Resource Groups Tagging API", AWS
docs), and IAM's policies only in the region of its one endpoint. So roles and policies are taken
from IAM's own lists. These name no tags, so they are asked for where a name begins as those of runs
do and has no path.
"""

from __future__ import annotations

import re
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any

from infra.clients import Clients
from infra.live.runs import EXPIRES_TAG, NAME_PATTERN, OWNER_TAG, PREFIX, RUN_TAG, expiry

ENVIRONMENT_TAG = "environment"
"""What the environments' provider puts on everything (environments/*/providers.tf)."""

GLOBAL = "global"

_ARN = re.compile(
    r"arn:[a-z-]+:(?P<service>[a-z0-9-]+):(?P<region>[a-z0-9-]*):(?P<account>[0-9]*):(?P<rest>.+)"
)


class State(StrEnum):
    """Whether something may be swept.

    unclear: a tag or a name that doesn't fit, or a kind that nobody knows how to remove; a person
    must look.
    """

    EXPIRED = "expired"
    ALIVE = "alive"
    UNCLEAR = "unclear"


@dataclass(frozen=True)
class Leftover:
    """One resource with the tag of a run.

    service, resource: of the ARN, such as "ecr" and "repository/live-...". region: GLOBAL for what
    is in none. expires: None where its tag can't be read. why: what is unclear about it.
    """

    arn: str
    service: str
    resource: str
    region: str
    run: str
    owner: str
    expires: datetime | None
    state: State
    why: str = ""


def find(clients: Clients, environments: Collection[str], now: datetime) -> list[Leftover]:
    """All resources of runs in an account and region. environments: the names of those there are.

    Raises botocore's errors.
    """
    seen: dict[str, Mapping[str, str]] = {}
    seen.update(_tagged(clients("resourcegroupstaggingapi")))
    seen.update(_of_iam(clients("iam")))
    return [judge(arn, tags, environments, now) for arn, tags in sorted(seen.items())]


def judge(
    arn: str, tags: Mapping[str, str], environments: Collection[str], now: datetime
) -> Leftover:
    """Whether something that carries the tag of a run may be swept now."""
    parts = _ARN.fullmatch(arn)
    run, expires = tags.get(RUN_TAG, ""), expiry(tags)
    why = ""
    if parts is None:
        why = "its ARN can't be read"
    elif tags.get(ENVIRONMENT_TAG) in environments:
        why = f"it is tagged as {tags[ENVIRONMENT_TAG]}'s"
    elif not NAME_PATTERN.fullmatch(run):
        why = f"{RUN_TAG} names no run"
    elif run not in arn:
        why = "its name is none of the run's"
    elif expires is None:
        why = (
            f"{EXPIRES_TAG} is not there"
            if EXPIRES_TAG not in tags
            else f"{EXPIRES_TAG} is no time"
        )
    state = State.UNCLEAR
    if not why and expires is not None:
        state = State.EXPIRED if expires <= now else State.ALIVE
    return Leftover(
        arn=arn,
        service=parts["service"] if parts else "",
        resource=parts["rest"] if parts else arn,
        region=(parts["region"] if parts else "") or GLOBAL,
        run=run,
        owner=tags.get(OWNER_TAG, ""),
        expires=expires,
        state=state,
        why=why,
    )


def _tagged(client: Any) -> Iterator[tuple[str, Mapping[str, str]]]:
    pages = client.get_paginator("get_resources").paginate(TagFilters=[{"Key": RUN_TAG}])
    for page in pages:
        for item in page["ResourceTagMappingList"]:
            # A log group may be called by the ARN of what is in it.
            yield item["ResourceARN"].removesuffix(":*"), _tags(item["Tags"])


def _of_iam(iam: Any) -> Iterator[tuple[str, Mapping[str, str]]]:
    for page in iam.get_paginator("list_roles").paginate():
        for role in page["Roles"]:
            if role["Path"] == "/" and role["RoleName"].startswith(PREFIX):
                tags = iam.list_role_tags(RoleName=role["RoleName"])["Tags"]
                yield from _if_of_a_run(role["Arn"], tags)
    for page in iam.get_paginator("list_policies").paginate(Scope="Local"):
        for policy in page["Policies"]:
            if policy["Path"] == "/" and policy["PolicyName"].startswith(PREFIX):
                tags = iam.list_policy_tags(PolicyArn=policy["Arn"])["Tags"]
                yield from _if_of_a_run(policy["Arn"], tags)


def _if_of_a_run(arn: str, listed: Any) -> Iterator[tuple[str, Mapping[str, str]]]:
    tags = _tags(listed)
    if RUN_TAG in tags:
        yield arn, tags


def _tags(listed: Any) -> Mapping[str, str]:
    return {tag["Key"]: tag["Value"] for tag in listed}
