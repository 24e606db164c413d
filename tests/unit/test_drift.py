"""What differs in reality is told from what nobody has applied."""

from __future__ import annotations

import dataclasses

from infra.drift import DriftReport, any_drift, differing
from infra.plans import HALF_MADE, Action, AttributeChange, PlanSummary, ResourceChange
from infra.unmanaged import Unmanaged


def change(address: str, action: Action = Action.UPDATE, value: str = "a") -> ResourceChange:
    attributes = (AttributeChange("size", value, "z"),) if action is Action.UPDATE else ()
    return ResourceChange(address, "", "aws_thing", action, attributes=attributes)


def summary(*changes: ResourceChange) -> PlanSummary:
    return PlanSummary(changes)


def drift(*addresses: str) -> dict[str, list[dict[str, str]]]:
    return {"resource_drift": [{"address": address} for address in addresses]}


def test_what_the_state_explains_is_no_drift_of_reality() -> None:
    both = summary(change("x"))
    assert differing(both, both, drift("x")) == ()


def test_a_resource_that_is_to_change_and_was_changed_is_both() -> None:
    told, pending = summary(change("x", value="b")), summary(change("x", value="a"))
    assert differing(told, pending, drift("x")) == told.changes


def test_what_only_follows_from_drift_is_left_out() -> None:
    told = summary(change("gone", Action.CREATE), change("follows"))
    assert [c.address for c in differing(told, summary(), drift("gone", "other"))] == ["gone"]


def test_what_a_stopped_run_left_half_made_is_no_drift() -> None:
    half = dataclasses.replace(change("half", Action.REPLACE), reason=HALF_MADE)
    told = summary(half, change("x"))
    assert [c.address for c in differing(told, summary(), drift("x", "half"))] == ["x"]


def test_what_comes_from_nowhere_in_the_list_is_told_all_the_same() -> None:
    told = summary(change("x"))
    assert differing(told, summary(), {}) == told.changes


def test_lines_name_places_and_no_values() -> None:
    report = DriftReport(
        reality=(change("x", value="secret"), change("y", Action.CREATE)),
        pending=(change("z", Action.CREATE),),
        outputs=(AttributeChange("url", "secret", "secret"),),
        unmanaged=(Unmanaged("aws_s3_bucket", "b", {"managed_by": "hand"}),),
    )
    assert report.lines() == [
        "reality: x was changed: size",
        "reality: y is gone",
        "not applied: z (create)",
        "not applied: output url",
        "unmanaged: aws_s3_bucket b (managed_by=hand)",
    ]
    assert any_drift([DriftReport(), report])
    assert not any_drift([DriftReport()])


def test_an_environment_that_was_never_applied_is_one_line() -> None:
    report = DriftReport(pending=(change("x", Action.CREATE),) * 3, applied=False)
    assert report.lines() == ["not applied: anything; there are 3 resources to create"]
    assert not report.empty
