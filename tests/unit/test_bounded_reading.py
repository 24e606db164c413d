"""What is not read at all, of JSON and of YAML, and what is said of it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

import pytest

from infra import json_text, yaml_text
from infra.yaml_text import UnreadableError


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"{", "not valid JSON at line 1, column 2"),
        (b"NaN", "not valid JSON"),
        (b'{"a": -Infinity}', "not valid JSON"),
        (b'{"a": 1e999}', "not valid JSON"),
        (b"9" * 5000, "not valid JSON"),
        (b"[" * 101 + b"]" * 101, "more than 100 levels"),
        (b"[" * 100_000, "not valid JSON"),
        (b'"\xff"', "not valid JSON"),
        (b'{"a": "\\ud83d"}', "not valid JSON"),
        ('"a"'.encode("utf-16"), "not valid JSON"),
        (b'"' + b"x" * 2000 + b'"', "larger than 1000 bytes"),
    ],
)
def test_json_out_of_bounds_is_refused_and_not_quoted(content: bytes, words: str) -> None:
    with pytest.raises(ValueError, match=words) as caught:
        json_text.load(content, most=1000 if len(content) < 4000 else None)
    assert "xxx" not in str(caught.value)


def test_json_within_bounds_is_what_it_says() -> None:
    assert json_text.load(b'{"a": [1, 2.5, null, "\xc3\xa9"]}') == {"a": [1, 2.5, None, "é"]}
    assert json_text.load(rb'"\ud83d\ude00"') == "\U0001f600"
    assert json_text.load("[" * 100 + "]" * 100)
    assert json_text.load('{"a": 1, "a": 2}') == {"a": 2}
    with pytest.raises(ValueError, match="not valid JSON"):
        json_text.load('{"a": 1, "a": 2}', unique=True)


@dataclass(frozen=True)
class Thing:
    """With the kinds of fields that are read."""

    name: str
    count: int
    note: str | None = None
    whole: bool = False
    by_name: dict[str, str] | None = None


@pytest.mark.parametrize(
    "document",
    [
        [],
        {},
        {"name": "a"},
        {"name": 1, "count": 1},
        {"name": "a", "count": True},
        {"name": "a", "count": 1.5},
        {"name": "a", "count": 1, "note": 3},
        {"name": "a", "count": 1, "whole": 1},
        {"name": "a", "count": 1, "more": 1},
    ],
)
def test_a_document_of_other_types_fills_nothing(document: Any) -> None:
    with pytest.raises(ValueError, match=r"it is no JSON object|a member"):
        json_text.fill(Thing, document)


def test_a_document_of_the_right_types_fills() -> None:
    assert json_text.fill(Thing, {"name": "a", "count": 1}) == Thing("a", 1)
    assert json_text.fill(Thing, {"name": "a", "count": 1, "note": None}) == Thing("a", 1)


LEVELS = 12
BOMB = (
    b"a: [&a0 [x, x, x, x, x, x, x, x, x]"
    + b"".join(b", &a%d [%s]" % (n, b", ".join([b"*a%d" % (n - 1)] * 9)) for n in range(1, LEVELS))
    + b"]"
)
"""A kilobyte that stands for nine to the power of twelve words."""


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (BOMB, "an alias stands there"),
        (b"a: &a [*a]", "an alias stands there"),
        (b"!!python/name:os.system x", "a tag stands there"),
        (b"a: !secret b", "a tag stands there"),
        (b"a: !!binary eA==", "a tag stands there"),
        (b"a: 1\nb: 2\na: 3", "a key stands there twice"),
        (b"a:" + b" [" * 20 + b"]" * 20, "more than 20 levels"),
        (b"a: 0x" + b"f" * 10_000, "too many digits"),
        (b"a: 1:" + b"1:" * 2000 + b"1.5", "too many digits"),
        (b"a: .inf", "has no end"),
        (b"a: .nan", "has no end"),
        (b"a: 2026-13-45", "a value in it can't be read"),
        (b"a: \x00", "character 4 can't stand in YAML"),
        (b"a: \xff", "byte 4 is not UTF-8"),
        (b"".join(b"k%d: v\n" % n for n in range(9000)), "larger than 32 KB"),
        (b"? [a]\n: b", "unhashable key"),
        (b"--- a\n--- b", "expected a single document"),
        (b"a: b: c", "mapping values are not allowed here"),
    ],
)
def test_yaml_out_of_bounds_is_refused(content: bytes, words: str) -> None:
    with pytest.raises(UnreadableError, match=words):
        yaml_text.load(content)


def test_yaml_within_bounds_is_what_it_says() -> None:
    text = b'a: 1\nb: [x, "y", 2.5, null, true]\nc: {d: 1_000}\ne: 2026-12-31\n'
    found = yaml_text.load(text)
    assert (found["a"], found["b"], found["c"]) == (1, ["x", "y", 2.5, None, True], {"d": 1000})
    assert found["e"].isoformat() == "2026-12-31"
    assert yaml_text.load(b"") is None
