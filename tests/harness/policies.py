"""Policies and requests in few words, for the tests of the evaluator."""

from __future__ import annotations

import json
from collections.abc import Mapping
from typing import Any

from infra.iam.context import Value
from infra.iam.document import Kind, Policy, parse
from infra.iam.evaluation import Decision, Policies, Principal, Request, decide

ACCOUNT = "111122223333"
OTHER_ACCOUNT = "444455556666"
ROLE = f"arn:aws:iam::{ACCOUNT}:role/worker"
SESSION = f"arn:aws:sts::{ACCOUNT}:assumed-role/worker/shift-1"
OBJECT = "arn:aws:s3:::examplebucket/report.csv"


def policy(*statements: Mapping[str, Any], kind: Kind = Kind.IDENTITY, name: str = "p") -> Policy:
    """A policy out of statements, through JSON as in life."""
    document = {"Version": "2012-10-17", "Statement": list(statements)}
    return parse(json.dumps(document), kind, name)


def allow(action: Any = "*", resource: Any = "*", **elements: Any) -> dict[str, Any]:
    """An Allow statement."""
    return {"Effect": "Allow", "Action": action, "Resource": resource, **elements}


def deny(action: Any = "*", resource: Any = "*", **elements: Any) -> dict[str, Any]:
    """A Deny statement."""
    return {**allow(action, resource, **elements), "Effect": "Deny"}


def ask(
    policies: Policies,
    action: str = "s3:GetObject",
    resource: str = OBJECT,
    *,
    owner: str = ACCOUNT,
    principal: Principal | None = None,
    keys: Mapping[str, Value] | None = None,
) -> Decision:
    """Ask as a session of a role, unless the test says otherwise."""
    who = principal or Principal("AWS", ROLE, ACCOUNT, SESSION)
    return decide(Request(who, action, resource, owner, keys or {}), policies)
