"""The chain of a ledger: how it grows, and that whatever is done to it is found and named."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ReadTimeoutError

from harness.ledgers import ABOUT, START, Key, Memory, add, event
from infra.errors import LedgerUnavailableError, UsageError
from infra.ledger import export
from infra.ledger.records import (
    MAX_BYTES,
    Kind,
    MalformedError,
    Mark,
    Record,
    canonical,
    parse,
)
from infra.ledger.store import Stored, key_of, sequence_of
from infra.ledger.verification import Finding, Problem, verify
from infra.ledger.witness import Seen, Witness
from infra.ledger.writing import append

LENGTH = 6


@pytest.fixture(scope="module")
def key() -> Key:
    """The account's key."""
    return Key()


@pytest.fixture
def places(key: Key) -> Memory:
    """A sound chain."""
    made = Memory()
    for _ in range(LENGTH):
        add(made, key)
    return made


def found(
    places: Memory, key: Key, chain: list[Stored] | None = None, seen: Seen | None = None
) -> list[tuple[int | None, Problem]]:
    """What a verification says, by place and problem."""
    stored = places.chain() if chain is None else chain
    checked = verify(stored, key.checker.signed, "staging", "222222222222", seen)
    return [(item.sequence, item.problem) for item in checked.findings]


def edit(places: Memory, sequence: int, change: Callable[[Any], object]) -> None:
    """Change the JSON of a stored entry."""
    document = json.loads(places.texts[sequence])
    change(document)
    places.texts[sequence] = canonical(document).decode()


def test_a_chain_that_nobody_touched_is_sound(places: Memory, key: Key) -> None:
    checked = verify(places.chain(), key.checker.signed, "staging", "222222222222")
    assert checked.findings == ()
    assert checked.count == LENGTH
    assert checked.head is not None and checked.head.record.sequence == LENGTH


def test_an_edited_record_is_found(places: Memory, key: Key) -> None:
    edit(places, 3, lambda entry: entry["record"].update(result="failed"))
    assert found(places, key) == [(3, Problem.EDITED)]


def test_an_edited_record_with_a_fresh_hash_is_found(places: Memory, key: Key) -> None:
    def change(entry: Any) -> None:
        entry["record"]["result"] = "failed"
        entry["hash"] = Record(entry["record"]).hash

    edit(places, 3, change)
    assert found(places, key) == [(3, Problem.FORGED), (4, Problem.UNLINKED)]


@pytest.mark.parametrize("dropped", [1, 3])
def test_a_dropped_record_is_found(places: Memory, key: Key, dropped: int) -> None:
    del places.texts[dropped]
    assert found(places, key) == [(dropped, Problem.MISSING)]


def test_several_dropped_records_are_one_finding(places: Memory, key: Key) -> None:
    for sequence in (2, 3, 4):
        del places.texts[sequence]
    checked = verify(places.chain(), key.checker.signed, "staging", None)
    assert [item.text for item in checked.findings] == ["Records 2 to 4 are missing."]


def test_a_dropped_end_is_known_from_what_s3_keeps_of_it(places: Memory, key: Key) -> None:
    chain = places.chain()
    chain[-1] = replace(chain[-1], text=None, deleted=True)
    assert found(places, key, chain) == [(LENGTH, Problem.DELETED)]


def test_a_dropped_end_that_left_nothing_is_known_to_who_saw_it(places: Memory, key: Key) -> None:
    last = parse(places.texts.pop(LENGTH)).record
    assert found(places, key) == []
    seen = Seen(last.sequence, last.hash, "")
    assert found(places, key, seen=seen) == [(LENGTH, Problem.MISSING)]
    add(places, key)
    assert found(places, key, seen=seen) == [(LENGTH, Problem.REWRITTEN)]


def test_records_that_changed_places_are_found(places: Memory, key: Key) -> None:
    places.texts[3], places.texts[4] = places.texts[4], places.texts[3]
    assert found(places, key) == [(3, Problem.MISPLACED), (4, Problem.MISPLACED)]


def test_a_record_of_another_key_is_found(places: Memory, key: Key) -> None:
    record = parse(places.texts[LENGTH]).record
    places.texts[LENGTH] = Key().sign(record).text()
    assert found(places, key) == [(LENGTH, Problem.FORGED)]


def test_a_record_without_a_signature_is_found(places: Memory, key: Key) -> None:
    edit(places, 2, lambda entry: entry["signature"].update(value=""))
    assert found(places, key) == [(2, Problem.UNSIGNED)]


@pytest.mark.parametrize("signature", [{"value": "%%%"}, {"algorithm": "NONE"}])
def test_a_signature_that_is_none_is_found(
    places: Memory, key: Key, signature: dict[str, str]
) -> None:
    edit(places, 2, lambda entry: entry["signature"].update(signature))
    assert found(places, key) == [(2, Problem.FORGED)]


def test_a_record_of_another_environment_is_found(places: Memory, key: Key) -> None:
    other = Memory()
    for _ in range(2):
        add(other, key, environment="prod")
    places.texts[2] = other.texts[2]
    assert found(places, key) == [
        (2, Problem.FOREIGN),
        (2, Problem.UNLINKED),
        (3, Problem.UNLINKED),
    ]


def test_a_signed_record_with_a_wrong_link_is_found(places: Memory, key: Key) -> None:
    """Whoever may sign can still not replace what others have built on."""
    fields = dict(parse(places.texts[3]).record.fields, previous="a" * 64)
    places.texts[3] = key.sign(Record(fields)).text()
    assert found(places, key) == [(3, Problem.UNLINKED), (4, Problem.UNLINKED)]


def test_a_record_that_was_written_over_is_found(places: Memory, key: Key) -> None:
    chain = places.chain()
    chain[2] = replace(chain[2], versions=2)
    assert found(places, key, chain) == [(3, Problem.OVERWRITTEN)]


def test_a_time_that_s3_does_not_confirm_is_found(places: Memory, key: Key) -> None:
    chain = places.chain()
    later = (START + timedelta(hours=3)).isoformat()
    chain[2] = replace(chain[2], received=later)
    assert found(places, key, chain) == [(3, Problem.TIME)]


def test_times_never_go_back(key: Key) -> None:
    places = Memory()
    add(places, key)
    places.now -= timedelta(hours=1)  # a clock that was put back
    second = add(places, key)
    assert second.record.time == parse(places.texts[1]).record.time
    fields = dict(second.record.fields, time="2026-11-25T07:00:00Z")
    chain = [replace(places.get(1), received=""), Stored("k", 2, key.sign(Record(fields)).text())]
    assert found(places, key, chain) == [(2, Problem.TIME)]


def test_what_is_no_record_is_found(places: Memory, key: Key) -> None:
    places.texts[2] = "{}"
    stray = Stored("ledger/staging/note.txt", None, "hello")
    assert found(places, key, [*places.chain(), stray]) == [
        (None, Problem.STRAY),
        (2, Problem.UNREADABLE),
    ]


@pytest.mark.parametrize(
    "text", ["", "[]", "null", '{"record": {}}', "[" * 20_000, "1" * (MAX_BYTES + 1)]
)
def test_bytes_that_are_no_record_are_told_from_one(text: str) -> None:
    with pytest.raises(MalformedError):
        parse(text)


def test_a_key_stands_for_one_place_and_newer_ones_come_first() -> None:
    keys = [key_of("prod", sequence) for sequence in (1, 9, 10, 11, 1000)]
    assert sorted(keys, reverse=True) == keys
    assert [sequence_of("prod", key) for key in keys] == [1, 9, 10, 11, 1000]
    for wrong in (keys[0].replace("prod", "dev"), keys[0].replace("0001.", "0002.")):
        assert sequence_of("prod", wrong) is None


def test_who_comes_second_takes_the_next_place(places: Memory, key: Key) -> None:
    places.before_put.append(lambda _sequence: add(places, key, event("other")) and None)
    mine = add(places, key, event("mine"))
    assert mine.record.sequence == LENGTH + 2
    assert found(places, key) == []


def lose(_sequence: int) -> None:
    """The answer to a request, or the request itself, gets lost."""
    raise ReadTimeoutError(endpoint_url="http://127.0.0.1")


def test_a_lost_answer_makes_no_second_record(places: Memory, key: Key) -> None:
    places.after_put.append(lose)
    written = add(places, key)
    assert written.record.sequence == LENGTH + 1 == max(places.texts)
    assert found(places, key) == []


def test_a_retry_that_finds_its_own_record_makes_no_second_one(places: Memory, key: Key) -> None:
    """As when the SDK itself sends the request again, and is told that the place is taken."""
    said = event("mine")
    first = add(places, key, said)

    class Late(Memory):
        def newest(self) -> Any:
            return self.get(LENGTH), self.now

    late = Late(places.texts, now=places.now)
    assert add(late, key, said) == first
    assert max(places.texts) == LENGTH + 1


def test_a_request_that_never_arrived_is_made_again(places: Memory, key: Key) -> None:
    places.before_put.append(lose)
    assert add(places, key).record.sequence == LENGTH + 1
    places.before_put.extend([lose] * 3)
    with pytest.raises(ReadTimeoutError):
        add(places, key)
    assert max(places.texts) == LENGTH + 1


def test_nothing_is_added_to_an_end_that_is_not_sound(places: Memory, key: Key) -> None:
    record = parse(places.texts[LENGTH]).record
    for text in ("{}", Key().sign(record).text(), places.texts[LENGTH - 1]):
        places.texts[LENGTH] = text
        with pytest.raises(LedgerUnavailableError, match="not sound") as caught:
            add(places, key)
        assert "infra ledger verify staging" in caught.value.hint
        assert LENGTH + 1 not in places.texts


def test_a_place_that_is_always_taken_ends_in_an_error(places: Memory, key: Key) -> None:
    places.put = lambda _sequence, _text: False  # type: ignore[method-assign]
    with pytest.raises(LedgerUnavailableError, match="Others wrote"):
        add(places, key)


def test_a_record_says_who_what_when_and_with_which_tools(places: Memory, key: Key) -> None:
    said = event(
        "failed",
        kind=Kind.GATE,
        reason="alarm",
        release={"git_sha": "abc"},
        plan="sha256:1",
        tools={"terraform": "1.11.4"},
        details={"checks": 3},
        user="ann",
    )
    fields = add(places, key, said).record.fields
    assert fields["kind"] == "gate" and fields["result"] == "failed"
    assert fields["actor"] == ABOUT["actor"] and fields["user"] == "ann"
    assert fields["release"] == {"git_sha": "abc"} and fields["plan"] == "sha256:1"
    assert fields["tools"] == {"terraform": "1.11.4"} and fields["details"] == {"checks": 3}
    assert fields["time"].startswith("2026-11-25T08:00:")


def test_an_export_is_verified_as_the_ledger_is(places: Memory, key: Key, tmp_path: Path) -> None:
    path = tmp_path / "staging.jsonl"
    export.write(path, export.lines(places.chain()))
    assert path.stat().st_mode & 0o777 == 0o600
    assert found(places, key, export.read(path)) == []
    lines = path.read_text().splitlines()
    path.write_text("\n".join([*lines[:2], *lines[3:]]))
    assert found(places, key, export.read(path)) == [(3, Problem.MISSING)]
    path.write_text("\n".join([lines[1], lines[0], *lines[2:]]))
    assert Problem.MISPLACED in dict(found(places, key, export.read(path))).values()


def test_a_file_that_is_not_there_is_told(tmp_path: Path) -> None:
    with pytest.raises(UsageError, match="can't be read"):
        export.read(tmp_path / "none")
    with pytest.raises(UsageError, match="can't be written"):
        export.write(tmp_path / "none" / "file", [])


def test_a_witness_remembers_the_newest_of_this_cloud(places: Memory, tmp_path: Path) -> None:
    witness = Witness(tmp_path / "w", "staging", "local", "one")
    assert witness.seen() is None
    for sequence in (2, 4, 3):
        witness.remember(parse(places.texts[sequence]))
    seen = witness.seen()
    assert seen is not None and seen.sequence == 4
    assert (tmp_path / "w" / "staging-local.json").stat().st_mode & 0o777 == 0o600
    assert Witness(tmp_path / "w", "staging", "local", "two").seen() is None


def test_a_finding_names_the_record(places: Memory, key: Key) -> None:
    edit(places, 3, lambda entry: entry["record"].update(user="eve"))
    checked = verify(places.chain(), key.checker.signed, "staging", None)
    text = "Record 3 was edited: its content does not have the hash that it states."
    assert checked.findings == (Finding(3, Problem.EDITED, text),)


def test_the_newest_record_always_says_the_last_known_state() -> None:
    places, key = Memory(), Key()

    def marks(said: dict[str, Any], mark: Mark | None = None) -> Mark | None:
        made = append(
            places,
            key.sign,
            key.checker.signed,
            ABOUT,
            said,
            lambda _seconds: None,
            None if mark is None else mark.document(),
        )
        return made.record.mark

    assert marks(event()) is None
    assert marks(event(), Mark("a", 3, 7)) == Mark("a", 3, 7)
    assert marks(event()) == Mark("a", 3, 7)
    assert marks(event(), Mark("a", 4, 6)) == Mark("a", 4, 6)
    # A state from before, or another one, is not taken for the last one just so.
    assert marks(event(), Mark("a", 2, 7)) == Mark("a", 4, 6)
    assert marks(event(), Mark("b", 9, 7)) == Mark("a", 4, 6)
    accepted = event(kind=Kind.STATE_REPAIRED, details={"accepted": True})
    assert marks(accepted, Mark("b", 1, 7)) == Mark("b", 1, 7)
    assert verify(places.chain(), key.checker.signed, "staging", "222222222222").findings == ()
