"""EventBridge: delivery to topics, metrics of rules, and TestEventPattern.

AWS ("Amazon EventBridge targets", "Monitoring Amazon EventBridge" and "TestEventPattern"): a rule
that is enabled sends what it matches to its targets, in the form that each target asks for, and
counts in CloudWatch, namespace AWS/Events, dimension RuleName: MatchedEvents and TriggeredRules for
each match, Invocations for each target, FailedInvocations for one that could not be reached. A
target that fails does not stop the others. moto 5.2.5 does not deliver to SNS, does not transform
events of S3, sends what disabled rules match, counts nothing, stops at the first target that fails
and answers TestEventPattern with nothing. Fit for upstream.
"""

from __future__ import annotations

import copy
import json
import logging
from collections.abc import Callable
from datetime import UTC, datetime
from typing import Any

from jsonpath_ng.ext.parser import parse as parse_path
from moto.cloudwatch.models import cloudwatch_backends
from moto.core.exceptions import JsonRESTError
from moto.events.models import EventPattern, Rule
from moto.events.responses import EventsHandler

from local_aws.patches import wrap
from local_aws.patches.events_cross_account import lets_in
from local_aws.publishing import Publisher, publish

log = logging.getLogger(__name__)

Event = dict[str, Any]
_REQUIRED = ("id", "account", "source", "time", "region", "resources", "detail-type")


def apply() -> None:
    """Deliver to topics, count, and test patterns."""
    wrap(Rule, "send_to_targets", _send_to_targets)
    wrap(EventsHandler, "test_event_pattern", _test_event_pattern)


def _send_to_targets(
    original: Any, self: Rule, original_event: Event, transform_input: bool = True
) -> None:
    event: Any = original_event
    if self.state != "ENABLED" or not self.event_pattern.matches_event(event):
        return
    counts = {"MatchedEvents": 1, "TriggeredRules": 1}
    for target in list(self.targets):
        counts["Invocations"] = counts.get("Invocations", 0) + 1
        try:
            reached = _send(original.func, self, target, event, transform_input)
        except Exception as error:
            # In AWS nobody waits for a delivery, so nobody hears of it but the metric.
            log.warning("%s: no delivery to %s: %s", self.arn, target["Arn"], error)
            reached = False
        if not reached:
            counts["FailedInvocations"] = counts.get("FailedInvocations", 0) + 1
    _count(self, counts)


def _send(
    original: Callable[..., None], rule: Rule, target: dict[str, Any], event: Event, transform: bool
) -> bool:
    if ":sns:" in target["Arn"]:
        publisher = Publisher("events", rule.arn, rule.account_id)
        return publish(publisher, target["Arn"], _text(target, event))
    if ":event-bus/" in target["Arn"] and not lets_in(rule, target):
        log.warning("%s may not put events on %s", rule.arn, target["Arn"])
        return False
    alone = copy.copy(rule)
    alone.targets = [target]
    # The events of S3 come without the time of their arrival, which a transformer may ask for.
    arrived = {"ingestion-time": event["time"], **event} if "time" in event else event
    original(alone, arrived, transform or "InputTransformer" in target)
    return True


def _text(target: dict[str, Any], event: Event) -> str:
    """What a target is told of an event: what it asked for, or all of it."""
    whole = {key: value for key, value in event.items() if key != "ingestion-time"}
    whole["time"] = _time(event.get("time"))
    if "Input" in target:
        return str(target["Input"])
    if "InputPath" in target:
        return json.dumps(_find(target["InputPath"], whole))
    transformer = target.get("InputTransformer")
    if transformer is None:
        return json.dumps(whole)
    text = str(transformer["InputTemplate"])
    for name, path in transformer.get("InputPathsMap", {}).items():
        text = text.replace(f"<{name}>", _shown(_find(path, whole)))
    return text


def _find(path: str, event: Event) -> Any:
    matches = parse_path(path).find(event)
    return matches[0].value if matches else None


def _shown(value: Any) -> str:
    # A path that leads nowhere leaves nothing in the text.
    if value is None:
        return ""
    return value if isinstance(value, str) else json.dumps(value)


def _time(moment: Any) -> str:
    if isinstance(moment, str) and not moment.replace(".", "", 1).isdigit():
        return moment
    return datetime.fromtimestamp(float(moment or 0), UTC).strftime("%Y-%m-%dT%H:%M:%SZ")


def _count(rule: Rule, counts: dict[str, int]) -> None:
    dimensions = [{"Name": "RuleName", "Value": rule.name}]
    if rule.event_bus_name != "default":
        dimensions.append({"Name": "EventBusName", "Value": rule.event_bus_name})
    cloudwatch_backends[rule.account_id][rule.region_name].put_metric_data(
        "AWS/Events",
        [
            {"MetricName": name, "Value": value, "Unit": "Count", "Dimensions": dimensions}
            for name, value in counts.items()
        ],
    )


def _test_event_pattern(original: Callable[..., Any], self: EventsHandler) -> str:
    del original
    pattern = EventPattern.load(self._get_param("EventPattern"))
    try:
        event = json.loads(self._get_param("Event"))
    except ValueError:
        raise JsonRESTError("ValidationException", "Event is not valid JSON.") from None
    missing = [name for name in _REQUIRED if name not in event]
    if missing:
        text = f"Parameter Event is not valid. Reason: it lacks {', '.join(missing)}."
        raise JsonRESTError("ValidationException", text)
    return json.dumps({"Result": pattern.matches_event(event)})
