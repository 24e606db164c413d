"""Taking the lock of a state when answers get lost, and when its holder goes meanwhile."""

from __future__ import annotations

import io
import json
from typing import Any

import pytest
from botocore.exceptions import ClientError

from infra.state_lock import take


def refusal(status: int) -> ClientError:
    answer: Any = {"Error": {"Code": "x"}, "ResponseMetadata": {"HTTPStatusCode": status}}
    return ClientError(answer, "PutObject")


class Bucket:
    """One object that can be made once. losing: how many answers to puts get lost, each of which
    the SDK sends again."""

    def __init__(self, body: bytes = b"", losing: int = 0) -> None:
        self.body, self.losing = body, losing

    def put_object(self, Body: bytes, **_place: Any) -> None:  # noqa: N803
        if self.body:
            raise refusal(412)
        self.body = Body
        if self.losing:
            self.losing -= 1
            self.put_object(Body)

    def get_object(self, **_place: Any) -> dict[str, Any]:
        return {"Body": io.BytesIO(self.body)}


class Fleeting(Bucket):
    """Its holder gives it back before anybody can see who it was."""

    def get_object(self, **_place: Any) -> dict[str, Any]:
        self.body = b""
        raise refusal(404)


INFO = {"ID": "mine", "Who": "ann@here"}


def test_a_lock_whose_answer_got_lost_is_ours() -> None:
    assert take(Bucket(losing=1), "b", "k", INFO, 0) is None


def test_a_lock_of_somebody_else_is_not(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.state_lock.select.select", lambda *_: ([], [], []))
    theirs = {"ID": "theirs", "Who": "bob@here"}
    found = take(Bucket(json.dumps(theirs).encode()), "b", "k", INFO, 0)
    assert found == theirs


def test_a_lock_that_was_given_back_meanwhile_is_taken(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("infra.state_lock.select.select", lambda *_: ([], [], []))
    bucket = Fleeting(b"{}")
    assert take(bucket, "b", "k", INFO, 0) is None
    assert json.loads(bucket.body) == INFO
