"""Gate policy: what the plan of the target must never do without somebody's word."""

from __future__ import annotations

from collections.abc import Iterator
from typing import Any

from infra.gates import access, cost
from infra.gates.changes import Change, changes
from infra.gates.context import GateContext
from infra.gates.exceptions import ACCESS, PROTECTED, Exceptions, exceptions_of
from infra.gates.gate import Gate
from infra.gates.results import Outcome
from infra.gates.settings import Section, Setting, Settings, list_of, number, optional, whole
from infra.plans import Action

PROTECTED_TYPES = [
    "aws_apprunner_custom_domain_association",
    "aws_apprunner_service",
    "aws_ecr_repository",
    "aws_kms_key",
    "aws_s3_bucket",
    "aws_s3_bucket_public_access_block",
    "aws_secretsmanager_secret",
    "aws_wafv2_web_acl",
    "aws_wafv2_web_acl_association",
]
"""What holds data or keys, what users reach, and what stands before it."""


def _check(context: GateContext, settings: Settings) -> Outcome:
    planned = list(changes(context))
    exceptions = exceptions_of(context.repository, context.target, context.now)
    findings = [
        *_incomplete(context),
        *_half_made(context, settings["protected_types"]),
        *_protected(planned, settings["protected_types"], exceptions),
        *_deletes(context, settings["max_deletes"]),
        *_access(context, planned, exceptions),
    ]
    estimate = cost.estimate(context, planned)
    limit = settings["max_monthly_increase_usd"]
    if limit is not None and estimate.monthly_usd > limit:
        findings.append(
            f"a month costs about ${estimate.monthly_usd:,.2f} more; at most ${limit:,.2f} may be"
        )
    unjudged = access.unjudged(planned)
    details: dict[str, Any] = {
        "cost": estimate.document(),
        "exceptions": exceptions.used,
        "known_after_apply": unjudged,
    }
    if findings:
        count = "1 reason" if len(findings) == 1 else f"{len(findings)} reasons"
        return Outcome(
            False, f"{count} against this plan of {context.target.name}.",
            {**details, "findings": findings},
        )  # fmt: skip
    told = f"Nothing protected goes, nobody gets more access; {estimate.text}"
    if unjudged:
        policies = "1 policy is" if len(unjudged) == 1 else f"{len(unjudged)} policies are"
        told += f"; {policies} known only after the apply"
    return Outcome(True, f"{told}.", details)


def _incomplete(context: GateContext) -> Iterator[str]:
    if context.plan.get("errored") is not False:
        yield "the plan ended with an error"
    if context.plan.get("complete") is not True:
        yield "the plan is not complete: a part of the configuration was left out"


def _half_made(context: GateContext, types: list[str]) -> Iterator[str]:
    for change in context.summary.half_made:
        if change.create_first or change.kind in types:
            yield (
                f"{change.address} is half made, and would be made a second time; this puts it"
                f" right: infra recover {context.target.name}"
            )


def _protected(planned: list[Change], types: list[str], exceptions: Exceptions) -> Iterator[str]:
    for change in planned:
        if change.kind not in types or not (change.goes or change.replaced):
            continue
        if not exceptions.allow(PROTECTED, change.address):
            verb = "replaced" if change.replaced else "destroyed"
            if change.actions == ("forget",):
                verb = "forgotten"
            told = exceptions.expired(PROTECTED, change.address)
            yield f"{change.address} is protected and would be {verb}{told}"


def _deletes(context: GateContext, most: int | None) -> Iterator[str]:
    counts = context.summary.counts
    count = counts.get(Action.DELETE, 0) + counts.get(Action.REPLACE, 0)
    if most is not None and count > most:
        yield f"{count} resources would be destroyed or replaced; at most {most} may be"


def _access(context: GateContext, planned: list[Change], exceptions: Exceptions) -> Iterator[str]:
    for address, told in access.widened(planned, context.target.account_id):
        if not exceptions.allow(ACCESS, address):
            yield f"{address}: {told}{exceptions.expired(ACCESS, address)}"


GATE = Gate(
    "policy",
    "The plan destroys nothing protected, gives nobody more access, and costs at most a limit.",
    _check,
    Section(
        {
            "protected_types": Setting(
                list_of(
                    "resource types, such as [aws_s3_bucket, aws_kms_key]",
                    lambda item: isinstance(item, str) and item.startswith("aws_"),
                ),
                PROTECTED_TYPES,
                "types of which nothing may be destroyed or replaced",
            ),
            "max_deletes": Setting(
                optional(whole("a whole number from 0", 0)),
                10,
                "how many resources of any type may be destroyed or replaced",
            ),
            "max_monthly_increase_usd": Setting(
                optional(number("an amount in US dollars from 0", 0)),
                None,
                "how much more a month may cost, by list prices",
            ),
        }
    ),
)
