"""A plan that somebody else's apply made stale: who that was, and that nothing was changed."""

from __future__ import annotations

from pathlib import Path
from typing import Any

import pytest

from harness.ledgers import Key, Memory, add, event
from infra.errors import PlanStaleError
from infra.ledger.recording import Recorder
from infra.ledger.records import Event, Kind
from infra.ledger.store import Stored
from infra.plans import PlanSummary
from infra.processes import Completed
from infra.terraform.binary import Binary
from infra.terraform.events import Stream
from infra.terraform.runner import failure

BINARY = Binary(("terraform",), "1.11.4", "PATH")
SAID = "Error: Saved plan is stale\n\nThe given plan file can no longer be applied."


class Ledger:
    """A chain in memory, and what is written besides."""

    def __init__(self, *said: dict[str, Any]) -> None:
        self._places, key = Memory(), Key()
        for one in said:
            add(self._places, key, one)
        self.written: list[Event] = []

    def latest(self, _limit: int) -> list[Stored]:
        return self._places.chain()[::-1]

    def append(self, said: Event) -> None:
        self.written.append(said)


def stale() -> Exception:
    done = Completed(1, "", SAID)
    return failure("apply", Stream(), done, BINARY, Path("/here"), Path("/data/dev-local"))


def test_terraform_s_words_have_a_reason_of_their_own() -> None:
    error = stale()
    assert isinstance(error, PlanStaleError)
    assert (error.reason, error.exit_code) == ("plan-stale", 10)
    assert "Nothing was changed by this run" in error.message


def test_who_was_first_is_told_and_no_one_who_changed_nothing(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr("infra.ledger.recording.tool_versions", lambda *_: {})
    late = event("failed", kind=Kind.APPLY_FAILED, reason="state-locked", user="carl")
    ledger: Any = Ledger(event(user="bob"), event(user="ann"), late)
    with (
        pytest.raises(PlanStaleError) as caught,
        Recorder(ledger, tmp_path, BINARY).running(PlanSummary(), destroy=False),
    ):
        raise stale()
    (detail,) = caught.value.details
    assert detail.startswith("ann: applied at 2026-11-25T08:00:")
    assert detail.endswith("(record 2)")
    assert [(said.kind, said.reason) for said in ledger.written] == [
        (Kind.APPLY_STARTED, ""),
        (Kind.APPLY_FAILED, "plan-stale"),
    ]
