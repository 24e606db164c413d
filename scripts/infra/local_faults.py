"""The faults of the local cloud, as the infra command sets and shows them."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

from infra.local_cloud import LocalCloud

PATH = "/local/fault"
KINDS: Mapping[str, str] = {
    "throttled": "refused as one call too many",
    "error-500": "an internal error",
    "error-503": "the service is unavailable",
    "expired-token": "refused as if the session were over",
    "precondition-failed": "refused as a conditional put that came too late (S3)",
    "dropped": "the connection ends, and nothing was done",
    "unanswered": "it is carried out, and the answer gets lost",
    "slow": "answered after --seconds",
    "held": "waits until the fault is cleared, and is carried out then",
    "counted": "only counted",
}
"""What may happen to a call, and what that is."""


@dataclass(frozen=True)
class Fault:
    """A rule that is set, as the local cloud describes it (scripts/local_aws/README.md, "Faults").

    matched: how many calls it was about so far. struck: to how many of them it happened.
    operations: the same calls by operation. waiting: those that wait now.
    """

    number: int
    kind: str
    service: str
    operation: str
    first: int
    last: int | None
    one_in: int
    seed: int
    seconds: float
    matched: int
    struck: int
    operations: Mapping[str, int]
    waiting: list[str]

    def __str__(self) -> str:
        where = self.service if self.operation == "*" else f"{self.service}.{self.operation}"
        parts = [f"{self.number}  {self.kind}  {'every call' if where == '*' else where}"]
        if self.last == self.first:
            parts.append(f"number {self.first}")
        elif self.last is not None:
            parts.append(f"numbers {self.first} to {self.last}")
        elif self.first > 1:
            parts.append(f"from number {self.first} on")
        if self.one_in > 1:
            parts.append(f"one in {self.one_in} with seed {self.seed}")
        if self.seconds:
            parts.append(f"{self.seconds:g} s")
        happened = f"{self.struck} of {self.matched} so far"
        waits = f"; waiting now: {', '.join(self.waiting)}" if self.waiting else ""
        return f"{', '.join(parts)}: {happened}{waits}"


def add(
    cloud: LocalCloud,
    kind: str,
    on: str = "",
    *,
    calls: str = "",
    one_in: int = 1,
    seed: int = 0,
    seconds: float | None = None,
) -> Fault:
    """Set a fault.

    on: a service or SERVICE.OPERATION, "" for every call. calls: as in 3, 3-5 or 3-. Raises
    LocalCloudError, which says what is wrong with it.
    """
    query = {"kind": kind, "on": on, "calls": calls, "one_in": str(one_in), "seed": str(seed)}
    if seconds is not None:
        query["seconds"] = f"{seconds:g}"
    return Fault(**cloud.ask(PATH, query))


def listed(cloud: LocalCloud) -> list[Fault]:
    """All that are set, the oldest first; none where none runs. Raises LocalCloudError."""
    if cloud.running() is None:
        return []
    return [Fault(**item) for item in cloud.ask(PATH, {}, "GET")["faults"]]


def clear(cloud: LocalCloud, number: int | None = None) -> list[Fault]:
    """Take back one, or all of them, and return what was. Raises LocalCloudError."""
    if cloud.running() is None:
        return []
    query = {} if number is None else {"number": str(number)}
    return [Fault(**item) for item in cloud.ask(f"{PATH}/clear", query)["faults"]]
