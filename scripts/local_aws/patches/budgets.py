"""Budgets: updates, subscribers and tags.

AWS ("UpdateBudget", "UpdateNotification", "DescribeSubscribersForNotification", "CreateSubscriber",
"TagResource", AWS Budgets API reference): budgets and notifications can be changed, each
notification has subscribers, and a budget has tags. moto 5.2.5 has none of these operations. Fit
for upstream.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from typing import Any

from moto.budgets.exceptions import DuplicateRecordException, NotFoundException
from moto.budgets.models import Budget, Notification
from moto.budgets.responses import BudgetsResponse
from moto.core.utils import unix_time

from local_aws.patches import add, wrap

_IDENTITY = ("NotificationType", "ComparisonOperator", "Threshold", "ThresholdType")


def apply() -> None:
    """Add the missing operations."""
    wrap(BudgetsResponse, "create_budget", _create_budget)
    for operation in (
        update_budget,
        update_notification,
        describe_subscribers_for_notification,
        create_subscriber,
        update_subscriber,
        delete_subscriber,
        tag_resource,
        untag_resource,
        list_tags_for_resource,
    ):
        add(BudgetsResponse, operation.__name__, operation)


def _create_budget(original: Callable[..., Any], self: BudgetsResponse) -> Any:
    answer = original()
    budget: Any = _budget(self, self._get_param("Budget")["BudgetName"])
    budget.tags = {tag["Key"]: tag["Value"] for tag in self._get_param("ResourceTags") or []}
    return answer


def update_budget(self: BudgetsResponse) -> str:
    new = self._get_param("NewBudget")
    budget = _budget(self, new["BudgetName"])
    # What the update leaves out (the period above all) stays.
    budget.budget = {**budget.budget, **new, "LastUpdatedTime": unix_time()}
    return json.dumps({})


def update_notification(self: BudgetsResponse) -> str:
    _notification(self, "OldNotification").details = self._get_param("NewNotification")
    return json.dumps({})


def describe_subscribers_for_notification(self: BudgetsResponse) -> str:
    return json.dumps({"Subscribers": _subscribers(self)})


def create_subscriber(self: BudgetsResponse) -> str:
    new, known = self._get_param("Subscriber"), _subscribers(self)
    if new in known:
        raise DuplicateRecordException("subscriber", new["Address"])
    known.append(new)
    return json.dumps({})


def update_subscriber(self: BudgetsResponse) -> str:
    known = _subscribers(self)
    known[_index(known, self._get_param("OldSubscriber"))] = self._get_param("NewSubscriber")
    return json.dumps({})


def delete_subscriber(self: BudgetsResponse) -> str:
    known = _subscribers(self)
    del known[_index(known, self._get_param("Subscriber"))]
    return json.dumps({})


def tag_resource(self: BudgetsResponse) -> str:
    tags = self._get_param("ResourceTags")
    _tags(self).update({tag["Key"]: tag["Value"] for tag in tags})
    return json.dumps({})


def untag_resource(self: BudgetsResponse) -> str:
    for key in self._get_param("ResourceTagKeys"):
        _tags(self).pop(key, None)
    return json.dumps({})


def list_tags_for_resource(self: BudgetsResponse) -> str:
    tags = [{"Key": key, "Value": value} for key, value in _tags(self).items()]
    return json.dumps({"ResourceTags": tags})


def _budget(self: BudgetsResponse, name: str) -> Budget:
    account = self._get_param("AccountId") or self.current_account
    budget = self.backend.budgets[account].get(name)
    if budget is None:
        raise NotFoundException(f"Unable to find budget: {name} - the budget doesn't exist.")
    return budget


def _tags(self: BudgetsResponse) -> dict[str, str]:
    """The tags of the budget whose ARN (arn:aws:budgets::account:budget/name) is given."""
    budget: Any = _budget(self, self._get_param("ResourceARN").partition(":budget/")[2])
    tags: dict[str, str] = budget.tags
    return tags


def _notification(self: BudgetsResponse, parameter: str = "Notification") -> Notification:
    wanted = _identity(self._get_param(parameter))
    for notification in _budget(self, self._get_param("BudgetName")).notifications:
        if _identity(notification.details) == wanted:
            return notification
    raise NotFoundException("Unable to find notification - the notification doesn't exist.")


def _identity(details: dict[str, Any]) -> list[Any]:
    values = {"ThresholdType": "PERCENTAGE", **details}
    return [values.get(name) for name in _IDENTITY]


def _subscribers(self: BudgetsResponse) -> list[dict[str, str]]:
    # moto declares a mapping and stores the list of the request.
    subscribers: Any = _notification(self).subscribers
    known: list[dict[str, str]] = subscribers
    return known


def _index(known: list[dict[str, str]], wanted: dict[str, str]) -> int:
    if wanted not in known:
        raise NotFoundException("Unable to find subscriber - the subscriber doesn't exist.")
    return known.index(wanted)
