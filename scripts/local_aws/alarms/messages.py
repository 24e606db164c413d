"""What CloudWatch tells a topic when an alarm changes ("Notifying users on alarm changes")."""

from __future__ import annotations

import functools
import json
from typing import Any

from botocore.session import Session
from moto.cloudwatch.models import Alarm, CloudWatchBackend

from local_aws.clock import seconds, utc


def subject(backend: CloudWatchBackend, alarm: Alarm) -> str:
    """What an e-mail about it has in its subject."""
    return f'{alarm.state_value}: "{alarm.name}" in {region_name(backend.region_name)}'


def message(backend: CloudWatchBackend, alarm: Alarm, before: str, children: list[Alarm]) -> str:
    """The message as JSON. children: the alarms in ALARM that a composite alarm's rule names."""
    document: dict[str, Any] = {
        "AlarmName": alarm.name,
        "AlarmDescription": alarm.description,
        "AWSAccountId": backend.account_id,
        "NewStateValue": alarm.state_value,
        "NewStateReason": alarm.state_reason,
        "StateChangeTime": _time(alarm),
        "Region": region_name(backend.region_name),
        "AlarmArn": alarm.alarm_arn,
        "OldStateValue": before,
        "OKActions": alarm.ok_actions,
        "AlarmActions": alarm.alarm_actions,
        "InsufficientDataActions": alarm.insufficient_data_actions,
    }
    if alarm.rule is None:
        document["Trigger"] = _trigger(alarm)
    else:
        document["AlarmRule"] = alarm.rule
        document["TriggeringChildren"] = [
            {
                "Arn": child.alarm_arn,
                "State": {"Value": child.state_value, "Timestamp": _time(child)},
            }
            for child in children
        ]
    return json.dumps(document)


def _trigger(alarm: Alarm) -> dict[str, Any]:
    common = {
        "Period": alarm.period,
        "EvaluationPeriods": alarm.evaluation_periods,
        "DatapointsToAlarm": alarm.datapoints_to_alarm or alarm.evaluation_periods,
        "ComparisonOperator": alarm.comparison_operator,
        "Threshold": alarm.threshold,
        "TreatMissingData": alarm.treat_missing_data or "missing",
        "EvaluateLowSampleCountPercentile": alarm.evaluate_low_sample_count_percentile or "",
    }
    if alarm.metric_data_queries:
        return {**common, "Metrics": [_query(query) for query in alarm.metric_data_queries]}
    return {
        "MetricName": alarm.metric_name,
        "Namespace": alarm.namespace,
        "StatisticType": "ExtendedStatistic" if alarm.extended_statistic else "Statistic",
        "Statistic": (alarm.extended_statistic or alarm.statistic or "").upper(),
        "Unit": alarm.unit,
        "Dimensions": [{"value": d.value, "name": d.name} for d in alarm.dimensions],
        **common,
    }


def _query(query: Any) -> dict[str, Any]:
    if query.metric_stat is None:
        return {
            "Expression": query.expression,
            "Id": query.id,
            "Label": query.label,
            "ReturnData": bool(query.return_data),
        }
    metric = query.metric_stat.metric
    return {
        "Id": query.id,
        "MetricStat": {
            "Metric": {
                "Dimensions": [{"value": d.value, "name": d.name} for d in metric.dimensions],
                "MetricName": metric.metric_name,
                "Namespace": metric.namespace,
            },
            "Period": int(query.metric_stat.period),
            "Stat": query.metric_stat.stat,
        },
        "ReturnData": bool(query.return_data),
    }


def _time(alarm: Alarm) -> str:
    moment = utc(seconds(alarm.state_updated_timestamp))
    return f"{moment.isoformat(timespec='milliseconds')}+0000"


@functools.cache
def region_name(region: str) -> str:
    """A region as messages name it, such as "EU (Ireland)"."""
    data = Session().get_data("endpoints")
    for partition in data["partitions"]:
        if region in partition["regions"]:
            name: str = partition["regions"][region]["description"]
            return name.replace("Europe (", "EU (")
    return region
