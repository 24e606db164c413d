"""All types, arguments, blocks and attributes that we use exist, in the locked provider and 6.x."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import provider_schema
from harness.provider_schema import Schemas, UnknownError, Use, files, uses

RENEW = "if 6.x has it, run `make provider-schema`"

DEPRECATED_IN_6X = {
    # The region is `id` in both, and `region` in 6.x alone.
    ("data", "aws_region", "name"),
}

GOOD = """
data "aws_region" "current" {}

resource "aws_kms_key" "this" {
  count       = 1
  description = data.aws_region.current.id
}

resource "aws_s3_bucket_lifecycle_configuration" "this" {
  bucket = "b"

  dynamic "rule" {
    for_each = [1]

    content {
      id     = aws_kms_key.this[0].arn
      status = "Enabled"

      expiration {
        days = 1
      }
    }
  }
}
"""


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory) -> Schemas:
    """The locked provider's schema."""
    return provider_schema.locked(tmp_path_factory.mktemp("schema"))


@pytest.fixture(scope="session")
def newer() -> Schemas:
    """What is written down of a 6.x provider."""
    version, schemas = provider_schema.newer()
    assert version.startswith("6.")
    return schemas


def unknown(schemas: Schemas, found: list[Use]) -> list[str]:
    """What is wrong with the things that are used."""
    said = []
    for use in found:
        try:
            provider_schema.check(schemas, use)
        except UnknownError as error:
            said.append(str(error))
    return said


@pytest.mark.terraform
def test_the_locked_provider_has_all_that_we_use_and_wants_it(locked: Schemas) -> None:
    found = uses(files())
    assert len({(use.kind, use.type) for use in found}) > 30
    assert len(found) > 300
    assert unknown(locked, found) == []


def test_provider_6x_has_all_that_we_use(newer: Schemas) -> None:
    assert unknown(newer, uses(files())) == [], RENEW


def test_nothing_is_used_that_6x_deprecates() -> None:
    found = uses(files())
    assert [use for use in found if (use.kind, use.type, *use.path) in DEPRECATED_IN_6X] == []


@pytest.mark.terraform
@pytest.mark.parametrize(
    ("wrong", "right", "expected"),
    [
        ("aws_kms_keyring", "aws_kms_key", "the type is not known"),
        ("descripton", "description", "descripton is not known"),
        ("expires {", "expiration {", "expires is not known"),
        ("day =", "days =", "day is not known"),
        ('dynamic "rules"', 'dynamic "rule"', "rules is not known"),
        ("arn_of", "arn", "arn_of is not known"),
        ("current.ids", "current.id", "ids is not known"),
        ("key_id =", "description =", "key_id is not known"),
    ],
)
def test_a_wrong_name_is_found_in_both(
    locked: Schemas, newer: Schemas, tmp_path: Path, wrong: str, right: str, expected: str
) -> None:
    good, bad = tmp_path / "good.tf", tmp_path / "bad.tf"
    good.write_text(GOOD)
    bad.write_text(GOOD.replace(right, wrong))
    for schemas in (locked, newer):
        assert unknown(schemas, uses([good])) == []
        said = unknown(schemas, uses([bad]))
        assert said
        assert all(expected in text for text in said)


@pytest.mark.terraform
def test_a_deprecated_argument_is_found(locked: Schemas, tmp_path: Path) -> None:
    path = tmp_path / "old.tf"
    path.write_text('resource "aws_s3_bucket" "b" {\n  versioning {\n    enabled = true\n  }\n}\n')
    assert any("versioning is deprecated" in text for text in unknown(locked, uses([path])))
