"""How each kind of resource that live tests make is removed, and in which order.

What uses something else goes before it. Something that is gone already counts as removed: AWS's
lists lag behind, and two sweeps may run at once.
"""

from __future__ import annotations

import re
import time
from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from infra.clients import Clients
from infra.live.leftovers import Leftover

SERVICE_SECONDS = 900.0
"""How long App Runner may take to delete a service; it takes two or three minutes."""

PAUSE_SECONDS = 5.0

GONE = frozenset(
    [
        "NoSuchBucket",
        "NoSuchEntity",
        "NotFound",
        "NotFoundException",
        "RepositoryNotFoundException",
        "ResourceNotFound",
        "ResourceNotFoundException",
    ]
)
"""The codes with which AWS says that something isn't there."""


class NotRemovedError(Exception):
    """Something is still there. The text says why, for a person."""


@dataclass(frozen=True)
class Kind:
    """What is removed in one way. resource: of its ARN; its group `name` is what a person knows."""

    title: str
    service: str
    resource: re.Pattern[str]
    remove: Callable[[Clients, Leftover, str], None]


def _service(clients: Clients, leftover: Leftover, _name: str) -> None:
    """Delete an App Runner service and wait until it is gone: other things go only after it."""
    client = clients("apprunner")
    if _status(client, leftover.arn) == "DELETED":
        return
    client.delete_service(ServiceArn=leftover.arn)
    deadline = time.monotonic() + SERVICE_SECONDS
    while (status := _status(client, leftover.arn)) != "DELETED":
        if status == "DELETE_FAILED":
            raise NotRemovedError("App Runner failed to delete it")
        if time.monotonic() > deadline:
            raise NotRemovedError(f"App Runner still says {status}")
        time.sleep(PAUSE_SECONDS)


def _status(client: Any, arn: str) -> str:
    from botocore.exceptions import ClientError

    try:
        return str(client.describe_service(ServiceArn=arn)["Service"]["Status"])
    except ClientError as error:
        if code_of(error) in GONE:
            return "DELETED"
        raise


def _scaling(clients: Clients, leftover: Leftover, _name: str) -> None:
    """App Runner keeps a deleted configuration as an inactive one."""
    client, arn = clients("apprunner"), {"AutoScalingConfigurationArn": leftover.arn}
    found = client.describe_auto_scaling_configuration(**arn)["AutoScalingConfiguration"]
    if str(found["Status"]).lower() == "active":
        client.delete_auto_scaling_configuration(**arn)


def _tracing(clients: Clients, leftover: Leftover, _name: str) -> None:
    client, arn = clients("apprunner"), {"ObservabilityConfigurationArn": leftover.arn}
    found = client.describe_observability_configuration(**arn)["ObservabilityConfiguration"]
    if str(found["Status"]).lower() == "active":
        client.delete_observability_configuration(**arn)


def _alarm(clients: Clients, _leftover: Leftover, name: str) -> None:
    clients("cloudwatch").delete_alarms(AlarmNames=[name])


def _rule(clients: Clients, _leftover: Leftover, name: str) -> None:
    """A rule goes only without targets."""
    client = clients("events")
    listed = client.get_paginator("list_targets_by_rule").paginate(Rule=name)
    targets = [target["Id"] for page in listed for target in page["Targets"]]
    if targets:
        answer = client.remove_targets(Rule=name, Ids=targets)
        _all_done(answer.get("FailedEntries") or [], "ErrorMessage")
    client.delete_rule(Name=name)


def _topic(clients: Clients, leftover: Leftover, _name: str) -> None:
    clients("sns").delete_topic(TopicArn=leftover.arn)


def _log_group(clients: Clients, _leftover: Leftover, name: str) -> None:
    clients("logs").delete_log_group(logGroupName=name)


def _repository(clients: Clients, _leftover: Leftover, name: str) -> None:
    """With all images in it."""
    clients("ecr").delete_repository(repositoryName=name, force=True)


def _bucket(clients: Clients, _leftover: Leftover, name: str) -> None:
    """With all versions of all objects: S3 takes a thousand at once, a page of its list."""
    client = clients("s3")
    for page in client.get_paginator("list_object_versions").paginate(Bucket=name):
        found = [*page.get("Versions", []), *page.get("DeleteMarkers", [])]
        if found:
            keys = [{"Key": item["Key"], "VersionId": item["VersionId"]} for item in found]
            answer = client.delete_objects(Bucket=name, Delete={"Objects": keys, "Quiet": True})
            _all_done(answer.get("Errors") or [], "Message")
    client.delete_bucket(Bucket=name)


def _role(clients: Clients, _leftover: Leftover, name: str) -> None:
    """A role goes only without policies."""
    client = clients("iam")
    for page in client.get_paginator("list_attached_role_policies").paginate(RoleName=name):
        for policy in page["AttachedPolicies"]:
            client.detach_role_policy(RoleName=name, PolicyArn=policy["PolicyArn"])
    for page in client.get_paginator("list_role_policies").paginate(RoleName=name):
        for policy_name in page["PolicyNames"]:
            client.delete_role_policy(RoleName=name, PolicyName=policy_name)
    client.delete_role(RoleName=name)


def _policy(clients: Clients, leftover: Leftover, _name: str) -> None:
    """A policy goes only without versions but its default one, and where nobody has it."""
    client = clients("iam")
    for page in client.get_paginator("list_policy_versions").paginate(PolicyArn=leftover.arn):
        for version in page["Versions"]:
            if not version["IsDefaultVersion"]:
                client.delete_policy_version(PolicyArn=leftover.arn, VersionId=version["VersionId"])
    client.delete_policy(PolicyArn=leftover.arn)


def _all_done(failed: list[Any], message: str) -> None:
    if failed:
        raise NotRemovedError(f"{len(failed)} parts of it are still there: {failed[0][message]}")


def code_of(error: Any) -> str:
    """The code of a botocore ClientError."""
    return str(error.response.get("Error", {}).get("Code", ""))


def _kind(title: str, service: str, resource: str, remove: Any) -> Kind:
    return Kind(title, service, re.compile(resource), remove)


KINDS = (
    _kind("App Runner service", "apprunner", r"service/(?P<name>[^/]+)/.+", _service),
    _kind("scaling", "apprunner", r"autoscalingconfiguration/(?P<name>[^/]+)/.+", _scaling),
    _kind("tracing", "apprunner", r"observabilityconfiguration/(?P<name>[^/]+)/.+", _tracing),
    _kind("alarm", "cloudwatch", r"alarm:(?P<name>.+)", _alarm),
    _kind("event rule", "events", r"rule/(?P<name>[^/]+)", _rule),
    _kind("topic", "sns", r"(?P<name>[^:/]+)", _topic),
    _kind("repository", "ecr", r"repository/(?P<name>.+)", _repository),
    _kind("bucket", "s3", r"(?P<name>[^:/]+)", _bucket),
    _kind("log group", "logs", r"log-group:(?P<name>[^:]+)", _log_group),
    _kind("role", "iam", r"role/(?:.+/)?(?P<name>[^/]+)", _role),
    _kind("policy", "iam", r"policy/(?:.+/)?(?P<name>[^/]+)", _policy),
)
"""All that can be removed, in the order in which it is."""


def place(leftover: Leftover) -> int:
    """Where in the order something is removed; the number of KINDS for what can't be."""
    for number, kind in enumerate(KINDS):
        if kind.service == leftover.service and kind.resource.fullmatch(leftover.resource):
            return number
    return len(KINDS)


def named(leftover: Leftover) -> tuple[str, str]:
    """What kind of thing it is and what it is called, for a person."""
    number = place(leftover)
    if number == len(KINDS):
        return leftover.service or "unknown", leftover.resource
    found = KINDS[number].resource.fullmatch(leftover.resource)
    return KINDS[number].title, found["name"] if found else leftover.resource


def remove(clients: Clients, leftover: Leftover) -> None:
    """Remove one thing. Raises NotRemovedError where it is still there."""
    from botocore.exceptions import BotoCoreError, ClientError

    number = place(leftover)
    if number == len(KINDS):
        raise NotRemovedError(f"nobody knows how to remove a {leftover.service} resource")
    try:
        KINDS[number].remove(clients, leftover, named(leftover)[1])
    except ClientError as error:
        if code_of(error) not in GONE:
            message = str(error.response.get("Error", {}).get("Message", "")).rstrip(".")
            raise NotRemovedError(f"{code_of(error)}: {message}") from error
    except BotoCoreError as error:
        raise NotRemovedError(f"AWS did not answer ({type(error).__name__})") from error
