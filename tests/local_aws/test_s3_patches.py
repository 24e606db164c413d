"""What the local cloud corrects of moto's S3."""

import json

import pytest

REGION = {"LocationConstraint": "eu-west-1"}


@pytest.fixture
def s3(client):
    return client("s3")


@pytest.fixture
def bucket(s3, account):
    s3.create_bucket(Bucket=f"bucket-{account}", CreateBucketConfiguration=REGION)
    return f"bucket-{account}"


def _policy(s3, bucket, *statements):
    full = [
        {
            "Effect": "Deny",
            "Principal": "*",
            "Action": "s3:*",
            "Resource": [f"arn:aws:s3:::{bucket}", f"arn:aws:s3:::{bucket}/*"],
            **statement,
        }
        for statement in statements
    ]
    document = json.dumps({"Version": "2012-10-17", "Statement": full})
    s3.put_bucket_policy(Bucket=bucket, Policy=document)


def test_a_policy_against_plain_http_and_old_tls_lets_normal_requests_pass(s3, bucket):
    _policy(
        s3,
        bucket,
        {"Condition": {"Bool": {"aws:SecureTransport": "false"}}},
        {"Principal": {"AWS": "*"}, "Condition": {"NumericLessThan": {"s3:TlsVersion": "1.2"}}},
    )
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    assert s3.head_object(Bucket=bucket, Key="a")["ContentLength"] == 1
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"
    s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "a"}]})
    assert "Contents" not in s3.list_objects_v2(Bucket=bucket)


def test_a_denial_that_applies_is_an_access_denied(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="kept/a", Body=b"1")
    _policy(s3, bucket, {"Action": "s3:DeleteObject", "Resource": f"arn:aws:s3:::{bucket}/kept/*"})

    with refused("AccessDenied", "Access Denied"):
        s3.delete_object(Bucket=bucket, Key="kept/a")
    answer = s3.delete_objects(Bucket=bucket, Delete={"Objects": [{"Key": "kept/a"}]})
    assert answer["Errors"][0]["Code"] == "AccessDenied"
    s3.delete_object(Bucket=bucket, Key="other")
    assert s3.get_object(Bucket=bucket, Key="kept/a")["Body"].read() == b"1"


def test_head_needs_what_get_needs(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    _policy(s3, bucket, {"Action": "s3:GetObject"})
    with refused("403", "Forbidden"):
        s3.head_object(Bucket=bucket, Key="a")


def test_a_wrong_or_missing_encryption_header_is_denied(s3, bucket, refused):
    key = "arn:aws:kms:eu-west-1:111111111111:key/0"
    other = "arn:aws:kms:eu-west-1:111111111111:key/1"
    header = "s3:x-amz-server-side-encryption"
    _policy(
        s3,
        bucket,
        {"Action": "s3:PutObject", "Condition": {"StringNotEquals": {header: "aws:kms"}}},
        {
            "Action": "s3:PutObject",
            "Condition": {
                "Null": {f"{header}-aws-kms-key-id": "false"},
                "StringNotEquals": {f"{header}-aws-kms-key-id": key},
            },
        },
    )
    for wrong in ({}, {"ServerSideEncryption": "AES256"}, _kms(other)):
        with refused("AccessDenied", "Access Denied"):
            s3.put_object(Bucket=bucket, Key="a", Body=b"1", **wrong)
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", ServerSideEncryption="aws:kms")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", **_kms(key))


def test_if_exists_is_true_of_a_header_that_is_missing(s3, bucket, refused):
    # "...IfExists: if the key is not present, evaluate the condition element as true" (IAM guide):
    # a Deny with a negated operator then applies.
    key = "s3:x-amz-server-side-encryption"
    _policy(
        s3,
        bucket,
        {"Action": "s3:PutObject", "Condition": {"StringNotEqualsIfExists": {key: "aws:kms"}}},
    )
    with refused("AccessDenied", "Access Denied"):
        s3.put_object(Bucket=bucket, Key="a", Body=b"1")


def _kms(key):
    return {"ServerSideEncryption": "aws:kms", "SSEKMSKeyId": key}


def test_the_parts_of_an_upload_are_encrypted_as_it_was_started(s3, bucket):
    condition = {"Null": {"s3:x-amz-server-side-encryption": "true"}}
    _policy(s3, bucket, {"Action": "s3:PutObject", "Condition": condition})
    upload = s3.create_multipart_upload(Bucket=bucket, Key="a", ServerSideEncryption="aws:kms")
    part = s3.upload_part(
        Bucket=bucket, Key="a", UploadId=upload["UploadId"], PartNumber=1, Body=b"1"
    )
    s3.complete_multipart_upload(
        Bucket=bucket,
        Key="a",
        UploadId=upload["UploadId"],
        MultipartUpload={"Parts": [{"PartNumber": 1, "ETag": part["ETag"]}]},
    )
    assert s3.head_object(Bucket=bucket, Key="a")["ContentLength"] == 1


def test_a_denial_for_everybody_but_one_role_knows_the_caller(s3, bucket, account, refused):
    def only(role):
        arn = f"arn:aws:iam::{account}:role/{role}"
        _policy(s3, bucket, {"Condition": {"ArnNotEquals": {"aws:PrincipalArn": arn}}})

    only("OrganizationAccountAccessRole")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    only("another")
    with refused("AccessDenied", "Access Denied"):
        s3.put_object(Bucket=bucket, Key="a", Body=b"1")


def test_a_condition_that_cannot_be_judged_denies_nothing(s3, bucket):
    condition = {"StringNotEquals": {"aws:PrincipalOrgID": "o-example"}}
    _policy(s3, bucket, {"Condition": condition})
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")


def test_an_event_bridge_notification_is_read_back(s3, bucket):
    s3.put_bucket_notification_configuration(
        Bucket=bucket, NotificationConfiguration={"EventBridgeConfiguration": {}}
    )
    answer = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert answer["EventBridgeConfiguration"] == {}
    s3.put_bucket_notification_configuration(Bucket=bucket, NotificationConfiguration={})
    assert "EventBridgeConfiguration" not in s3.get_bucket_notification_configuration(Bucket=bucket)


def test_a_notification_without_an_id_is_given_one(s3, bucket, client):
    topic = client("sns").create_topic(Name="events")["TopicArn"]
    configuration = {"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "TopicConfigurations": [configuration],
            "EventBridgeConfiguration": {},
        },
    )
    answer = s3.get_bucket_notification_configuration(Bucket=bucket)
    assert len(answer["TopicConfigurations"][0].pop("Id")) == 36
    assert answer["TopicConfigurations"] == [configuration]
    assert answer["EventBridgeConfiguration"] == {}


def test_a_lifecycle_configuration_keeps_all_its_fields(s3, bucket, refused):
    rules = [
        {
            "ID": "raw",
            "Status": "Enabled",
            "Filter": {
                "And": {
                    "Prefix": "raw/",
                    "ObjectSizeGreaterThan": 131072,
                    "ObjectSizeLessThan": 9000000,
                    "Tags": [{"Key": "a", "Value": "b"}],
                }
            },
            "Transitions": [{"Days": 30, "StorageClass": "STANDARD_IA"}],
            "NoncurrentVersionExpiration": {"NoncurrentDays": 30, "NewerNoncurrentVersions": 3},
            "AbortIncompleteMultipartUpload": {"DaysAfterInitiation": 7},
        },
        {
            "ID": "small",
            "Status": "Enabled",
            "Filter": {"ObjectSizeLessThan": 10},
            "Expiration": {"Days": 1},
        },
    ]
    s3.put_bucket_lifecycle_configuration(Bucket=bucket, LifecycleConfiguration={"Rules": rules})
    answer = s3.get_bucket_lifecycle_configuration(Bucket=bucket)
    assert answer["Rules"] == rules
    assert answer["TransitionDefaultMinimumObjectSize"] == "all_storage_classes_128K"

    s3.delete_bucket_lifecycle(Bucket=bucket)
    with refused("NoSuchLifecycleConfiguration", "does not exist"):
        s3.get_bucket_lifecycle_configuration(Bucket=bucket)


def test_access_logging_keeps_its_key_format(s3, bucket):
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": f"arn:aws:s3:::{bucket}/*",
    }
    _policy(s3, bucket, statement)
    logging = {
        "TargetBucket": bucket,
        "TargetPrefix": "log/",
        "TargetObjectKeyFormat": {"PartitionedPrefix": {"PartitionDateSource": "EventTime"}},
    }
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": logging})
    assert s3.get_bucket_logging(Bucket=bucket)["LoggingEnabled"] == logging
    s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={})
    assert "LoggingEnabled" not in s3.get_bucket_logging(Bucket=bucket)


def _log_delivery(*resources, principal="logging.s3.amazonaws.com"):
    return {
        "Effect": "Allow",
        "Principal": {"Service": principal},
        "Action": "s3:PutObject",
        "Resource": list(resources),
        "Condition": {"StringEquals": {"aws:SourceAccount": "111111111111"}},
    }


def test_a_target_of_logs_may_be_named_by_prefix_beside_a_denial_for_everybody(s3, bucket, refused):
    arn = f"arn:aws:s3:::{bucket}"
    denied = {"Condition": {"Bool": {"aws:SecureTransport": "false"}}}
    _policy(s3, bucket, denied, _log_delivery(f"{arn}/raw/*", f"{arn}/models/*"))

    def log_to(prefix):
        target = {"TargetBucket": bucket, "TargetPrefix": prefix}
        s3.put_bucket_logging(Bucket=bucket, BucketLoggingStatus={"LoggingEnabled": target})

    log_to("raw/")
    log_to("models/")
    for prefix in ("", "dvc/"):
        with refused("InvalidTargetBucketForLogging", "necessary permissions"):
            log_to(prefix)
    _policy(s3, bucket, denied, _log_delivery(f"{arn}/*", principal="s3.amazonaws.com"))
    with refused("InvalidTargetBucketForLogging", "necessary permissions"):
        log_to("raw/")


CONFIGURATIONS = [
    ("metrics_configuration", {"Id": "whole", "Filter": {"Prefix": "raw/"}}),
    (
        "intelligent_tiering_configuration",
        {
            "Id": "whole",
            "Status": "Enabled",
            "Tierings": [{"Days": 90, "AccessTier": "ARCHIVE_ACCESS"}],
        },
    ),
    ("analytics_configuration", {"Id": "whole", "StorageClassAnalysis": {}}),
]


@pytest.mark.parametrize(("name", "document"), CONFIGURATIONS, ids=lambda value: str(value)[:20])
def test_a_configuration_by_id_is_stored_listed_and_deleted(s3, bucket, refused, name, document):
    member = "".join(part.capitalize() for part in name.split("_"))
    call = {"Bucket": bucket, "Id": "whole"}
    with refused("NoSuchConfiguration", "does not exist"):
        getattr(s3, f"get_bucket_{name}")(**call)
    getattr(s3, f"put_bucket_{name}")(**call, **{member: document})
    assert getattr(s3, f"get_bucket_{name}")(**call)[member] == document
    listed = getattr(s3, f"list_bucket_{name}s")(Bucket=bucket)
    assert listed[f"{member}List"] == [document]
    getattr(s3, f"delete_bucket_{name}")(**call)
    with refused("NoSuchConfiguration", "does not exist"):
        getattr(s3, f"delete_bucket_{name}")(**call)
    s3.head_bucket(Bucket=bucket)


def test_deleting_an_inventory_leaves_the_bucket(s3, bucket):
    inventory = {
        "Id": "all",
        "IsEnabled": True,
        "IncludedObjectVersions": "All",
        "Schedule": {"Frequency": "Weekly"},
        "Destination": {
            "S3BucketDestination": {"Bucket": f"arn:aws:s3:::{bucket}", "Format": "CSV"}
        },
    }
    call = {"Bucket": bucket, "Id": "all"}
    s3.put_bucket_inventory_configuration(**call, InventoryConfiguration=inventory)
    assert s3.get_bucket_inventory_configuration(**call)["InventoryConfiguration"] == inventory
    s3.delete_bucket_inventory_configuration(**call)
    s3.head_bucket(Bucket=bucket)


def test_the_owner_of_a_bucket_pays_unless_it_is_changed(s3, bucket):
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "BucketOwner"
    s3.put_bucket_request_payment(Bucket=bucket, RequestPaymentConfiguration={"Payer": "Requester"})
    assert s3.get_bucket_request_payment(Bucket=bucket)["Payer"] == "Requester"


def test_an_unknown_sub_resource_is_refused_and_touches_nothing(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    with refused("LocalCloudNotImplemented", "s3:PutBucketAbac"):
        s3.put_bucket_abac(Bucket=bucket, AbacStatus={"Status": "Enabled"})
    with refused("LocalCloudNotImplemented", "s3:GetObjectTorrent"):
        s3.get_object_torrent(Bucket=bucket, Key="a")
    with refused("LocalCloudNotImplemented", "s3:DeleteBucketMetadataTableConfiguration"):
        s3.delete_bucket_metadata_table_configuration(Bucket=bucket)
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"1"


def test_a_missing_bucket_is_still_no_such_bucket(s3, account, refused):
    for call in (
        s3.get_bucket_lifecycle_configuration,
        s3.list_bucket_metrics_configurations,
        s3.get_bucket_request_payment,
    ):
        with refused("NoSuchBucket", "does not exist"):
            call(Bucket=f"missing-{account}")


def test_access_logs_are_not_delivered_within_a_request(server):
    account = "444444444444"
    s3 = server.client("s3", account)
    for name in ("logs-of-nothing", "logged-bucket"):
        s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    statement = {
        "Effect": "Allow",
        "Principal": {"Service": "logging.s3.amazonaws.com"},
        "Action": "s3:PutObject",
        "Resource": "arn:aws:s3:::logs-of-nothing/*",
    }
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    s3.put_bucket_policy(Bucket="logs-of-nothing", Policy=policy)
    target = {"LoggingEnabled": {"TargetBucket": "logs-of-nothing", "TargetPrefix": "x/"}}
    s3.put_bucket_logging(Bucket="logged-bucket", BucketLoggingStatus=target)
    s3.put_object(Bucket="logged-bucket", Key="a", Body=b"1")
    assert s3.get_object(Bucket="logged-bucket", Key="a")["Body"].read() == b"1"
    assert s3.list_objects_v2(Bucket="logs-of-nothing")["KeyCount"] == 0
    s3.delete_bucket(Bucket="logs-of-nothing")


@pytest.fixture
def owned(s3, bucket):
    """A bucket without access control lists."""
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerEnforced"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)
    return bucket


def _owners_own(s3, bucket):
    """The list that gives the owner full control, and nobody else anything."""
    owner = {"ID": s3.get_bucket_acl(Bucket=bucket)["Owner"]["ID"]}
    grantee = {"Type": "CanonicalUser", **owner}
    return {"Grants": [{"Grantee": grantee, "Permission": "FULL_CONTROL"}], "Owner": owner}


@pytest.mark.parametrize(
    "acl",
    [
        {"ACL": "public-read"},
        {"ACL": "private"},
        {"GrantRead": 'uri="http://acs.amazonaws.com/groups/global/AllUsers"'},
        {"GrantFullControl": 'id="another"'},
    ],
    ids=["public", "private", "everybody", "another account"],
)
def test_a_bucket_without_access_control_lists_refuses_them(s3, owned, refused, acl):
    s3.put_object(Bucket=owned, Key="a", Body=b"1")
    for call in (
        lambda: s3.put_bucket_acl(Bucket=owned, **acl),
        lambda: s3.put_object_acl(Bucket=owned, Key="a", **acl),
        lambda: s3.put_object(Bucket=owned, Key="b", Body=b"1", **acl),
        lambda: s3.copy_object(Bucket=owned, Key="b", CopySource=f"{owned}/a", **acl),
        lambda: s3.create_multipart_upload(Bucket=owned, Key="b", **acl),
    ):
        with refused("AccessControlListNotSupported", "The bucket does not allow ACLs"):
            call()
    assert [item["Key"] for item in s3.list_objects_v2(Bucket=owned)["Contents"]] == ["a"]


def test_a_list_in_the_body_is_refused_as_well(s3, owned, refused):
    everybody = {"Type": "Group", "URI": "http://acs.amazonaws.com/groups/global/AllUsers"}
    policy = _owners_own(s3, owned)
    policy["Grants"].append({"Grantee": everybody, "Permission": "READ"})
    s3.put_object(Bucket=owned, Key="a", Body=b"1")
    with refused("AccessControlListNotSupported", "The bucket does not allow ACLs"):
        s3.put_bucket_acl(Bucket=owned, AccessControlPolicy=policy)
    with refused("AccessControlListNotSupported", "The bucket does not allow ACLs"):
        s3.put_object_acl(Bucket=owned, Key="a", AccessControlPolicy=policy)


def test_full_control_for_the_owner_is_no_list_to_refuse(s3, owned):
    full = {"ACL": "bucket-owner-full-control"}
    s3.put_object(Bucket=owned, Key="a", Body=b"1")
    s3.put_object(Bucket=owned, Key="b", Body=b"1", **full)
    s3.put_object_acl(Bucket=owned, Key="a", **full)
    s3.put_bucket_acl(Bucket=owned, **full)
    s3.put_bucket_acl(Bucket=owned, AccessControlPolicy=_owners_own(s3, owned))
    assert s3.get_bucket_acl(Bucket=owned)["Grants"][0]["Permission"] == "FULL_CONTROL"


def test_a_bucket_that_allows_lists_keeps_them(s3, bucket):
    controls = {"Rules": [{"ObjectOwnership": "BucketOwnerPreferred"}]}
    s3.put_bucket_ownership_controls(Bucket=bucket, OwnershipControls=controls)
    s3.put_bucket_acl(Bucket=bucket, ACL="public-read")
    s3.put_object(Bucket=bucket, Key="a", Body=b"1", ACL="public-read")
    assert len(s3.get_bucket_acl(Bucket=bucket)["Grants"]) == 2


def _versioned(s3, bucket):
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})


def _lock(**retention):
    return {
        "ObjectLockEnabled": "Enabled",
        "Rule": {"DefaultRetention": {"Mode": "GOVERNANCE", **retention}},
    }


@pytest.mark.parametrize("retention", [{"Days": 30}, {"Years": 1}], ids=str)
def test_a_lock_is_read_back_as_it_was_written(s3, bucket, retention):
    _versioned(s3, bucket)
    lock = _lock(**retention)
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)
    answer = s3.get_object_lock_configuration(Bucket=bucket)
    assert answer["ObjectLockConfiguration"] == lock


def test_a_bucket_in_use_can_be_locked_and_locked_otherwise(s3, bucket, refused):
    s3.put_object(Bucket=bucket, Key="a", Body=b"1")
    with refused("InvalidBucketState", "Versioning must be"):
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=_lock(Days=1))
    _versioned(s3, bucket)
    for days in (1, 2):
        lock = _lock(Days=days)
        s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)
    version = s3.put_object(Bucket=bucket, Key="b", Body=b"1")["VersionId"]
    with refused("AccessDenied", "Access Denied"):
        s3.delete_object(Bucket=bucket, Key="b", VersionId=version)
    # Without a rule the lock stays on and new objects are free.
    lock = {"ObjectLockEnabled": "Enabled"}
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=lock)
    answer = s3.get_object_lock_configuration(Bucket=bucket)
    assert answer["ObjectLockConfiguration"] == lock
    version = s3.put_object(Bucket=bucket, Key="c", Body=b"1")["VersionId"]
    s3.delete_object(Bucket=bucket, Key="c", VersionId=version)


def test_a_locked_bucket_keeps_its_versions(s3, bucket, refused):
    _versioned(s3, bucket)
    s3.put_object_lock_configuration(Bucket=bucket, ObjectLockConfiguration=_lock(Days=1))
    with refused("InvalidBucketState", "An Object Lock configuration is present"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    _versioned(s3, bucket)


def _replication(account, destination):
    return {
        "Role": f"arn:aws:iam::{account}:role/replication",
        "Rules": [
            {
                "ID": "everything",
                "Priority": 0,
                "Filter": {},
                "Status": "Enabled",
                "SourceSelectionCriteria": {"SseKmsEncryptedObjects": {"Status": "Enabled"}},
                "DeleteMarkerReplication": {"Status": "Enabled"},
                "Destination": {
                    "Bucket": f"arn:aws:s3:::{destination}",
                    "Account": "111111111111",
                    "AccessControlTranslation": {"Owner": "Destination"},
                    "EncryptionConfiguration": {"ReplicaKmsKeyID": "arn:aws:kms:::key/0"},
                    "Metrics": {"Status": "Enabled"},
                },
            }
        ],
    }


def test_a_replication_needs_versioned_buckets_and_is_read_back(
    s3, bucket, account, server, refused
):
    elsewhere = server.client("s3", "555555555555")
    copy = f"copy-{account}"
    configuration = _replication(account, copy)

    def replicate():
        s3.put_bucket_replication(Bucket=bucket, ReplicationConfiguration=configuration)

    with refused("InvalidRequest", "Versioning must be 'Enabled' on the bucket"):
        replicate()
    _versioned(s3, bucket)
    with refused("InvalidRequest", "Destination bucket must exist"):
        replicate()
    elsewhere.create_bucket(Bucket=copy, CreateBucketConfiguration=REGION)
    with refused("InvalidRequest", "Destination bucket must have versioning enabled"):
        replicate()
    _versioned(elsewhere, copy)
    replicate()
    answer = s3.get_bucket_replication(Bucket=bucket)["ReplicationConfiguration"]
    assert answer == configuration

    with refused("InvalidBucketState", "A replication configuration is present"):
        s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    s3.delete_bucket_replication(Bucket=bucket)
    with refused("ReplicationConfigurationNotFoundError", "was not found"):
        s3.get_bucket_replication(Bucket=bucket)
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})


def test_a_suspended_bucket_keeps_its_versions_until_each_is_deleted(s3, bucket):
    def listed():
        found = s3.list_object_versions(Bucket=bucket)
        versions = [(item["VersionId"], False) for item in found.get("Versions", [])]
        return versions + [(item["VersionId"], True) for item in found.get("DeleteMarkers", [])]

    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    first = s3.put_object(Bucket=bucket, Key="a", Body=b"1")["VersionId"]
    second = s3.put_object(Bucket=bucket, Key="a", Body=b"2")["VersionId"]
    marker = s3.delete_object(Bucket=bucket, Key="a")["VersionId"]
    s3.put_bucket_versioning(Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    for _ in range(2):
        gone = s3.delete_object(Bucket=bucket, Key="a")
        assert gone["DeleteMarker"] is True
        assert set(listed()) == {
            (first, False),
            (second, False),
            (marker, True),
            ("null", True),
        }
    s3.delete_object(Bucket=bucket, Key="a", VersionId=first)
    rest = [{"Key": "a", "VersionId": version} for version in (marker, "null")]
    assert "Errors" not in s3.delete_objects(Bucket=bucket, Delete={"Objects": rest})
    assert listed() == [(second, False)]
    assert s3.get_object(Bucket=bucket, Key="a")["Body"].read() == b"2"
    s3.delete_object(Bucket=bucket, Key="a", VersionId=second)
    s3.delete_bucket(Bucket=bucket)
