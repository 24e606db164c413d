"""The module data_lake: what each zone is given, who may write logs, and what is copied where."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

import pytest

from harness.accounts import REGION, Account
from harness.applied import Applied, statements
from harness.destinations import DESTINATION, destination_buckets
from harness.plan_text import REPLACE
from infra.local_cloud import Endpoint

pytestmark = pytest.mark.terraform

MODULE = "data_lake"
NAME = "trending-now-example"
ZONES = ("dvc", "features", "models", "processed", "raw", "reports")
COPIES = {"models": "trending-now-copy-models", "raw": "trending-now-copy-raw"}
COPIES_KEY = f"arn:aws:kms:eu-central-1:{DESTINATION}:key/1234abcd-12ab-34cd-56ef-1234567890ab"

EXTRA = """
output "data_lake" { value = module.data_lake }
output "key" { value = module.kms_key.arn }
"""


@pytest.fixture(scope="module")
def module_account(
    new_account: Callable[[], Account],
    cloud: Endpoint,
    tmp_path_factory: pytest.TempPathFactory,
) -> Iterator[Account]:
    """An empty account, beside one that holds the buckets for copies."""
    folder = tmp_path_factory.mktemp("destination")
    with destination_buckets(cloud, folder, *COPIES.values()):
        yield new_account()


def lake(applied: Applied) -> Any:
    """The outputs of the module."""
    return applied.outputs["data_lake"]


def name(applied: Applied, zone: str) -> str:
    """The name of a zone's bucket, or of that of the access logs."""
    made = lake(applied)
    bucket = made["access_logs_bucket"] if zone == "access_logs" else made["buckets"][zone]
    return str(bucket["name"])


def rules(applied: Applied, zone: str) -> dict[str, Any]:
    """The lifecycle rules of a bucket beside the one that all have, without what is the same."""
    s3 = applied.client("s3")
    found = s3.get_bucket_lifecycle_configuration(Bucket=name(applied, zone))["Rules"]
    assert {rule.pop("Status") for rule in found} == {"Enabled"}
    assert {str(rule.pop("Filter")) for rule in found} == {"{'Prefix': ''}"}
    shown = {rule.pop("ID"): rule for rule in found}
    assert shown.pop("housekeeping") == {
        "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        "Expiration": {"ExpiredObjectDeleteMarker": True},
    }
    return shown


def test_there_is_a_bucket_for_each_zone_and_one_for_the_logs(applied: Applied) -> None:
    account = applied.account.account_id
    made = lake(applied)
    assert made["buckets"] == {
        zone: {
            "arn": f"arn:aws:s3:::{NAME}-{zone}-{account}",
            "name": f"{NAME}-{zone}-{account}",
        }
        for zone in ZONES
    }
    logs = f"{NAME}-access-logs-{account}"
    assert made["access_logs_bucket"] == {"arn": f"arn:aws:s3:::{logs}", "name": logs}
    listed = {item["Name"] for item in applied.client("s3").list_buckets()["Buckets"]}
    assert listed == {logs, *(bucket["name"] for bucket in made["buckets"].values())}


@pytest.mark.parametrize("zone", [*ZONES, "access_logs"])
def test_every_bucket_is_closed_and_versioned(applied: Applied, zone: str) -> None:
    s3 = applied.client("s3")
    bucket = name(applied, zone)
    assert s3.get_bucket_versioning(Bucket=bucket)["Status"] == "Enabled"
    blocked = s3.get_public_access_block(Bucket=bucket)["PublicAccessBlockConfiguration"]
    assert len(blocked) == 4
    assert set(blocked.values()) == {True}
    controls = s3.get_bucket_ownership_controls(Bucket=bucket)["OwnershipControls"]
    assert controls["Rules"] == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    stored = s3.get_bucket_policy(Bucket=bucket)["Policy"]
    assert statements(stored) == statements(lake(applied)["policy_json"][zone])
    denied = {"DenyPlainTransport", "DenyOldTls"}
    assert set(statements(stored)) - {"AccessLogDelivery"} == denied


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_is_encrypted_with_the_key_that_was_given(applied: Applied, zone: str) -> None:
    found = applied.client("s3").get_bucket_encryption(Bucket=name(applied, zone))
    (rule,) = found["ServerSideEncryptionConfiguration"]["Rules"]
    default = {"SSEAlgorithm": "aws:kms", "KMSMasterKeyID": applied.outputs["key"]}
    assert rule["ApplyServerSideEncryptionByDefault"] == default
    assert rule["BucketKeyEnabled"] is True


def test_access_logs_are_encrypted_with_the_key_that_s3_delivers_under(applied: Applied) -> None:
    found = applied.client("s3").get_bucket_encryption(Bucket=name(applied, "access_logs"))
    (rule,) = found["ServerSideEncryptionConfiguration"]["Rules"]
    assert rule["ApplyServerSideEncryptionByDefault"] == {"SSEAlgorithm": "AES256"}


@pytest.mark.parametrize("zone", ZONES)
def test_a_zone_logs_its_requests_and_tells_its_events(applied: Applied, zone: str) -> None:
    s3 = applied.client("s3")
    bucket = name(applied, zone)
    logging = s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"]
    assert logging["TargetBucket"] == name(applied, "access_logs")
    assert logging["TargetPrefix"] == f"{zone}/"
    found = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert "EventBridgeConfiguration" in found
    listed = s3.list_bucket_metrics_configurations(Bucket=bucket)["MetricsConfigurationList"]
    assert listed == [{"Id": "EntireBucket"}]


def test_only_these_zones_may_deliver_logs(applied: Applied) -> None:
    account = applied.account.account_id
    delivery = statements(lake(applied)["policy_json"]["access_logs"])["AccessLogDelivery"]
    logs = lake(applied)["access_logs_bucket"]["arn"]
    assert delivery == {
        "Effect": "Allow",
        "Action": ["s3:PutObject"],
        "Resource": [f"{logs}/{zone}/*" for zone in ZONES],
        "Principal": {"Service": ["logging.s3.amazonaws.com"]},
        "Condition": {
            "ArnLike": {"aws:SourceArn": [lake(applied)["buckets"][zone]["arn"] for zone in ZONES]},
            "StringEquals": {"aws:SourceAccount": [account]},
        },
    }


def test_each_zone_has_the_life_cycle_of_what_is_in_it(applied: Applied) -> None:
    versions = {"NoncurrentVersionExpiration": {"NoncurrentDays": 90}}
    tiered = {"Transitions": [{"Days": 0, "StorageClass": "INTELLIGENT_TIERING"}], **versions}
    archived = [
        {"Days": 30, "StorageClass": "STANDARD_IA"},
        {"Days": 90, "StorageClass": "GLACIER_IR"},
    ]
    kept = {"NoncurrentDays": 90, "NewerNoncurrentVersions": 10}
    assert {zone: rules(applied, zone) for zone in ZONES} == {
        "dvc": {"dvc": versions},
        "features": {"features": {"Expiration": {"Days": 365}, **tiered}},
        "models": {"models": {"NoncurrentVersionExpiration": kept}},
        "processed": {"processed": {"Expiration": {"Days": 90}, **tiered}},
        "raw": {"raw": {"Transitions": archived, **versions}},
        "reports": {"reports": {"Expiration": {"Days": 400}, **versions}},
    }
    assert rules(applied, "access_logs") == {
        "access-logs": {
            "Expiration": {"Days": 365},
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30},
        }
    }


def test_small_objects_are_not_moved(applied: Applied) -> None:
    for zone in ("features", "processed", "raw"):
        found = applied.client("s3").get_bucket_lifecycle_configuration(Bucket=name(applied, zone))
        assert found["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"


def test_the_zone_that_was_named_is_locked(applied: Applied) -> None:
    s3 = applied.client("s3")
    locked = {}
    for zone in (*ZONES, "access_logs"):
        try:
            found = s3.get_object_lock_configuration(Bucket=name(applied, zone))
        except s3.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "ObjectLockConfigurationNotFoundError"
        else:
            locked[zone] = found["ObjectLockConfiguration"]["Rule"]["DefaultRetention"]
    assert locked == {"raw": {"Mode": "GOVERNANCE", "Days": 30}}


def test_the_zones_that_were_named_are_copied_and_no_others(applied: Applied) -> None:
    s3 = applied.client("s3")
    copied = {}
    for zone in (*ZONES, "access_logs"):
        try:
            found = s3.get_bucket_replication(Bucket=name(applied, zone))
        except s3.exceptions.ClientError as error:
            assert error.response["Error"]["Code"] == "ReplicationConfigurationNotFoundError"
        else:
            assert (
                found["ReplicationConfiguration"]["Role"] == lake(applied)["replication_role_arn"]
            )
            (rule,) = found["ReplicationConfiguration"]["Rules"]
            copied[zone] = rule["Destination"]
    assert copied == {
        zone: {
            "Account": DESTINATION,
            "Bucket": f"arn:aws:s3:::{bucket}",
            "AccessControlTranslation": {"Owner": "Destination"},
            "EncryptionConfiguration": {"ReplicaKmsKeyID": COPIES_KEY},
            "Metrics": {"Status": "Enabled"},
        }
        for zone, bucket in COPIES.items()
    }


def test_only_s3_on_behalf_of_this_account_may_take_the_role(applied: Applied) -> None:
    account = applied.account.account_id
    role = applied.client("iam").get_role(RoleName=f"{NAME}-replication")["Role"]
    assert role["Arn"] == lake(applied)["replication_role_arn"]
    (trust,) = role["AssumeRolePolicyDocument"]["Statement"]
    assert trust == {
        "Sid": "S3Replication",
        "Effect": "Allow",
        "Action": "sts:AssumeRole",
        "Principal": {"Service": "s3.amazonaws.com"},
        "Condition": {"StringEquals": {"aws:SourceAccount": account}},
    }


def test_the_role_may_read_these_zones_and_write_their_copies_and_delete_nothing(
    applied: Applied,
) -> None:
    iam = applied.client("iam")
    found = iam.list_attached_role_policies(RoleName=f"{NAME}-replication")["AttachedPolicies"]
    assert [policy["PolicyName"] for policy in found] == [f"{NAME}-replication"]
    assert iam.list_role_policies(RoleName=f"{NAME}-replication")["PolicyNames"] == []

    sources = [lake(applied)["buckets"][zone]["arn"] for zone in ("models", "raw")]
    copies = [f"arn:aws:s3:::{bucket}" for bucket in sorted(COPIES.values())]

    def within(arns: list[str]) -> list[str]:
        return [f"{arn}/*" for arn in arns]

    def through_s3(region: str, arns: list[str]) -> dict[str, Any]:
        return {
            "StringEquals": {"kms:ViaService": [f"s3.{region}.amazonaws.com"]},
            "StringLike": {"kms:EncryptionContext:aws:s3:arn": sorted([*arns, *within(arns)])},
        }

    assert statements(lake(applied)["policy_json"]["replication"]) == {
        "ReadBuckets": {
            "Effect": "Allow",
            "Action": ["s3:GetReplicationConfiguration", "s3:ListBucket"],
            "Resource": sources,
        },
        "ReadObjects": {
            "Effect": "Allow",
            "Action": [
                "s3:GetObjectVersionAcl",
                "s3:GetObjectVersionForReplication",
                "s3:GetObjectVersionTagging",
            ],
            "Resource": within(sources),
        },
        "ReadLocks": {
            "Effect": "Allow",
            "Action": ["s3:GetObjectLegalHold", "s3:GetObjectRetention"],
            "Resource": within(sources[1:]),
        },
        "WriteCopies": {
            "Effect": "Allow",
            "Action": [
                "s3:ObjectOwnerOverrideToBucketOwner",
                "s3:ReplicateObject",
                "s3:ReplicateTags",
            ],
            "Resource": within(copies),
            "Condition": {"StringEquals": {"aws:ResourceAccount": [DESTINATION]}},
        },
        "Decrypt": {
            "Effect": "Allow",
            "Action": ["kms:Decrypt"],
            "Resource": [applied.outputs["key"]],
            "Condition": through_s3(REGION, sources),
        },
        "EncryptCopies": {
            "Effect": "Allow",
            "Action": ["kms:Encrypt", "kms:GenerateDataKey"],
            "Resource": [COPIES_KEY],
            "Condition": through_s3("eu-central-1", copies),
        },
    }


def test_a_second_plan_is_empty(applied: Applied) -> None:
    applied.root.assert_nothing_to_do()


def overridden(body: str) -> str:
    """The module with other arguments."""
    return f'module "data_lake" {{\n{body}\n}}'


def test_a_new_name_replaces_every_bucket(applied: Applied) -> None:
    changes = applied.planned_changes(overridden('name = "another"'))
    buckets = {
        address: actions
        for address, actions in changes.items()
        if address.endswith("aws_s3_bucket.this")
    }
    zones = [f'module.data_lake.module.zone["{zone}"].aws_s3_bucket.this' for zone in ZONES]
    logs = "module.data_lake.module.access_logs.aws_s3_bucket.this"
    assert buckets == dict.fromkeys((*zones, logs), REPLACE)


def life_cycle(module: str) -> str:
    """The address of a bucket's lifecycle configuration."""
    return f"module.data_lake.module.{module}.aws_s3_bucket_lifecycle_configuration.this"


def test_a_retention_changes_the_life_cycle_of_its_zone_alone(applied: Applied) -> None:
    changes = applied.planned_changes(overridden("retention = { processed_days = 91 }"))
    assert changes == {life_cycle('zone["processed"]'): ["update"]}


def test_the_other_retentions_change_the_life_cycles_of_theirs(applied: Applied) -> None:
    changes = applied.planned_changes(
        overridden(
            """
            retention = {
              access_logs_days = 1
              features_days    = 1
              processed_days   = 90
              raw_archive_days = 91
              reports_days     = 1
            }
            """
        )
    )
    concerned = ("access_logs", 'zone["features"]', 'zone["raw"]', 'zone["reports"]')
    assert changes == {life_cycle(module): ["update"] for module in concerned}


def test_a_lock_comes_and_goes_without_the_bucket(applied: Applied) -> None:
    lock = "aws_s3_bucket_object_lock_configuration.this[0]"
    changes = applied.planned_changes(
        overridden('object_lock = { models = { mode = "COMPLIANCE", days = 1 } }')
    )
    assert changes == {
        f'module.data_lake.module.zone["models"].{lock}': ["create"],
        f'module.data_lake.module.zone["raw"].{lock}': ["delete"],
        # The role reads the locks of the zones that have one.
        "module.data_lake.aws_iam_policy.replication[0]": ["update"],
    }


def test_without_a_replication_there_is_no_role(applied: Applied) -> None:
    changes = applied.planned_changes(overridden("replication = null"))
    copy = "aws_s3_bucket_replication_configuration.this[0]"
    assert changes == {
        "module.data_lake.aws_iam_policy.replication[0]": ["delete"],
        "module.data_lake.aws_iam_role.replication[0]": ["delete"],
        "module.data_lake.aws_iam_role_policy_attachment.replication[0]": ["delete"],
        f'module.data_lake.module.zone["models"].{copy}': ["delete"],
        f'module.data_lake.module.zone["raw"].{copy}': ["delete"],
    }


def test_another_zone_is_copied_by_the_same_role(applied: Applied) -> None:
    changes = applied.planned_changes(
        overridden(
            f"""
            replication = {{
              destination_account_id  = "{DESTINATION}"
              destination_kms_key_arn = "{COPIES_KEY}"

              destination_bucket_arns = {{
                dvc    = "arn:aws:s3:::trending-now-copy-dvc"
                models = "arn:aws:s3:::trending-now-copy-models"
                raw    = "arn:aws:s3:::trending-now-copy-raw"
              }}
            }}
            """
        )
    )
    copy = "aws_s3_bucket_replication_configuration.this[0]"
    assert changes == {
        "module.data_lake.aws_iam_policy.replication[0]": ["update"],
        f'module.data_lake.module.zone["dvc"].{copy}': ["create"],
    }


def test_force_destroy_metrics_and_boundary_touch_nothing_else(applied: Applied) -> None:
    changes = applied.planned_changes(
        overridden(
            """
            force_destroy            = true
            permissions_boundary_arn = "arn:aws:iam::123456789012:policy/workload-boundary"
            request_metrics_enabled  = false
            """
        )
    )
    zones = [f'module.data_lake.module.zone["{zone}"]' for zone in ZONES]
    assert changes == {
        **{f"{zone}.aws_s3_bucket.this": ["update"] for zone in zones},
        **{f"{zone}.aws_s3_bucket_metric.this[0]": ["delete"] for zone in zones},
        "module.data_lake.module.access_logs.aws_s3_bucket.this": ["update"],
        "module.data_lake.aws_iam_role.replication[0]": ["update"],
    }


def test_objects_are_not_destroyed_unless_that_was_asked(applied: Applied) -> None:
    found = {r["values"]["force_destroy"] for r in applied.resources("aws_s3_bucket")}
    assert found == {False}
