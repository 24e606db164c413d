"""Each type of resource that the code makes is adopted when a state lacks it, or written over."""

from __future__ import annotations

import re

from harness.places import ENVIRONMENTS, MODULES, ROOT
from infra.left_behind.kinds import KINDS

RESOURCE = re.compile(r'^resource "(aws_[a-z0-9_]+)"', re.MULTILINE)

WRITTEN_OVER = {
    # A setting of something else, of which there is one: AWS puts the new one in its place.
    "aws_ecr_lifecycle_policy",
    "aws_ecr_registry_policy",
    "aws_ecr_registry_scanning_configuration",
    "aws_ecr_replication_configuration",
    "aws_ecr_repository_policy",
    "aws_s3_account_public_access_block",
    "aws_s3_bucket_intelligent_tiering_configuration",
    "aws_s3_bucket_lifecycle_configuration",
    "aws_s3_bucket_logging",
    "aws_s3_bucket_metric",
    "aws_s3_bucket_notification",
    "aws_s3_bucket_object_lock_configuration",
    "aws_s3_bucket_ownership_controls",
    "aws_s3_bucket_policy",
    "aws_s3_bucket_public_access_block",
    "aws_s3_bucket_replication_configuration",
    "aws_s3_bucket_server_side_encryption_configuration",
    "aws_s3_bucket_versioning",
    "aws_sns_topic_policy",
    "aws_wafv2_web_acl_association",
    "aws_wafv2_web_acl_logging_configuration",
    # To make one of the same name is to write over it (Put...), or answers with the one there is.
    "aws_cloudwatch_composite_alarm",
    "aws_cloudwatch_dashboard",
    "aws_cloudwatch_event_rule",
    "aws_cloudwatch_log_metric_filter",
    "aws_cloudwatch_log_resource_policy",
    "aws_cloudwatch_metric_alarm",
    "aws_iam_role_policy_attachment",
    "aws_sns_topic_subscription",
    # A new version of a secret, which has many.
    "aws_secretsmanager_secret_version",
}


def test_each_type_is_one_or_the_other() -> None:
    files = [
        file
        for folder in (MODULES, ENVIRONMENTS, ROOT / "bootstrap")
        for file in folder.rglob("*.tf")
        if ".terraform" not in file.parts
    ]
    made = {kind for file in files for kind in RESOURCE.findall(file.read_text(encoding="utf-8"))}
    assert len(made) > 40
    assert made - KINDS.keys() - WRITTEN_OVER == set()
    assert KINDS.keys() & WRITTEN_OVER == set()
    assert WRITTEN_OVER - made == set(), "made nowhere any more"
