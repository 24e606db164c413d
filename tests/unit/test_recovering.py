"""What is done about what an interrupted run left, and what is not."""

from __future__ import annotations

import json
import os
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest

from infra import broken_locks
from infra.broken_locks import StateLock
from infra.ledger.records import Entry, Kind, Mark, Record
from infra.processes import WATCHER
from infra.recovering import processes_left, remains
from infra.recovering import unsaved as verdicts
from infra.recovering.processes_left import Worker, stop, workers
from infra.recovering.remains import Remains, is_dead
from infra.recovering.steps import StepKind, decide
from infra.recovering.unsaved import Unsaved, find_unsaved, put_aside, verdict
from infra.repository import Repository
from infra.state_lock import who
from infra.stored_state import StateObject, StoredState, parsed_state

DATA = Path("/checkout/.local/terraform/dev-local")
LOCK = StateLock("key", "one", "apply", "jo@laptop", "2026-11-25T08:00:00Z", "", "etag")
STORED = StoredState("a", 4)
THING = [{"mode": "managed", "type": "t", "name": "n", "instances": [{}]}]


def body(lineage: str = "a", serial: int = 5, **more: Any) -> bytes:
    return json.dumps({"lineage": lineage, "serial": serial, **more}).encode()


def unsaved(content: bytes = body()) -> Unsaved:
    return Unsaved(Path("/x/errored.tfstate"), "then", content, parsed_state(content, "x"))


def entry(kind: Kind, sequence: int = 7, **details: Any) -> Entry:
    fields = {
        "kind": kind,
        "sequence": sequence,
        "time": "2026-11-25T08:00:00Z",
        "user": "jo",
        "details": details,
    }
    return Entry(Record(fields), "", "", "", "")


def steps(**found: Any) -> list[StepKind]:
    return [step.kind for step in decide(Remains("dev", **found)).steps]


@pytest.mark.parametrize(
    ("content", "there", "stored", "mark", "expected"),
    [
        (body(), b"old", STORED, None, verdicts.PUSH),
        (body(), b"", StoredState(), None, verdicts.PUSH),
        (body(), body(), StoredState("a", 5), None, verdicts.SAVED),
        (body(serial=4), b"old", STORED, None, verdicts.OLDER),
        (body(serial=3), b"old", STORED, None, verdicts.OLDER),
        (body("b"), b"old", STORED, None, verdicts.FOREIGN),
        # The state is gone; only the ledger remembers which one it was.
        (body("b"), b"", StoredState(), Mark("a", 4, 1), verdicts.FOREIGN),
        # What is stored can't be read.
        (body(), b"{", None, Mark("a", 4, 1), verdicts.PUSH),
        (body(), b"{", None, Mark("a", 5, 1), verdicts.KEPT),
        (body(), b"{", None, Mark("b", 1, 1), verdicts.KEPT),
        (body(), b"{", None, None, verdicts.KEPT),
        (body(""), b"old", STORED, None, verdicts.UNREADABLE),
        # One that was never saved has no name yet.
        (body("", resources=THING), b"", StoredState(), None, verdicts.PUSH),
        (body("", resources=THING), b"old", STORED, None, verdicts.FOREIGN),
        (body("", resources=THING), b"", StoredState(), Mark("a", 4, 1), verdicts.FOREIGN),
    ],
)
def test_only_a_state_that_goes_on_from_the_stored_one_is_saved(
    content: bytes, there: bytes, stored: StoredState | None, mark: Mark | None, expected: str
) -> None:
    assert verdict(unsaved(content), StateObject(there, "etag"), stored, mark) == expected


@pytest.mark.parametrize("content", [b"", b"{", b"[]", b'{"serial": "x"}', b"\xff"])
def test_an_unsaved_state_that_was_cut_short_is_put_aside(content: bytes, tmp_path: Path) -> None:
    (tmp_path / "errored.tfstate").write_bytes(content)
    found = find_unsaved(tmp_path)
    assert found is not None
    assert verdict(found, StateObject(b"old", "etag"), STORED, None) == verdicts.UNREADABLE
    decision = decide(Remains("dev", unsaved=found, stored=STORED))
    assert [step.kind for step in decision.steps] == [StepKind.ASIDE]
    assert decision.left


def test_an_unsaved_state_is_made_private_and_stays_so(tmp_path: Path) -> None:
    assert find_unsaved(tmp_path) is None
    path = tmp_path / "errored.tfstate"
    path.write_bytes(body())
    path.chmod(0o644)
    found = find_unsaved(tmp_path)
    assert found is not None and path.stat().st_mode & 0o777 == 0o600
    assert "secret" not in repr(found)
    first = put_aside(found, Repository(tmp_path), "dev")
    path.write_bytes(body("b"))
    second = put_aside(found, Repository(tmp_path), "dev")
    assert first != second and first.read_bytes() == body()
    assert first.parent.stat().st_mode & 0o777 == 0o700
    assert not path.exists()


def test_the_lock_goes_before_the_state_is_saved_and_the_record_comes_last() -> None:
    run = entry(Kind.APPLY_STARTED)
    found = {"lock": LOCK, "dead": True, "unsaved": unsaved(), "stored": STORED, "run": run}
    assert steps(**found) == [StepKind.UNLOCK, StepKind.PUSH, StepKind.CLOSE]


def test_a_lock_whose_holder_may_live_stops_all_that_needs_it() -> None:
    decision = decide(
        Remains(
            "dev",
            lock=LOCK,
            unsaved=unsaved(),
            stored=STORED,
            run=entry(Kind.APPLY_STARTED),
        )
    )
    assert decision.steps == ()
    assert [item.command for item in decision.left] == ["infra unlock dev", "infra recover dev"]


def test_an_orphan_is_stopped_first_and_its_lock_is_not_broken() -> None:
    orphan = Worker(12, "terraform", 0.0, orphan=True)
    decision = decide(Remains("dev", lock=LOCK, workers=(orphan,), stored=STORED))
    assert [step.kind for step in decision.steps] == [StepKind.STOP]
    assert "terraform (process 12)" in decision.findings[0].text
    assert steps(workers=(Worker(12, "provider", 0.0, orphan=False),)) == []


def test_the_lock_of_a_promotion_that_is_dead_is_broken_and_no_other_one() -> None:
    assert steps(change_lock=LOCK, change_dead=True) == [StepKind.UNLOCK_CHANGE]
    decision = decide(Remains("prod", change_lock=LOCK))
    assert decision.steps == ()
    assert [item.command for item in decision.left] == ["infra unlock prod --promotion"]


def test_a_promotion_that_is_open_is_gone_on_with() -> None:
    begun = entry(Kind.PROMOTION_STARTED, source="staging")
    (left,) = decide(Remains("prod", promotion=begun)).left
    assert left.command == "infra promote staging prod"
    (left,) = decide(Remains("prod", promotion=entry(Kind.PROMOTION_STARTED))).left
    assert left.command == "infra rollback prod"


def test_a_state_that_can_not_be_read_is_told_and_not_touched() -> None:
    decision = decide(Remains("dev", there=StateObject(b"{", "etag"), stored=None))
    assert decision.steps == ()
    assert [item.command for item in decision.left] == ["infra state versions dev"]


def test_a_run_is_open_until_its_end_is_recorded() -> None:
    begun, ended = entry(Kind.APPLY_STARTED), entry(Kind.APPLIED)
    gate, repaired = entry(Kind.GATE), entry(Kind.STATE_REPAIRED)
    find = remains._open
    assert find([gate, repaired, begun], remains.BEGUN, remains.ENDED) is begun
    assert find([gate, ended, begun], remains.BEGUN, remains.ENDED) is None
    assert find([begun, ended], remains.BEGUN, remains.ENDED) is begun
    assert find([gate], remains.BEGUN, remains.ENDED) is None


def dead(lock: StateLock, *workers: Worker, target: str = "local", word: Path = DATA) -> bool:
    return is_dead(lock, DATA, target, workers, word)


def mine(info: str = "", created: str = "2026-11-25T08:00:00Z") -> StateLock:
    return StateLock("key", "one", "apply", who(), created, info, "etag")


def test_a_holder_is_dead_only_where_that_is_known(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(broken_locks, "PROC", tmp_path)
    monkeypatch.setattr(remains, "PROC", tmp_path)
    gone = f"infra, held by process {2**22 + 1}"
    assert dead(mine(gone))
    assert dead(mine())
    assert not dead(LOCK), "the holder is on another machine"
    assert not dead(mine(), Worker(12, "terraform", 0.0, orphan=False))
    # In AWS a Terraform that somebody typed may hold the lock; nothing says which state it is at.
    assert dead(mine(), target="aws")
    (tmp_path / "12").mkdir()
    (tmp_path / "12" / "cmdline").write_bytes(b"/usr/bin/terraform\0apply\0")
    assert not dead(mine(), target="aws")
    assert dead(mine(gone), target="aws")
    # Where processes can't be seen, Terraform's own lock is never known to be dead.
    monkeypatch.setattr(remains, "PROC", tmp_path / "none")
    assert not dead(mine())
    assert dead(mine(gone))


def test_who_held_a_lock_before_the_local_cloud_was_lost_lost_it_too(tmp_path: Path) -> None:
    word = tmp_path / "dev-local.json"
    word.write_text(json.dumps({"lost_at": datetime(2026, 11, 25, 9, tzinfo=UTC).isoformat()}))
    assert dead(LOCK, word=word)
    later = StateLock("key", "one", "apply", "jo@laptop", "2026-11-25T10:00:00Z", "", "etag")
    assert not dead(later, word=word)
    assert not dead(LOCK, word=word, target="aws")


WAITING = """
import signal, sys, time
signal.signal(signal.SIGINT, lambda *_: sys.exit(print("stopped", flush=True)))
print("up", flush=True)
time.sleep(600)
"""


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Callable[..., subprocess.Popen[str]]]:
    """Start what looks like Terraform on a root module, and end it with the test."""
    started: list[subprocess.Popen[str]] = []

    def begin(*, session: bool, words: Sequence[str] = ("-chdir=/x",)) -> subprocess.Popen[str]:
        process = subprocess.Popen(
            [sys.executable, "-c", WAITING, *words],
            env={"TF_DATA_DIR": str(tmp_path / "dev-local")},
            stdout=subprocess.PIPE,
            stderr=subprocess.DEVNULL,
            text=True,
            start_new_session=session,
        )
        started.append(process)
        assert process.stdout is not None and process.stdout.readline() == "up\n"
        return process

    yield begin
    for process in started:
        process.kill()
        process.communicate()


def test_what_outlived_its_run_is_found_and_stopped_as_ctrl_c_does(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path
) -> None:
    orphan = start(session=True)
    typed = start(session=False)
    start(session=True, words=["something", "else"])
    found = {item.pid: item for item in workers(tmp_path / "dev-local")}
    assert {pid: item.orphan for pid, item in found.items()} == {orphan.pid: True, typed.pid: False}
    assert {item.kind for item in found.values()} == {"terraform"}
    assert workers(tmp_path / "staging-local") == ()
    assert stop(found[orphan.pid])
    assert orphan.stdout is not None and orphan.stdout.read() == "stopped\n"
    # A number that another process has by now is left alone.
    assert stop(replace(found[typed.pid], began=0.0))
    assert typed.poll() is None


def test_what_its_watcher_has_told_to_stop_is_not_told_again(
    start: Callable[..., subprocess.Popen[str]], tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    orphan = start(session=True)
    (found,) = workers(tmp_path / "dev-local")
    assert orphan.stdout is not None
    # It is known by its name, and by the pipe that it reads.
    watching = [sys.executable, "-c", "input()", str(WATCHER)]
    with subprocess.Popen(watching, stdin=subprocess.PIPE, pass_fds=[orphan.stdout.fileno()]) as it:
        monkeypatch.setattr(processes_left, "STOP_SECONDS", 0.5)
        assert not stop(found)
        assert orphan.poll() is None
        it.communicate(b"\n")
    monkeypatch.undo()
    assert stop(found)
    assert orphan.stdout.read() == "stopped\n"


def test_a_run_whose_command_is_still_there_is_no_orphan(tmp_path: Path) -> None:
    code = (
        "import subprocess, sys; subprocess.run([sys.executable, '-c', sys.argv[2], '-chdir=/x'],"
        " start_new_session=True)"
    )
    environment = {"TF_DATA_DIR": str(tmp_path / "dev-local")}
    # Its second word is the name by which infra is known.
    with subprocess.Popen(
        [sys.executable, "-c", code, "infra", WAITING],
        env=environment,
        stdout=subprocess.PIPE,
        text=True,
        start_new_session=True,
    ) as command:
        assert command.stdout is not None and command.stdout.readline() == "up\n"
        (found,) = workers(tmp_path / "dev-local")
        try:
            assert not found.orphan
        finally:
            os.kill(found.pid, signal.SIGKILL)
