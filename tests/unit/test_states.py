"""The versions of a state: which there are, how two differ, and what a restore refuses."""

from __future__ import annotations

import io
import json
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError

from infra.backend import Backend
from infra.errors import StateCorruptError, StateForeignError, StateLockedError, UsageError
from infra.ledger.records import Mark
from infra.states.comparison import Changed, addresses, compare
from infra.states.restoring import prepare
from infra.states.versions import find_version, list_versions
from infra.stored_state import parsed_state, read_stored_state
from infra.visits import Visit

BACKEND = Backend("bucket", "dev/terraform.tfstate", "eu-west-1", ("1",))
START = datetime(2026, 11, 25, 8, tzinfo=UTC)


def state(serial: int = 1, lineage: str = "a", **attributes: Any) -> bytes:
    """A state with one resource."""
    instance = {"attributes": attributes}
    resource = {"mode": "managed", "type": "x", "name": "y", "instances": [instance]}
    return json.dumps({"lineage": lineage, "serial": serial, "resources": [resource]}).encode()


@dataclass
class S3:
    """A versioned bucket. None among the bodies: somebody deleted the object then."""

    bodies: list[bytes | None] = field(default_factory=list)
    lock: bytes = b""

    def get_paginator(self, _name: str) -> S3:
        return self

    def paginate(self, **_place: Any) -> Any:
        versions, markers = [], []
        for number, body in enumerate(self.bodies):
            item = {
                "Key": BACKEND.key,
                "VersionId": f"version-{number}",
                "IsLatest": number == len(self.bodies) - 1,
                "LastModified": START + timedelta(minutes=number),
            }
            if body is None:
                markers.append(item)
            else:
                versions.append({**item, "Size": len(body)})
        other = {"Key": f"{BACKEND.key}.tflock", "VersionId": "x", "IsLatest": True, "Size": 9}
        versions.append({**other, "LastModified": START})
        return [{"Versions": versions, "DeleteMarkers": markers}]

    class exceptions:  # noqa: N801
        NoSuchKey = KeyError
        NoSuchBucket = KeyError

    def get_object(self, *, Key: str, VersionId: str = "", **_place: Any) -> Any:  # noqa: N803
        if Key.endswith(".tflock"):
            if not self.lock:
                raise KeyError
            return {"Body": io.BytesIO(self.lock), "ETag": "lock"}
        number = int(VersionId.removeprefix("version-")) if VersionId else len(self.bodies) - 1
        body = self.bodies[number] if self.bodies else None
        if body is None:
            raise ClientError({"Error": {"Code": "NoSuchKey"}}, "GetObject")
        return {"Body": io.BytesIO(body), "ETag": f"etag-{number}"}


def clients(s3: S3) -> Callable[[str], Any]:
    return lambda _service: s3


@dataclass
class Visited:
    """As much of a visit as a restore needs before it writes."""

    clients: Callable[[str], Any]
    backend: Backend = BACKEND
    data: Path = Path("/checkout/.local/terraform/dev-local")
    target: str = "local"

    @property
    def environment(self) -> Any:
        return self

    name: str = "dev"


def visited(s3: S3) -> Visit:
    return cast(Visit, Visited(clients(s3)))


def test_versions_are_told_newest_first_with_what_they_are() -> None:
    s3 = S3([state(1), b"", state(2)[:20], None, state(2)])
    found = list_versions(clients(s3), BACKEND, 10)
    told = [(item.content, item.state.serial if item.state else None) for item in found]
    assert told == [
        ("state", 2),
        ("deleted", None),
        ("unreadable", None),
        ("empty", None),
        ("state", 1),
    ]
    assert [item.latest for item in found] == [True, False, False, False, False]
    assert len(list_versions(clients(s3), BACKEND, 2)) == 2
    assert "attributes" not in json.dumps([item.document() for item in found]) + repr(found[:2])


def test_a_version_is_found_by_its_serial_or_id() -> None:
    s3 = S3([state(1), state(2), state(2, size=3), state(4), state(4)])
    find = lambda wanted: find_version(clients(s3), BACKEND, wanted).id  # noqa: E731
    assert find("1") == "version-0"
    assert find("latest") == "version-4"
    assert find("version-2") == "version-2"
    # The same bytes twice are the same state.
    assert find("4") == "version-4"
    for wanted, said in (
        ("2", "2 versions of the state have serial 2"),
        ("7", "No version of the state has serial 7"),
        ("version", "Several versions begin with"),
        ("../x", "No version of the state begins with"),
        ("9" * 5000, "No version of the state begins with"),
    ):
        with pytest.raises(UsageError, match=said):
            find(wanted)


def test_a_comparison_names_places_and_no_values() -> None:
    old = parsed_state(state(1, size=1, tags={"a": 1, "b": 2}, token="secret-1"), "x")
    new = parsed_state(state(2, size=1, tags={"a": 1, "c": 2}, token="secret-2"), "x")
    found = compare(old, new)
    assert found.changed == (Changed("x.y", ("tags.b", "tags.c", "token")),)
    assert "secret" not in repr(found)
    assert compare(old, old).empty
    document = {
        "lineage": "a",
        "resources": [
            {"mode": "data", "type": "d", "name": "d", "instances": [{}]},
            {
                "module": "module.m[0]",
                "mode": "managed",
                "type": "x",
                "name": "y",
                "instances": [
                    {"index_key": "k\x1b[2J", "attributes": {}},
                    {"index_key": 3, "status": "tainted"},
                    {"index_key": 3, "deposed": "0badcafe"},
                ],
            },
        ],
        "outputs": {"o": {"value": "secret"}},
    }
    several = parsed_state(json.dumps(document).encode(), "x")
    assert addresses(several) == [
        'module.m[0].x.y["k␛[2J"]',
        "module.m[0].x.y[3]",
        "module.m[0].x.y[3] (deposed 0badcafe)",
    ]
    assert compare(several, old).outputs == ("o",)
    assert several.count == 3


@pytest.mark.parametrize("body", [b"{", b"[]", b"null", b'"x"', b'{"serial": [1]}', b"[" * 99_999])
def test_what_is_no_state_is_said_to_be_none(body: bytes) -> None:
    with pytest.raises(StateCorruptError) as caught:
        read_stored_state(clients(S3([body])), BACKEND)
    assert "s3://bucket/dev/terraform.tfstate" in caught.value.message


def test_no_state_and_an_empty_one_are_read_as_none() -> None:
    for bodies in ([], [None], [b""]):
        found = read_stored_state(clients(S3(list(bodies))), BACKEND)
        assert (found.lineage, found.count) == ("", 0)


def test_a_restore_gets_a_serial_that_nobody_has_seen() -> None:
    s3 = S3([state(1, size=1), state(2, size=2)])
    made = prepare(visited(s3), "1", Mark("a", 9, 1))
    assert made.serial == 10
    assert json.loads(made.content) == {**json.loads(state(1, size=1)), "serial": 10}
    assert made.there.etag == "etag-1"
    assert made.difference.changed == (Changed("x.y", ("size",)),)
    assert prepare(visited(s3), "1", None).serial == 3
    # Rewound by hand: what was there before counts all the same.
    assert prepare(visited(S3([state(8), state(2, size=2), state(3)])), "2", None).serial == 9


@pytest.mark.parametrize(
    ("now", "mark"),
    [
        (state(2), None),
        (state(2)[:9], Mark("a", 2, 1)),
        (None, Mark("a", 2, 1)),
        (b"", Mark("a", 2, 1)),
    ],
)
def test_a_version_of_another_lineage_is_refused(now: bytes | None, mark: Mark | None) -> None:
    with pytest.raises(StateForeignError) as caught:
        prepare(visited(S3([state(5, "b"), now])), "5", mark)
    assert "lineage is b" in caught.value.message and caught.value.exit_code == 10


def test_what_can_not_be_brought_back_is_refused() -> None:
    for bodies, wanted, said in (
        ([state(1), None], "latest", "it is deleted"),
        ([state(1), b""], "latest", "it is empty"),
        ([state(1), b"{"], "latest", "it is unreadable"),
        ([state(1)], "1", "the state that is stored now"),
    ):
        with pytest.raises(UsageError, match=said):
            prepare(visited(S3(list(bodies))), wanted, None)


def test_nothing_is_brought_back_while_somebody_is_at_work(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.broken_locks.holder", lambda *_arguments: 12)
    s3 = S3([state(1), state(2)], lock=b'{"ID": "one"}')
    with pytest.raises(StateLockedError, match="process 12"):
        prepare(visited(s3), "1", None)
