"""Whether a plan gives anybody more access: policies before and after, and public access.

Of a policy, what it allows after the change must be allowed before it, and what it denies before
must be denied after. Where nothing existed before the plan there is nothing to widen: then only
what is open to the public or to other accounts counts.
"""

from __future__ import annotations

import re
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

from infra.errors import PolicyDocumentError, PolicyUnsupportedError
from infra.gates.changes import Change
from infra.gates.grants import outsiders, unlike
from infra.iam.document import Effect, Kind, Policy, parse

POLICIES: Mapping[tuple[str, str], Kind] = {
    ("aws_cloudwatch_log_resource_policy", "policy_document"): Kind.RESOURCE,
    ("aws_ecr_registry_policy", "policy"): Kind.RESOURCE,
    ("aws_ecr_repository_policy", "policy"): Kind.RESOURCE,
    ("aws_iam_policy", "policy"): Kind.IDENTITY,
    ("aws_iam_role", "assume_role_policy"): Kind.TRUST,
    ("aws_iam_role_policy", "policy"): Kind.IDENTITY,
    ("aws_kms_key", "policy"): Kind.KEY,
    ("aws_kms_key_policy", "policy"): Kind.KEY,
    ("aws_s3_bucket_policy", "policy"): Kind.RESOURCE,
    ("aws_secretsmanager_secret_policy", "policy"): Kind.RESOURCE,
    ("aws_sns_topic_policy", "policy"): Kind.RESOURCE,
    ("aws_sqs_queue_policy", "policy"): Kind.RESOURCE,
}
"""Where policies are, and of what kind."""
ATTACHMENTS = ("aws_iam_role_policy_attachment", "aws_iam_policy_attachment")
PRINCIPALS = (
    "aws_iam_role",
    "aws_iam_user",
    "aws_iam_access_key",
    "aws_iam_openid_connect_provider",
)
KEEPS_OUT = {
    "aws_s3_bucket_public_access_block": (
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    ),
    "aws_s3_account_public_access_block": (
        "block_public_acls",
        "block_public_policy",
        "ignore_public_acls",
        "restrict_public_buckets",
    ),
}
"""Switches that must be on."""
GUARDS = (*KEEPS_OUT, "aws_wafv2_web_acl_association")
"""What must not go."""
OF_ITSELF = ("aws_iam_role", "aws_kms_key")
"""What carries its policy: made new, there was nothing that the policy could open."""
EVERYWHERE = ("0.0.0.0/0", "::/0")


def widened(planned: Sequence[Change], account: str) -> Iterator[tuple[str, str]]:
    """What gives more access, as address and one sentence. account: the target's own."""
    # A plan that only creates makes the environment from nothing.
    first = all(change.actions == ("create",) for change in planned)
    for change in planned:
        if change.stays:
            continue
        for told in (*_policies(change, account, first), *_public(change)):
            yield change.address, told
        if not first:
            for told in _identities(change):
                yield change.address, told


def unjudged(planned: Sequence[Change]) -> list[str]:
    """The policies that are known only after the apply, by address."""
    return [
        f"{change.address}: {attribute}"
        for change in planned
        for kind, attribute in POLICIES
        if change.kind == kind and not change.stays and change.is_unknown(attribute)
    ]


def _policies(change: Change, account: str, first: bool) -> Iterator[str]:
    for (kind, attribute), sort in POLICIES.items():
        if change.kind != kind:
            continue
        before, after = _text(change.before, attribute), _text(change.after, attribute)
        if change.is_unknown(attribute):
            if not first:
                yield f"{attribute} is known only after the apply, so nobody can judge it"
            continue
        if before == after:
            continue
        try:
            old = parse(before, sort, attribute) if before else None
            new = parse(after, sort, attribute) if after else None
        except (PolicyDocumentError, PolicyUnsupportedError) as error:
            yield f"{attribute} can't be judged: {error.message}"
            continue
        made = first or (change.before is None and kind in OF_ITSELF)
        yield from _judged(attribute, old, new, account, made)


def _judged(
    attribute: str, old: Policy | None, new: Policy | None, account: str, made: bool
) -> Iterator[str]:
    before = old.statements if old else ()
    after = new.statements if new else ()
    fresh = unlike(after, before, Effect.ALLOW)
    for statement in fresh:
        named = f"statement {statement.sid or '(without Sid)'}"
        strangers = outsiders(statement, account)
        if strangers:
            yield f"{attribute}, {named}, is open to {', '.join(strangers)}"
        elif not made:
            what = ", ".join(statement.actions.values[:3])
            yield f"{attribute}, {named}, allows what was not allowed before ({what})"
    # A resource that goes takes its policy along, but a policy that goes alone opens the resource.
    for statement in unlike(before, after, Effect.DENY):
        named = f"statement {statement.sid or '(without Sid)'}"
        yield f"{attribute}, {named}, no longer denies all that it denied before"


def _identities(change: Change) -> Iterator[str]:
    """New principals, new policies on them, and limits that go."""
    if change.kind in ATTACHMENTS and change.actions != ("delete",):
        arn = _text(change.after, "policy_arn")
        if change.is_unknown("policy_arn"):
            yield "attaches a policy that is known only after the apply"
        elif arn != _text(change.before, "policy_arn") or change.replaced:
            yield f"attaches the policy {arn}"
    if change.kind in PRINCIPALS and change.before is None:
        yield "is a new principal"
    if change.kind != "aws_iam_role" or change.before is None or change.after is None:
        return
    boundary = _text(change.before, "permissions_boundary")
    if boundary and boundary != _text(change.after, "permissions_boundary"):
        yield "loses or changes its permissions boundary"
    for attribute in ("inline_policy", "managed_policy_arns"):
        old, new = (_items(side, attribute) for side in (change.before, change.after))
        if any(item not in old for item in new):
            yield f"gets more policies by {attribute}"


def _public(change: Change) -> Iterator[str]:
    if change.goes and change.kind in GUARDS:
        yield "keeps the public out, and would go"
    after = change.after
    if not isinstance(after, Mapping):
        return
    for switch in KEEPS_OUT.get(change.kind, ()):
        if after.get(switch) is not True and not change.is_unknown(switch):
            yield f"{switch} would not be on"
    if change.kind == "aws_s3_bucket_acl" and str(after.get("acl")).startswith("public-"):
        yield f"the bucket's ACL would be {after['acl']}"
    if change.kind.startswith("aws_ecrpublic_"):
        yield "is a public repository"
    opened = change.before is not None and _ingress(after) and not _ingress(change.before)
    if change.kind == "aws_apprunner_service" and opened:
        yield "would answer the public, where it did not"
    ranges = [text for text in EVERYWHERE if text in _ranges(change.kind, after)]
    if ranges and not set(ranges) & set(_ranges(change.kind, change.before)):
        yield f"lets in {', '.join(ranges)}"


def _ingress(values: Any) -> bool:
    """Whether a service answers the public; App Runner's default is that it does."""
    networks = _items(values, "network_configuration")
    inner = [item for network in networks for item in _items(network, "ingress_configuration")]
    return all(item.get("is_publicly_accessible") is not False for item in inner)


def _ranges(kind: str, values: Any) -> list[str]:
    if not isinstance(values, Mapping):
        return []
    if kind == "aws_vpc_security_group_ingress_rule":
        return [str(values.get(name)) for name in ("cidr_ipv4", "cidr_ipv6")]
    rules: list[Any] = []
    if kind == "aws_security_group":
        rules = _items(values, "ingress")
    elif kind == "aws_security_group_rule" and values.get("type") == "ingress":
        rules = [values]
    return [
        str(text)
        for rule in rules
        for name in ("cidr_blocks", "ipv6_cidr_blocks")
        for text in rule.get(name) or []
    ]


def _text(values: Any, attribute: str) -> str:
    found = values.get(attribute) if isinstance(values, Mapping) else None
    if found is None or isinstance(found, str):
        return found or ""
    # Sealed, or no text at all: it parses as nothing, and so can't be judged.
    return re.sub(r"\s+", " ", str(found))


def _items(values: Any, attribute: str) -> list[Any]:
    found = values.get(attribute) if isinstance(values, Mapping) else None
    return found if isinstance(found, list) else []
