"""The rules: which calls, and what happens to them."""

from __future__ import annotations

import difflib
import hashlib
import re
from collections.abc import Mapping
from dataclasses import dataclass
from enum import StrEnum
from functools import cache

from botocore.exceptions import UnknownServiceError
from moto.core.utils import get_service_model

from local_aws.refusals import Call

ANY = "*"
LONGEST_SECONDS = 300.0
_CALLS = re.compile(r"(\d{1,9})(?:(-)(\d{1,9})?)?")
_NUMBER = re.compile(r"\d{1,9}")
_SECONDS = re.compile(r"\d{1,3}(\.\d{1,3})?")


class Kind(StrEnum):
    """What happens to a call."""

    THROTTLED = "throttled"
    ERROR_500 = "error-500"
    ERROR_503 = "error-503"
    EXPIRED_TOKEN = "expired-token"  # noqa: S105
    PRECONDITION_FAILED = "precondition-failed"
    DROPPED = "dropped"
    UNANSWERED = "unanswered"
    SLOW = "slow"
    HELD = "held"
    COUNTED = "counted"


class BadRuleError(Exception):
    """A rule that can't be. The text is a sentence for a person."""


@dataclass(frozen=True)
class Rule:
    """Which calls, and what happens to them.

    service, operation: by botocore's names, "*" for any. first, last: of the calls that match,
    counted from 1; last is None for no end. one_in, seed: strikes about one call in so many of
    those, always the same ones for a seed. seconds: of waiting, for a slow one.
    """

    number: int
    kind: Kind
    service: str = ANY
    operation: str = ANY
    first: int = 1
    last: int | None = None
    one_in: int = 1
    seed: int = 0
    seconds: float = 0.0

    def matches(self, call: Call) -> bool:
        """Whether it is about this call."""
        return self.service in (ANY, call.service) and self.operation in (ANY, call.operation)

    def strikes(self, call: Call, count: int, same: int) -> bool:
        """Whether it happens to a call that matches.

        count: how many matched by now, with this one. same: how many of them of this operation:
        chance goes by that number, since other operations may come in another order each time.
        """
        if count < self.first or (self.last is not None and count > self.last):
            return False
        if self.one_in == 1:
            return True
        said = hashlib.sha256(f"{self.seed} {call.key} {same}".encode()).digest()
        return int.from_bytes(said[:8], "big") % self.one_in == 0


def parse(number: int, said: Mapping[str, str]) -> Rule:
    """The rule that a query describes. Raises BadRuleError."""
    unknown = sorted(set(said) - {"kind", "on", "calls", "one_in", "seed", "seconds"})
    if unknown:
        raise BadRuleError(f"a fault has no {unknown[0]}")
    try:
        kind = Kind(said.get("kind", ""))
    except ValueError:
        raise BadRuleError(f"the kinds of faults are {', '.join(Kind)}") from None
    service, operation = _place(said.get("on", ""))
    if kind is Kind.PRECONDITION_FAILED and service != "s3":
        raise BadRuleError(f"{kind} is an answer of S3's: name s3, or an operation of s3")
    first, last = _calls(said.get("calls", ""))
    return Rule(
        number,
        kind,
        service,
        operation,
        first,
        last,
        one_in=_whole(said.get("one_in", "1"), "one_in", 1),
        seed=_whole(said.get("seed", "0"), "seed", 0),
        seconds=_seconds(kind, said.get("seconds", "")),
    )


def number_in(said: Mapping[str, str]) -> int | None:
    """Which rule a query names, None for all. Raises BadRuleError."""
    return _whole(said["number"], "number", 1) if said.get("number") else None


def _place(text: str) -> tuple[str, str]:
    service, dot, operation = text.partition(".")
    if service in ("", ANY):
        if dot and operation != ANY:
            raise BadRuleError("an operation needs its service, such as s3.PutObject")
        return ANY, ANY
    names = _operations(service)
    if not names:
        raise BadRuleError(f"there is no service named {service!r}")
    if not dot or operation == ANY:
        return service, ANY
    if operation not in names:
        close = difflib.get_close_matches(operation, names, 1)
        told = f"; {service} has {close[0]}" if close else ""
        raise BadRuleError(f"there is no operation {service}.{operation}{told}")
    return service, operation


@cache
def _operations(service: str) -> frozenset[str]:
    """All operations of a service, none for one that there isn't."""
    if not re.fullmatch(r"[a-z][a-z0-9-]{1,63}", service):
        return frozenset()
    try:
        return frozenset(get_service_model(service).operation_names)
    except UnknownServiceError:
        return frozenset()


def _calls(text: str) -> tuple[int, int | None]:
    """`3` is the third one, `3-5` the third to the fifth, `3-` all from the third on."""
    if not text:
        return 1, None
    found = _CALLS.fullmatch(text)
    if found is None:
        raise BadRuleError("calls are a number, or two as in 3-5, or an open range as in 3-")
    first = int(found[1])
    last = first if found[2] is None else int(found[3]) if found[3] else None
    if first < 1 or (last is not None and last < first):
        raise BadRuleError("calls are counted from 1, and a range goes upwards")
    return first, last


def _whole(text: str, name: str, lowest: int) -> int:
    if not _NUMBER.fullmatch(text) or int(text) < lowest:
        raise BadRuleError(f"{name} is a whole number from {lowest} on")
    return int(text)


def _seconds(kind: Kind, text: str) -> float:
    if kind is not Kind.SLOW:
        if text:
            raise BadRuleError(f"seconds belong to a {Kind.SLOW} answer")
        return 0.0
    if not _SECONDS.fullmatch(text) or not 0 < float(text) <= LONGEST_SECONDS:
        raise BadRuleError(f"seconds are from 0.001 to {LONGEST_SECONDS:.0f}")
    return float(text)
