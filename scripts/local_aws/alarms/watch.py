"""Evaluates the alarms of an account, and runs the actions of those that change."""

from __future__ import annotations

import logging
import threading
from collections.abc import Iterator
from typing import Any

from moto.cloudwatch.models import Alarm, CloudWatchBackend, cloudwatch_backends

from local_aws.alarm_rules import parse
from local_aws.alarms import messages, series
from local_aws.alarms.judgement import ALARM, FARTHER, NO_DATA, OK, Rule
from local_aws.alarms.metric_math import evaluate
from local_aws.alarms.series import NotUnderstoodError, Series, Wanted
from local_aws.clock import clock, utc
from local_aws.publishing import Publisher, publish

log = logging.getLogger(__name__)

MINUTE = 60
_lock = threading.RLock()
_changes = 0


def changes() -> int:
    """How many alarms have come into another state since the start, all accounts together."""
    return _changes


def settle_all() -> None:
    """Bring the alarms of all accounts into the states of this moment."""
    for account in list(cloudwatch_backends.values()):
        for backend in list(account.values()):
            settle(backend)


def advance(seconds: float) -> None:
    """Put the clock forward minute by minute, so that no state in between is passed over."""
    with _lock:
        left = seconds
        while left > 0:
            step = min(left, MINUTE)
            clock.advance(step)
            settle_all()
            left -= step


def settle(backend: CloudWatchBackend) -> None:
    """Bring the alarms of an account into the states of this moment.

    A metric alarm is looked at a minute after it was made, set or last looked at; a composite
    alarm follows its children at once.
    """
    with _lock:
        for alarm in list(backend.alarms.values()):
            if alarm.rule is None and clock.now() >= _looked_at(alarm) + MINUTE:
                look_again_later(alarm)
                _evaluate(backend, alarm)
        _settle_composites(backend)


def look_again_later(alarm: Any) -> None:
    """Leave an alarm as it is for a minute."""
    alarm.looked_at = clock.now()


def change(backend: CloudWatchBackend, alarm: Alarm, state: str, reason: str) -> None:
    """Put an alarm into another state, and run the actions of that state."""
    before = alarm.state_value
    alarm.update_state(reason, "{}", state)
    act(backend, alarm, before)


def act(backend: CloudWatchBackend, alarm: Alarm, before: str) -> None:
    """Run the actions of the state that an alarm has come into."""
    global _changes
    _changes += 1
    alarm.state_updated_timestamp = utc(clock.now())
    if not alarm.actions_enabled or alarm.state_value == before:
        return
    actions = {
        ALARM: alarm.alarm_actions,
        OK: alarm.ok_actions,
        NO_DATA: alarm.insufficient_data_actions,
    }[alarm.state_value]
    text = messages.message(backend, alarm, before, _children(backend, alarm))
    publisher = Publisher("cloudwatch", alarm.alarm_arn, backend.account_id, sends_owner=True)
    for action in actions:
        if ":sns:" in action:
            publish(publisher, action, text, messages.subject(backend, alarm))
        else:
            log.warning("the action %s of %s is not run here", action, alarm.alarm_arn)


def _looked_at(alarm: Any) -> float:
    return float(alarm.looked_at)


def _evaluate(backend: CloudWatchBackend, alarm: Alarm) -> None:
    periods = int(alarm.evaluation_periods)
    rule = Rule(
        operator=alarm.comparison_operator,
        threshold=float(alarm.threshold or 0),
        periods=periods,
        datapoints=int(alarm.datapoints_to_alarm or periods),
        missing=alarm.treat_missing_data or "missing",
    )
    # The minute that is not over may still get data.
    end = clock.now() // MINUTE * MINUTE
    try:
        if not rule.is_understood or alarm.threshold is None:
            raise NotUnderstoodError(f"the comparison {alarm.comparison_operator}")
        found = _data(backend, alarm, end, periods + FARTHER)
    except NotUnderstoodError as error:
        log.warning("%s is not evaluated, for want of %s", alarm.alarm_arn, error)
        return
    state = rule.state(found, alarm.state_value)
    if state != alarm.state_value:
        change(backend, alarm, state, f"{rule.datapoints} of {periods} data points decide: {found}")


def _data(backend: CloudWatchBackend, alarm: Alarm, end: float, periods: int) -> Series:
    if not alarm.metric_data_queries:
        statistic = alarm.statistic or alarm.extended_statistic or ""
        wanted = _wanted(alarm, alarm.dimensions, statistic, alarm.period)
        return series.read(backend, wanted, end, periods)
    known: dict[str, Series] = {}
    for query in alarm.metric_data_queries:
        stat = query.metric_stat
        if stat is not None:
            wanted = _wanted(stat.metric, stat.metric.dimensions, stat.stat, stat.period)
            known[query.id] = series.read(backend, wanted, end, periods)
    asked = _asked(alarm)
    return evaluate(asked.expression, known) if asked.expression else known[asked.id]


def _asked(alarm: Alarm) -> Any:
    """The query whose values the alarm looks at. ReturnData is true unless it is said."""
    returned = [q for q in alarm.metric_data_queries if str(q.return_data).lower() != "false"]
    said = [q for q in returned if q.return_data is not None] or returned
    if len(said) != 1:
        raise NotUnderstoodError(f"one query that returns data out of {len(said)}")
    return said[0]


def _wanted(metric: Any, dimensions: list[Any], statistic: str, period: Any) -> Wanted:
    return Wanted(
        namespace=metric.namespace,
        name=metric.metric_name,
        dimensions={dimension.name: dimension.value for dimension in dimensions},
        statistic=statistic,
        period=int(period),
    )


def _settle_composites(backend: CloudWatchBackend) -> None:
    """Bring composite alarms into the states that their rules give, inner ones first."""
    composite = [alarm for alarm in list(backend.alarms.values()) if alarm.rule is not None]
    for _ in composite:
        states = {alarm.name: alarm.state_value for alarm in list(backend.alarms.values())}
        changed = False
        for alarm in composite:
            state = ALARM if parse(str(alarm.rule)).holds(states) else OK
            if alarm.state_value != state:
                change(backend, alarm, state, f"The alarm rule gives {state}")
                changed = True
        if not changed:
            return


def _children(backend: CloudWatchBackend, alarm: Alarm) -> list[Alarm]:
    return list(_alarming(backend, alarm)) if alarm.rule is not None else []


def _alarming(backend: CloudWatchBackend, alarm: Alarm) -> Iterator[Alarm]:
    for name in parse(str(alarm.rule)).alarms:
        child = backend.alarms.get(name)
        if child is not None and child.state_value == ALARM:
            yield child
