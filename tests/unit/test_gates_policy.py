"""What a plan may not do to the target: destroy, open and cost."""

from __future__ import annotations

import json
import shutil
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from harness.gates import change, findings, plan, result
from harness.places import ENVIRONMENTS
from infra.errors import EnvironmentFileError
from infra.gates import GateResult, Status

BUCKET = "module.a.aws_s3_bucket.this"
QUEUE = "aws_sqs_queue.a"
STAYS = change("aws_sns_topic.stays", {"name": "a"}, {"name": "a"})
"""Something that was there before: the plan does not make the environment from nothing."""

Except = Callable[[str], Path]


@pytest.fixture
def excepting(tmp_path: Path) -> Except:
    """A checkout with exceptions."""

    def write(text: str) -> Path:
        shutil.copytree(ENVIRONMENTS, tmp_path / "environments", dirs_exist_ok=True)
        (tmp_path / "environments" / "exceptions.yaml").write_text(text)
        return tmp_path

    return write


def judged(*changes: dict[str, Any], settings: Any = None, **members: Any) -> GateResult:
    """What the gate says of a plan of an environment that exists already."""
    return result("policy", settings, planned=plan(STAYS, *changes), **members)


def refused(*changes: dict[str, Any], **members: Any) -> list[str]:
    """Why a plan is refused; empty when it passes."""
    found = judged(*changes, **members)
    assert found.status is not Status.ERROR, found.text
    assert (found.status is Status.FAILED) == bool(findings(found))
    return list(findings(found))


def test_a_plan_without_changes_passes() -> None:
    assert judged().status is Status.PASSED


@pytest.mark.parametrize(
    ("changed", "verb"),
    [
        (change(BUCKET, {"bucket": "a"}), "destroyed"),
        (
            change(BUCKET, {"bucket": "a"}, {"bucket": "b"}, actions=["delete", "create"]),
            "replaced",
        ),
        (
            change(BUCKET, {"bucket": "a"}, {"bucket": "b"}, actions=["create", "delete"]),
            "replaced",
        ),
        (change(BUCKET, {"bucket": "a"}, None, actions=["forget"]), "forgotten"),
    ],
)
def test_what_is_protected_is_neither_destroyed_nor_replaced(
    changed: dict[str, Any], verb: str
) -> None:
    assert refused(changed) == [f"{BUCKET} is protected and would be {verb}"]


def test_what_is_half_made_is_not_made_a_second_time() -> None:
    half = change(QUEUE, {"a": 1}, {"a": 1}, actions=["create", "delete"])
    (found,) = refused({**half, "action_reason": "replace_because_tainted"})
    assert found.startswith(f"{QUEUE} is half made") and "infra recover" in found
    # Where the old one goes first, its name is free again; what is protected can be kept.
    for address, count in ((QUEUE, 0), (BUCKET, 2)):
        half = change(address, {"a": 1}, {"a": 1}, actions=["delete", "create"])
        told = refused({**half, "action_reason": "replace_because_tainted"})
        assert len(told) == count and ("infra recover" in str(told)) == bool(count)


def test_what_is_protected_may_be_made_and_changed() -> None:
    assert refused(change(BUCKET, None, {"bucket": "a"})) == []
    assert refused(change(BUCKET, {"tags": {}}, {"tags": {"a": "b"}})) == []


@pytest.mark.parametrize(
    "kind", ["aws_ecr_repository", "aws_kms_key", "aws_apprunner_custom_domain_association"]
)
def test_what_holds_data_and_what_users_reach_is_protected_by_default(kind: str) -> None:
    assert len(refused(change(f"{kind}.a", {"a": 1}))) == 1


def test_what_is_protected_is_a_setting() -> None:
    settings = {"protected_types": ["aws_sqs_queue"]}
    assert refused(change(QUEUE, {"a": 1}), settings=settings)
    assert refused(change(BUCKET, {"a": 1}), settings=settings) == []


def test_more_destroys_than_the_ceiling_are_refused() -> None:
    changes = [change(f"aws_sqs_queue.q{i}", {"a": i}) for i in range(2)]
    changes.append(change("aws_sqs_queue.r", {"a": 1}, {"a": 2}, actions=["delete", "create"]))
    assert refused(*changes, settings={"max_deletes": 3}) == []
    assert refused(*changes, settings={"max_deletes": 2}) == [
        "3 resources would be destroyed or replaced; at most 2 may be"
    ]
    assert refused(*changes, settings={"max_deletes": None}) == []


@pytest.mark.parametrize(
    ("members", "told"),
    [
        ({"complete": False}, "the plan is not complete"),
        ({"errored": True}, "the plan ended with an error"),
    ],
)
def test_half_a_plan_is_refused(members: dict[str, Any], told: str) -> None:
    found = result("policy", planned=plan(**members))
    assert found.status is Status.FAILED
    assert told in findings(found)[0]


def test_a_plan_that_does_not_say_whether_it_is_whole_is_refused() -> None:
    document = {
        name: value for name, value in plan().items() if name not in ("complete", "errored")
    }
    assert len(findings(result("policy", planned=document))) == 2


def test_what_an_interrupted_replacement_left_over_may_go() -> None:
    left = {**change(BUCKET, {"bucket": "a"}), "deposed": "ab12"}
    assert refused(left) == []


def test_a_plan_that_is_no_plan_can_not_be_judged() -> None:
    broken = {**plan(), "resource_changes": None}
    assert result("policy", planned=broken, summary=None).status is Status.ERROR


EXCEPTION = f"""\
- environment: prod
  address: {BUCKET}
  gate: policy.protected
  reason: It moves.
  expires: 2026-11-25
"""


def test_an_exception_lets_one_resource_through_and_is_told(excepting: Except) -> None:
    root = excepting(EXCEPTION)
    found = judged(change(BUCKET, {"a": 1}), root=root)
    assert found.status is Status.PASSED
    assert found.details["exceptions"] == [
        f"{BUCKET}: policy.protected, until 2026-11-25: It moves."
    ]
    other = change("module.b.aws_s3_bucket.this", {"a": 1})
    assert refused(other, root=root) == [
        "module.b.aws_s3_bucket.this is protected and would be destroyed"
    ]


@pytest.mark.parametrize(
    ("old", "new"),
    [("environment: prod", "environment: dev"), ("policy.protected", "policy.access")],
)
def test_an_exception_of_another_environment_or_gate_is_none(
    excepting: Except, old: str, new: str
) -> None:
    assert refused(change(BUCKET, {"a": 1}), root=excepting(EXCEPTION.replace(old, new)))


def test_an_expired_exception_is_none(excepting: Except) -> None:
    root = excepting(EXCEPTION)
    last = datetime(2026, 11, 25, 23, 59, tzinfo=UTC)
    assert refused(change(BUCKET, {"a": 1}), root=root, now=last) == []
    after = datetime(2026, 11, 26, 0, 0, tzinfo=UTC)
    assert refused(change(BUCKET, {"a": 1}), root=root, now=after) == [
        f"{BUCKET} is protected and would be destroyed (its exception expired on 2026-11-25)"
    ]


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ("a: b", "must be a list of entries"),
        ("}{", "is not valid YAML"),
        ("- text", "entry 1 has no keys"),
        (EXCEPTION + "  expire: 2026-11-25\n", "unknown key: expire."),
        (EXCEPTION.replace("It moves.", "' '"), "needs a text for the key reason"),
        (EXCEPTION.replace("2026-11-25", "soon"), "expires is 'soon'"),
        (EXCEPTION.replace("  expires: 2026-11-25\n", ""), "expires is None"),
        (EXCEPTION.replace("policy.protected", "policy"), "gate is 'policy'"),
        (EXCEPTION.replace("prod", "moon"), "environment is 'moon'"),
    ],
)
def test_a_wrong_exception_is_named_and_refuses(excepting: Except, text: str, told: str) -> None:
    found = judged(root=excepting(text))
    assert found.status is Status.ERROR
    assert "environments/exceptions.yaml" in found.text
    assert told in found.text
    assert found.details["reason"] == EnvironmentFileError.reason


SERVICE = "module.s.aws_apprunner_service.this"
SCALING = "module.s.aws_apprunner_auto_scaling_configuration_version.this"


def service(cpu: int, memory: int) -> dict[str, Any]:
    return {"instance_configuration": [{"cpu": str(cpu), "memory": str(memory)}]}


def cost(*changes: dict[str, Any], **members: Any) -> float:
    found = result("policy", planned=plan(*changes, **members))
    amount: float = found.details["cost"]["monthly_usd"]
    return amount


def test_each_priced_resource_counts_and_is_taken_off_when_it_goes() -> None:
    key = {"a": 1}
    assert cost(change("aws_kms_key.a", None, key)) == 1.0
    assert cost(change("aws_kms_key.a", key)) == -1.0
    assert cost(change("aws_kms_key.a", key, {"a": 2}, actions=["delete", "create"])) == 0
    assert cost(change("aws_secretsmanager_secret.a", None, key)) == 0.4
    metric = {"metric": [{"metric_name": "a"}]}
    queries = {"metric_query": [metric, metric, {"metric": [], "expression": "a / b"}]}
    assert cost(change("aws_cloudwatch_metric_alarm.a", None, queries)) == 0.2
    assert cost(change("aws_cloudwatch_metric_alarm.a", None, {"metric_query": []})) == 0.1
    acl = {"rule": [{}, {}]}
    assert cost(change("aws_wafv2_web_acl.a", None, acl)) == 7.0
    assert cost(change("aws_wafv2_web_acl.a", acl, {"rule": [{}, {}, {}]})) == 1.0


def test_a_service_costs_by_its_size_and_its_least_number_of_instances() -> None:
    # One vCPU and 2 GB: (0.064 + 2 * 0.007) * 730 hours.
    one = 56.94
    made = change(SERVICE, None, service(1024, 2048))
    assert cost(made) == one
    assert cost(made, change(SCALING, None, {"min_size": 3})) == round(3 * one, 2)
    variables = {"scaling": {"value": {"min_instances": 2}}}
    assert cost(made, variables=variables) == round(2 * one, 2)
    grown = change(SERVICE, service(1024, 2048), service(2048, 4096))
    assert cost(grown) == one
    more = change(SCALING, {"min_size": 1}, {"min_size": 2}, actions=["create", "delete"])
    assert cost(grown, more) == round(3 * one, 2)


def test_more_instances_of_a_service_that_stays_cost_more() -> None:
    stays = change(SERVICE, service(1024, 2048), service(1024, 2048))
    more = change(SCALING, {"min_size": 1}, {"min_size": 2}, actions=["create", "delete"])
    variables = {"service": {"value": {"cpu": 1024, "memory": 2048}}}
    assert cost(stays, more, variables=variables) == 56.94


def test_what_costs_more_than_the_limit_is_refused() -> None:
    made = change(SERVICE, None, service(1024, 2048))
    assert refused(made, settings={"max_monthly_increase_usd": 56.94}) == []
    assert refused(made, settings={"max_monthly_increase_usd": 56.93}) == [
        "a month costs about $56.94 more; at most $56.93 may be"
    ]


def test_a_service_without_a_size_can_not_be_judged() -> None:
    found = judged(change(SERVICE, None, {}))
    assert found.status is Status.ERROR
    assert "The size of the App Runner service can't be read." in found.text


def test_what_has_no_price_is_said() -> None:
    found = judged(
        change("aws_nat_gateway.a", None, {"a": 1}), change("aws_s3_bucket.a", None, {"a": 1})
    )
    assert found.details["cost"]["without_price"] == ["aws_nat_gateway"]
    assert found.details["cost"]["paid_by_use"] == ["aws_s3_bucket"]
    assert "without aws_nat_gateway, whose prices are not known" in found.text


def test_every_price_says_where_it_comes_from_and_when() -> None:
    from infra.gates.cost import load_prices

    prices = load_prices()
    priced = [*prices["by_resource"].values()]
    priced += [prices[name] for name in ("app_runner", "alarm_metric", "web_acl")]
    assert all(item["source"].startswith("https://aws.amazon.com/") for item in priced)
    assert all(item["noted"].isoformat() >= "2026-01-01" for item in priced)
    assert not set(prices["by_use"]) & set(prices["free"])
    json.dumps(prices["region"])
