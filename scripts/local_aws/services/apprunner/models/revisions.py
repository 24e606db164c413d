"""Configurations with revisions: auto scaling and observability.

Rules from the App Runner API reference (AutoScalingConfiguration, ObservabilityConfiguration): the
first use of a name makes revision 1, each further one the next; `Latest` marks the highest revision
of a name; deleting makes a revision INACTIVE for good. An ARN may end after the name (the latest
revision) or after the revision number.
"""

from __future__ import annotations

import time
from dataclasses import dataclass, field
from typing import Any, Generic, TypeVar

from local_aws.services.apprunner.exceptions import (
    InvalidRequestError,
    ResourceNotFoundError,
    ServiceQuotaExceededError,
)
from local_aws.services.apprunner.models.naming import Place, resource_id

# "App Runner resource quotas", App Runner developer guide.
MAXIMUM_NAMES = 10
MAXIMUM_REVISIONS = 5


@dataclass
class Revision:
    """One revision of a configuration."""

    name: str
    number: int
    arn: str
    created_at: float = field(default_factory=time.time)
    deleted_at: float | None = None

    @property
    def is_active(self) -> bool:
        return self.deleted_at is None

    def delete(self) -> None:
        self.deleted_at = time.time()

    def times(self) -> dict[str, Any]:
        times = {"CreatedAt": self.created_at}
        return times if self.deleted_at is None else {**times, "DeletedAt": self.deleted_at}


R = TypeVar("R", bound=Revision)


class Revisions(Generic[R]):
    """All revisions of one kind of configuration in an account and region."""

    def __init__(self, place: Place, kind: str) -> None:
        self._place = place
        self._kind = kind
        self._by_arn: dict[str, R] = {}

    def new_number(self, name: str) -> int:
        """The number the next revision of `name` gets; a full quota raises."""
        active = [revision for revision in self._by_arn.values() if revision.is_active]
        same = [revision for revision in active if revision.name == name]
        if len(same) >= MAXIMUM_REVISIONS or (
            not same and len({revision.name for revision in active}) >= MAXIMUM_NAMES
        ):
            raise ServiceQuotaExceededError(
                f"The maximum number of {self._kind} resources was reached for name {name}."
            )
        return max((r.number for r in self._by_arn.values() if r.name == name), default=0) + 1

    def new_arn(self, name: str, number: int) -> str:
        return self._place.arn(self._kind, name, number, resource_id())

    def add(self, revision: R) -> R:
        self._by_arn[revision.arn] = revision
        return revision

    def get(self, arn: str) -> R:
        """The revision that `arn` names, whole or shortened to a name or a revision number."""
        if arn in self._by_arn:
            return self._by_arn[arn]
        prefix = self._place.arn(self._kind) + "/"
        name, _, number = arn.removeprefix(prefix).partition("/")
        candidates = [r for r in self.active() if r.name == name] if arn.startswith(prefix) else []
        if number:
            candidates = [r for r in candidates if str(r.number) == number]
        if not candidates:
            raise ResourceNotFoundError(f"No {self._kind} resource found for ARN {arn}.")
        return max(candidates, key=lambda r: r.number)

    def find_active(self, arn: str) -> R:
        """Like `get`, for an ARN that another resource refers to."""
        try:
            revision = self.get(arn)
        except ResourceNotFoundError as error:
            raise InvalidRequestError(error.message) from None
        if not revision.is_active:
            raise InvalidRequestError(f"{self._kind} {arn} is not active.")
        return revision

    def active(self) -> list[R]:
        return [revision for revision in self._by_arn.values() if revision.is_active]

    def is_latest(self, revision: R) -> bool:
        same = [r for r in self._by_arn.values() if r.name == revision.name]
        pool = [r for r in same if r.is_active] or same
        return revision is max(pool, key=lambda r: r.number)

    def listed(self, name: str | None, latest_only: bool) -> list[R]:
        return [
            revision
            for revision in sorted(self.active(), key=lambda r: (r.name, r.number))
            if name in (None, revision.name) and (not latest_only or self.is_latest(revision))
        ]

    def same_name(self, revision: R) -> list[R]:
        return [r for r in self.active() if r.name == revision.name]
