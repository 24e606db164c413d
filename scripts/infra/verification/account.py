"""The rest of the account: alarms, and what the outputs name."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from functools import partial
from typing import Any

from infra import alarms
from infra.alarms import Alarm
from infra.verification.context import Found, Subject, failed, inconclusive, passed

POLL_SECONDS = 5.0
SETTLING_SECONDS = 180.0
"""How long an alarm that was just made may be without data: CloudWatch looks once a period."""
SHOWN = 5
"""How many problems are named; the rest is counted."""


def alarms_quiet(
    subject: Subject, tell: Callable[[str], None], sleep: Callable[[float], None]
) -> Found:
    """All alarms that the outputs name exist and are OK; fresh ones get a while for their data."""
    end = time.monotonic() + SETTLING_SECONDS
    while True:
        found = _read(subject)
        if not found:
            return failed("the outputs name no alarm")
        waiting = [alarm for alarm in found if not alarm.ok and alarm.state == alarms.NO_DATA]
        loud = [alarm for alarm in found if not alarm.ok and alarm not in waiting]
        if loud:
            return failed(_listed([alarm.sentence for alarm in loud]))
        if not waiting:
            return passed(_counted(found))
        if time.monotonic() + POLL_SECONDS >= end:
            return inconclusive(_listed([alarm.sentence for alarm in waiting]))
        tell(f"Waiting for the alarms' first data: {len(waiting)} have none")
        sleep(POLL_SECONDS)


def alarms_there(subject: Subject) -> Found:
    """All alarms that the outputs name exist. They may ring for what was just taken back."""
    found = _read(subject)
    missing = [alarm for alarm in found if not alarm.state]
    if missing or not found:
        return failed(_listed([alarm.sentence for alarm in missing]) or "the outputs name no alarm")
    loud = [alarm.sentence for alarm in found if not alarm.ok]
    if loud:
        return passed(f"they may ring for what was taken back: {_listed(loud)}")
    return passed(_counted(found))


def bake(subject: Subject, tell: Callable[[str], None], sleep: Callable[[float], None]) -> Found:
    """The alarms stay OK for the bake time."""
    seconds = subject.settings.bake_seconds
    tell(f"Watching the alarms for {seconds} s")
    end = time.monotonic() + seconds
    while True:
        loud = [alarm for alarm in _read(subject) if not alarm.ok]
        if loud:
            return failed(_listed([alarm.sentence for alarm in loud]))
        left = end - time.monotonic()
        if left <= 0:
            return passed(f"all alarms stayed quiet for {seconds} s")
        sleep(min(POLL_SECONDS, left))


def outputs(subject: Subject) -> Found:
    """What the outputs name is in the account."""
    names = list(_named(subject))
    missing = [f"{what} {name}" for what, name, there in names if not there()]
    if missing:
        return failed(_listed([f"{name} is not in the account" for name in missing]))
    return passed(f"{len(names)} things that the outputs name are in the account")


def _read(subject: Subject) -> list[Alarm]:
    names = subject.state.output("alarm_names") or []
    page = subject.state.output("page_alarm_name")
    return alarms.read(subject.clients("cloudwatch"), [*names, *([page] if page else [])])


def _counted(found: list[Alarm]) -> str:
    gaps = sum(1 for alarm in found if alarm.state != alarms.OK)
    more = f"; {gaps} lack data, which they may" if gaps else ""
    return f"{len(found) - gaps} alarms are OK{more}"


def _named(subject: Subject) -> Iterator[tuple[str, str, Callable[[], bool]]]:
    """What is named, and how to see whether it is there."""
    make, state = subject.clients, subject.state
    buckets = [*(state.output("bucket_names") or {}).values()]
    logs_bucket = state.output("access_logs_bucket_name")
    for bucket in [*buckets, *([logs_bucket] if logs_bucket else [])]:
        yield "the bucket", bucket, _there(make("s3").head_bucket, Bucket=bucket)
    if name := state.output("repository_name"):
        yield (
            "the repository",
            name,
            _there(make("ecr").describe_repositories, repositoryNames=[name]),
        )
    if arn := state.output("alarm_topic_arn"):
        yield "the topic", arn, _there(make("sns").get_topic_attributes, TopicArn=arn)
    if arn := state.output("kms_key_arn"):
        yield "the key", arn, partial(_key_is_usable, make("kms"), arn)
    for output in ("instance_role_arn", "pipeline_role_arn", "data_scientist_role_arn"):
        if arn := state.output(output):
            role = arn.rpartition("/")[2]
            yield "the role", role, _there(make("iam").get_role, RoleName=role)
    if group := state.output("log_group_name"):
        yield "the log group", group, partial(_has_log_group, make("logs"), group)


def _there(call: Callable[..., Any], **arguments: Any) -> Callable[[], bool]:
    """Whether a call that asks for one thing finds it."""

    def look() -> bool:
        from botocore.exceptions import ClientError

        try:
            call(**arguments)
        except ClientError as error:
            code = error.response["Error"]["Code"]
            status = error.response["ResponseMetadata"]["HTTPStatusCode"]
            if status == 404 or "NotFound" in code or code.startswith("NoSuch"):
                return False
            raise
        return True

    return look


def _key_is_usable(kms: Any, arn: str) -> bool:
    if not _there(kms.describe_key, KeyId=arn)():
        return False
    return str(kms.describe_key(KeyId=arn)["KeyMetadata"]["KeyState"]) == "Enabled"


def _has_log_group(logs: Any, name: str) -> bool:
    pages = logs.get_paginator("describe_log_groups").paginate(logGroupNamePrefix=name)
    return any(group["logGroupName"] == name for page in pages for group in page["logGroups"])


def _listed(sentences: list[str]) -> str:
    more = f"; and {len(sentences) - SHOWN} more" if len(sentences) > SHOWN else ""
    return "; ".join(sentences[:SHOWN]) + more
