"""The layer in front of the accounts in which the faults happen."""

from __future__ import annotations

import itertools
import logging
import threading
import time
from collections import Counter
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass, field
from typing import Any

from waitress.channel import ClientDisconnected

from local_aws import refusals
from local_aws.faults import errors
from local_aws.faults.rules import Kind, Rule, parse
from local_aws.refusals import Call, Denial, answered
from local_aws.requests import keep_form, request_of, rewind_form

log = logging.getLogger(__name__)

Environ = dict[str, Any]
StartResponse = Callable[..., Any]
Served = Callable[[Environ, StartResponse], Iterable[bytes]]

MOST_WAITING = 8
"""How many calls may wait at once, of the sixteen that are carried out at once: somebody has to be
heard who ends it."""

UNANSWERED = "local_aws.unanswered"
"""In the environ of a call whose answer gets lost: AWS remembers none either."""

_WAITING_KINDS = (Kind.SLOW, Kind.HELD)
_LOOK_SECONDS = 0.2


@dataclass
class _Set:
    """A rule that is set. operations: how often each one matched. waiting: those that do now."""

    rule: Rule
    operations: Counter[str] = field(default_factory=Counter)
    struck: int = 0
    waiting: list[str] = field(default_factory=list)

    def document(self) -> dict[str, Any]:
        rule = self.rule
        return {
            "number": rule.number,
            "kind": rule.kind.value,
            "service": rule.service,
            "operation": rule.operation,
            "first": rule.first,
            "last": rule.last,
            "one_in": rule.one_in,
            "seed": rule.seed,
            "seconds": rule.seconds,
            "matched": self.operations.total(),
            "struck": self.struck,
            "operations": dict(sorted(self.operations.items())),
            "waiting": list(self.waiting),
        }


class Faults:
    """The rules that are set, and what became of them."""

    def __init__(self) -> None:
        self._condition = threading.Condition()
        self._set: list[_Set] = []
        self._numbers = itertools.count(1)
        self._forgotten: set[int] = set()
        # Set by a signal's handler, which must take no lock.
        self.ending = False

    @property
    def any(self) -> bool:
        """Whether one is set."""
        return bool(self._set)

    def add(self, said: Mapping[str, str]) -> dict[str, Any]:
        """Set a rule, and say how it reads. Raises BadRuleError."""
        with self._condition:
            # A number is used once, also by a rule that is refused.
            made = _Set(parse(next(self._numbers), said))
            self._set.append(made)
            return made.document()

    def documents(self) -> list[dict[str, Any]]:
        """All that are set, the oldest first."""
        with self._condition:
            return [one.document() for one in self._set]

    def clear(self, number: int | None = None) -> list[dict[str, Any]]:
        """Take back a rule, or all of them, and say which. What it holds goes on."""
        with self._condition:
            gone = [one for one in self._set if number in (None, one.rule.number)]
            self._set = [one for one in self._set if one not in gone]
            self._condition.notify_all()
            return [one.document() for one in gone]

    def forget(self) -> None:
        """Take all back since what they were for is gone. What they hold gets no answer."""
        with self._condition:
            self._forgotten |= {one.rule.number for one in self._set}
            self._set = []
            self._condition.notify_all()

    def strike(self, call: Call) -> Rule | None:
        """Count a call, and find what happens to it. The oldest rule that strikes counts."""
        found: Rule | None = None
        with self._condition:
            for one in self._set:
                if not one.rule.matches(call):
                    continue
                one.operations[call.key] += 1
                count, same = one.operations.total(), one.operations[call.key]
                if found is not None or not one.rule.strikes(call, count, same):
                    continue
                if one.rule.kind in _WAITING_KINDS and self._waiting() >= MOST_WAITING:
                    log.warning("fault %d lets %s go: too many wait", one.rule.number, call.key)
                    continue
                one.struck += 1
                if one.rule.kind in _WAITING_KINDS:
                    one.waiting.append(call.key)
                if one.rule.kind is not Kind.COUNTED:
                    found = one.rule
        return found

    def wait(self, rule: Rule, call: Call) -> bool:
        """Wait as the rule says; tell whether the call is to be carried out then."""
        end = time.monotonic() + rule.seconds if rule.kind is Kind.SLOW else None
        with self._condition:
            one = next((one for one in self._set if one.rule == rule), None)
            while not self.ending and any(item.rule == rule for item in self._set):
                left = _LOOK_SECONDS if end is None else end - time.monotonic()
                if left <= 0:
                    break
                self._condition.wait(min(left, _LOOK_SECONDS))
            if one is not None:
                one.waiting.remove(call.key)
            return not self.ending and rule.number not in self._forgotten

    def _waiting(self) -> int:
        return sum(len(one.waiting) for one in self._set)


class Layer:
    """A WSGI application: what is behind it, with faults."""

    def __init__(self, behind: Served) -> None:
        self.faults = Faults()
        self._behind = behind

    def __call__(self, environ: Environ, start_response: StartResponse) -> Iterable[bytes]:
        if not self.faults.any:
            return self._behind(environ, start_response)
        keep_form(environ)
        request = request_of(environ)
        call = refusals.identify(request)
        rule = self.faults.strike(call)
        rewind_form(environ)
        if rule is None:
            return self._behind(environ, start_response)
        log.warning("fault %d, %s: %s", rule.number, rule.kind, call.key)
        if rule.kind in _WAITING_KINDS and not self.faults.wait(rule, call):
            raise ClientDisconnected
        if rule.kind in _WAITING_KINDS:
            return self._behind(environ, start_response)
        if rule.kind is Kind.DROPPED:
            raise ClientDisconnected
        if rule.kind is Kind.UNANSWERED:
            environ[UNANSWERED] = True
            b"".join(self._behind(environ, lambda *_args: None))
            raise ClientDisconnected
        said = errors.denial(rule.kind, call.service, refusals.protocol_of(request, call.service))
        text = f"{said.message} (local fault {rule.number})"
        refusal = refusals.denied(request, call, Denial(said.status, said.code, text))
        return answered(refusal, start_response)
