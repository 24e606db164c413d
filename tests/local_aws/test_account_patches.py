"""What the local cloud corrects of moto's ECR, IAM, Budgets and SNS."""

import hashlib
import io
import json

import pytest

from infra import layers

MEDIA_TYPE = "application/vnd.oci.image.manifest.v1+json"
GITHUB = "https://token.actions.githubusercontent.com"


def _manifest(text):
    digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    layer = {"mediaType": MEDIA_TYPE, "digest": digest, "size": len(text)}
    return json.dumps(
        {"schemaVersion": 2, "mediaType": MEDIA_TYPE, "config": layer, "layers": [layer]}
    )


@pytest.fixture
def ecr(client):
    return client("ecr")


def _push(ecr, text, **members):
    content = text.encode()
    digest = "sha256:" + hashlib.sha256(content).hexdigest()
    if not layers.available(ecr, "app", digest):
        layers.upload(ecr, "app", digest, io.BytesIO(content))
    return ecr.put_image(repositoryName="app", imageManifest=_manifest(text), **members)["image"]


def test_the_digest_of_an_image_is_the_hash_of_its_manifest(ecr, refused):
    ecr.create_repository(repositoryName="app")
    digest = "sha256:" + hashlib.sha256(_manifest("a").encode()).hexdigest()
    assert _push(ecr, "a", imageTag="v1")["imageId"]["imageDigest"] == digest
    found = ecr.batch_get_image(repositoryName="app", imageIds=[{"imageDigest": digest}])
    assert found["images"][0]["imageManifest"] == _manifest("a")
    with refused("ImageDigestDoesNotMatchException", "does not match the calculated digest"):
        _push(ecr, "b", imageTag="v2", imageDigest=digest)


def test_an_immutable_tag_is_not_moved(ecr, refused):
    ecr.create_repository(repositoryName="app", imageTagMutability="IMMUTABLE")
    _push(ecr, "a", imageTag="v1")
    with refused("ImageTagAlreadyExistsException", "image tag 'v1' already exists"):
        _push(ecr, "b", imageTag="v1")
    with refused("ImageAlreadyExistsException", "already exists"):
        _push(ecr, "a", imageTag="v1")


def test_an_image_that_loses_its_tag_stays(ecr):
    ecr.create_repository(repositoryName="app")
    first = _push(ecr, "a", imageTag="latest")["imageId"]["imageDigest"]
    second = _push(ecr, "b", imageTag="latest")["imageId"]["imageDigest"]
    images = ecr.describe_images(repositoryName="app")["imageDetails"]
    tags = {image["imageDigest"]: image.get("imageTags") for image in images}
    assert tags == {first: None, second: ["latest"]}


def test_an_image_can_be_pushed_without_a_tag_once(ecr, refused):
    ecr.create_repository(repositoryName="app")
    digest = _push(ecr, "a")["imageId"]["imageDigest"]
    with refused("ImageAlreadyExistsException", digest):
        _push(ecr, "a")


def test_the_client_ids_of_an_identity_provider_can_be_changed(client):
    iam = client("iam")
    arn = iam.create_open_id_connect_provider(Url=GITHUB, ClientIDList=["sts.amazonaws.com"])
    call = {"OpenIDConnectProviderArn": arn["OpenIDConnectProviderArn"]}
    for _ in range(2):
        iam.add_client_id_to_open_id_connect_provider(**call, ClientID="another")
    found = iam.get_open_id_connect_provider(**call)["ClientIDList"]
    assert found == ["sts.amazonaws.com", "another"]
    iam.remove_client_id_from_open_id_connect_provider(**call, ClientID="another")
    assert iam.get_open_id_connect_provider(**call)["ClientIDList"] == ["sts.amazonaws.com"]


def test_a_role_keeps_the_description_that_an_update_does_not_mention(client):
    iam = client("iam")
    iam.create_role(RoleName="r", AssumeRolePolicyDocument="{}", Description="First")
    iam.update_role(RoleName="r", MaxSessionDuration=7200)
    role = iam.get_role(RoleName="r")["Role"]
    assert (role["Description"], role["MaxSessionDuration"]) == ("First", 7200)
    iam.update_role(RoleName="r", Description="")
    assert iam.get_role(RoleName="r")["Role"].get("Description", "") == ""


def test_a_budget_and_its_notifications_can_be_changed(client, account, refused):
    budgets = client("budgets")
    budget = {
        "BudgetName": "monthly",
        "BudgetType": "COST",
        "TimeUnit": "MONTHLY",
        "BudgetLimit": {"Amount": "50", "Unit": "USD"},
    }
    notification = {
        "NotificationType": "ACTUAL",
        "ComparisonOperator": "GREATER_THAN",
        "Threshold": 80.0,
        "ThresholdType": "PERCENTAGE",
    }
    person = {"SubscriptionType": "EMAIL", "Address": "a@example.com"}
    other = {"SubscriptionType": "EMAIL", "Address": "b@example.com"}
    budgets.create_budget(
        AccountId=account,
        Budget=budget,
        NotificationsWithSubscribers=[{"Notification": notification, "Subscribers": [person]}],
        ResourceTags=[{"Key": "a", "Value": "1"}],
    )
    budgets.update_budget(
        AccountId=account, NewBudget={**budget, "BudgetLimit": {"Amount": "60", "Unit": "USD"}}
    )
    call = {"AccountId": account, "BudgetName": "monthly"}
    assert budgets.describe_budget(**call)["Budget"]["BudgetLimit"]["Amount"] == "60"
    changed = {**notification, "Threshold": 90.0}
    budgets.update_notification(**call, OldNotification=notification, NewNotification=changed)
    budgets.create_subscriber(**call, Notification=changed, Subscriber=other)
    budgets.delete_subscriber(**call, Notification=changed, Subscriber=person)
    found = budgets.describe_subscribers_for_notification(**call, Notification=changed)
    assert found["Subscribers"] == [other]
    with refused("NotFoundException", "notification doesn't exist"):
        budgets.describe_subscribers_for_notification(**call, Notification=notification)
    arn = f"arn:aws:budgets::{account}:budget/monthly"
    budgets.tag_resource(ResourceARN=arn, ResourceTags=[{"Key": "b", "Value": "2"}])
    budgets.untag_resource(ResourceARN=arn, ResourceTagKeys=["a"])
    tags = budgets.list_tags_for_resource(ResourceARN=arn)["ResourceTags"]
    assert tags == [{"Key": "b", "Value": "2"}]


def _rule(*destinations, prefix="app"):
    return {
        "destinations": [{"registryId": a, "region": r} for a, r in destinations],
        "repositoryFilters": [{"filter": prefix, "filterType": "PREFIX_MATCH"}],
    }


def test_a_registry_replicates_by_ten_rules_and_never_to_itself(ecr, account, refused):
    rules = [_rule((f"22222222222{n}", "eu-west-1"), prefix=f"app{n}") for n in range(10)]
    ecr.put_replication_configuration(replicationConfiguration={"rules": rules})
    assert ecr.describe_registry()["replicationConfiguration"] == {"rules": rules}
    with refused("InvalidParameterException", "cannot be the same as the source"):
        ecr.put_replication_configuration(
            replicationConfiguration={"rules": [rules[0], _rule((account, "eu-west-1"))]}
        )
    with refused("ValidationException", "less than or equal to 10"):
        ecr.put_replication_configuration(replicationConfiguration={"rules": [*rules, rules[0]]})
    many = _rule(*((f"2222222222{n:02}", "eu-west-1") for n in range(26)))
    with refused("ValidationException", "less than or equal to 25"):
        ecr.put_replication_configuration(replicationConfiguration={"rules": [many]})
    assert ecr.describe_registry()["replicationConfiguration"] == {"rules": rules}
    ecr.put_replication_configuration(replicationConfiguration={"rules": []})
    assert ecr.describe_registry()["replicationConfiguration"] == {"rules": []}


def test_the_signature_version_of_a_topic_is_read_back(client):
    sns = client("sns")
    arn = sns.create_topic(Name="alerts", Attributes={"SignatureVersion": "2"})["TopicArn"]
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SignatureVersion"] == "2"
    sns.set_topic_attributes(TopicArn=arn, AttributeName="SignatureVersion", AttributeValue="1")
    assert sns.get_topic_attributes(TopicArn=arn)["Attributes"]["SignatureVersion"] == "1"
