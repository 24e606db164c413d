"""The sweeper: what has expired goes, in an order that works; nothing else is touched."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import UTC, datetime, timedelta

import pytest

from harness import leftovers
from harness.accounts import Account
from harness.inventory import inventory
from harness.places import environment_names
from infra.live import removal
from infra.live.leftovers import State, judge
from infra.live.runs import EXPIRES_TAG, OWNER_TAG, RUN_TAG, Run
from infra.live.sweeping import Fate, Sweep, look, sweep

NAMES = environment_names()


@pytest.fixture
def account(new_account: Callable[[], Account]) -> Account:
    """An empty account for one test."""
    made = new_account()
    return leftovers.Remembering(made.environment, made.endpoint, made.credentials)


NOW = datetime(2026, 11, 25, 12, tzinfo=UTC)


def swept(account: Account, *, removing: bool) -> Sweep:
    """A sweep of an account, now."""
    clients = leftovers.clients_of(account)
    return sweep(clients, NAMES, datetime.now(UTC), removing=removing)


def fates(found: Sweep) -> set[tuple[str, str]]:
    """What became of each kind."""
    return {(removal.named(item.leftover)[0], item.fate.value) for item in found.items}


def test_a_look_removes_nothing_and_a_sweep_all_that_has_expired(account: Account) -> None:
    run = leftovers.expired_run()
    leftovers.make_all(account, run.name, run.tags)
    before = inventory(account)
    looked = swept(account, removing=False)
    titles = {kind.title for kind in removal.KINDS}
    assert fates(looked) == {(title, "left") for title in titles}
    assert len(looked.left) == len(looked.items) == len(titles) + 1
    assert {item.leftover.run for item in looked.items} == {run.name}
    assert {item.leftover.owner for item in looked.items} == {"somebody"}
    assert inventory(account) == before
    removed = swept(account, removing=True)
    assert fates(removed) == {(title, "removed") for title in titles}
    assert removed.left == ()
    assert inventory(account) == []
    # What AWS's lists still name, or another sweep has removed meanwhile, is gone and no failure.
    for item in looked.items:
        removal.remove(leftovers.clients_of(account), item.leftover)
    assert swept(account, removing=True).items == ()


def test_what_has_not_expired_has_no_tags_or_is_an_environments_stays(account: Account) -> None:
    alive, owned, expired = (leftovers.expired_run(hours) for hours in (-1, 1, 1))
    leftovers.make_all(account, alive.name, alive.tags)
    leftovers.make_all(account, "live-untagged", {})
    leftovers.make_signals(account, owned.name, {**owned.tags, "environment": "staging"})
    staging = {"environment": "staging", "managed_by": "terraform"}
    leftovers.make_signals(account, "trending-now-staging", staging)
    before = inventory(account)
    leftovers.make_bucket(account, expired.name, expired.tags)
    found = swept(account, removing=True)
    assert inventory(account) == before
    by_run = {(item.leftover.run, item.fate, item.leftover.state, item.why) for item in found.items}
    assert by_run == {
        (alive.name, Fate.STAYS, State.ALIVE, ""),
        (owned.name, Fate.STAYS, State.UNCLEAR, "it is tagged as staging's"),
        (expired.name, Fate.REMOVED, State.EXPIRED, ""),
    }
    assert {item.leftover.run for item in found.left} == {owned.name}


def test_one_that_can_not_be_removed_is_told_and_the_rest_goes(account: Account) -> None:
    run = leftovers.expired_run()
    leftovers.make_all(account, run.name, run.tags)
    leftovers.make_repository(account, "somebody-elses", {})
    theirs = leftovers.make_service(account, "somebody-elses", {})
    runner = account.client("apprunner")

    def let_them_scale_as(name: str) -> None:
        listed = runner.list_auto_scaling_configurations(AutoScalingConfigurationName=name)
        (found,) = listed["AutoScalingConfigurationSummaryList"]
        arn = found["AutoScalingConfigurationArn"]
        runner.update_service(ServiceArn=theirs, AutoScalingConfigurationArn=arn)

    let_them_scale_as(run.name)
    # Of a kind that the live tests do not make.
    account.client("sqs").create_queue(QueueName=run.name, tags=dict(run.tags))
    found = swept(account, removing=True)
    left = {removal.named(item.leftover)[0]: item.why for item in found.left}
    assert left.keys() == {"scaling", "sqs"}
    assert left["scaling"].startswith("InvalidRequestException: ")
    assert left["sqs"] == "nobody knows how to remove a sqs resource"
    remaining = [line for line in inventory(account) if run.name in line]
    assert [line.partition(":")[0] for line in remaining] == ["queue", "scaling"]
    # Once the cause is mended, the next sweep removes it.
    let_them_scale_as("somebody-elses")
    assert ("scaling", "removed") in fates(swept(account, removing=True))


def test_the_list_of_tagged_resources_has_more_than_one_page(account: Account) -> None:
    run = leftovers.expired_run()
    logs = account.client("logs")
    for number in range(40):
        logs.create_log_group(logGroupName=f"/{run.name}/{number}", tags=dict(run.tags))
    assert len(look(leftovers.clients_of(account), NAMES, datetime.now(UTC))) == 40


# Its name is in the tests' ids, which are the same in all workers.
RUN = Run("live-20261125-0900-0a1b2c", "me", NOW - timedelta(hours=1))
BUCKET = f"arn:aws:s3:::{RUN.name}-data"


@pytest.mark.parametrize(
    ("arn", "tags", "state", "why"),
    [
        (BUCKET, {}, State.EXPIRED, ""),
        (BUCKET, {EXPIRES_TAG: "2026-11-25T12:00:00Z"}, State.EXPIRED, ""),
        (BUCKET, {EXPIRES_TAG: "2026-11-25T12:00:01Z"}, State.ALIVE, ""),
        (BUCKET, {EXPIRES_TAG: "yesterday"}, State.UNCLEAR, "live_test_expires is no time"),
        (BUCKET, {EXPIRES_TAG: "2026-11-25"}, State.UNCLEAR, "live_test_expires is no time"),
        (BUCKET, {EXPIRES_TAG: None}, State.UNCLEAR, "live_test_expires is not there"),
        (BUCKET, {OWNER_TAG: None}, State.EXPIRED, ""),
        (BUCKET, {RUN_TAG: "data"}, State.UNCLEAR, "live_test_run names no run"),
        ("arn:aws:s3:::data", {}, State.UNCLEAR, "its name is none of the run's"),
        (BUCKET, {"environment": "prod"}, State.UNCLEAR, "it is tagged as prod's"),
        (BUCKET, {"environment": "elsewhere"}, State.EXPIRED, ""),
        (RUN.name, {}, State.UNCLEAR, "its ARN can't be read"),
    ],
)
def test_only_what_is_surely_a_runs_and_over_has_expired(
    arn: str, tags: Mapping[str, str | None], state: State, why: str
) -> None:
    merged: dict[str, str | None] = {**RUN.tags, **tags}
    given = {key: value for key, value in merged.items() if value is not None}
    found = judge(arn, given, NAMES, NOW)
    assert (found.state, found.why) == (state, why)


def test_what_uses_something_goes_before_it() -> None:
    order = [kind.title for kind in removal.KINDS]
    for first, second in (
        ("App Runner service", "scaling"),
        ("App Runner service", "tracing"),
        ("App Runner service", "repository"),
        ("App Runner service", "role"),
        ("event rule", "topic"),
        ("alarm", "topic"),
        ("role", "policy"),
    ):
        assert order.index(first) < order.index(second)
