"""Who agreed to which plan.

An approval is of one identity, in one environment, for a while, by somebody else than who promotes.
A file carries it from the one to the other, signed with the key of the environment's ledger; the
signature has a head of its own, so it can never pass for that of a record.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
import secrets
from collections.abc import Callable
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path

from infra import json_text
from infra.environments import Environment
from infra.errors import ApprovalError, UsageError
from infra.ledger.records import canonical
from infra.plans import PlanSummary

HEAD = b"infra-approval-1\n"
FORMAT_VERSION = 1
VALID_HOURS = 24
MOST_BYTES = 16_384
CODE_GROUPS = 2
SUFFIX = ".approval.json"


@dataclass(frozen=True)
class Person:
    """Who somebody is. arn: as the account says. user: as the machine says, which nobody checks."""

    arn: str
    user: str

    @property
    def shown(self) -> str:
        """For a sentence."""
        return f"{self.user or 'somebody'} ({self.arn})"


@dataclass(frozen=True)
class Question:
    """What is to be approved, and who asks."""

    environment: Environment
    target: str
    identity: str
    summary: PlanSummary
    asker: Person


@dataclass(frozen=True)
class Approved:
    """An approval that holds. method: how it was given. expires: ISO 8601."""

    method: str
    by: Person
    expires: str


Approver = Callable[[Question], Approved]
"""Raises ApprovalError or ApprovalMissingError where there is no approval."""


@dataclass(frozen=True)
class Approval:
    """What an approval file says."""

    environment: str
    account: str
    identity: str
    arn: str
    user: str
    time: str
    expires: str
    id: str
    format_version: int = FORMAT_VERSION

    def content(self) -> bytes:
        """What is signed."""
        digest = hashlib.sha256(canonical(asdict(self))).hexdigest()
        return HEAD + digest.encode("ascii")


def code(identity: str) -> str:
    """What a person types to approve a plan: the last groups of its identity."""
    return "-".join(identity.split("-")[-CODE_GROUPS:])


def until(now: datetime) -> str:
    """When an approval that is given now expires."""
    return (now + timedelta(hours=VALID_HOURS)).isoformat(timespec="seconds")


def make(environment: Environment, identity: str, by: Person, now: datetime) -> Approval:
    """An approval that nobody has signed yet."""
    return Approval(
        environment=environment.name,
        account=environment.account_id,
        identity=identity,
        arn=by.arn,
        user=by.user,
        time=now.isoformat(timespec="seconds"),
        expires=until(now),
        id=secrets.token_hex(16),
    )


def write(path: Path, approval: Approval, signature: str) -> None:
    """Write an approval file. Raises UsageError where the file can't be written."""
    text = json.dumps({**asdict(approval), "signature": signature}, indent=2) + "\n"
    fresh = path.with_name(f".{path.name}.{os.getpid()}.new")
    try:
        fresh.write_text(text, encoding="utf-8")
        fresh.replace(path)
    except OSError as error:
        fresh.unlink(missing_ok=True)
        raise UsageError(f"{path} can't be written: {error.strerror}.") from error


def file_approver(path: Path, signed: Callable[[str, bytes], bool]) -> Approver:
    """Take the approval in a file.

    signed: tells whether a key of the environment's ledger made a signature of some bytes.
    """

    def approve(question: Question) -> Approved:
        approval, signature = _read(path)
        if not signed(signature, approval.content()):
            raise _refused(
                f"{path} was edited, or is of another account: the key of"
                f" {question.environment.name} did not make its signature."
            )
        return check(approval, question, datetime.now(UTC))

    return approve


def check(approval: Approval, question: Question, now: datetime) -> Approved:
    """See that an approval is of this plan, by somebody else, and still holds."""
    environment = question.environment
    if (approval.environment, approval.account) != (environment.name, environment.account_id):
        raise _refused(
            f"The approval is for {approval.environment} in account {approval.account},"
            f" not for {environment.name} in {environment.account_id}."
        )
    if approval.identity != question.identity:
        raise _refused(
            f"The approval is of another plan: {approval.identity}.",
            f"The plan is {question.identity} now. Have that one approved:"
            f" infra approve {environment.name} {question.identity}",
        )
    if datetime.fromisoformat(approval.expires) <= now:
        raise _refused(f"The approval expired at {approval.expires}.")
    if datetime.fromisoformat(approval.time) > now + timedelta(minutes=15):
        raise _refused(f"The approval was made in the future, at {approval.time}.")
    by = Person(approval.arn, approval.user)
    # In the local cloud all are one role, so all there is to tell people apart is a name.
    own = by.user == question.asker.user if question.target == "local" else False
    if own or (question.target != "local" and by.arn == question.asker.arn):
        raise _refused(
            f"{by.shown} approved it, and is the one who promotes.",
            f"Somebody else must: infra approve {environment.name} {question.identity}",
        )
    return Approved("file", by, approval.expires)


def is_apply_role(arn: str, environment: str) -> bool:
    """Tell whether an ARN is a session of an environment's apply role, as bootstrap/ names it."""
    found = re.fullmatch(r"arn:[a-z-]+:sts::[0-9]{12}:assumed-role/([^/]+)/.+", arn)
    return found is not None and found.group(1).endswith(f"-{environment}-apply")


def _read(path: Path) -> tuple[Approval, str]:
    try:
        with path.open("rb") as file:
            body = json_text.load(file.read(MOST_BYTES))
        signature = str(body.pop("signature"))
        approval = json_text.fill(Approval, body)
        for moment in (approval.expires, approval.time):
            if datetime.fromisoformat(moment).tzinfo is None:
                raise ValueError("a time that is of no zone")
    except OSError as error:
        raise _refused(f"{path} can't be read: {error.strerror}.") from error
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise _refused(f"{path} is no approval, or was edited.") from error
    if approval.format_version != FORMAT_VERSION:
        raise _refused(f"{path} is an approval of another version of this tool.")
    return approval, signature


def _refused(message: str, hint: str = "") -> ApprovalError:
    return ApprovalError(f"{message} Nothing was changed.", hint=hint)
