"""The JSON of a plan, and what stands in it."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness import hostile
from harness.harmless import is_harmless, judge, printed
from harness.plan_documents import AFTER, SERVICE, change, document, report, running
from infra import identity, json_text, limits, rendering, reports
from infra.environments import Environment
from infra.errors import InfraError
from infra.graphs import plan_graph
from infra.linting import plan_files
from infra.plan_report.markdown import COMMENT_BYTES, markdown
from infra.plan_shape import is_plan
from infra.plans import summarize
from infra.repository import Repository

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
KEY = identity.Key(b"k" * 32)
BUCKET = 'module.app["a"].aws_s3_bucket.this'
PLAN = document(
    change(SERVICE, {"tags": {"a": "b"}}, {"tags": {"a": "c"}}),
    change(BUCKET, {"bucket": "a", "rule": [1]}, {"bucket": "b"}, replace_paths=[["bucket"]]),
    change("aws_sqs_queue.a", None, {"name": "x"}, after_unknown={"arn": True}),
    resource_drift=[change("aws_sqs_queue.b", {"delay": 1}, {"delay": 2})],
    relevant_attributes=[{"resource": "aws_sqs_queue.b", "attribute": ["delay"]}],
    variables={"token": {"value": "x"}},
    checks=[{"address": {"to_display": "check.a"}, "status": "pass", "instances": []}],
    prior_state=running((BUCKET, ["aws_kms_key.a"])),
    configuration={
        "root_module": {
            "variables": {"token": {"sensitive": True}},
            "module_calls": {"app": {"module": {"resources": [], "outputs": {}}}},
        }
    },
)


def read(content: bytes) -> dict[str, Any] | None:
    """The plan in a file, None where it is none."""
    try:
        found = json_text.load(content)
    except ValueError:
        return None
    return found if is_plan(found) else None


def use(found: dict[str, Any], folder: Path) -> None:
    """All that is made of a plan."""
    environment = Environment("dev", "1" * 12, "eu-west-1", "local", None, folder)
    told = summarize(found)
    is_harmless(printed(rendering.plan(told, full=True)))
    is_harmless(printed(rendering.plan(told)))
    is_harmless(reports.text(reports._summary(told)))
    kept = identity.canonical(found, KEY)
    for one in identity.differences(identity.canonical(PLAN, KEY), kept):
        is_harmless(printed(one.text))
    identity.encoded(kept)
    plan_graph(found, told)
    judge(lambda: limits.refuse_apply(Repository(folder), environment, told, NOW))


@given(hostile.json_files(PLAN))
@example(hostile.as_json({**PLAN, "resource_changes": [{"change": {}}]}))
@example(hostile.as_json({**PLAN, "resource_changes": 5}))
@example(
    hostile.as_json(
        {**PLAN, "resource_changes": [{"address": None, "change": {}}, PLAN["resource_changes"][0]]}
    )
)
def test_a_file_that_should_be_a_plan(scratch: Path, content: bytes) -> None:
    path = scratch / "plan.json"
    path.write_bytes(content)
    refused = judge(lambda: plan_files._refuse_unless_plan(path))
    found = read(content)
    if refused is None:
        assert found is not None
    if found is not None:
        judge(lambda: use(found, scratch))


@given(hostile.altered(PLAN["resource_changes"][0]["change"]["before"]), hostile.texts())
def test_values_and_names_in_a_plan(scratch: Path, value: Any, text: str) -> None:
    """Keys, tags and addresses are whatever their owner wrote."""
    address = f'aws_sqs_queue.a["{text}"]'
    kept = document(
        change(address, {"v": 1}, {"v": value, text: text}, replace_paths=[[text, 0]]),
        change(SERVICE, None, {"a": value}),
        output_changes={text: {"actions": ["update"], "before": 1, "after": value}},
    )
    found = read(hostile.as_json(kept))
    if found is not None:
        use(found, scratch)


@given(hostile.texts())
@example("\x1b[2J" * 300)
def test_a_report_of_a_plan(text: str) -> None:
    if not text.isprintable() and "\ud83d" in text:
        text = "\ud83d"
    found = report(
        document(
            change(f'aws_sqs_queue.a["{text}"]', {"name": text}, {"name": text + "2"}),
            output_changes={"release": {"actions": ["update"], "before": AFTER, "after": AFTER}},
        )
    )
    page = markdown(found, COMMENT_BYTES)
    assert len(page.encode()) <= COMMENT_BYTES
    is_harmless(page)


@given(st.text(max_size=4000), st.lists(hostile.texts(), max_size=5))
def test_any_error_is_bounded_and_visible(text: str, details: list[str]) -> None:
    judge(
        lambda: _raise(InfraError(f"It can't be done: {text}", hint=text, details=tuple(details)))
    )


def _raise(error: InfraError) -> None:
    raise error
