"""CloudWatch alarms: composite alarms, first states and checked operators.

AWS ("PutCompositeAlarm", "PutMetricAlarm", "DescribeAlarms", "DeleteAlarms", CloudWatch API
reference): a composite alarm has a rule over other alarms, which must exist and then cannot be
deleted before it; DescribeAlarms answers metric alarms unless AlarmTypes says otherwise; a new
alarm is INSUFFICIENT_DATA, and an update leaves the state alone. moto 5.2.5 has no
PutCompositeAlarm, answers both kinds always, starts in OK, and takes any ComparisonOperator. Fit
for upstream.

SetAlarmState runs the actions of the new state, and the next evaluation may take the state back
("SetAlarmState"). moto 5.2.5 runs no actions. What evaluates alarms is in `local_aws.alarms`.
"""

from __future__ import annotations

from collections.abc import Callable
from typing import Any

from moto.cloudwatch.exceptions import ValidationError
from moto.cloudwatch.models import Alarm, CloudWatchBackend
from moto.cloudwatch.responses import CloudWatchResponse
from moto.core.responses import ActionResult, EmptyResult

from local_aws.alarm_rules import RuleError, parse
from local_aws.alarms import watch
from local_aws.clock import clock, utc
from local_aws.patches import add, wrap

_OPERATORS = (
    "GreaterThanOrEqualToThreshold",
    "GreaterThanThreshold",
    "LessThanThreshold",
    "LessThanOrEqualToThreshold",
    "LessThanLowerOrGreaterThanUpperThreshold",
    "LessThanLowerThreshold",
    "GreaterThanUpperThreshold",
)
_KINDS = {"MetricAlarm": "MetricAlarms", "CompositeAlarm": "CompositeAlarms"}


def apply() -> None:
    """Correct alarms and add composite ones."""
    wrap(Alarm, "__init__", _new_alarm)
    wrap(CloudWatchBackend, "put_metric_alarm", _put_metric_alarm)
    wrap(CloudWatchBackend, "put_metric_data", _put_metric_data)
    wrap(CloudWatchBackend, "delete_alarms", _delete_alarms)
    wrap(CloudWatchBackend, "set_alarm_state", _set_alarm_state)
    wrap(CloudWatchResponse, "describe_alarms", _describe_alarms)
    add(CloudWatchResponse, "put_composite_alarm", _put_composite_alarm)


def _new_alarm(original: Callable[..., Any], self: Any, *arguments: Any, **keywords: Any) -> None:
    original(*arguments, **keywords)
    self.state_value = "INSUFFICIENT_DATA"
    self.state_updated_timestamp = utc(clock.now())
    watch.look_again_later(self)
    self.actions_suppressor = None
    self.actions_suppressor_wait_period = None
    self.actions_suppressor_extension_period = None


def _put_metric_alarm(
    original: Callable[..., Any], self: CloudWatchBackend, *arguments: Any, **keywords: Any
) -> Any:
    operator = keywords.get("comparison_operator")
    if keywords.get("rule") is None and operator not in _OPERATORS:
        raise ValidationError(
            f"1 validation error detected: Value '{operator}' at 'comparisonOperator' failed to "
            "satisfy constraint: Member must satisfy enum value set: "
            f"[{', '.join(_OPERATORS)}]"
        )
    before = self.alarms.get(keywords["name"])
    alarm = original(*arguments, **keywords)
    if before is not None:
        for name in ("state_value", "state_reason", "state_reason_data", "state_updated_timestamp"):
            setattr(alarm, name, getattr(before, name))
        alarm.history = before.history
    return alarm


def _put_metric_data(
    original: Callable[..., Any],
    self: CloudWatchBackend,
    namespace: str,
    metric_data: list[dict[str, Any]],
) -> None:
    del self
    # Alarms look at the data by the clock of the local cloud.
    for datum in metric_data:
        datum.setdefault("Timestamp", utc(clock.now()))
    original(namespace, metric_data)


def _set_alarm_state(
    original: Callable[..., Any],
    self: CloudWatchBackend,
    alarm_name: str,
    reason: str,
    reason_data: str,
    state_value: str,
) -> None:
    before = self.alarms[alarm_name].state_value if alarm_name in self.alarms else ""
    original(alarm_name, reason, reason_data, state_value)
    watch.look_again_later(self.alarms[alarm_name])
    watch.act(self, self.alarms[alarm_name], before)
    watch.settle(self)


def _put_composite_alarm(self: CloudWatchResponse) -> ActionResult:
    # moto's alarm has a rule already, and types for metric alarms only.
    backend: Any = self.cloudwatch_backend
    name, text = self._get_param("AlarmName"), self._get_param("AlarmRule")
    _check_rule(backend, text)
    alarm = backend.put_metric_alarm(
        name=name,
        namespace=None,
        metric_name=None,
        comparison_operator=None,
        evaluation_periods=None,
        period=None,
        threshold=None,
        statistic=None,
        description=self._get_param("AlarmDescription"),
        dimensions=[],
        alarm_actions=self._get_param("AlarmActions", []),
        ok_actions=self._get_param("OKActions", []),
        insufficient_data_actions=self._get_param("InsufficientDataActions", []),
        actions_enabled=self._get_param("ActionsEnabled", True),
        rule=text,
        tags=self._get_param("Tags", []),
    )
    alarm.actions_suppressor = self._get_param("ActionsSuppressor")
    alarm.actions_suppressor_wait_period = self._get_param("ActionsSuppressorWaitPeriod")
    alarm.actions_suppressor_extension_period = self._get_param("ActionsSuppressorExtensionPeriod")
    return EmptyResult()


def _check_rule(backend: CloudWatchBackend, text: str) -> None:
    try:
        rule = parse(text)
    except RuleError as error:
        raise ValidationError(f"Error in AlarmRule: {error}") from None
    missing = [name for name in rule.alarms if name not in backend.alarms]
    if missing:
        raise ValidationError(
            f"Could not save the composite alarm as alarms [{', '.join(missing)}] in the alarm "
            "rule do not exist"
        )


def _delete_alarms(
    original: Callable[..., Any], self: CloudWatchBackend, alarm_names: list[str]
) -> Any:
    for alarm in self.alarms.values():
        if alarm.rule is None or alarm.name in alarm_names:
            continue
        needed = sorted(set(parse(alarm.rule).alarms) & set(alarm_names))
        if needed:
            raise ValidationError(
                f"Cannot delete {', '.join(needed)} as there are composite alarm(s) depending on "
                f"it: {alarm.name}"
            )
    return original(alarm_names)


def _describe_alarms(original: Callable[..., Any], self: CloudWatchResponse) -> ActionResult:
    watch.settle(self.cloudwatch_backend)
    kinds = self._get_param("AlarmTypes") or ["MetricAlarm"]
    result: Any = original().result
    return ActionResult({_KINDS[kind]: result[_KINDS[kind]] for kind in kinds if kind in _KINDS})
