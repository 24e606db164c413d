"""EventBridge: event buses of other accounts.

AWS ("Permissions for event buses in EventBridge", EventBridge user guide): a bus of another account
takes events and rules as far as its policy allows, from callers and from rules whose target it is.
moto 5.2.5 refuses callers and lets every rule in. Events that come so have the account of the bus
here, in AWS that of the sender. Fit for upstream.
"""

from __future__ import annotations

from typing import Any

from moto.events.models import EventsBackend, Rule, events_backends
from moto.events.responses import EventsHandler

from local_aws.policies import ALLOW, Access, decide
from local_aws.reach import Border, Policy, account_of, guard


def apply() -> None:
    """Ask the policy of the bus."""
    guard(EventsHandler, Border("events", _buses, _policy))


def _buses(response: Any) -> list[str]:
    body = response._get_param
    named = [body("EventBusName"), body("ResourceARN")]
    if response._get_action() in ("DescribeEventBus", "DeleteEventBus", "UpdateEventBus"):
        named.append(body("Name"))
    if response._get_action() == "PutEvents":
        # One without a bus goes to the caller's own.
        default = f"arn:aws:events:{response.region}:{response.current_account}:event-bus/default"
        named += [entry.get("EventBusName") or default for entry in body("Entries") or []]
    return [name for name in named if name and name.startswith("arn:")]


def _policy(arn: str) -> Policy:
    _, _, _, region, account, name = arn.split(":", 5)
    backend: EventsBackend | None = (
        events_backends[account][region] if account in events_backends else None
    )
    bus = backend.event_buses.get(name.removeprefix("event-bus/")) if backend else None
    return bus.policy if bus else None


def lets_in(rule: Rule, target: dict[str, Any]) -> bool:
    """Whether the bus that a rule's target is takes the rule's events."""
    arn = str(target["Arn"])
    if ":event-bus/" not in arn or account_of(arn) == rule.account_id:
        return True
    policy, role = _policy(arn), str(target.get("RoleArn", ""))
    root = f"arn:aws:iam::{rule.account_id}:root"
    names = frozenset({rule.account_id, root, role} - {""})
    keys: dict[str, str | None] = {"aws:sourcearn": rule.arn, "aws:sourceaccount": rule.account_id}
    access = Access("events:PutEvents", arn, names, keys)
    return policy is not None and decide(policy, access) == ALLOW
