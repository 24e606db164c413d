"""The records of an apply or a destroy: one before anything may change, and one of how it ended."""

from __future__ import annotations

import contextlib
import getpass
import json
from collections.abc import Iterator, Mapping, Sequence
from pathlib import Path

from infra import __version__
from infra.errors import (
    ApplyFailedError,
    InfraError,
    InterruptedRunError,
    LedgerMissedError,
    LedgerUnavailableError,
    PlanStaleError,
)
from infra.ledger.client import Ledger
from infra.ledger.records import Event, Kind, MalformedError, Record, Scalar, parse
from infra.plans import PlanSummary
from infra.repository import Repository
from infra.terraform.binary import Binary
from infra.terraform.provider import locked_provider
from infra.untrusted import visible

RELEASE_FILE = "release.auto.tfvars.json"
STARTED = {False: Kind.APPLY_STARTED, True: Kind.DESTROY_STARTED}
ENDED = {False: Kind.APPLIED, True: Kind.DESTROYED}
HALF_WAY = (ApplyFailedError.reason, InterruptedRunError.reason)
"""How a run ends that may have changed something all the same."""

LOOK_BACK = 100
"""How many of the newest records are read. A promotion writes about twenty."""

FAILED = {False: Kind.APPLY_FAILED, True: Kind.DESTROY_FAILED}


class Run:
    """One apply. counts: what Terraform says it did, once it has ended well."""

    def __init__(self) -> None:
        self.counts: Mapping[str, int] = {}


class Recorder:
    """Writes down what a run does in an environment."""

    def __init__(self, ledger: Ledger, directory: Path, binary: Binary) -> None:
        """directory: the root module, whose release and lock file are named in each record."""
        self._ledger = ledger
        self._directory = directory
        self._binary = binary
        self._excepted: tuple[str, ...] = ()

    @property
    def ledger(self) -> Ledger:
        """Where it writes."""
        return self._ledger

    def excepted(self, used: Sequence[str]) -> None:
        """Have the next run's first record name the exceptions that let it through."""
        self._excepted = tuple(used)

    @contextlib.contextmanager
    def running(
        self, summary: PlanSummary, *, destroy: bool, plan: str | None = None
    ) -> Iterator[Run]:
        """Record the run that the block is.

        Raises LedgerUnavailableError before the block when it can't be recorded: nothing may change
        then; and LedgerMissedError after it when only its end could not be.
        """
        begun: dict[str, Mapping[str, Scalar]] = {
            "planned": {action.value: count for action, count in summary.counts.items()}
        }
        if self._excepted:
            begun["exceptions"] = {str(i): t for i, t in enumerate(self._excepted, 1)}
        run = Run()
        begins = True
        try:
            self._write(STARTED[destroy], "started", plan=plan, details=begun)
            begins = False
            yield run
        except LedgerUnavailableError as error:
            if begins and "othing was changed" not in error.message + error.hint:
                error.hint = f"{error.hint} Nothing was changed.".strip()
            raise
        except BaseException as error:
            if isinstance(error, PlanStaleError):
                error.details += self.who_was_first()
            self._failed(FAILED[destroy], plan, error)
            raise
        details = {"applied": dict(run.counts)}
        try:
            self._write(ENDED[destroy], "succeeded", plan=plan, details=details)
        except LedgerUnavailableError as error:
            raise LedgerMissedError(
                "All changes were made, but the ledger could not be told that they ended well.",
                details=(error.message,),
                hint="Run the command again: it finds nothing to do, and writes that down.",
            ) from error

    def unchanged(self, *, destroy: bool, plan: str | None = None) -> None:
        """Record a run that had nothing to do: what is there is what the files say."""
        self._write(ENDED[destroy], "unchanged", plan=plan)

    def who_was_first(self) -> tuple[str, ...]:
        """Who changed the state last, as far as the ledger can say."""
        for record in self._newest() or ():
            if record.kind in ENDED.values() or _half_way(record):
                who = visible(str(record.fields.get("user") or record.fields.get("actor")))
                return (f"{who}: {record.kind} at {record.time} (record {record.sequence})",)
        return ()

    def stopped_half_way(self) -> bool:
        """Whether the last run that may have changed something did not end well, or not at all.

        True where the ledger can't say.
        """
        newest = self._newest()
        if newest is None:
            return True
        for record in newest:
            if record.kind in ENDED.values():
                return False
            if _half_way(record) or record.kind in STARTED.values():
                return True
        return False

    def _newest(self) -> list[Record] | None:
        """The newest records, newest first; None where they can't be read."""
        try:
            return [parse(item.text or "").record for item in self._ledger.latest(LOOK_BACK)]
        except (LedgerUnavailableError, MalformedError):
            return None

    def _failed(self, kind: Kind, plan: str | None, error: BaseException) -> None:
        """Only the code of an error: what it says may hold values."""
        reason = InterruptedRunError.reason
        if isinstance(error, Exception):
            reason = error.reason if isinstance(error, InfraError) else "bug"
        result = "interrupted" if reason == InterruptedRunError.reason else "failed"
        try:
            self._write(kind, result, reason=reason, plan=plan)
        except LedgerUnavailableError as missed:
            if isinstance(error, InfraError):
                error.details += (f"The ledger has no record of how it ended: {missed.message}",)

    def _write(
        self,
        kind: Kind,
        result: str,
        *,
        reason: str = "",
        plan: str | None,
        details: Mapping[str, Mapping[str, Scalar]] | None = None,
    ) -> None:
        self._ledger.append(
            Event(
                kind=kind,
                result=result,
                reason=reason,
                release=pinned_release(self._directory),
                plan=plan,
                tools=tool_versions(self._directory, self._binary),
                details=details or {},
                user=claimed_user(),
            )
        )


def _half_way(record: Record) -> bool:
    """Whether it says that a run failed and may have changed something all the same."""
    return record.kind in FAILED.values() and record.fields.get("reason") in HALF_WAY


def pinned_release(directory: Path) -> Mapping[str, Scalar] | None:
    """The release that an environment's file pins, None where it pins none."""
    try:
        text = (directory / RELEASE_FILE).read_text(encoding="utf-8")
        release = json.loads(text)["release"]
        return {
            str(name): value
            for name, value in release.items()
            if value is None or isinstance(value, str | int | bool)
        }
    except (OSError, ValueError, KeyError, TypeError, AttributeError):
        return None


def tool_versions(directory: Path, binary: Binary) -> Mapping[str, str]:
    """The versions that a result depends on."""
    parsed = Repository(directory.parents[1]).parsed
    provider = locked_provider(directory / ".terraform.lock.hcl", parsed)
    name = "/".join(provider.source.split("/")[-2:])
    return {"infra": __version__, "terraform": str(binary.version), name: provider.version}


def claimed_user() -> str:
    """Who this machine says it is; nobody has checked that."""
    try:
        return getpass.getuser()
    except (KeyError, OSError, ImportError):
        return ""
