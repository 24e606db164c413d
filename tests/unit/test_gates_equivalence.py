"""Whether the target would become what the source is."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from pathlib import Path
from typing import Any

import pytest

from harness.checkout import Checkout, make_checkout
from harness.gates import change, findings, plan, result, state
from infra.differences import load_explanations
from infra.errors import EnvironmentFileError
from infra.gates import GateResult, Status
from infra.repository import Repository

DEV, STAGING = "111111111111", "222222222222"
SERVICE = "module.a.aws_apprunner_service.this"
KEYS = ("893a79c0-0bb4-4d17-bd54-9e6eb7714644", "fdf4d3a6-c459-4687-9a76-a70d0026109f")
EXPLAINED = """\
- path: environment.*
  reason: Each has its own.
- path: backend.*
  reason: Each has its own.
- path: values.size
  reason: Dev is small.
  follows:
    - aws_thing.size
    - aws_thing.rules[*].text
    - aws_part
"""
Judge = Callable[..., GateResult]


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """dev beside staging; what they have as size differs, and that is explained."""
    made = make_checkout(tmp_path)
    (tmp_path / "environments" / "differences.yaml").write_text(EXPLAINED)
    made.file("terraform.tfvars", "dev").write_text("size = 2\n")
    made.file("terraform.tfvars", "staging").write_text("size = 40\n")
    return made


@pytest.fixture
def judge(checkout: Checkout) -> Judge:
    """Judge a promotion from dev to staging of one resource."""

    def compare(
        mine: Mapping[str, Any] | None,
        planned: Mapping[str, Any] | None,
        address: str = "module.a.aws_thing.this",
        sensitive: Any = None,
        **members: Any,
    ) -> GateResult:
        there = [] if mine is None else [(address, mine)]
        other = ("aws_other.a", {"a": 1})
        before, after = members.pop("before", None), members.pop("after", planned)
        changes = [] if planned is None else [change(address, before, after, **members)]
        document = plan(*changes, change("aws_other.a", {"a": 1}, {"a": 1}))
        return result(
            "equivalence",
            root=checkout.root,
            source="dev",
            target="staging",
            planned=document,
            source_state=lambda: state(other, *there, sensitive=sensitive),
        )

    return compare


def told(found: GateResult) -> list[str]:
    """What differs, without the address; empty when the gate passes."""
    assert found.status is not Status.ERROR, found.text
    assert (found.status is Status.FAILED) == bool(findings(found))
    return [line.partition(": ")[2] for line in findings(found)]


@pytest.mark.parametrize(
    ("mine", "planned"),
    [
        ({"a": "b"}, {"a": "b"}),
        ({"a": f"arn:aws:s3:::x-{DEV}"}, {"a": f"arn:aws:s3:::x-{STAGING}"}),
        ({"a": "trending-dev-raw"}, {"a": "trending-staging-raw"}),
        ({"tags": {"environment": "dev"}}, {"tags": {"environment": "staging"}}),
        ({"tags": {"dev": "a"}}, {"tags": {"staging": "a"}}),
        (
            {"a": f"arn:aws:kms:r:{DEV}:key/{KEYS[0]}"},
            {"a": f"arn:aws:kms:r:{STAGING}:key/{KEYS[1]}"},
        ),
        (
            {"a": f"arn:aws:secretsmanager:r:{DEV}:secret:dev/key-UdIIVz"},
            {"a": f"arn:aws:secretsmanager:r:{STAGING}:secret:staging/key-AbCdEf"},
        ),
        ({"a": "", "b": [], "c": 0, "d": False}, {"a": None, "b": None, "c": None, "d": None}),
        ({"a": 1, "arn": "x", "id": "y", "create_date": "z"}, {"a": 1, "id": "other"}),
        ({"p": '{"a": ["dev", 1]}'}, {"p": '{"a":["staging",1]}'}),
    ],
)
def test_what_is_alike_but_for_where_it_is_passes(
    judge: Judge, mine: dict[str, Any], planned: dict[str, Any]
) -> None:
    found = judge(mine, planned)
    assert told(found) == []
    assert found.details["compared"] == 1


@pytest.mark.parametrize(
    ("mine", "planned", "attribute"),
    [
        ({"a": "b"}, {"a": "c"}, "a is b in dev, and would be c in staging"),
        ({"a": True}, {"a": False}, "a is true in dev, and would be false in staging"),
        ({"a": True}, {}, "a is true in dev, and would be null in staging"),
        ({}, {"a": "b"}, "a is null in dev, and would be b in staging"),
        ({"a": {"b": [{"c": 1}]}}, {"a": {"b": [{"c": 2}]}}, "a.b[0].c is 1 in dev"),
        ({"a": [1]}, {"a": [1, 2]}, "a is [1] in dev"),
        ({"p": '{"a": [1]}'}, {"p": '{"a": [2]}'}, "p.a[0] is 1 in dev"),
        # The source's own name, account or id in the target's plan.
        ({"a": "x-dev-raw"}, {"a": "x-dev-raw"}, "a is x-{environment}-raw in dev"),
        ({"a": f"arn:aws:s3:::{DEV}"}, {"a": f"arn:aws:s3:::{DEV}"}, "a is arn:aws:s3:::{account}"),
        # An id that nobody knows as one is a value like any other.
        ({"a": KEYS[0]}, {"a": KEYS[1]}, f"a is {KEYS[0]} in dev"),
        ({"a": "development"}, {"a": "stagingelopment"}, "a is development in dev"),
        (
            {"a": f"arn:aws:kms:r:{DEV}:key/{KEYS[0]}"},
            {"a": f"arn:aws:kms:r:{STAGING}:alias/a"},
            "a is arn:aws:kms:r:{account}:key/",
        ),
    ],
)
def test_anything_else_is_a_difference_with_its_place(
    judge: Judge, mine: dict[str, Any], planned: dict[str, Any], attribute: str
) -> None:
    (line,) = told(judge(mine, planned))
    assert line.startswith(attribute)


def test_a_difference_is_told_with_its_address(judge: Judge) -> None:
    found = judge({"a": 1}, {"a": 2})
    assert found.text == (
        "1 difference from what dev runs, without a reason in environments/differences.yaml."
    )
    assert findings(found) == ["module.a.aws_thing.this: a is 1 in dev, and would be 2 in staging"]


def test_an_id_that_the_source_has_as_one_is_alike_by_its_shape(judge: Judge) -> None:
    found = judge({"id": KEYS[0], "dimension": KEYS[0]}, {"dimension": KEYS[1]})
    assert told(found) == []
    found = judge({"id": KEYS[0], "dimension": KEYS[0]}, {"dimension": "another"})
    assert len(told(found)) == 1


def test_what_is_known_only_after_the_apply_is_not_compared(judge: Judge) -> None:
    assert (
        told(judge({"a": 1, "b": {"c": 2}}, {}, after_unknown={"a": True, "b": {"c": True}})) == []
    )
    (line,) = told(
        judge(
            {"a": 1, "b": {"c": 2, "d": 3}}, {"b": {}}, after_unknown={"a": True, "b": {"c": True}}
        )
    )
    assert line.startswith("b.d is 3 in dev")


def environment_variables(**values: str) -> dict[str, Any]:
    image = {"image_configuration": [{"runtime_environment_variables": values}]}
    return {"source_configuration": [{"image_repository": [image]}]}


def test_an_environment_variable_of_the_service_must_be_the_same(judge: Judge) -> None:
    mine = environment_variables(LOG_LEVEL="info", BUCKET="trending-dev-raw", TOKEN_ID=KEYS[0])
    same = environment_variables(LOG_LEVEL="info", BUCKET="trending-staging-raw", TOKEN_ID=KEYS[0])
    assert told(judge(mine, same, SERVICE)) == []
    for other in (
        environment_variables(LOG_LEVEL="debug", BUCKET="trending-staging-raw", TOKEN_ID=KEYS[0]),
        environment_variables(LOG_LEVEL="info", BUCKET="trending-dev-raw", TOKEN_ID=KEYS[0]),
        environment_variables(LOG_LEVEL="info", BUCKET="trending-staging-raw", TOKEN_ID=KEYS[1]),
        environment_variables(LOG_LEVEL="info", BUCKET="trending-staging-raw"),
    ):
        (line,) = told(judge(mine, other, SERVICE))
        assert "runtime_environment_variables." in line


def test_a_value_that_may_differ_lets_what_it_sets_differ_just_as_it_does(judge: Judge) -> None:
    found = judge({"size": 2}, {"size": 40})
    assert told(found) == []
    assert found.details["explained"] == {"Dev is small.": 1}
    assert (
        told(
            judge(
                {"rules": [{"text": "IF(n >= 2, a2, 0)"}]},
                {"rules": [{"text": "IF(n >= 40, a2, 0)"}]},
            )
        )
        == []
    )


@pytest.mark.parametrize(
    ("mine", "planned"),
    [
        ({"size": 2}, {"size": 41}),
        ({"size": 3}, {"size": 40}),
        ({"size": 40}, {"size": 2}),
        ({"size": 2}, {}),
        ({"width": 2}, {"width": 40}),
        ({"rules": [{"text": "n >= 2, 0"}]}, {"rules": [{"text": "n >= 40, 1"}]}),
        ({"rules": [{"text": "n >= 2.5"}]}, {"rules": [{"text": "n >= 40.5"}]}),
        ({"rules": [{"text": "a"}]}, {"rules": [{"text": "b"}]}),
    ],
)
def test_any_other_difference_of_it_stays_one(
    judge: Judge, mine: dict[str, Any], planned: dict[str, Any]
) -> None:
    assert len(told(judge(mine, planned))) == 1


@pytest.mark.parametrize(
    ("dev", "staging", "mine", "planned", "alike"),
    [
        ("", "size = 40\n", 2, 40, True),
        ("size = 4\n", "", 4, 2, True),
        ("size = null\n", "size = 40\n", 17, 40, True),
        ("size = null\n", "size = 40\n", 17, 39, False),
        ("size = 4\n", "size = null\n", 4, 17, True),
        ("size = 4\n", "size = null\n", 5, 17, False),
        ("size = 4\n", "size = 4\n", 4, 40, False),
    ],
)
def test_a_value_that_is_not_set_leaves_its_side_to_the_module(
    checkout: Checkout, judge: Judge, dev: str, staging: str, mine: int, planned: int, alike: bool
) -> None:
    checkout.file("terraform.tfvars", "dev").write_text(dev)
    checkout.file("terraform.tfvars", "staging").write_text(staging)
    assert (told(judge({"size": mine}, {"size": planned})) == []) == alike


def test_a_resource_that_only_one_of_them_has_is_a_difference(judge: Judge) -> None:
    assert told(judge(None, {"a": 1})) == ["dev has no such resource"]
    assert told(judge({"a": 1}, None)) == ["staging would not have it, dev does"]
    assert told(judge(None, {"a": 1}, 'aws_part.a["x.y"]')) == []
    assert told(judge({"a": 1}, None, 'aws_part.a["x.y"]')) == []


def test_a_resource_that_the_plan_takes_away_is_a_difference(judge: Judge) -> None:
    found = judge({"a": 1}, {"a": 1}, before={"a": 1}, after=None, actions=["delete"])
    assert told(found) == ["staging would not have it, dev does"]
    assert told(judge(None, {"a": 1}, before={"a": 1}, after=None, actions=["delete"])) == []


def test_what_stays_as_it_is_has_no_values_to_compare(judge: Judge) -> None:
    found = judge({"a": 1}, {"a": 2}, before={"a": 2}, actions=["no-op"])
    assert told(found) == []
    assert found.details["compared"] == 0


def test_an_update_is_compared_by_what_it_leads_to(judge: Judge) -> None:
    assert told(judge({"a": 1}, {"a": 1}, before={"a": 2}, actions=["update"])) == []
    assert told(judge({"a": 2}, {"a": 1}, before={"a": 2}, actions=["update"])) != []


def test_a_secret_is_never_shown_and_only_its_presence_counts(judge: Judge) -> None:
    masks = {"after_sensitive": {"a": True}}
    for mine, planned, differs in (
        ("canary-1", "canary-2", False),
        ("canary-1", None, True),
        (None, "canary-2", True),
        ("", None, False),
    ):
        found = judge({"a": mine}, {"a": planned}, sensitive={"a": True}, **masks)
        assert bool(told(found)) == differs
        assert "canary" not in json.dumps(found.document())
    # Sensitive on one side only, or somewhere inside.
    found = judge({"a": "canary-1"}, {"a": "canary-2"}, **masks)
    assert told(found) == []
    assert "canary" not in json.dumps(found.document())
    found = judge({"a": "canary-1"}, {"a": "canary-2"}, sensitive={"a": True})
    assert "canary" not in json.dumps(found.document())
    found = judge({"a": ["canary-1", 1]}, {"a": 3}, sensitive={"a": [True, False]})
    assert told(found) == ["a is (sensitive) in dev, and would be (sensitive) in staging"]


def test_a_source_without_resources_can_not_vouch(checkout: Checkout) -> None:
    found = result(
        "equivalence",
        root=checkout.root,
        source="dev",
        target="staging",
        planned=plan(change("aws_thing.a", None, {"a": 1})),
        source_state=lambda: {"format_version": "1.0"},
    )
    assert found.status is Status.ERROR
    assert "There is nothing in the state of dev." in found.text


def test_an_exception_lets_one_address_differ(checkout: Checkout, judge: Judge) -> None:
    (checkout.root / "environments" / "exceptions.yaml").write_text(
        "- environment: staging\n  address: module.a.aws_thing.this\n  gate: equivalence\n"
        "  reason: It is tried out.\n  expires: 2026-11-25\n"
    )
    found = judge({"a": 1}, {"a": 2})
    assert told(found) == []
    assert found.details["exceptions"][0].endswith("It is tried out.")
    assert told(judge({"a": 1}, {"a": 2}, "aws_thing.other")) != []


@pytest.mark.parametrize("follows", ["aws_thing.size", "[3]", "[Thing.size]", "[aws_thing.]"])
def test_a_wrong_list_of_what_follows_is_refused(checkout: Checkout, follows: str) -> None:
    file = checkout.root / "environments" / "differences.yaml"
    file.write_text(f"- path: values.size\n  reason: x\n  follows: {follows}\n")
    with pytest.raises(EnvironmentFileError, match="entry 1: follows is"):
        load_explanations(Repository(checkout.root))


def test_what_nothing_explains_explains_no_attribute(checkout: Checkout, judge: Judge) -> None:
    file = checkout.root / "environments" / "differences.yaml"
    file.write_text(EXPLAINED.replace("values.size", "values.other"))
    assert len(told(judge({"size": 2}, {"size": 40}))) == 1
