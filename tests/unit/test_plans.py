"""A plan's JSON, reduced to what a person must review."""

from __future__ import annotations

import json
from typing import Any

import pytest

from infra.plans import SENSITIVE, UNKNOWN, Action, by_module, module_path, summarize


def change(
    address: str,
    *actions: str,
    before: Any = None,
    after: Any = None,
    unknown: Any = None,
    before_sensitive: Any = None,
    after_sensitive: Any = None,
    replace_paths: Any = None,
    reason: str = "",
    mode: str = "managed",
) -> dict[str, Any]:
    module, _, _ = address.rpartition(".aws_")
    return {
        "address": address,
        "module_address": module,
        "mode": mode,
        "type": "aws_thing",
        "action_reason": reason,
        "change": {
            "actions": list(actions),
            "before": before,
            "after": after,
            "after_unknown": unknown or {},
            "before_sensitive": before_sensitive or {},
            "after_sensitive": after_sensitive or {},
            "replace_paths": replace_paths or [],
        },
    }


def plan(*changes: dict[str, Any], **more: Any) -> dict[str, Any]:
    return {"format_version": "1.2", "resource_changes": list(changes), **more}


@pytest.mark.parametrize(
    ("actions", "expected"),
    [
        (("create",), Action.CREATE),
        (("update",), Action.UPDATE),
        (("delete",), Action.DELETE),
        (("forget",), Action.FORGET),
        (("delete", "create"), Action.REPLACE),
        (("create", "delete"), Action.REPLACE),
    ],
)
def test_every_action_is_told(actions: tuple[str, ...], expected: Action) -> None:
    (only,) = summarize(plan(change("aws_a.x", *actions))).changes
    assert only.action is expected


def test_nothing_to_do_is_empty() -> None:
    summary = summarize(plan(change("aws_a.x", "no-op")))
    assert summary.empty
    assert summarize({"format_version": "1.2"}).empty


def test_data_sources_are_no_changes() -> None:
    assert summarize(plan(change("data.aws_a.x", "read", mode="data"))).empty


def test_destroys_and_replacements_come_first() -> None:
    summary = summarize(
        plan(
            change("aws_a.new", "create"),
            change("aws_b.changed", "update"),
            change("aws_c.gone", "delete"),
            change("aws_d.renewed", "delete", "create"),
        )
    )
    assert [item.address for item in summary.changes] == [
        "aws_c.gone",
        "aws_d.renewed",
        "aws_b.changed",
        "aws_a.new",
    ]
    assert summary.counts[Action.DELETE] == 1


def test_an_update_shows_the_attributes_that_differ_and_no_others() -> None:
    (only,) = summarize(
        plan(
            change(
                "aws_a.x",
                "update",
                before={"size": 1, "name": "n", "tags": {"a": "1", "b": "2"}},
                after={"size": 2, "name": "n", "tags": {"a": "1", "c": "3"}},
            )
        )
    ).changes
    assert {(a.path, a.before, a.after) for a in only.attributes} == {
        ("size", "1", "2"),
        ("tags.b", "2", "null"),
        ("tags.c", "null", "3"),
    }


def test_a_replacement_says_which_attribute_forces_it() -> None:
    (only,) = summarize(
        plan(
            change(
                "aws_a.x",
                "delete",
                "create",
                before={"name": "old", "block": [{"key": "k1"}], "size": 1},
                after={"name": "new", "block": [{"key": "k2"}], "size": 2},
                replace_paths=[["name"], ["block", 0, "key"]],
                reason="replace_because_cannot_update",
            )
        )
    ).changes
    forcing = {a.path for a in only.attributes if a.forces_replacement}
    assert forcing == {"name", "block[0].key"}
    assert only.reason == "a change of block[0].key, name can't be made in place"


def test_create_before_destroy_is_told() -> None:
    first, second = summarize(
        plan(change("aws_a.a", "create", "delete"), change("aws_a.b", "delete", "create"))
    ).changes
    assert first.create_first
    assert not second.create_first


def test_values_known_after_apply_are_marked() -> None:
    (only,) = summarize(
        plan(
            change(
                "aws_a.x",
                "update",
                before={"arn": "old", "nested": {"id": "1"}},
                after={"nested": {}},
                unknown={"arn": True, "nested": {"id": True}},
            )
        )
    ).changes
    assert {(a.path, a.after) for a in only.attributes} == {
        ("arn", UNKNOWN),
        ("nested.id", UNKNOWN),
    }


@pytest.mark.parametrize("mask", ["before", "after", "both"])
def test_a_secret_shows_that_it_changes_and_nothing_more(mask: str) -> None:
    masks = {
        "before_sensitive": {"password": True} if mask in ("before", "both") else {},
        "after_sensitive": {"password": True} if mask in ("after", "both") else {},
    }
    (only,) = summarize(
        plan(
            change(
                "aws_a.x",
                "update",
                before={"password": "canary-1"},
                after={"password": "canary-2"},
                **masks,
            )
        )
    ).changes
    assert [(a.path, a.before, a.after) for a in only.attributes] == [
        ("password", SENSITIVE, SENSITIVE)
    ]


def test_a_secret_inside_a_list_of_another_length_stays_masked() -> None:
    (only,) = summarize(
        plan(
            change(
                "aws_a.x",
                "update",
                before={"items": [{"token": "canary-1"}]},
                after={"items": [{"token": "canary-1"}, {"token": "canary-2"}]},
                before_sensitive={"items": [{"token": True}]},
                after_sensitive={"items": [{"token": True}, {"token": True}]},
            )
        )
    ).changes
    assert "canary" not in str(only)
    assert SENSITIVE in only.attributes[0].after


def test_a_whole_value_that_becomes_unknown_keeps_its_secrets() -> None:
    (only,) = summarize(
        plan(
            change(
                "aws_a.x",
                "update",
                before={"settings": {"token": "canary"}},
                after={},
                unknown={"settings": True},
                before_sensitive={"settings": {"token": True}},
            )
        )
    ).changes
    assert "canary" not in str(only)


def test_sensitive_outputs_are_masked() -> None:
    summary = summarize(
        plan(
            output_changes={
                "token": {
                    "actions": ["create"],
                    "before": None,
                    "after": "canary",
                    "after_sensitive": True,
                },
                "url": {"actions": ["update"], "before": "a", "after": "b"},
                "same": {"actions": ["no-op"], "before": "a", "after": "a"},
            }
        )
    )
    assert [(o.path, o.after) for o in summary.outputs] == [("token", SENSITIVE), ("url", "b")]
    assert not summary.empty


def test_drift_names_what_changed_outside_of_terraform() -> None:
    drifted = change("aws_a.x", "update", before={"size": 1}, after={"size": 2})
    emptied = change("aws_a.y", "update", before={"tags": {"a": "1"}}, after={"tags": {}})
    deleted = change("aws_a.z", "delete", before={"size": 1}, after=None)
    elsewhere = change("aws_a.e", "update", before={"size": 1}, after={"size": 2})
    summary = summarize(
        plan(
            resource_drift=[drifted, emptied, deleted, elsewhere],
            relevant_attributes=[{"resource": "aws_a.x"}, {"resource": "aws_a.y"}],
        )
    )
    assert summary.drifted == ("aws_a.x", "aws_a.y", "aws_a.z")


def test_null_that_reads_back_as_empty_is_no_drift() -> None:
    same = change("aws_a.x", "update", before={"tags": None}, after={"tags": {}, "policy": ""})
    relevant = [{"resource": "aws_a.x"}]
    assert summarize(plan(resource_drift=[same], relevant_attributes=relevant)).drifted == ()


def test_changes_are_grouped_by_module() -> None:
    summary = summarize(
        plan(
            change("module.b.aws_a.x", "create"),
            change("module.a.aws_a.y", "create"),
            change("module.b.aws_a.w", "create"),
            change("aws_a.root", "create"),
        )
    )
    groups = by_module(summary.changes)
    assert list(groups) == ["", "module.a", "module.b"]
    assert [c.address for c in groups["module.b"]] == ["module.b.aws_a.w", "module.b.aws_a.x"]


def test_module_paths_read_as_people_say_them() -> None:
    assert module_path("module.trending_now.module.data") == "trending_now.data"
    assert module_path('module.a["k"].module.b') == 'a["k"].b'


def test_a_changed_policy_shows_where_it_changed() -> None:
    def policy(resource: str) -> str:
        statement = {"Action": ["s3:Get*"] * 40, "Effect": "Allow", "Resource": resource}
        return json.dumps({"Statement": [statement]})

    (only,) = summarize(
        plan(
            change(
                "aws_a.x",
                "update",
                before={"policy": policy("arn:b")},
                after={"policy": policy("*")},
            )
        )
    ).changes
    assert [(a.path, a.before, a.after) for a in only.attributes] == [
        ("policy.Statement[0].Resource", "arn:b", "*")
    ]


def test_what_is_created_has_its_attributes_without_the_empty_ones() -> None:
    (only,) = summarize(
        plan(
            change(
                "aws_a.x",
                "create",
                after={"name": "n", "tags": None, "list": [], "on": False, "size": 0},
                unknown={"arn": True},
            )
        )
    ).changes
    assert {a.path: a.after for a in only.attributes} == {
        "name": "n",
        "on": "false",
        "size": "0",
        "arn": UNKNOWN,
    }


def test_values_are_whole() -> None:
    (only,) = summarize(
        plan(change("aws_a.x", "update", before={"text": "a"}, after={"text": "b" * 999}))
    ).changes
    assert only.attributes[0].after == "b" * 999
