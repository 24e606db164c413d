"""The module trending_now: an environment before its first release, and with one."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import pytest

from harness.accounts import Account
from harness.applied import (
    Applied,
    changes,
    destroy_to_nothing,
    example_root,
    planned,
    planned_changes,
    statements,
)
from harness.clock import advance
from harness.inventories import assert_module_inventory
from harness.inventory import inventory
from harness.plan_text import REPLACE_CREATING_FIRST, Changes
from infra import stub_images
from infra.local_cloud import Endpoint

pytestmark = pytest.mark.terraform

MODULE = "trending_now"
NAME = "trending-now-example"
DIGEST = "sha256:d0dedd7dbfdb9af3e3ee8778c6e3a9f755f5ada6e05801ad2c49bbb5d737be45"
GIT_SHA = "da39a3ee5e6b4b0d3255bfef95601890afd80709"
ZONES = ("dvc", "features", "models", "processed", "raw", "reports")
SERVICE = "module.trending_now.module.app_runner_service[0].aws_apprunner_service.this"
SCALING = (
    "module.trending_now.module.app_runner_service[0]"
    ".aws_apprunner_auto_scaling_configuration_version.this"
)
OUTPUT = """
output "trending_now" { value = module.trending_now }
"""
LAKE_ALARMS = {
    f"{NAME}-drift",
    *(f"{NAME}-{zone}-bucket-{side}-errors" for zone in ZONES for side in ("client", "server")),
}
UNPROTECTED = """
module "trending_now" {
  firewall = { enabled = false }
}
"""
UNRELEASED = """
module "trending_now" {
  release = null
}
"""


@dataclass(frozen=True)
class Environment(Applied):
    """An environment with a release, and what was seen before it had one.

    Without a firewall, which costs each plan seconds: test_trending_now_whole.py has one.
    """

    unreleased: list[str]
    unreleased_outputs: dict[str, Any]
    unreleased_changes: Changes
    pinning: Changes


@pytest.fixture(scope="module")
def environment(
    module_account: Account, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Environment]:
    """Apply as an account is begun: first without a release, then with the README's."""
    folder = tmp_path_factory.mktemp(MODULE)
    with example_root(MODULE, module_account, folder, OUTPUT) as root:
        # Terraform merges a file with this ending into the example.
        unreleased = root.directory / "unreleased_override.tf"
        unreleased.write_text(UNRELEASED, encoding="utf-8")
        (root.directory / "firewall_override.tf").write_text(UNPROTECTED, encoding="utf-8")
        root.apply()
        before, outputs = inventory(module_account), root.outputs()["trending_now"]
        again = planned_changes(root)
        unreleased.unlink()
        pinning = planned_changes(root)
        root.apply()
        assert_module_inventory(root, MODULE, without="web_acl[0]")
        yield Environment(
            root,
            module_account,
            root.outputs(),
            unreleased=before,
            unreleased_outputs=dict(outputs),
            unreleased_changes=again,
            pinning=pinning,
        )
        destroy_to_nothing(root, module_account)


def service(environment: Environment) -> Any:
    """The service, as App Runner describes it."""
    arn = environment.outputs["trending_now"]["service_arn"]
    return environment.client("apprunner").describe_service(ServiceArn=arn)["Service"]


def test_without_a_release_there_is_all_but_a_service_and_its_alarms(
    environment: Environment,
) -> None:
    account = environment.account.account_id
    kinds = {item.split(": ", 1)[0] for item in environment.unreleased}
    assert kinds == {
        "alarm",
        "alias",
        "bucket",
        "budget",
        "dashboard",
        "event rule",
        "key",
        "log group",
        "policy",
        "repository",
        "role",
        "secret",
        "subscription",
        "topic",
    }
    assert {item for item in environment.unreleased if item.startswith("bucket")} == {
        f"bucket: {NAME}-{zone}-{account}" for zone in (*ZONES, "access-logs")
    }


def test_without_a_release_a_second_plan_is_empty_and_outputs_say_there_is_no_service(
    environment: Environment,
) -> None:
    assert environment.unreleased_changes == {}
    outputs = environment.unreleased_outputs
    assert outputs["alarm_names"] == sorted(LAKE_ALARMS)
    for key in ("release", "service_arn", "service_id", "service_image", "service_url"):
        assert outputs.get(key) is None


def test_a_first_release_adds_the_service_and_what_watches_it_and_replaces_nothing(
    environment: Environment,
) -> None:
    def kinds(actions: list[str]) -> list[str]:
        found = (address for address, done in environment.pinning.items() if done == actions)
        return sorted(address.split(".")[-2] for address in found)

    assert kinds(["create"]) == [
        "aws_apprunner_auto_scaling_configuration_version",
        "aws_apprunner_observability_configuration",
        "aws_apprunner_service",
        "aws_cloudwatch_event_rule",
        "aws_cloudwatch_event_target",
        "aws_cloudwatch_log_metric_filter",
        *["aws_cloudwatch_metric_alarm"] * 8,
    ]
    assert kinds(["update"]) == ["aws_cloudwatch_composite_alarm", "aws_cloudwatch_dashboard"]
    assert len(environment.pinning) == 16


def test_outputs_are_what_boto3_finds(environment: Environment) -> None:
    outputs, account = environment.outputs["trending_now"], environment.account
    found = set(inventory(account))
    assert {f"alarm: {name}" for name in (*outputs["alarm_names"], outputs["page_alarm_name"])} == {
        item for item in found if item.startswith("alarm: ")
    }
    assert len(outputs["alarm_names"]) == len(LAKE_ALARMS) + 8
    assert {
        f"bucket: {outputs['access_logs_bucket_name']}",
        *(f"bucket: {outputs['bucket_names'][zone]}" for zone in ZONES),
        f"key: {outputs['kms_key_arn']}",
        f"log group: {outputs['log_group_name']}",
        f"repository: {outputs['repository_name']}",
        f"service: {outputs['service_arn']}",
        f"topic: {outputs['alarm_topic_arn']}",
        f"role: {outputs['instance_role_arn'].rsplit('/', 1)[1]}",
    } <= found
    running = service(environment)
    assert outputs["service_id"] == running["ServiceId"]
    assert outputs["service_name"] == outputs["name"] == running["ServiceName"] == NAME
    assert outputs["service_url"] == f"https://{running['ServiceUrl']}"
    (repository,) = environment.client("ecr").describe_repositories()["repositories"]
    assert outputs["repository_url"] == repository["repositoryUri"]
    (secret,) = environment.client("secretsmanager").list_secrets()["SecretList"]
    assert outputs["secret_arns"] == {"trends-api-key": secret["ARN"]}


def test_the_service_runs_the_release_and_knows_which_one_it_is(environment: Environment) -> None:
    outputs, running = environment.outputs["trending_now"], service(environment)
    image = running["SourceConfiguration"]["ImageRepository"]
    assert running["Status"] == "RUNNING"
    assert image["ImageIdentifier"] == outputs["service_image"]
    assert image["ImageIdentifier"] == f"{outputs['repository_url']}@{DIGEST}"
    assert image["ImageConfiguration"]["RuntimeEnvironmentVariables"] == {
        **{
            f"{zone.upper()}_BUCKET": outputs["bucket_names"][zone]
            for zone in ZONES
            if zone != "raw"
        },
        "ENVIRONMENT": "example",
        "LOG_GROUP": "/trending-now/example/application",
        "METRIC_NAMESPACE": "trending-now/example",
        "RELEASE_DATA_VERSION": "trends-2026.11.18",
        "RELEASE_GIT_SHA": GIT_SHA,
        "RELEASE_ID": "r-0123456789abcdef",
        "RELEASE_IMAGE_DIGEST": DIGEST,
        "RELEASE_MODEL_VERSION": "ranker-1.4.0",
    }
    assert image["ImageConfiguration"]["RuntimeEnvironmentSecrets"] == {
        "TRENDS_API_KEY": outputs["secret_arns"]["trends-api-key"]
    }


def test_one_key_encrypts_everything_that_can_be(environment: Environment) -> None:
    key, outputs = environment.outputs["trending_now"]["kms_key_arn"], environment.outputs
    assert service(environment)["EncryptionConfiguration"] == {"KmsKey": key}
    (repository,) = environment.client("ecr").describe_repositories()["repositories"]
    assert repository["encryptionConfiguration"] == {"encryptionType": "KMS", "kmsKey": key}
    (secret,) = environment.client("secretsmanager").list_secrets()["SecretList"]
    assert secret["KmsKeyId"] == key
    for bucket in outputs["trending_now"]["bucket_names"].values():
        encryption = environment.client("s3").get_bucket_encryption(Bucket=bucket)
        (rule,) = encryption["ServerSideEncryptionConfiguration"]["Rules"]
        assert rule["ApplyServerSideEncryptionByDefault"]["KMSMasterKeyID"] == key
    topic = environment.client("sns").get_topic_attributes(
        TopicArn=outputs["trending_now"]["alarm_topic_arn"]
    )
    assert topic["Attributes"]["KmsMasterKeyId"] == key


def test_services_may_use_the_key_for_this_environment_only(environment: Environment) -> None:
    key = environment.outputs["trending_now"]["kms_key_arn"]
    found = environment.client("kms").get_key_policy(KeyId=key, PolicyName="default")["Policy"]
    policy, account = statements(found), environment.account.account_id
    middle = f"eu-west-1:{account}"
    here = {"aws:SourceAccount": [account]}
    conditions = {sid: item["Condition"] for sid, item in policy.items() if "Service" in sid}
    assert conditions == {
        "ServiceAlarms": {
            "StringEquals": here,
            "ArnLike": {"aws:SourceArn": [f"arn:aws:cloudwatch:{middle}:alarm:{NAME}-*"]},
        },
        "ServiceBudgets": {"StringEquals": here},
        "ServiceEventRules": {
            "StringEquals": here,
            "ArnLike": {"aws:SourceArn": [f"arn:aws:events:{middle}:rule/{NAME}-*"]},
        },
        "ServiceLogGroups": {
            "ArnLike": {
                "kms:EncryptionContext:aws:logs:arn": [
                    f"arn:aws:logs:{middle}:log-group:/trending-now/example/*",
                    f"arn:aws:logs:{middle}:log-group:aws-waf-logs-{NAME}",
                ]
            }
        },
    }
    assert {sid: policy[sid]["Principal"]["Service"] for sid in conditions} == {
        "ServiceAlarms": ["cloudwatch.amazonaws.com"],
        "ServiceBudgets": ["budgets.amazonaws.com"],
        "ServiceEventRules": ["events.amazonaws.com"],
        "ServiceLogGroups": ["logs.eu-west-1.amazonaws.com"],
    }
    for sid in conditions.keys() - {"ServiceLogGroups"}:
        assert policy[sid]["Action"] == ["kms:Decrypt", "kms:GenerateDataKey*"]
    assert policy.keys() == {"AccountAdministration", *conditions}


def test_the_application_reads_data_and_writes_reports_only(environment: Environment) -> None:
    iam, outputs = environment.client("iam"), environment.outputs["trending_now"]
    attached = iam.list_attached_role_policies(RoleName=f"{NAME}-instance")["AttachedPolicies"]
    found = {}
    for item in attached:
        version = iam.get_policy_version(PolicyArn=item["PolicyArn"], VersionId="v1")
        for statement in version["PolicyVersion"]["Document"]["Statement"]:
            found[statement["Sid"]] = statement
    buckets = outputs["bucket_names"]
    reads = {
        sid: item["Resource"] for sid, item in found.items() if item["Action"] == "s3:GetObject"
    }
    assert reads == {
        f"Read{zone.title()}": f"arn:aws:s3:::{buckets[zone]}/*"
        for zone in ("dvc", "features", "models", "processed")
    }
    writes = {
        sid: item["Resource"] for sid, item in found.items() if "s3:PutObject" in item["Action"]
    }
    assert writes == {"WriteReports": f"arn:aws:s3:::{buckets['reports']}/*"}
    assert found["ReadSecrets"]["Resource"] == outputs["secret_arns"]["trends-api-key"]
    assert found["UseKeysThroughS3"]["Resource"] == outputs["kms_key_arn"]
    assert found["WriteMetrics"]["Condition"] == {
        "StringEquals": {"cloudwatch:namespace": "trending-now/example"}
    }
    assert "WriteTraces" in found


def test_every_role_carries_the_boundary(environment: Environment) -> None:
    iam, account = environment.client("iam"), environment.account.account_id
    boundary = f"arn:aws:iam::{account}:policy/deployment/{NAME}-boundary"
    names = [
        item.removeprefix("role: ")
        for item in inventory(environment.account)
        if item.startswith("role: ")
    ]
    assert set(names) == {f"{NAME}-access", f"{NAME}-instance", f"{NAME}-data-pipeline"}
    for name in names:
        role = iam.get_role(RoleName=name)["Role"]
        assert role["PermissionsBoundary"]["PermissionsBoundaryArn"] == boundary


def test_a_drift_report_has_an_alarm_of_its_own(environment: Environment) -> None:
    outputs = environment.outputs["trending_now"]
    events = environment.client("events")
    (rule,) = events.list_rules(NamePrefix=f"{NAME}-drift")["Rules"]
    pattern = json.loads(rule["EventPattern"])
    assert pattern["detail"]["bucket"]["name"] == [outputs["bucket_names"]["reports"]]
    (alarm,) = environment.client("cloudwatch").describe_alarms(
        AlarmNames=[outputs["drift_alarm_name"]]
    )["MetricAlarms"]
    assert alarm["Dimensions"] == [{"Name": "RuleName", "Value": rule["Name"]}]
    assert alarm["AlarmActions"] == alarm["OKActions"] == [outputs["alarm_topic_arn"]]


def test_the_month_has_a_budget_that_the_topic_hears_of(environment: Environment) -> None:
    outputs, account = environment.outputs["trending_now"], environment.account.account_id
    budgets = environment.client("budgets")
    (budget,) = budgets.describe_budgets(AccountId=account)["Budgets"]
    assert float(budget["BudgetLimit"]["Amount"]) == 50
    assert budget["TimeUnit"] == "MONTHLY"
    notifications = budgets.describe_notifications_for_budget(
        AccountId=account, BudgetName=budget["BudgetName"]
    )["Notifications"]
    assert notifications
    for notification in notifications:
        subscribers = budgets.describe_subscribers_for_notification(
            AccountId=account, BudgetName=budget["BudgetName"], Notification=notification
        )["Subscribers"]
        assert {"SubscriptionType": "SNS", "Address": outputs["alarm_topic_arn"]} in subscribers


def test_terraform_never_knows_a_secret(environment: Environment) -> None:
    (version,) = environment.resources("aws_secretsmanager_secret_version")
    values = version["values"]
    assert not values["secret_string"]
    assert not values["secret_string_wo"]
    assert not values["secret_binary"]


def test_a_secret_that_a_person_set_stays_set(environment: Environment) -> None:
    secrets = environment.client("secretsmanager")
    arn = environment.outputs["trending_now"]["secret_arns"]["trends-api-key"]
    secrets.put_secret_value(SecretId=arn, SecretString="set by a person")
    environment.root.assert_nothing_to_do()
    assert secrets.get_secret_value(SecretId=arn)["SecretString"] == "set by a person"


def test_the_release_is_a_tag_of_the_service_alone(environment: Environment) -> None:
    arn = environment.outputs["trending_now"]["service_arn"]
    tags = environment.client("apprunner").list_tags_for_resource(ResourceArn=arn)["Tags"]
    assert tags == [{"Key": "release", "Value": GIT_SHA}]


def test_a_second_plan_is_empty(environment: Environment) -> None:
    environment.root.assert_nothing_to_do()


@pytest.mark.parametrize(
    "release",
    [
        f'{{ image_digest = "sha256:{"b" * 64}", git_sha = "{"c" * 40}" }}',
        f'{{ image_digest = "{DIGEST}", model_version = "ranker-1.5.0" }}',
    ],
)
def test_another_release_is_one_update_in_place(environment: Environment, release: str) -> None:
    found = environment.planned_changes(f'module "trending_now" {{\n  release = {release}\n}}')
    assert found == {SERVICE: ["update"]}


def test_new_scaling_moves_the_service_and_the_alarm_on_capacity(environment: Environment) -> None:
    found = environment.planned_changes(
        'module "trending_now" {\n  scaling = { max_instances = 5 }\n}'
    )
    capacity = "module.trending_now.module.observability.aws_cloudwatch_metric_alarm.level"
    assert found[SCALING] == REPLACE_CREATING_FIRST
    assert found[SERVICE] == ["update"]
    assert found[f'{capacity}["capacity"]'] == ["update"]
    assert all("module.observability." in a for a in found.keys() - {SCALING, SERVICE})
    assert {tuple(actions) for actions in found.values()} == {
        ("update",),
        tuple(REPLACE_CREATING_FIRST),
    }


def test_another_name_of_the_environment_replaces_what_bears_it(environment: Environment) -> None:
    found = environment.planned_changes('module "trending_now" {\n  environment = "other"\n}')
    replaced = {
        address.removeprefix("module.trending_now.")
        for address, actions in found.items()
        if "delete" in actions
    }
    assert {
        'module.data_lake.module.zone["raw"].aws_s3_bucket.this',
        "module.data_lake.module.access_logs.aws_s3_bucket.this",
        "module.ecr_repository.aws_ecr_repository.this",
        "module.kms_key.aws_kms_alias.this",
        "module.app_runner_roles.aws_iam_role.access",
        "module.app_runner_roles.aws_iam_role.instance",
        "module.app_runner_service[0].aws_apprunner_service.this",
        "module.observability.aws_cloudwatch_log_group.application",
        "module.observability.aws_sns_topic.alarms",
        'aws_secretsmanager_secret.this["trends-api-key"]',
    } <= replaced
    assert found["module.trending_now.module.kms_key.aws_kms_key.this"] == ["update"]


def test_a_deleted_secret_can_be_restored_for_as_long_as_was_asked(
    environment: Environment,
) -> None:
    plan = planned(
        environment.root, 'module "trending_now" {\n  secret_recovery_window_in_days = 14\n}'
    )
    address = 'module.trending_now.aws_secretsmanager_secret.this["trends-api-key"]'
    assert changes(plan) == {address: ["update"]}


def test_the_roles_are_unbounded_only_where_that_was_asked(environment: Environment) -> None:
    found = environment.planned_changes('module "trending_now" {\n  roles_bounded = false\n}')
    assert found == {
        "module.trending_now.module.app_runner_roles.aws_iam_role.access": ["update"],
        "module.trending_now.module.app_runner_roles.aws_iam_role.instance": ["update"],
        'module.trending_now.module.data_roles.aws_iam_role.this["pipeline"]': ["update"],
    }


def test_a_deployment_that_fails_is_rolled_back_and_pages(
    environment: Environment, cloud: Endpoint
) -> None:
    outputs = environment.outputs["trending_now"]
    topic = outputs["alarm_topic_arn"]
    sqs, sns = environment.client("sqs"), environment.client("sns")
    queue = sqs.create_queue(QueueName="ears")["QueueUrl"]
    ears = sqs.get_queue_attributes(QueueUrl=queue, AttributeNames=["QueueArn"])["Attributes"]
    subscription = sns.subscribe(TopicArn=topic, Protocol="sqs", Endpoint=ears["QueueArn"])
    image = stub_images.build({}, unhealthy=True)
    stub_images.push(environment.client("ecr"), outputs["repository_name"], image, "release-ill")
    try:
        before = service(environment)
        source = before["SourceConfiguration"]
        ill = f"{outputs['repository_url']}@{image.digest}"
        repository = {**source["ImageRepository"], "ImageIdentifier": ill}
        environment.client("apprunner").update_service(
            ServiceArn=outputs["service_arn"],
            SourceConfiguration={**source, "ImageRepository": repository},
        )
        after = service(environment)
        assert after["Status"] == "RUNNING"
        assert after["SourceConfiguration"] == source
        advance(cloud, 60)
        messages = heard(sqs, queue)
        (said,) = [text for text in messages if "UpdateServiceFailed" in text]
        assert said.startswith(f'"{NAME}: UpdateServiceFailed at ')
        assert "The health check failed" in said
        alarms = [json.loads(text) for text in messages if text != said]
        raised = [alarm["AlarmName"] for alarm in alarms if alarm["NewStateValue"] == "ALARM"]
        assert raised == [outputs["page_alarm_name"]]
    finally:
        sns.unsubscribe(SubscriptionArn=subscription["SubscriptionArn"])
        sqs.delete_queue(QueueUrl=queue)


def heard(sqs: Any, queue: str) -> list[str]:
    """What the topic has said."""
    found: list[str] = []
    while messages := sqs.receive_message(QueueUrl=queue, MaxNumberOfMessages=10).get("Messages"):
        for message in messages:
            found.append(json.loads(message["Body"])["Message"])
            sqs.delete_message(QueueUrl=queue, ReceiptHandle=message["ReceiptHandle"])
    return found
