"""A provider's schema without the types that nobody needs."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from infra.terraform.named_types import UnknowableError, named_types
from infra.terraform.schema import NotASchemaError, cut


def field(number: int, content: bytes) -> bytes:
    """A field with a length, as Protocol Buffers write it; lengths of two bytes too."""
    length = len(content)
    head = bytes([length]) if length < 128 else bytes([length & 127 | 128, length >> 7])
    return bytes([number << 3 | 2]) + head + content


def entry(number: int, name: str, schema: bytes = b"s") -> bytes:
    return field(number, field(1, name.encode()) + field(2, schema))


PROVIDER, CAPABILITIES, FUNCTION = field(1, b"provider"), field(6, b"c"), entry(7, "arn_parse")


def test_only_the_named_types_stay() -> None:
    bucket, data, secret = entry(2, "aws_b"), entry(3, "aws_b"), entry(8, "aws_b")
    others = entry(2, "aws_c") + entry(3, "aws_c", b"x" * 300) + entry(8, "aws_c")
    whole = PROVIDER + bucket + others + data + CAPABILITIES + FUNCTION + secret
    assert cut(whole, {"aws_b"}) == PROVIDER + bucket + data + CAPABILITIES + FUNCTION + secret


def test_long_schemas_stay_byte_by_byte() -> None:
    long = entry(2, "aws_b", bytes(range(256)) * 40)
    assert cut(PROVIDER + long + entry(2, "aws_c"), {"aws_b"}) == PROVIDER + long


@pytest.mark.parametrize(
    "broken",
    [PROVIDER[:-1], entry(2, "aws_b")[:-2], b"\x08\x01", b"\x12\xff", field(2, b"\x0a\x7fx")],
    ids=["cut off", "cut off in an entry", "a number", "no end of a length", "a key too long"],
)
def test_what_is_no_schema_is_refused(broken: bytes) -> None:
    with pytest.raises(NotASchemaError):
        cut(broken, {"aws_b"})


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """A root module that is initialised, with a module beside it."""
    (tmp_path / "root").mkdir()
    (tmp_path / "module").mkdir()
    (tmp_path / "root" / "main.tf").write_text('resource "aws_sqs_queue" "a" {}')
    (tmp_path / "module" / "main.tf.json").write_text('{"data": {"aws_caller_identity": {}}}')
    (tmp_path / "stranger.tf").write_text('resource "aws_lambda_function" "no" {}')
    modules = {"Modules": [{"Key": "", "Dir": "."}, {"Key": "m", "Dir": "../module"}]}
    manifest = tmp_path / "data" / "modules" / "modules.json"
    manifest.parent.mkdir(parents=True)
    manifest.write_text(json.dumps(modules))
    return tmp_path / "root"


def test_files_modules_and_state_name_types(root: Path) -> None:
    (root / "terraform.tfstate").write_text('{"resources": [{"type": "aws_sns_topic"}]}')
    found = named_types(root, root.parent / "data", {})
    assert found == {"aws_sqs_queue", "aws_caller_identity", "aws_sns_topic"}


def test_a_file_that_is_new_counts_at_once(root: Path) -> None:
    before = named_types(root, root.parent / "data", {})
    (root / "extra.tf").write_text('resource "aws_kms_key" "b" {}')
    assert named_types(root, root.parent / "data", {}) - before == {"aws_kms_key"}


@pytest.mark.parametrize(
    "backend",
    ['{"backend": {"type": "gcs", "config": {}}}', '{"backend": null}', "no JSON"],
    ids=["another backend", "no backend", "broken"],
)
def test_where_the_state_can_not_be_read_nothing_is_said(root: Path, backend: str) -> None:
    (root.parent / "data" / "terraform.tfstate").write_text(backend)
    with pytest.raises(UnknowableError):
        named_types(root, root.parent / "data", {})


def test_a_backend_that_does_not_answer_leaves_it_open(root: Path) -> None:
    config = {"bucket": "b", "key": "k", "region": "eu-west-1"}
    record = {"backend": {"type": "s3", "config": config}}
    (root.parent / "data" / "terraform.tfstate").write_text(json.dumps(record))
    variables = dict.fromkeys(
        ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"), "x"
    )
    variables["AWS_ENDPOINT_URL"] = "http://127.0.0.1:9"
    with pytest.raises(UnknowableError):
        named_types(root, root.parent / "data", variables)
