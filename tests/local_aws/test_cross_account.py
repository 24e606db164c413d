"""Nothing of one account is reachable from another, but by a policy of what is reached."""

import json
import urllib.parse

import pytest

from infra import stub_images

REGION = {"CreateBucketConfiguration": {"LocationConstraint": "eu-west-1"}}
NO_POLICY = "because no resource-based policy allows"


@pytest.fixture
def other(account):
    """An account beside the test's own."""
    return str(int(account) + 500_000_000_000)


@pytest.fixture
def stranger(server, other):
    """Clients in the other account."""
    return lambda service: server.client(service, other)


def _allow(account, *actions, resource="*", **elements):
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{account}:root"},
        "Action": list(actions),
        "Resource": resource,
        **elements,
    }
    return {"Version": "2012-10-17", "Statement": [statement]}


@pytest.fixture
def bucket(client, account):
    name = f"owned-{account}"
    client("s3").create_bucket(Bucket=name, **REGION)
    client("s3").put_object(Bucket=name, Key="raw/a", Body=b"body")
    return name


@pytest.fixture
def open_bucket(client, bucket):
    """Puts a policy on the bucket."""
    return lambda policy: client("s3").put_bucket_policy(Bucket=bucket, Policy=json.dumps(policy))


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("get_object", {"Key": "raw/a"}),
        ("put_object", {"Key": "raw/a"}),
        ("delete_object", {"Key": "raw/a"}),
        ("delete_objects", {"Delete": {"Objects": [{"Key": "raw/a"}]}}),
        ("list_objects_v2", {}),
        ("get_bucket_policy", {}),
        ("delete_bucket", {}),
    ],
)
def test_a_bucket_is_closed_to_other_accounts(
    client, stranger, bucket, refused, operation, members
):
    with refused("AccessDenied", "Access Denied"):
        getattr(stranger("s3"), operation)(Bucket=bucket, **members)
    body = client("s3").get_object(Bucket=bucket, Key="raw/a")["Body"].read()
    assert body == b"body"


def test_a_bucket_policy_opens_what_it_names(stranger, bucket, open_bucket, other, refused):
    s3, arn = stranger("s3"), f"arn:aws:s3:::{bucket}"
    condition = {"StringLike": {"s3:prefix": "raw/*"}}
    objects = _allow(other, "s3:GetObject", "s3:PutObject", resource=f"{arn}/raw/*")
    lists = _allow(other, "s3:ListBucket", resource=arn, Condition=condition)
    open_bucket({**objects, "Statement": objects["Statement"] + lists["Statement"]})
    assert s3.get_object(Bucket=bucket, Key="raw/a")["Body"].read() == b"body"
    s3.put_object(Bucket=bucket, Key="raw/b", Body=b"b")
    listed = s3.list_objects_v2(Bucket=bucket, Prefix="raw/")["Contents"]
    assert [item["Key"] for item in listed] == ["raw/a", "raw/b"]
    for operation, members in (
        ("get_object", {"Key": "clean/a"}),
        ("delete_object", {"Key": "raw/a"}),
        ("list_objects_v2", {"Prefix": "clean/"}),
        ("list_object_versions", {}),
        ("get_bucket_policy", {}),
    ):
        with refused("AccessDenied", "Access Denied"):
            getattr(s3, operation)(Bucket=bucket, **members)


def test_a_bucket_policy_opens_nothing_to_a_third_account(server, bucket, open_bucket, refused):
    open_bucket(_allow("222222222222", "s3:*", resource=f"arn:aws:s3:::{bucket}/*"))
    with refused("AccessDenied", "Access Denied"):
        server.client("s3", "333333333333").get_object(Bucket=bucket, Key="raw/a")


def test_an_explicit_denial_closes_a_bucket_again(stranger, bucket, open_bucket, other, refused):
    resource = f"arn:aws:s3:::{bucket}/*"
    opened = _allow(other, "s3:GetObject", resource=resource)
    denied = _allow(other, "s3:GetObject", resource=resource, Effect="Deny")
    open_bucket({**opened, "Statement": opened["Statement"] + denied["Statement"]})
    with refused("AccessDenied", "Access Denied"):
        stranger("s3").get_object(Bucket=bucket, Key="raw/a")


def test_a_copy_needs_its_source(client, stranger, bucket, open_bucket, other, refused):
    s3, mine = stranger("s3"), f"mine-{other}"
    s3.create_bucket(Bucket=mine, **REGION)
    copy = {"Bucket": mine, "Key": "a", "CopySource": f"{bucket}/raw/a"}
    upload = s3.create_multipart_upload(Bucket=mine, Key="m")["UploadId"]
    part = {**copy, "Key": "m", "UploadId": upload, "PartNumber": 1}
    with refused("AccessDenied", "Access Denied"):
        s3.copy_object(**copy)
    with refused("AccessDenied", "Access Denied"):
        s3.upload_part_copy(**part)
    open_bucket(_allow(other, "s3:GetObject", resource=f"arn:aws:s3:::{bucket}/*"))
    s3.copy_object(**copy)
    s3.upload_part_copy(**part)
    assert s3.get_object(Bucket=mine, Key="a")["Body"].read() == b"body"
    # To read from a bucket is not to write into it.
    with refused("AccessDenied", "Access Denied"):
        s3.copy_object(Bucket=bucket, Key="raw/b", CopySource=f"{bucket}/raw/a")
    assert "raw/b" not in str(client("s3").list_objects_v2(Bucket=bucket)["Contents"])


def test_a_key_is_used_from_another_account_as_its_policy_says(
    client, stranger, account, other, refused
):
    kms, foreign = client("kms"), stranger("kms")
    key = kms.create_key()["KeyMetadata"]["Arn"]
    cipher = kms.encrypt(KeyId=key, Plaintext=b"secret")["CiphertextBlob"]
    for operation, members in (
        ("describe_key", {}),
        ("encrypt", {"Plaintext": b"x"}),
        ("decrypt", {"CiphertextBlob": cipher}),
        ("generate_data_key", {"KeySpec": "AES_256"}),
    ):
        with refused("AccessDeniedException", NO_POLICY):
            getattr(foreign, operation)(KeyId=key, **members)
    opened = _allow(other, "kms:Decrypt", "kms:ScheduleKeyDeletion")
    own = _allow(account, "kms:*")
    policy = {**own, "Statement": own["Statement"] + opened["Statement"]}
    kms.put_key_policy(KeyId=key, PolicyName="default", Policy=json.dumps(policy))
    assert foreign.decrypt(KeyId=key, CiphertextBlob=cipher)["Plaintext"] == b"secret"
    with refused("AccessDeniedException", "kms:Encrypt"):
        foreign.encrypt(KeyId=key, Plaintext=b"x")
    # No policy lets another account administer a key.
    with refused("AccessDeniedException", "kms:ScheduleKeyDeletion"):
        foreign.schedule_key_deletion(KeyId=key)


def test_a_key_that_does_not_exist_is_refused_in_the_same_way(stranger, account, refused):
    arn = f"arn:aws:kms:eu-west-1:{account}:key/1234abcd-12ab-34cd-56ef-1234567890ab"
    with refused("AccessDeniedException", NO_POLICY):
        stranger("kms").describe_key(KeyId=arn)


@pytest.mark.parametrize(
    ("operation", "members"),
    [
        ("get_topic_attributes", {}),
        ("publish", {"Message": "m"}),
        ("subscribe", {"Protocol": "email", "Endpoint": "a@example.com"}),
        ("set_topic_attributes", {"AttributeName": "DisplayName", "AttributeValue": "x"}),
        ("add_permission", {"Label": "x", "AWSAccountId": ["OTHER"], "ActionName": ["Publish"]}),
        ("delete_topic", {}),
    ],
)
def test_a_topic_is_closed_to_other_accounts(client, stranger, refused, operation, members):
    arn = client("sns").create_topic(Name="alarms")["TopicArn"]
    with refused("AuthorizationError", NO_POLICY):
        getattr(stranger("sns"), operation)(TopicArn=arn, **members)
    attributes = client("sns").get_topic_attributes(TopicArn=arn)["Attributes"]
    assert (attributes["DisplayName"], attributes["SubscriptionsConfirmed"]) == ("", "0")


def test_a_topic_policy_opens_what_it_names(client, stranger, other, refused):
    arn = client("sns").create_topic(Name="alarms")["TopicArn"]
    client("sns").set_topic_attributes(
        TopicArn=arn,
        AttributeName="Policy",
        AttributeValue=json.dumps(_allow(other, "sns:Publish", resource=arn)),
    )
    assert stranger("sns").publish(TopicArn=arn, Message="m")["MessageId"]
    assert stranger("sns").publish_batch(
        TopicArn=arn, PublishBatchRequestEntries=[{"Id": "1", "Message": "m"}]
    )["Successful"]
    with refused("AuthorizationError", "sns:DeleteTopic"):
        stranger("sns").delete_topic(TopicArn=arn)


def test_a_bucket_does_not_publish_to_a_topic_of_another_account(client, stranger, other):
    topic = client("sns").create_topic(Name="alarms")["TopicArn"]
    queue = client("sqs").create_queue(QueueName="inbox")["QueueUrl"]
    arn = topic.replace(":sns:", ":sqs:").replace(":alarms", ":inbox")
    client("sns").subscribe(TopicArn=topic, Protocol="sqs", Endpoint=arn)
    s3, bucket = stranger("s3"), f"loud-{other}"
    s3.create_bucket(Bucket=bucket, **REGION)
    s3.put_bucket_notification_configuration(
        Bucket=bucket,
        NotificationConfiguration={
            "TopicConfigurations": [{"TopicArn": topic, "Events": ["s3:ObjectCreated:*"]}]
        },
    )
    s3.put_object(Bucket=bucket, Key="a", Body=b"a")
    assert "Messages" not in client("sqs").receive_message(QueueUrl=queue)
    client("sns").publish(TopicArn=topic, Message="mine")
    assert "mine" in client("sqs").receive_message(QueueUrl=queue)["Messages"][0]["Body"]


def test_a_subscription_is_ended_by_its_own_account_alone(client, stranger, refused):
    sns = client("sns")
    arn = sns.create_topic(Name="alarms")["TopicArn"]
    made = sns.subscribe(TopicArn=arn, Protocol="email", Endpoint="a@example.com")
    with refused("AuthorizationError", NO_POLICY):
        stranger("sns").unsubscribe(SubscriptionArn=made["SubscriptionArn"])
    assert len(sns.list_subscriptions()["Subscriptions"]) == 1


def test_a_repository_is_read_from_another_account_as_its_policy_says(
    client, stranger, account, other, refused
):
    ecr, foreign = client("ecr"), stranger("ecr")
    # One of the same name is not taken for it.
    for one in (ecr, foreign):
        one.create_repository(repositoryName="app")
    image = stub_images.make({"of": "another account"})
    stub_images.push(ecr, "app", image, "v1")
    call = {"registryId": account, "repositoryName": "app"}
    wanted = {**call, "imageIds": [{"imageTag": "v1"}]}
    with refused("AccessDeniedException", NO_POLICY):
        foreign.batch_get_image(**wanted)
    with refused("AccessDeniedException", NO_POLICY):
        foreign.describe_repositories(registryId=account)
    policy = _allow(other, "ecr:BatchGetImage")
    del policy["Statement"][0]["Resource"]
    ecr.set_repository_policy(repositoryName="app", policyText=json.dumps(policy))
    found = foreign.batch_get_image(**wanted)["images"]
    assert [one["imageManifest"] for one in found] == [image.manifest]
    with refused("AccessDeniedException", "ecr:DeleteRepository"):
        foreign.delete_repository(**call, force=True)


def test_a_secret_is_read_from_another_account_as_its_policy_says(client, stranger, other, refused):
    secrets, foreign = client("secretsmanager"), stranger("secretsmanager")
    arn = secrets.create_secret(Name="key", SecretString="hidden")["ARN"]
    foreign.create_secret(Name="key", SecretString="mine")
    with refused("AccessDeniedException", NO_POLICY):
        foreign.get_secret_value(SecretId=arn)
    policy = json.dumps(_allow(other, "secretsmanager:GetSecretValue"))
    secrets.put_resource_policy(SecretId=arn, ResourcePolicy=policy)
    assert foreign.get_secret_value(SecretId=arn)["SecretString"] == "hidden"
    with refused("AccessDeniedException", "secretsmanager:DeleteSecret"):
        foreign.delete_secret(SecretId=arn)


def test_a_queue_is_used_from_another_account_as_its_policy_says(client, stranger, other, refused):
    queues, foreign = client("sqs"), stranger("sqs")
    address = queues.create_queue(QueueName="work")["QueueUrl"]
    mine = foreign.create_queue(QueueName="work")["QueueUrl"]
    with refused("AccessDenied", NO_POLICY):
        foreign.send_message(QueueUrl=address, MessageBody="m")
    policy = json.dumps(_allow(other, "sqs:SendMessage", "sqs:DeleteQueue"))
    queues.set_queue_attributes(QueueUrl=address, Attributes={"Policy": policy})
    foreign.send_message(QueueUrl=address, MessageBody="hello")
    assert queues.receive_message(QueueUrl=address)["Messages"][0]["Body"] == "hello"
    assert "Messages" not in foreign.receive_message(QueueUrl=mine)
    with refused("AccessDenied", "sqs:DeleteQueue"):
        foreign.delete_queue(QueueUrl=address)
    assert urllib.parse.urlsplit(address).path != urllib.parse.urlsplit(mine).path


def test_an_event_bus_takes_events_of_another_account_as_its_policy_says(
    client, stranger, other, refused
):
    events, foreign = client("events"), stranger("events")
    arn = events.create_event_bus(Name="shared")["EventBusArn"]
    events.put_rule(Name="all", EventBusName="shared", EventPattern='{"source": ["app"]}')
    event = {"Source": "app", "DetailType": "d", "Detail": "{}", "EventBusName": arn}
    pattern = '{"source": ["app"]}'
    with refused("AccessDeniedException", NO_POLICY):
        foreign.put_events(Entries=[event])
    with refused("AccessDeniedException", NO_POLICY):
        foreign.put_rule(Name="mine", EventBusName=arn, EventPattern=pattern)
    policy = json.dumps(_allow(other, "events:PutEvents", resource=arn, Sid="other"))
    events.put_permission(EventBusName="shared", Policy=policy)
    assert foreign.put_events(Entries=[event])["FailedEntryCount"] == 0
    assert _matched(client, "all", "shared") == 1


def test_a_rule_reaches_the_bus_of_another_account_by_its_policy_alone(client, stranger, other):
    events, foreign = client("events"), stranger("events")
    arn = events.create_event_bus(Name="shared")["EventBusArn"]
    pattern = '{"source": ["app"]}'
    events.put_rule(Name="all", EventBusName="shared", EventPattern=pattern)
    foreign.put_rule(Name="forward", EventPattern=pattern)
    foreign.put_targets(Rule="forward", Targets=[{"Id": "bus", "Arn": arn}])
    event = {"Source": "app", "DetailType": "d", "Detail": "{}"}
    foreign.put_events(Entries=[event])
    assert _matched(client, "all", "shared") == 0
    policy = json.dumps(_allow(other, "events:PutEvents", resource=arn, Sid="other"))
    events.put_permission(EventBusName="shared", Policy=policy)
    foreign.put_events(Entries=[event])
    assert _matched(client, "all", "shared") == 1


def _matched(client, rule, bus):
    """How many events a rule of a bus has matched."""
    found = client("cloudwatch").get_metric_data(
        MetricDataQueries=[
            {
                "Id": "m",
                "MetricStat": {
                    "Metric": {
                        "Namespace": "AWS/Events",
                        "MetricName": "MatchedEvents",
                        "Dimensions": [
                            {"Name": "RuleName", "Value": rule},
                            {"Name": "EventBusName", "Value": bus},
                        ],
                    },
                    "Period": 3600,
                    "Stat": "Sum",
                },
            }
        ],
        StartTime=0,
        EndTime="2100-01-01",
    )
    return sum(found["MetricDataResults"][0]["Values"])


def test_log_groups_are_closed_to_other_accounts(client, stranger, account, refused):
    for one in (client("logs"), stranger("logs")):
        one.create_log_group(logGroupName="/app")
        one.create_log_stream(logGroupName="/app", logStreamName="s")
    arn = f"arn:aws:logs:eu-west-1:{account}:log-group:/app"
    foreign = stranger("logs")
    with refused("AccessDeniedException", NO_POLICY):
        foreign.get_log_events(logGroupIdentifier=arn, logStreamName="s")
    with refused("AccessDeniedException", NO_POLICY):
        foreign.tag_resource(resourceArn=arn, tags={"a": "b"})
    with refused("AccessDeniedException", NO_POLICY):
        foreign.put_subscription_filter(
            logGroupName="/app", filterName="f", filterPattern="", destinationArn=arn
        )


def test_budgets_are_of_the_callers_account(client, stranger, account, refused):
    with refused("AccessDeniedException", NO_POLICY):
        stranger("budgets").describe_budgets(AccountId=account)
    assert client("budgets").describe_budgets(AccountId=account)["Budgets"] == []


def test_identities_are_of_the_callers_account(client, stranger, refused):
    iam, foreign = client("iam"), stranger("iam")
    iam.create_user(UserName="ada")
    key = iam.create_access_key(UserName="ada")["AccessKey"]["AccessKeyId"]
    statement = {"Effect": "Allow", "Action": "*", "Resource": "*"}
    document = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    policy = iam.create_policy(PolicyName="p", PolicyDocument=document)["Policy"]["Arn"]
    assert iam.get_access_key_last_used(AccessKeyId=key)["UserName"] == "ada"
    with refused("NoSuchEntity", key):
        foreign.get_access_key_last_used(AccessKeyId=key)
    with refused("NoSuchEntity", policy):
        foreign.get_policy(PolicyArn=policy)


def test_parameters_services_and_alarms_are_not_found_from_another_account(
    client, stranger, account, refused
):
    for one in (client("ssm"), stranger("ssm")):
        one.put_parameter(Name="/key", Value="v", Type="String")
    with refused("ParameterNotFound", "/key"):
        stranger("ssm").get_parameter(Name=f"arn:aws:ssm:eu-west-1:{account}:parameter/key")
    made = client("apprunner").create_auto_scaling_configuration(
        AutoScalingConfigurationName="wide"
    )["AutoScalingConfiguration"]["AutoScalingConfigurationArn"]
    with refused("ResourceNotFoundException", made):
        stranger("apprunner").delete_auto_scaling_configuration(AutoScalingConfigurationArn=made)
    alarm = f"arn:aws:cloudwatch:eu-west-1:{account}:alarm:high"
    client("cloudwatch").put_metric_alarm(
        AlarmName="high",
        Namespace="n",
        MetricName="m",
        ComparisonOperator="GreaterThanThreshold",
        EvaluationPeriods=1,
        Period=60,
        Statistic="Sum",
        Threshold=1.0,
    )
    with refused("ResourceNotFoundException", ""):
        stranger("cloudwatch").tag_resource(ResourceARN=alarm, Tags=[{"Key": "a", "Value": "b"}])
