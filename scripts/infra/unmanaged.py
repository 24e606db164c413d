"""What is in an account, of the types that this repository manages, and in no state of it."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field

from infra.clients import Clients
from infra.stored_state import StoredState

LOOKERS = 4
OWNER_TAGS = ("owner", "managed_by")
OF_AWS = ("/aws/", "aws/")
"""How the log groups begin that services of AWS make for themselves."""


@dataclass(frozen=True)
class Unmanaged:
    """Something that no state knows. id: as Terraform would import it. tags: who may own it."""

    kind: str
    id: str
    tags: Mapping[str, str] = field(default_factory=dict)

    @property
    def owner(self) -> str:
        """A hint at whose it is. CloudTrail would know who made it; nobody asks it here."""
        told = [f"{name}={self.tags[name]}" for name in OWNER_TAGS if self.tags.get(name)]
        return ", ".join(told) or "it has no tag that says whose it is"


Tags = Callable[[str], Mapping[str, str]]


@dataclass(frozen=True)
class Listing:
    """How the resources of a type are listed, and the tags of one of them read."""

    kind: str
    ids: Callable[[Clients, str], Iterable[str]]
    tags: Callable[[Clients, str], Iterable[Mapping[str, str]]]


def unmanaged(
    make: Clients, states: Iterable[StoredState], known: Iterable[str], prefix: str
) -> tuple[Unmanaged, ...]:
    """List what is in no state. known: names that are not reported.

    prefix: with what the names of this environment begin; IAM is asked for those alone, because
    an account has many roles of others. Raises botocore's errors.
    """
    stored, left_out = list(states), set(known)

    def look(listing: Listing) -> list[Unmanaged]:
        managed = {
            str(attributes.get("id"))
            for state in stored
            for attributes in state.managed(listing.kind)
        }
        return [
            Unmanaged(listing.kind, found, _plain(listing.tags(make, found)))
            for found in listing.ids(make, prefix)
            if found not in managed and found not in left_out
        ]

    with ThreadPoolExecutor(LOOKERS) as pool:
        found = [item for items in pool.map(look, LISTINGS) for item in items]
    return tuple(sorted(found, key=lambda item: (item.kind, item.id)))


def _buckets(make: Clients, _prefix: str) -> Iterator[str]:
    for page in make("s3").get_paginator("list_buckets").paginate():
        yield from (bucket["Name"] for bucket in page.get("Buckets", []))


def _bucket_tags(make: Clients, name: str) -> Iterable[Mapping[str, str]]:
    from botocore.exceptions import ClientError

    try:
        return list(make("s3").get_bucket_tagging(Bucket=name)["TagSet"])
    except ClientError as error:
        if error.response["Error"]["Code"] == "NoSuchTagSet":
            return []
        raise


def _repositories(make: Clients, _prefix: str) -> Iterator[str]:
    for page in make("ecr").get_paginator("describe_repositories").paginate():
        yield from (item["repositoryName"] for item in page["repositories"])


def _repository_tags(make: Clients, name: str) -> Iterable[Mapping[str, str]]:
    ecr = make("ecr")
    (found,) = ecr.describe_repositories(repositoryNames=[name])["repositories"]
    return list(ecr.list_tags_for_resource(resourceArn=found["repositoryArn"])["tags"])


def _services(make: Clients, _prefix: str) -> Iterator[str]:
    apprunner, token = make("apprunner"), ""
    while True:
        page = apprunner.list_services(**({"NextToken": token} if token else {}))
        yield from (item["ServiceArn"] for item in page["ServiceSummaryList"])
        token = page.get("NextToken", "")
        if not token:
            return


def _roles(make: Clients, prefix: str) -> Iterator[str]:
    for page in make("iam").get_paginator("list_roles").paginate():
        names = (role["RoleName"] for role in page["Roles"])
        yield from (name for name in names if prefix and name.startswith(prefix))


def _alarms(kind: str, key: str) -> Callable[[Clients, str], Iterator[str]]:
    def names(make: Clients, _prefix: str) -> Iterator[str]:
        pages = make("cloudwatch").get_paginator("describe_alarms").paginate(AlarmTypes=[kind])
        for page in pages:
            yield from (alarm["AlarmName"] for alarm in page.get(key, []))

    return names


def _alarm_tags(make: Clients, name: str) -> Iterable[Mapping[str, str]]:
    cloudwatch = make("cloudwatch")
    answer = cloudwatch.describe_alarms(
        AlarmNames=[name], AlarmTypes=["MetricAlarm", "CompositeAlarm"]
    )
    found = [*answer.get("MetricAlarms", []), *answer.get("CompositeAlarms", [])]
    if not found:
        return []
    return list(cloudwatch.list_tags_for_resource(ResourceARN=found[0]["AlarmArn"])["Tags"])


def _log_groups(make: Clients, _prefix: str) -> Iterator[str]:
    for page in make("logs").get_paginator("describe_log_groups").paginate():
        names = (group["logGroupName"] for group in page["logGroups"])
        yield from (name for name in names if not name.startswith(OF_AWS))


def _log_group_tags(make: Clients, name: str) -> Iterable[Mapping[str, str]]:
    logs = make("logs")
    for group in logs.describe_log_groups(logGroupNamePrefix=name)["logGroups"]:
        if group["logGroupName"] == name:
            arn = group["arn"].removesuffix(":*")
            found = logs.list_tags_for_resource(resourceArn=arn)["tags"]
            return [{"Key": key, "Value": value} for key, value in found.items()]
    return []


def _topics(make: Clients, _prefix: str) -> Iterator[str]:
    for page in make("sns").get_paginator("list_topics").paginate():
        yield from (topic["TopicArn"] for topic in page["Topics"])


LISTINGS = (
    Listing("aws_s3_bucket", _buckets, _bucket_tags),
    Listing("aws_ecr_repository", _repositories, _repository_tags),
    Listing(
        "aws_apprunner_service",
        _services,
        lambda make, arn: make("apprunner").list_tags_for_resource(ResourceArn=arn)["Tags"],
    ),
    Listing(
        "aws_iam_role",
        _roles,
        lambda make, name: make("iam").list_role_tags(RoleName=name)["Tags"],
    ),
    Listing("aws_cloudwatch_metric_alarm", _alarms("MetricAlarm", "MetricAlarms"), _alarm_tags),
    Listing(
        "aws_cloudwatch_composite_alarm", _alarms("CompositeAlarm", "CompositeAlarms"), _alarm_tags
    ),
    Listing("aws_cloudwatch_log_group", _log_groups, _log_group_tags),
    Listing(
        "aws_sns_topic",
        _topics,
        lambda make, arn: make("sns").list_tags_for_resource(ResourceArn=arn)["Tags"],
    ),
)


def _plain(tags: Iterable[Mapping[str, str]]) -> dict[str, str]:
    return {tag["Key"]: tag["Value"] for tag in tags}
