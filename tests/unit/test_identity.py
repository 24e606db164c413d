"""What makes a plan the same plan, and what is said of two that are not."""

from __future__ import annotations

import copy
import json
from typing import Any

import pytest

from infra import identity
from infra.identity import Key, canonical, differences, encoded

KEY = Key(b"k" * 32)
SECRET = "canary-7291"


def document(**more: Any) -> dict[str, Any]:
    """A plan with an update, a resource that stays, a secret in each place, and a time."""
    return {
        "format_version": "1.2",
        "timestamp": "2026-11-25T08:00:00Z",
        "complete": True,
        "errored": False,
        "variables": {"size": {"value": 2}, "password": {"value": SECRET}},
        "configuration": {
            "root_module": {
                "variables": {"size": {}, "password": {"sensitive": True, "default": SECRET}}
            }
        },
        "prior_state": {"values": {"outputs": {"password": {"value": SECRET}}}},
        "planned_values": {"outputs": {"password": {"value": SECRET}}},
        "resource_changes": [
            {
                "address": "aws_a.x",
                "type": "aws_a",
                "mode": "managed",
                "change": {
                    "actions": ["update"],
                    "before": {"name": "a", "size": 1, "tags": ["x", SECRET], "env": {}},
                    "after": {"name": "a", "size": 2, "tags": ["x", "y"], "env": {"P": SECRET}},
                    "after_unknown": {"id": True},
                    "before_sensitive": {"tags": [False, True]},
                    "after_sensitive": {"env": {"P": True}},
                },
            },
            {
                "address": "aws_b.stays",
                "type": "aws_b",
                "mode": "managed",
                "change": {"actions": ["no-op"], "before": {"p": SECRET}, "after": {"p": SECRET}},
            },
        ],
        "output_changes": {
            "password": {
                "actions": ["create"],
                "before": None,
                "after": SECRET,
                "after_unknown": False,
                "before_sensitive": True,
                "after_sensitive": True,
            }
        },
        "checks": [
            {
                "address": {"to_display": "check.x"},
                "status": "pass",
                "instances": [{"address": {"to_display": "check.x"}, "status": "pass"}],
            }
        ],
        **more,
    }


def changed(where: str, value: Any) -> dict[str, Any]:
    """The same with one value changed; where: the way to it, by dots."""
    made: Any = copy.deepcopy(document())
    place = made
    *way, last = where.split(".")
    for part in way:
        place = place[int(part) if part.isdecimal() else part]
    place[int(last) if last.isdecimal() else last] = value
    assert made != document()
    return dict(made)


CHANGE = "resource_changes.0.change."


@pytest.mark.parametrize(
    ("where", "value"),
    [
        ("timestamp", "2026-11-25T09:00:00Z"),
        ("prior_state", {}),
        ("planned_values", {}),
        ("resource_changes.1.change.before", {"p": "of no matter"}),
    ],
)
def test_what_an_apply_does_not_depend_on_is_left_out(where: str, value: Any) -> None:
    assert canonical(changed(where, value), KEY) == canonical(document(), KEY)


def test_order_does_not_matter() -> None:
    turned = document()
    turned["resource_changes"] = turned["resource_changes"][::-1]
    reordered = dict(reversed(turned.items()))
    assert encoded(canonical(reordered, KEY)) == encoded(canonical(document(), KEY))


@pytest.mark.parametrize(
    ("where", "value", "told"),
    [
        (CHANGE + "after.size", 3, "aws_a.x: size after the apply: was 2, now 3"),
        (CHANGE + "before.size", 0, "aws_a.x: size before the apply: was 1, now 0"),
        (CHANGE + "after.env.P", "x", "aws_a.x: env.P: (sensitive, differs)"),
        (CHANGE + "before.tags.1", "x", "aws_a.x: tags[1]: (sensitive, differs)"),
        (
            CHANGE + "after_unknown",
            {"id": True, "size": True},
            "aws_a.x: size after the apply: was 2, now (known after apply)",
        ),
        (CHANGE + "actions", ["delete", "create"], "aws_a.x: was update, now delete and create"),
        (CHANGE + "replace_paths", [["name"]], 'aws_a.x: replace_paths: was null, now [["name"]]'),
        ("variables.size.value", 4, "var.size: was 2, now 4"),
        ("variables.password.value", "x", "var.password: (sensitive, differs)"),
        ("output_changes.password.after", "x", "output.password: (sensitive, differs)"),
        ("checks.0.status", "fail", "check.check.x: status: was pass, now fail"),
        (
            "resource_changes.1.change.actions",
            ["delete"],
            "aws_b.stays: was no-op, now delete",
        ),
    ],
)
def test_each_other_change_makes_another_plan_and_is_told(
    where: str, value: Any, told: str
) -> None:
    first, second = canonical(document(), KEY), canonical(changed(where, value), KEY)
    assert encoded(first) != encoded(second)
    lines = [difference.text for difference in differences(first, second)]
    assert told in lines
    assert SECRET not in str(lines)


def test_a_drift_that_an_apply_would_undo_is_told_with_what_it_is_now() -> None:
    calm = changed(CHANGE + "actions", ["no-op"])
    lines = [item.text for item in differences(canonical(calm, KEY), canonical(document(), KEY))]
    assert lines[0] == "aws_a.x: was no-op, now update"
    assert "aws_a.x: size before the apply: was 2, now 1" in lines


def test_a_resource_that_only_one_plan_has_is_told() -> None:
    less = document()
    del less["resource_changes"][0]
    (only,) = differences(canonical(document(), KEY), canonical(less, KEY))[:1]
    assert only.text == "aws_a.x: was update, now not in the plan"


def test_no_secret_gets_in_and_none_can_be_told_by_its_hash() -> None:
    text = encoded(canonical(document(), KEY)).decode()
    assert SECRET not in text
    seals = [part.split('"')[0] for part in text.split('"$sealed":"')[1:]]
    # Five places, four of them with the same value: no two look the same.
    assert len(seals) == len(set(seals)) == 5
    assert encoded(canonical(document(), Key(b"l" * 32))) != text.encode()


def test_the_kept_form_shows_what_the_plan_showed_and_hides_the_secrets() -> None:
    shown = identity.summary(json.loads(encoded(canonical(document(), KEY))))
    (only,) = shown.changes
    told = {item.path: (item.before, item.after) for item in only.attributes}
    assert told["size"] == ("1", "2")
    assert told["env.P"] == ("(sensitive)", "(sensitive)")
    assert identity.SEALED not in str(shown)


def test_an_identity_depends_on_each_ingredient_the_environment_and_the_key() -> None:
    base = {"plan": "1", "modules": "2"}
    made = [
        identity.identify("staging", base, KEY),
        identity.identify("prod", base, KEY),
        identity.identify("staging", {**base, "modules": "3"}, KEY),
        identity.identify("staging", {**base, "release": "3"}, KEY),
        identity.identify("staging", base, Key(b"l" * 32)),
    ]
    assert len(set(made)) == len({digest for _, digest in made}) == len(made)
    printed, digest = made[0]
    assert digest.startswith(printed.removeprefix("staging").replace("-", ""))
    assert identity.is_whole(printed, "staging")
    assert not identity.is_whole(printed, "prod")
    assert not identity.is_whole(printed[:-1], "staging")
