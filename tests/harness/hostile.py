"""Input that attacks: text, JSON, YAML and HCL that somebody made to break whoever reads it."""

from __future__ import annotations

import copy
import json
from collections.abc import Callable, Iterator, Mapping, Sequence
from typing import Any

import yaml
from hypothesis import strategies as st

TEXTS = (
    "",
    " ",
    "../prod",
    "..",
    "a/../../prod.tfstate",
    "/etc/passwd",
    "prod/../dev",
    "dev\x00",
    "dev\n",
    "-destroy",
    "--help",
    "@file",
    "$(touch hostile)",
    "`touch hostile`",
    "; touch hostile",
    "${{ github.token }}",
    "${file('/etc/passwd')}",
    "%{ for x in y }",
    "{{ 7 * 7 }}",
    "\x1b[2J\x1b[31mred\x1b]0;title\x07",
    "\x9b31m",
    "line\r\noverwritten",
    "abc\u202efdp.exe",
    "d\u200bev",
    "\u2066dev\u2069",
    "\ufeffdev",
    "dеv",  # noqa: RUF001 (the e is Cyrillic)
    "\U000e0041dev",
    "\ud83d",
    "<script>alert(1)</script>",
    "[bold red]markup[/]",
    "``` | `a` <!-- -->",
    "r-0123456789abcdef",
    "r-" + "0" * 500,
    "sha256:" + "0" * 64,
    "sha256:" + "g" * 64,
    "null",
    "true",
    "é" * 3000,
    "9" * 5000,
    "x" * 70_000,
)
DEEP = 100_000
JSON = (
    b"",
    b"null",
    b"[]",
    b"{}",
    b'"text"',
    b"NaN",
    b"1e999",
    b"-Infinity",
    b"9" * 5000,
    b"[" * DEEP,
    b"[" * DEEP + b"]" * DEEP,
    b'{"a":' * 5000 + b"1" + b"}" * 5000,
    b"[" * 200 + b"]" * 200,
    b'{"a": 1, "a": 2}',
    b"\xef\xbb\xbf{}",
    b"\xff\xfe{\x00}\x00",
    b'{"a": "\xff"}',
    b'{"a": "\\ud800"}',
    b'{"a": "\x00"}',
    b"{} {}",
)
YAML = (
    *JSON,
    b"!!python/object/apply:os.system ['touch hostile']",
    b"!!python/name:os.system",
    b"a: !<\x25\x31\x62> b",
    b"!!binary '====='",
    b"? [a, b]\n: c",
    b"? {a: b}\n: c",
    b"<<: [1, 2]",
    b"a: &a [*a]",
    b"&a a: *a",
    b"a: 2026-13-45",
    b"a: 0000-00-00",
    b"a: 2026-01-01 99:99:99",
    b"a: " + b"1:" * 20_000 + b"1",
    b"a: " + b"1:" * 2_000 + b"1.5",
    b"a: 0x" + b"f" * 10_000,
    b"a: 0b_",
    b"a: .inf",
    b"a: .nan",
    b"a: 1\na: 2",
    b"--- a\n--- b",
    b"%YAML 9.9\n--- a",
    b"%TAG ! tag:evil,\n--- !x a",
    b"\ta: b",
    b"a: |\n  \x1b[31m",
    b"- " * 30_000,
    b"[" * 30_000,
    b"{a: " * 10_000,
    b"a: b\n" * 14_000,
    b"- a\n" * 16_000,
    b"'" * 60_000,
    b"&" + b"a" * 60_000,
    b"a: &x ["
    + b"lol, " * 9
    + b"lol]\n"
    + b"".join(
        b"%c: &%c [%s]\n" % (97 + n, 97 + n, b", ".join([b"*%c" % (96 + n if n > 1 else 120)] * 9))
        for n in range(1, 12)
    ),
)
HCL = (
    b"",
    b"a",
    b"a =",
    b'a = "',
    b"a = <<EOT\nx",
    b"a = " + b"[" * 5000,
    b"a = " + b"[" * 300 + b"]" * 300,
    b"a = " + b"(" * 5000 + b"1" + b")" * 5000,
    b"a = " + b"1 + " * 3000 + b"1",
    b'a = "' + b"${" * 2000,
    b"a = " + b"9" * 5000,
    b"a {" * 500,
    b"variable = 1",
    b"variable {}",
    b'variable "a" = 2',
    b"terraform = []",
    b"terraform {\n backend = 3\n}",
    b'terraform {\n backend "s3" "x" {}\n}',
    b"a = null\na = 1",
    b"\x00",
    b"\xff",
    b"# " + b"x" * 200_000,
    b"a = 1\n" * 20_000,
)


def texts() -> st.SearchStrategy[str]:
    """Text of any kind."""
    return st.one_of(st.sampled_from(TEXTS), st.text(max_size=40), st.text(max_size=400))


def values() -> st.SearchStrategy[Any]:
    """What can stand in JSON, of any type and size."""
    scalars = st.one_of(
        st.none(),
        st.booleans(),
        st.integers(),
        st.sampled_from([-1, 0, 2**31, 2**63, 2**64, 10**300, -(10**300)]),
        st.floats(),
        texts(),
    )
    return st.one_of(
        scalars,
        st.lists(scalars, max_size=3),
        st.dictionaries(texts(), scalars, max_size=3),
        st.sampled_from([40, 99, 101, 300]).map(_nested),
        st.just(["a"] * 2000),
    )


@st.composite
def altered(draw: st.DrawFn, valid: Any) -> Any:
    """A document of which one to three places are something else, gone, or new."""
    document = {"": copy.deepcopy(valid)}
    for _ in range(draw(st.integers(1, 3))):
        places = list(_places(document))
        parent, key = places[draw(st.integers(0, len(places) - 1))]
        what = draw(st.sampled_from(("replace", "replace", "replace", "remove", "add")))
        if what == "replace":
            parent[key] = draw(values())
        elif what == "remove" and parent is not document:
            del parent[key]
        elif isinstance(parent[key], dict):
            parent[key][draw(texts())] = draw(values())
        elif isinstance(parent[key], list):
            parent[key].append(draw(values()))
    return document[""]


def spoiled(content: bytes, cut: float, at: float, byte: int) -> bytes:
    """Bytes that were cut short, with one of them another one."""
    kept = bytearray(content[: int(len(content) * cut)])
    if kept:
        kept[int((len(kept) - 1) * at)] = byte
    return bytes(kept)


def files(
    valid: Any, dump: Callable[[Any], bytes], attacks: Sequence[bytes]
) -> st.SearchStrategy[bytes]:
    """A file that should hold something like `valid`: altered, spoiled, or no such thing at all."""
    whole = dump(valid)
    shares = st.floats(0, 1)
    return st.one_of(
        altered(valid).map(dump),
        st.builds(spoiled, st.just(whole), shares, shares, st.integers(0, 255)),
        st.sampled_from(attacks),
        st.builds(lambda start, rest: start + whole + rest, *[st.sampled_from(attacks)] * 2),
        st.binary(max_size=200),
    )


def json_files(valid: Any) -> st.SearchStrategy[bytes]:
    """The same as JSON."""
    return files(valid, as_json, JSON)


def yaml_files(valid: Any) -> st.SearchStrategy[bytes]:
    """The same as YAML."""
    return files(valid, as_yaml, YAML)


def hcl_files(valid: str) -> st.SearchStrategy[bytes]:
    """Terraform's language: a valid file that was spoiled, has hostile text, or is none."""
    whole = valid.encode()
    shares = st.floats(0, 1)
    return st.one_of(
        st.builds(spoiled, st.just(whole), shares, shares, st.integers(0, 255)),
        texts().map(lambda text: f'{valid}\nnote = "{text}"\n'.encode("utf-8", "surrogatepass")),
        st.sampled_from(HCL),
        st.binary(max_size=200),
    )


def as_json(value: Any) -> bytes:
    """As JSON, with NaN where that is what there is."""
    text = json.dumps(value, ensure_ascii=False, default=str)
    return text.encode("utf-8", "surrogatepass")


def as_yaml(value: Any) -> bytes:
    """As YAML; what is too deep for PyYAML as JSON, which is YAML as well."""
    try:
        text: str = yaml.safe_dump(value, allow_unicode=True, sort_keys=False)
    except RecursionError:
        return as_json(value)
    return text.encode("utf-8", "surrogatepass")


def _nested(depth: int) -> Any:
    value: Any = 1
    for _ in range(depth):
        value = {"a": [value]}
    return value


def _places(value: Any) -> Iterator[tuple[Any, Any]]:
    """Each member of each object and list, as its parent and its key."""
    pairs = value.items() if isinstance(value, Mapping) else enumerate(value)
    for key, item in list(pairs):
        yield value, key
        if isinstance(item, (dict, list)):
            yield from _places(item)
