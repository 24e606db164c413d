"""The module s3_bucket: closed, encrypted, versioned, logged, and tidied up as configured."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.accounts import Account
from harness.applied import Applied, statements
from harness.destinations import destination_buckets
from harness.plan_text import REPLACE
from infra.local_cloud import Endpoint

pytestmark = pytest.mark.terraform

MODULE = "s3_bucket"

# Beside the example: a bucket under a key of ours that logs to a second one, and a third that is
# locked and copied into another account.
EXTRA = """
module "kms_key" {
  source = "../../modules/kms_key"

  name        = "trending-now-buckets"
  description = "Buckets of the trending-now example."
}

data "aws_iam_policy_document" "delivery" {
  statement {
    sid       = "AccessLogDelivery"
    actions   = ["s3:PutObject"]
    resources = ["arn:aws:s3:::trending-now-logs-${data.aws_caller_identity.current.account_id}/*"]

    principals {
      type        = "Service"
      identifiers = ["logging.s3.amazonaws.com"]
    }
  }
}

module "logs" {
  source = "../../modules/s3_bucket"

  name                 = "trending-now-logs-${data.aws_caller_identity.current.account_id}"
  encryption_algorithm = "AES256"
  force_destroy        = true
  policy_documents     = { delivery = data.aws_iam_policy_document.delivery.json }
}

module "logged" {
  source = "../../modules/s3_bucket"

  name                 = "trending-now-logged-${data.aws_caller_identity.current.account_id}"
  abort_multipart_days = 3
  access_logging       = { bucket = module.logs.name, prefix = "logged/" }
  force_destroy        = true
  kms_key_arn          = module.kms_key.arn
}

resource "aws_iam_role" "replication" {
  name = "trending-now-kept-replication"

  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [{
      Effect    = "Allow"
      Action    = "sts:AssumeRole"
      Principal = { Service = "s3.amazonaws.com" }
    }]
  })
}

module "kept" {
  source = "../../modules/s3_bucket"

  name                    = "trending-now-kept-${data.aws_caller_identity.current.account_id}"
  force_destroy           = true
  kms_key_arn             = module.kms_key.arn
  lifecycle_rules         = { all = { transitions = { INTELLIGENT_TIERING = 0 } } }
  object_lock             = { mode = "GOVERNANCE", days = 30 }
  request_metrics_enabled = true

  intelligent_tiering = {
    everything = { archive_access_days = 90, deep_archive_access_days = 180 }
    old        = { prefix = "old/", deep_archive_access_days = 730 }
  }

  replication = {
    role_arn                = aws_iam_role.replication.arn
    destination_account_id  = "999999999999"
    destination_bucket_arn  = "arn:aws:s3:::trending-now-kept-copies"
    destination_kms_key_arn = "arn:aws:kms:eu-west-1:999999999999:key/copies"
  }
}

output "s3_bucket" { value = module.s3_bucket }
output "logs" { value = module.logs }
output "logged" { value = module.logged }
output "kept" { value = module.kept }
output "role" { value = aws_iam_role.replication.arn }
output "key" { value = module.kms_key.arn }
"""

BUCKETS = ("s3_bucket", "logs", "logged", "kept")


@pytest.fixture(scope="module")
def module_account(
    new_account: Callable[[], Account],
    cloud: Endpoint,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Account]:
    """An empty account, beside one that holds a bucket for copies."""
    folder = tmp_path_factory.mktemp("destination")
    with destination_buckets(cloud, folder, "trending-now-kept-copies"):
        yield new_account()


def name(applied: Applied, output: str) -> str:
    """The name of a bucket."""
    return str(applied.outputs[output]["name"])


def rules(applied: Applied, output: str) -> dict[str, Any]:
    """A bucket's lifecycle rules by id, without what they are called and that they are on."""
    found = applied.client("s3").get_bucket_lifecycle_configuration(Bucket=name(applied, output))
    shown = {}
    for rule in found["Rules"]:
        assert rule.pop("Status") == "Enabled"
        shown[rule.pop("ID")] = rule
    return shown


def encryption(applied: Applied, output: str) -> Any:
    """The one rule by which a bucket encrypts."""
    found = applied.client("s3").get_bucket_encryption(Bucket=name(applied, output))
    (rule,) = found["ServerSideEncryptionConfiguration"]["Rules"]
    return rule


def test_outputs_are_what_s3_has(applied: Applied) -> None:
    listed = {item["Name"] for item in applied.client("s3").list_buckets()["Buckets"]}
    assert listed == {name(applied, output) for output in BUCKETS}
    account = applied.account.account_id
    assert name(applied, "s3_bucket") == f"trending-now-example-{account}"
    for output in BUCKETS:
        outputs = applied.outputs[output]
        assert outputs["arn"] == f"arn:aws:s3:::{outputs['name']}"
        stored = applied.client("s3").get_bucket_policy(Bucket=outputs["name"])["Policy"]
        assert statements(stored) == statements(outputs["policy_json"])


@pytest.mark.parametrize("output", BUCKETS)
def test_versioning_is_on(applied: Applied, output: str) -> None:
    found = applied.client("s3").get_bucket_versioning(Bucket=name(applied, output))
    assert found["Status"] == "Enabled"


@pytest.mark.parametrize("output", BUCKETS)
def test_public_access_is_blocked_in_all_four_ways(applied: Applied, output: str) -> None:
    found = applied.client("s3").get_public_access_block(Bucket=name(applied, output))
    assert found["PublicAccessBlockConfiguration"] == {
        "BlockPublicAcls": True,
        "IgnorePublicAcls": True,
        "BlockPublicPolicy": True,
        "RestrictPublicBuckets": True,
    }


@pytest.mark.parametrize("output", BUCKETS)
def test_access_control_lists_are_off(applied: Applied, output: str) -> None:
    found = applied.client("s3").get_bucket_ownership_controls(Bucket=name(applied, output))
    assert found["OwnershipControls"]["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]


@pytest.mark.parametrize("output", BUCKETS)
def test_the_policy_denies_plain_transport_and_old_tls_to_everyone(
    applied: Applied, output: str
) -> None:
    outputs = applied.outputs[output]
    stored = applied.client("s3").get_bucket_policy(Bucket=outputs["name"])["Policy"]
    denied = {
        "Effect": "Deny",
        "Action": ["s3:*"],
        "Resource": [outputs["arn"], f"{outputs['arn']}/*"],
        "Principal": "*",
    }
    found = dict(statements(stored))
    found.pop("AccessLogDelivery", None)
    assert found == {
        "DenyPlainTransport": {
            **denied,
            "Condition": {"Bool": {"aws:SecureTransport": ["false"]}},
        },
        "DenyOldTls": {**denied, "Condition": {"NumericLessThan": {"s3:TlsVersion": ["1.2"]}}},
    }


def test_only_the_bucket_that_was_given_a_policy_document_has_more_statements(
    applied: Applied,
) -> None:
    having = {
        output
        for output in BUCKETS
        if "AccessLogDelivery" in statements(applied.outputs[output]["policy_json"])
    }
    assert having == {"logs"}


def test_objects_are_encrypted_with_kms_and_a_bucket_key(applied: Applied) -> None:
    assert encryption(applied, "logged") == {
        "ApplyServerSideEncryptionByDefault": {
            "SSEAlgorithm": "aws:kms",
            "KMSMasterKeyID": applied.outputs["key"],
        },
        "BucketKeyEnabled": True,
    }


def test_without_a_key_objects_are_still_encrypted_with_kms(applied: Applied) -> None:
    found = encryption(applied, "s3_bucket")
    assert found["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "aws:kms"}
    assert found["BucketKeyEnabled"] is True


def test_a_bucket_for_access_logs_is_encrypted_without_a_key(applied: Applied) -> None:
    found = encryption(applied, "logs")
    assert found["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}
    assert found["BucketKeyEnabled"] is False


def test_lifecycle_rules_are_as_configured(applied: Applied) -> None:
    assert rules(applied, "s3_bucket") == {
        "housekeeping": {
            "Filter": {"Prefix": ""},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
            "Expiration": {"ExpiredObjectDeleteMarker": True},
        },
        "raw": {
            "Filter": {"Prefix": "raw/"},
            "Transitions": [
                {"Days": 30, "StorageClass": "STANDARD_IA"},
                {"Days": 90, "StorageClass": "GLACIER_IR"},
            ],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 90, "NewerNoncurrentVersions": 5},
        },
        "reports": {"Filter": {"Prefix": "reports/"}, "Expiration": {"Days": 400}},
    }


def test_every_bucket_is_tidied_up_even_without_rules(applied: Applied) -> None:
    for output, days in (("logs", 7), ("logged", 3)):
        found = rules(applied, output)
        assert found.keys() == {"housekeeping"}
        assert found["housekeeping"]["AbortIncompleteMultipartUpload"] == {
            "DaysAfterInitiation": days
        }
        assert found["housekeeping"]["Expiration"] == {"ExpiredObjectDeleteMarker": True}


def test_requests_are_logged_to_the_bucket_that_was_named(applied: Applied) -> None:
    s3 = applied.client("s3")
    logging = s3.get_bucket_logging(Bucket=name(applied, "logged"))["LoggingEnabled"]
    assert logging["TargetBucket"] == name(applied, "logs")
    assert logging["TargetPrefix"] == "logged/"
    for output in ("s3_bucket", "logs"):
        assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=name(applied, output))


def test_events_go_to_eventbridge_where_that_was_asked(applied: Applied) -> None:
    s3 = applied.client("s3")
    for output in BUCKETS:
        found = s3.get_bucket_notification_configuration(Bucket=name(applied, output))
        assert ("EventBridgeConfiguration" in found) is (output == "s3_bucket")


def test_an_object_comes_back_encrypted_with_the_key_that_was_given(applied: Applied) -> None:
    s3 = applied.client("s3")
    bucket = name(applied, "logged")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert s3.get_object(Bucket=bucket, Key="a")["SSEKMSKeyId"] == applied.outputs["key"]


def test_new_objects_are_locked_where_that_was_asked(applied: Applied) -> None:
    s3 = applied.client("s3")
    found = s3.get_object_lock_configuration(Bucket=name(applied, "kept"))
    assert found["ObjectLockConfiguration"] == {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", "Days": 30}},
    }
    for output in ("s3_bucket", "logs", "logged"):
        with pytest.raises(s3.exceptions.ClientError, match="ObjectLockConfigurationNotFound"):
            s3.get_object_lock_configuration(Bucket=name(applied, output))


def test_a_locked_version_cannot_be_deleted(applied: Applied) -> None:
    # The destroy at the end shows that `force_destroy` overrides the mode GOVERNANCE.
    s3 = applied.client("s3")
    bucket = name(applied, "kept")
    version = s3.put_object(Bucket=bucket, Key="a", Body=b"1")["VersionId"]
    with pytest.raises(s3.exceptions.ClientError, match="AccessDenied"):
        s3.delete_object(Bucket=bucket, Key="a", VersionId=version)
    assert s3.get_object(Bucket=bucket, Key="a", VersionId=version)["Body"].read() == b"1"


def test_everything_but_deletions_is_copied_into_the_other_account(applied: Applied) -> None:
    s3 = applied.client("s3")
    found = s3.get_bucket_replication(Bucket=name(applied, "kept"))["ReplicationConfiguration"]
    assert found["Role"] == applied.outputs["role"]
    (rule,) = found["Rules"]
    assert rule == {
        "ID": "everything",
        "Priority": 0,
        "Status": "Enabled",
        "Filter": {},
        "DeleteMarkerReplication": {"Status": "Disabled"},
        "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
        "Destination": {
            "Account": "999999999999",
            "Bucket": "arn:aws:s3:::trending-now-kept-copies",
            "AccessControlTranslation": {"Owner": "Destination"},
            "EncryptionConfiguration": {
                "ReplicaKmsKeyID": "arn:aws:kms:eu-west-1:999999999999:key/copies"
            },
            "Metrics": {"Status": "Enabled"},
        },
    }
    with pytest.raises(s3.exceptions.ClientError, match="ReplicationConfigurationNotFound"):
        s3.get_bucket_replication(Bucket=name(applied, "logged"))


def test_archive_tiers_are_as_configured(applied: Applied) -> None:
    s3 = applied.client("s3")
    found = s3.list_bucket_intelligent_tiering_configurations(Bucket=name(applied, "kept"))
    listed = {item["Id"]: item for item in found["IntelligentTieringConfigurationList"]}
    archive = {"AccessTier": "ARCHIVE_ACCESS", "Days": 90}
    deep = {"AccessTier": "DEEP_ARCHIVE_ACCESS", "Days": 180}
    assert listed.keys() == {"everything", "old"}
    assert "Filter" not in listed["everything"]
    by_tier = sorted(listed["everything"]["Tierings"], key=lambda tier: tier["AccessTier"])
    assert by_tier == [archive, deep]
    assert listed["old"]["Filter"] == {"Prefix": "old/"}
    assert listed["old"]["Tierings"] == [{**deep, "Days": 730}]
    assert {item["Status"] for item in listed.values()} == {"Enabled"}


def test_requests_are_measured_where_that_was_asked(applied: Applied) -> None:
    s3 = applied.client("s3")
    measured = {}
    for output in BUCKETS:
        found = s3.list_bucket_metrics_configurations(Bucket=name(applied, output))
        measured[output] = found.get("MetricsConfigurationList", [])
    whole = [{"Id": "EntireBucket"}]
    assert measured == {"s3_bucket": whole, "kept": whole, "logs": [], "logged": []}


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def test_a_new_name_replaces_the_bucket_and_all_that_hangs_on_it(applied: Applied) -> None:
    changes = applied.planned_changes('module "s3_bucket" {\n  name = "another-name"\n}')
    assert changes == {
        f"module.s3_bucket.{address}": REPLACE
        for address in (
            "aws_s3_bucket.this",
            "aws_s3_bucket_lifecycle_configuration.this",
            "aws_s3_bucket_metric.this[0]",
            "aws_s3_bucket_notification.this[0]",
            "aws_s3_bucket_ownership_controls.this",
            "aws_s3_bucket_policy.this",
            "aws_s3_bucket_public_access_block.this",
            "aws_s3_bucket_server_side_encryption_configuration.this",
            "aws_s3_bucket_versioning.this",
        )
    }


def test_everything_else_changes_in_place(applied: Applied) -> None:
    changes = applied.planned_changes(
        """
        module "s3_bucket" {
          abort_multipart_days = 1
          eventbridge_enabled  = false
          kms_key_arn          = module.kms_key.arn
          lifecycle_rules      = { tmp = { prefix = "tmp/", expiration_days = 7 } }
        }
        """
    )
    assert changes == {
        "module.s3_bucket.aws_s3_bucket_lifecycle_configuration.this": ["update"],
        "module.s3_bucket.aws_s3_bucket_notification.this[0]": ["delete"],
        "module.s3_bucket.aws_s3_bucket_server_side_encryption_configuration.this": ["update"],
    }


def test_a_change_of_force_destroy_touches_the_bucket_alone(applied: Applied) -> None:
    changes = applied.planned_changes('module "s3_bucket" {\n  force_destroy = true\n}')
    assert changes == {"module.s3_bucket.aws_s3_bucket.this": ["update"]}


def test_a_lock_comes_and_goes_without_the_objects(applied: Applied) -> None:
    lock = "aws_s3_bucket_object_lock_configuration.this[0]"
    changes = applied.planned_changes(
        """
        module "s3_bucket" {
          object_lock = { mode = "COMPLIANCE", days = 1 }
        }
        module "kept" {
          object_lock = null
        }
        """
    )
    assert changes == {
        f"module.s3_bucket.{lock}": ["create"],
        f"module.kept.{lock}": ["delete"],
    }


def test_locks_tiers_copies_and_metrics_change_in_place(applied: Applied) -> None:
    changes = applied.planned_changes(
        """
        module "kept" {
          intelligent_tiering     = { everything = { archive_access_days = 100 } }
          object_lock             = { mode = "COMPLIANCE", days = 60 }
          request_metrics_enabled = false

          replication = {
            role_arn                = aws_iam_role.replication.arn
            destination_account_id  = "888888888888"
            destination_bucket_arn  = "arn:aws:s3:::another-bucket"
            destination_kms_key_arn = "arn:aws:kms:eu-west-1:888888888888:key/copies"
          }
        }
        """
    )
    tiers = "module.kept.aws_s3_bucket_intelligent_tiering_configuration.this"
    assert changes == {
        f'{tiers}["everything"]': ["update"],
        f'{tiers}["old"]': ["delete"],
        "module.kept.aws_s3_bucket_metric.this[0]": ["delete"],
        "module.kept.aws_s3_bucket_object_lock_configuration.this[0]": ["update"],
        "module.kept.aws_s3_bucket_replication_configuration.this[0]": ["update"],
    }


def test_objects_are_not_destroyed_unless_that_was_asked(applied: Applied) -> None:
    found = {r["address"]: r["values"]["force_destroy"] for r in applied.resources("aws_s3_bucket")}
    assert found["module.s3_bucket.aws_s3_bucket.this"] is False
    assert found["module.logged.aws_s3_bucket.this"] is True
