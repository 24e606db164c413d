"""From policies and a request to one decision.

Source: "Policy evaluation logic", "Policy evaluation for requests within a single account",
"Cross-account policy evaluation logic" and "Permissions boundaries for IAM entities" (IAM user
guide), "Key policies" (KMS developer guide):

1. A Deny that applies, in any policy, ends it.
2. Identity policies count as far as the permissions boundary and the session policy allow as well.
3. Within an account a resource policy may allow instead of the identity policies. Naming the
   account only hands the question on to them. A role that it names stays within its boundary and
   session policy; a session that it names does not.
4. A key policy and a trust policy must agree, also within the account.
5. Across accounts both sides must allow.
6. Services and federated identities have no identity policies: the resource policy alone counts.

The guide leaves open whether a boundary limits what `Principal: "*"` allows; here it does, which is
the stricter reading. Organization policies are not part of this.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import Enum, IntEnum

from infra.errors import PolicyUnsupportedError
from infra.iam.conditions import all_hold, check
from infra.iam.context import Context, Value
from infra.iam.document import EVERYONE, Effect, Kind, Policy, Selection, Statement
from infra.iam.matching import action_matches, resource_matches


class Outcome(Enum):
    """The three ends that a request can come to."""

    ALLOWED = "allowed"
    DENIED_EXPLICITLY = "denied by a Deny"
    DENIED_IMPLICITLY = "allowed by nothing"


@dataclass(frozen=True)
class Decision:
    """The end of a request. because: the deciding policy and statement, as "policy/Sid"."""

    outcome: Outcome
    because: str = ""

    @property
    def allowed(self) -> bool:
        """Whether the request goes through."""
        return self.outcome is Outcome.ALLOWED


@dataclass(frozen=True)
class Principal:
    """Who asks. kind: "AWS", "Service" or "Federated". session: a role session's ARN."""

    kind: str
    identifier: str
    account: str = ""
    session: str = ""


@dataclass(frozen=True)
class Request:
    """One request. resource_account: the account that owns the resource."""

    principal: Principal
    action: str
    resource: str
    resource_account: str
    keys: Mapping[str, Value] = field(default_factory=dict)

    @property
    def context(self) -> Context:
        """All condition keys; those about the principal follow from it."""
        principal = self.principal
        own = {"aws:PrincipalArn": principal.identifier, "aws:PrincipalAccount": principal.account}
        return Context(self.keys).extended(own if principal.kind == "AWS" else {})


@dataclass(frozen=True)
class Policies:
    """All policies that have a say. None: there is no such policy, and so no limit by it."""

    identity: tuple[Policy, ...] = ()
    boundary: Policy | None = None
    session: Policy | None = None
    resource: Policy | None = None

    def all(self) -> Iterator[Policy]:
        """Every one of them."""
        yield from self.identity
        yield from (item for item in (self.boundary, self.session, self.resource) if item)


class _Grant(IntEnum):
    """How far a resource policy goes for a principal."""

    NONE = 0
    ACCOUNT = 1
    PRINCIPAL = 2
    SESSION = 3


def decide(request: Request, policies: Policies) -> Decision:
    """Whether the request is allowed, and by what."""
    _check(request, policies)
    context = request.context
    for policy, statement in _applying(policies.all(), request, context, Effect.DENY):
        return Decision(Outcome.DENIED_EXPLICITLY, f"{policy.name}/{statement.sid}")

    grant, granted_by = _grant(policies.resource, request, context)
    if request.principal.kind != "AWS":
        return _allowed_if(grant > _Grant.NONE, granted_by)
    identity = _first(policies.identity, request, context)
    within_limits = all(
        limit is None or _first((limit,), request, context)
        for limit in (policies.boundary, policies.session)
    )
    if request.principal.account != request.resource_account:
        return _allowed_if(bool(identity) and within_limits and grant > _Grant.NONE, granted_by)
    if grant is _Grant.SESSION or (grant is _Grant.PRINCIPAL and within_limits):
        return _allowed_if(True, granted_by)
    consent = grant is _Grant.ACCOUNT or not _needs_consent(policies.resource)
    return _allowed_if(bool(identity) and within_limits and consent, identity)


def _allowed_if(allowed: bool, because: str) -> Decision:
    if allowed:
        return Decision(Outcome.ALLOWED, because)
    return Decision(Outcome.DENIED_IMPLICITLY)


def _needs_consent(policy: Policy | None) -> bool:
    return policy is not None and policy.kind in (Kind.KEY, Kind.TRUST)


def _check(request: Request, policies: Policies) -> None:
    attached = (*policies.identity, policies.boundary, policies.session)
    if any(policy and policy.kind is not Kind.IDENTITY for policy in attached):
        raise PolicyUnsupportedError("A resource policy was given as an identity policy.")
    if policies.resource and policies.resource.kind is Kind.IDENTITY:
        raise PolicyUnsupportedError("An identity policy was given as a resource policy.")
    if request.principal.kind not in ("AWS", "Service", "Federated"):
        raise PolicyUnsupportedError(f"No principal of the kind {request.principal.kind} is known.")
    if request.principal.kind != "AWS" and any(attached):
        raise PolicyUnsupportedError(f"{request.principal.identifier} has no identity policies.")
    for policy in policies.all():
        for statement in policy.statements:
            check(statement.conditions)


def _first(policies: Iterable[Policy], request: Request, context: Context) -> str:
    """The first statement that allows the request, "" for none."""
    for policy, statement in _applying(policies, request, context, Effect.ALLOW):
        return f"{policy.name}/{statement.sid}"
    return ""


def _grant(policy: Policy | None, request: Request, context: Context) -> tuple[_Grant, str]:
    """The farthest that a resource policy goes."""
    grants = [
        (_named(statement, request.principal), f"{found.name}/{statement.sid}")
        for found, statement in _applying(
            [policy] if policy else [], request, context, Effect.ALLOW
        )
    ]
    return max(grants, default=(_Grant.NONE, ""))


def _applying(
    policies: Iterable[Policy], request: Request, context: Context, effect: Effect
) -> Iterator[tuple[Policy, Statement]]:
    for policy in policies:
        for statement in policy.statements:
            if statement.effect is effect and _applies(statement, request, context):
                yield policy, statement


def _applies(statement: Statement, request: Request, context: Context) -> bool:
    return (
        _selects_action(statement.actions, request.action)
        and _selects_resource(statement.resources, request.resource, context)
        and (statement.principals is None or _named(statement, request.principal) > _Grant.NONE)
        and all_hold(statement.conditions, context)
    )


def _selects_action(selection: Selection, action: str) -> bool:
    found = any(action_matches(pattern, action) for pattern in selection.values)
    return found != selection.negated


def _selects_resource(selection: Selection | None, resource: str, context: Context) -> bool:
    if selection is None:
        return True
    found = any(resource_matches(pattern, resource, context) for pattern in selection.values)
    return found != selection.negated


def _named(statement: Statement, principal: Principal) -> _Grant:
    """How a statement names the principal."""
    principals = statement.principals or {}
    if EVERYONE in principals:
        return _Grant.PRINCIPAL
    return max(
        (_naming(value, principal) for value in principals.get(principal.kind, ())),
        default=_Grant.NONE,
    )


def _naming(value: str, principal: Principal) -> _Grant:
    if value == principal.identifier or value == EVERYONE:
        return _Grant.PRINCIPAL
    if principal.kind != "AWS":
        return _Grant.NONE
    if value == principal.session:
        return _Grant.SESSION
    is_root = value.startswith("arn:") and value.endswith(f":iam::{principal.account}:root")
    return _Grant.ACCOUNT if value == principal.account or is_root else _Grant.NONE
