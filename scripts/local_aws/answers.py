"""Answers that a client missed, given a second time.

An AWS SDK gives each call an id that stays the same when it sends the call again
(`amz-sdk-invocation-id`, with the number of the attempt in `amz-sdk-request`; AWS SDKs and Tools
Reference Guide, "Retry behavior"). Now and then an answer on loopback does not reach the provider,
for a cause not found yet (docs/field_notes.md). It then sends the call again, and without this the
creation that had succeeded would be refused as a duplicate of itself.
"""

from __future__ import annotations

import logging
import re
import threading
from collections import OrderedDict
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

log = logging.getLogger(__name__)

_KEPT = 1000
_LARGEST = 64 * 1024
_CHANGING = frozenset(["DELETE", "PATCH", "POST", "PUT"])
_ATTEMPT = re.compile(r"\battempt=(\d{1,4})\b")


@dataclass(frozen=True)
class Answer:
    """What was answered to a call."""

    status: str
    headers: list[tuple[str, str]]
    body: bytes


class Answers:
    """The latest answers to calls that changed something, by the id of the call."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._answers: OrderedDict[str, Answer] = OrderedDict()

    def missed(self, environ: Mapping[str, Any]) -> Answer | None:
        """What an earlier attempt at this call was answered, or None for a call to carry out."""
        attempt = _ATTEMPT.search(str(environ.get("HTTP_AMZ_SDK_REQUEST", "")))
        if attempt is None or int(attempt[1]) < 2:
            return None
        with self._lock:
            found = self._answers.get(_id(environ))
        if found is not None:
            log.warning("an answer was missed and is given again: %s", environ.get("PATH_INFO"))
        return found

    def keep(self, environ: Mapping[str, Any], answer: Answer) -> None:
        """Remember an answer, if the call may have changed something and succeeded."""
        key = _id(environ)
        if (
            not key
            or environ["REQUEST_METHOD"] not in _CHANGING
            or not answer.status.startswith("2")
            or len(answer.body) > _LARGEST
        ):
            return
        with self._lock:
            self._answers[key] = answer
            while len(self._answers) > _KEPT:
                self._answers.popitem(last=False)

    def all(self) -> OrderedDict[str, Answer]:
        """All answers, the oldest first."""
        with self._lock:
            return self._answers.copy()

    def put_back(self, answers: OrderedDict[str, Answer]) -> None:
        """Remember these, and no others."""
        with self._lock:
            self._answers = answers

    def forget(self) -> None:
        """Forget all answers, since what they speak of is gone."""
        with self._lock:
            self._answers.clear()


def _id(environ: Mapping[str, Any]) -> str:
    """The id of a call. Two callers never share one, whatever they send."""
    sent = str(environ.get("HTTP_AMZ_SDK_INVOCATION_ID", ""))
    signed = str(environ.get("HTTP_AUTHORIZATION", "")).partition("/")[0]
    where = f"{environ.get('REQUEST_METHOD')} {environ.get('PATH_INFO')}"
    return f"{sent} {signed} {where}" if sent else ""
