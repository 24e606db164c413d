"""Plans as Terraform prints them in JSON, built by hand: the kinds that a reviewer meets."""

from __future__ import annotations

import functools
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

from harness.gates import change as plain_change
from harness.places import ROOT
from infra.environments import load_environment
from infra.plan_report import Report, Surroundings, build
from infra.repository import Repository

NOW = datetime(2026, 11, 25, 12, 0, tzinfo=UTC)
IDENTITY = "{}-7f3a-91c2-0b5d-11aa-9e8c-42f0-6d6d-c0de"
CANARY = "canary-7291-swordfish"
SERVICE = "module.trending_now.module.app_runner_service[0].aws_apprunner_service.this"
BEFORE = {
    "image_digest": "sha256:" + "a1" * 32,
    "git_sha": "1111111111111111111111111111111111111111",
    "data_version": "trends-2026.11.18",
    "model_version": "ranker-1.4.0",
}
AFTER = {**BEFORE, "image_digest": "sha256:" + "b2" * 32, "model_version": "ranker-1.5.0"}


def change(address: str, *args: Any, **members: Any) -> dict[str, Any]:
    """One managed resource, with its module."""
    module, _, _ = address.rpartition(".aws_")
    found = plain_change(address, *args, **members)
    # A key may hold anything, also what looks like an address.
    found["type"] = address.removeprefix(f"{module}.").partition(".")[0]
    return {**found, "module_address": module} if module else found


def document(*changes: Mapping[str, Any], **members: Any) -> dict[str, Any]:
    """A plan's JSON."""
    return {
        "format_version": "1.2",
        "resource_changes": list(changes),
        "complete": True,
        "errored": False,
        "output_changes": {"release": {"actions": ["no-op"], "before": BEFORE, "after": BEFORE}},
        **members,
    }


def running(*resources: tuple[str, list[str]]) -> dict[str, Any]:
    """What a plan says of the state: resources with what they were made after."""
    return {
        "values": {
            "root_module": {
                "resources": [
                    {"address": address, "mode": "managed", "depends_on": needs}
                    for address, needs in resources
                ]
            },
        }
    }


def nothing() -> dict[str, Any]:
    """What `infra` hands on where nothing would change."""
    return {}


def sixty() -> dict[str, Any]:
    """Sixty resources in six modules, each of which needs the one before it."""
    changes, calls = [], {}
    for number in range(6):
        module = f"module.part_{number}"
        for index in range(10):
            kind = "aws_s3_bucket" if index == 0 else "aws_cloudwatch_log_group"
            address = f"{module}.{kind}.r{index}"
            after = {"name": f"thing-{number}-{index}", "tags": {"part": str(number)}}
            changes.append(change(address, None, after, after_unknown={"arn": True}))
        inner = {
            "resources": [
                {
                    "address": "aws_s3_bucket.r0",
                    "mode": "managed",
                    "expressions": {"bucket": {"references": ["var.name"]}},
                }
            ],
            "outputs": {"arn": {"expression": {"references": ["aws_s3_bucket.r0.arn"]}}},
        }
        needed = {"name": {"references": [f"module.part_{number - 1}.arn"]}} if number else {}
        calls[f"part_{number}"] = {"expressions": needed, "module": inner}
    return document(*changes, configuration={"root_module": {"module_calls": calls}})


def replacement() -> dict[str, Any]:
    """The service is replaced, by a new name, and an alarm and a role follow."""
    size = [{"cpu": "1024", "memory": "2048"}]
    old = {"service_name": "trends", "instance_configuration": size, "secret": CANARY}
    new = {**old, "service_name": "trends-2", "secret": CANARY + "-new"}
    masks = {"before_sensitive": {"secret": True}, "after_sensitive": {"secret": True}}
    service = change(
        SERVICE, old, new, actions=["delete", "create"], replace_paths=[["service_name"]],
        after_unknown={"arn": True, "service_url": True}, **masks,
    )  # fmt: skip
    service["action_reason"] = "replace_because_cannot_update"
    alarm = 'module.trending_now.module.observability.aws_cloudwatch_metric_alarm.service["cpu"]'
    dimensions = ({"dimensions": {"ServiceName": name}} for name in ("trends", "trends-2"))
    return document(
        service,
        change(alarm, *dimensions),
        prior_state=running(
            (SERVICE, []),
            (alarm, ["module.trending_now.module.app_runner_service.aws_apprunner_service.this"]),
        ),
        variables={"release": {"value": AFTER}},
    )


def destroy_in_prod() -> dict[str, Any]:
    """A log group goes, which the policy does not protect."""
    gone = change("module.trending_now.aws_cloudwatch_log_group.old", {"name": "/old", "days": 30})
    gone["action_reason"] = "delete_because_no_resource_config"
    topic = "module.trending_now.aws_sns_topic.alarms"
    return document(
        gone,
        change(topic, {"tags": {"release": "1"}}, {"tags": {"release": "2"}}),
        prior_state=running(),
    )


def refused() -> dict[str, Any]:
    """What the policy does not let through: a bucket with data goes."""
    zones = ("raw", "models")
    gone = [
        change(f'module.data_lake.module.zone["{zone}"].aws_s3_bucket.this', {"bucket": zone})
        for zone in zones
    ]
    return document(*gone, prior_state=running())


def two_thousand() -> dict[str, Any]:
    """Two thousand resources in fifty instances of a module, most of them new."""
    changes = []
    for number in range(2000):
        address = f'module.big["m{number % 50}"].aws_sqs_queue.q["{number}"]'
        before = {"name": f"q{number}", "delay": 1} if number % 10 == 0 else None
        after = {"name": f"q{number}", "delay": 2, "policy": "x" * 300}
        changes.append(change(address, before, after))
    return document(*changes, prior_state=running())


DOCUMENTS: Mapping[str, tuple[str, Callable[[], dict[str, Any]]]] = {
    "nothing": ("staging", nothing),
    "sixty": ("staging", sixty),
    "replacement": ("staging", replacement),
    "destroy-in-prod": ("prod", destroy_in_prod),
    "refused": ("prod", refused),
    "two-thousand": ("staging", two_thousand),
}
"""By name: the environment that a plan is of, and its JSON."""


def surroundings(environment: str = "staging", **members: Any) -> Surroundings:
    """What surrounds a plan of one of this repository's environments."""
    values: dict[str, Any] = {
        "environment": load_environment(Repository(ROOT), environment),
        "target": "aws",
        "made_at": NOW,
        "identity": IDENTITY.format(environment),
        "kept": True,
        "release": AFTER,
        "history": (),
        "versions": {"terraform": "1.11.4"},
    }
    return Surroundings(**values | members)


def report(planned: Mapping[str, Any], environment: str = "staging", **members: Any) -> Report:
    """The report of a plan."""
    return build(Repository(ROOT), planned, surroundings(environment, **members))


@functools.cache
def named(name: str) -> Report:
    """One of the six reports; that without changes has no identity."""
    environment, make = DOCUMENTS[name]
    members = {"identity": "", "kept": False} if name == "nothing" else {}
    return report(make(), environment, **members)
