"""The harness's reading of a plan's text; a plan that it misreads would prove nothing."""

from __future__ import annotations

import pytest

from harness.plan_text import REPLACE, REPLACE_CREATING_FIRST, read_changes

PLAN = """\
Terraform will perform the following actions:

  # module.a.aws_kms_key.this["one two"] will be created
  + resource "aws_kms_key" "this" {
      + arn = (known after apply)
    }

  # module.a.aws_s3_bucket.this must be replaced
-/+ resource "aws_s3_bucket" "this" {
      ~ bucket = "a" -> "b" # forces replacement
    }

  # aws_sqs_queue.this will be updated in-place
  ~ resource "aws_sqs_queue" "this" {
      ~ name = "a" -> "b"
    }

  # data.aws_iam_policy_document.this will be read during apply
  # (config refers to values not yet known)
 <= data "aws_iam_policy_document" "this" {
    }

  # aws_scaling.this must be replaced
+/- resource "aws_scaling" "this" {
    }

  # aws_old.this will be destroyed
  # (because aws_old.this is not in configuration)
  - resource "aws_old" "this" {
    }

Plan: 3 to add, 1 to change, 3 to destroy.
"""


def test_each_change_is_read_with_the_order_of_a_replacement() -> None:
    assert read_changes(PLAN) == {
        'module.a.aws_kms_key.this["one two"]': ["create"],
        "module.a.aws_s3_bucket.this": REPLACE,
        "aws_sqs_queue.this": ["update"],
        "aws_scaling.this": REPLACE_CREATING_FIRST,
        "aws_old.this": ["delete"],
    }


def test_a_plan_without_changes_has_none() -> None:
    assert read_changes("No changes. Your infrastructure matches the configuration.\n") == {}


def test_a_change_that_was_not_read_is_noticed() -> None:
    with pytest.raises(AssertionError):
        read_changes(PLAN.replace("  ~ resource", "  ? resource"))
