"""How long the sweeper waits for App Runner, and what it says of a service that does not go."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.live import removal
from infra.live.leftovers import Leftover, judge
from infra.live.removal import NotRemovedError
from infra.live.runs import new_run

NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


class Runner:
    """App Runner, which takes its time. statuses: what it says, one after the other."""

    def __init__(self, *statuses: str) -> None:
        self.statuses = list(statuses)
        self.deleted: list[str] = []

    def describe_service(self, ServiceArn: str) -> Mapping[str, Any]:  # noqa: N803
        del ServiceArn
        if self.statuses:
            return {"Service": {"Status": self.statuses.pop(0)}}
        raise ClientError({"Error": {"Code": "ResourceNotFoundException"}}, "DescribeService")

    def delete_service(self, ServiceArn: str) -> None:  # noqa: N803
        self.deleted.append(ServiceArn)


def leftover() -> Leftover:
    """A service of a run that is over."""
    made = new_run("me", NOW, timedelta(0))
    arn = f"arn:aws:apprunner:eu-west-1:444444444444:service/{made.name}/0123"
    return judge(arn, made.tags, [], NOW)


def test_the_sweeper_waits_until_a_service_is_gone(monkeypatch: pytest.MonkeyPatch) -> None:
    paused: list[float] = []
    monkeypatch.setattr(removal.time, "sleep", paused.append)
    runner, found = Runner("RUNNING", "OPERATION_IN_PROGRESS", "OPERATION_IN_PROGRESS"), leftover()
    removal.remove(lambda _service: runner, found)
    assert runner.deleted == [found.arn]
    assert len(paused) == 2


@pytest.mark.parametrize(
    ("after", "why"),
    [("DELETE_FAILED", "failed to delete it"), ("OPERATION_IN_PROGRESS", "still says")],
)
def test_a_service_that_does_not_go_is_told(
    monkeypatch: pytest.MonkeyPatch, after: str, why: str
) -> None:
    monkeypatch.setattr(removal, "SERVICE_SECONDS", -1.0)
    with pytest.raises(NotRemovedError, match=why):
        removal.remove(lambda _service: Runner("RUNNING", after), leftover())


def test_a_service_that_is_deleted_already_is_left_alone() -> None:
    runner = Runner("DELETED")
    removal.remove(lambda _service: runner, leftover())
    assert runner.deleted == []
