"""App Runner services: what they answer, how they live, and what is refused."""

import re

import pytest

from harness.waiting import wait_until
from local_aws.stub_images import stub_images

INVALID = "InvalidRequestException"
STATE = "InvalidStateException"
MISSING = "ResourceNotFoundException"


@pytest.fixture
def service(apprunner, service_request):
    """A service that is running."""
    arn = apprunner.create_service(**service_request())["Service"]["ServiceArn"]
    return apprunner.describe_service(ServiceArn=arn)["Service"]


def _operations(apprunner, arn):
    found = apprunner.list_operations(ServiceArn=arn)["OperationSummaryList"]
    return [(operation["Type"], operation["Status"]) for operation in found]


def test_a_new_service_is_in_progress_and_then_running(apprunner, service_request, account):
    created = apprunner.create_service(**service_request())
    assert created["Service"]["Status"] == "OPERATION_IN_PROGRESS"

    service = apprunner.describe_service(ServiceArn=created["Service"]["ServiceArn"])["Service"]
    assert service["Status"] == "RUNNING"
    prefix = f"arn:aws:apprunner:eu-west-1:{account}:service/trending-now/"
    assert service["ServiceArn"] == prefix + service["ServiceId"]
    assert re.fullmatch("[0-9a-f]{32}", service["ServiceId"])
    assert re.fullmatch(r"[a-z0-9]{10}\.eu-west-1\.awsapprunner\.com", service["ServiceUrl"])
    operation = apprunner.list_operations(ServiceArn=service["ServiceArn"])
    assert operation["OperationSummaryList"][0]["Id"] == created["OperationId"]
    assert _operations(apprunner, service["ServiceArn"]) == [("CREATE_SERVICE", "SUCCEEDED")]


def test_what_is_left_out_comes_back_as_the_default(service, account):
    assert service["InstanceConfiguration"] == {"Cpu": "1024", "Memory": "2048"}
    assert service["HealthCheckConfiguration"] == {
        "Protocol": "TCP",
        "Path": "/",
        "Interval": 5,
        "Timeout": 2,
        "HealthyThreshold": 1,
        "UnhealthyThreshold": 5,
    }
    assert service["NetworkConfiguration"] == {
        "EgressConfiguration": {"EgressType": "DEFAULT"},
        "IngressConfiguration": {"IsPubliclyAccessible": True},
        "IpAddressType": "IPV4",
    }
    assert "ObservabilityConfiguration" not in service
    summary = service["AutoScalingConfigurationSummary"]
    default = "autoscalingconfiguration/DefaultConfiguration/1/00000000000000000000000000000001"
    assert summary["AutoScalingConfigurationArn"] == (
        f"arn:aws:apprunner:eu-west-1:{account}:{default}"
    )
    assert summary["Status"] == "active"
    assert summary["IsDefault"] is True
    assert summary["HasAssociatedService"] is True


@pytest.mark.parametrize(
    ("cpu", "memory", "answer"),
    [
        ("1 vCPU", "2 GB", ("1024", "2048")),
        ("0.25 vCPU", "0.5 GB", ("256", "512")),
        ("4 vCPU", "12 GB", ("4096", "12288")),
        ("512", "1 GB", ("512", "1024")),
    ],
)
def test_sizes_come_back_as_plain_numbers(apprunner, service_request, cpu, memory, answer):
    size = {"Cpu": cpu, "Memory": memory}
    service = apprunner.create_service(**service_request(InstanceConfiguration=size))["Service"]
    assert service["InstanceConfiguration"] == {"Cpu": answer[0], "Memory": answer[1]}


def test_a_size_that_does_not_exist_is_refused(apprunner, service_request, refused):
    size = {"Cpu": "256", "Memory": "4 GB"}
    with refused(INVALID, "Cpu 256 supports Memory 512, 1024, not 4096"):
        apprunner.create_service(**service_request(InstanceConfiguration=size))


@pytest.mark.parametrize(
    ("member", "value", "message"),
    [
        ("ServiceName", "-leading-hyphen", "'serviceName' failed to satisfy constraint"),
        ("ServiceName", "a" * 41, "have length less than or equal to 40"),
        ("InstanceConfiguration", {"Cpu": "3 vCPU"}, "instanceConfiguration.cpu"),
        ("HealthCheckConfiguration", {"Interval": 21}, "less than or equal to 20"),
        ("HealthCheckConfiguration", {"Protocol": "GRPC"}, "enum value set: [TCP, HTTP]"),
        ("EncryptionConfiguration", {"KmsKey": "alias/key"}, "encryptionConfiguration.kmsKey"),
    ],
)
def test_members_are_checked_on_the_server_side(
    apprunner, service_request, refused, member, value, message
):
    with refused(INVALID, message):
        apprunner.create_service(**service_request(**{member: value}))
    assert apprunner.list_services()["ServiceSummaryList"] == []


@pytest.mark.parametrize(
    ("identifier", "message"),
    [
        ("docker.io/library/app:1", "imageIdentifier"),
        ("{own}/app@sha256:abc", "invalid digest"),
        ("{own}/app@md5:abc", "invalid digest"),
        ("{own}/app:a:b", "invalid tag"),
        ("public.ecr.aws/team/app:1", "does not match ImageRepositoryType ECR"),
    ],
)
def test_an_image_identifier_must_be_a_tag_or_a_digest_in_ecr(
    apprunner, service_request, refused, account, identifier, message
):
    request = service_request()
    own = f"{account}.dkr.ecr.eu-west-1.amazonaws.com"
    image = request["SourceConfiguration"]["ImageRepository"]
    image["ImageIdentifier"] = identifier.format(own=own)
    with refused(INVALID, message):
        apprunner.create_service(**request)


def test_automatic_deployment_needs_a_repository_of_the_same_account(
    apprunner, service_request, refused
):
    request = service_request()
    source = request["SourceConfiguration"]
    source["ImageRepository"]["ImageIdentifier"] = (
        "999999999999.dkr.ecr.eu-west-1.amazonaws.com/app:1"
    )
    source["AutoDeploymentsEnabled"] = True
    with refused(INVALID, "AutoDeploymentsEnabled cannot be true"):
        apprunner.create_service(**request)

    del source["AutoDeploymentsEnabled"]
    answer = apprunner.create_service(**request)["Service"]["SourceConfiguration"]
    assert answer["AutoDeploymentsEnabled"] is False


def test_roles_must_exist_and_trust_their_own_principal(
    apprunner, service_request, roles, refused, account
):
    for arn in (roles.access, f"arn:aws:iam::{account}:role/missing"):
        with refused(INVALID, f"Error in assuming instance role {arn}"):
            apprunner.create_service(
                **service_request(InstanceConfiguration={"InstanceRoleArn": arn})
            )
    request = service_request()
    authentication = request["SourceConfiguration"]["AuthenticationConfiguration"]
    authentication["AccessRoleArn"] = roles.instance
    with refused(INVALID, "Error in assuming access role"):
        apprunner.create_service(**request)


def test_secrets_need_an_instance_role(apprunner, service_request, roles, refused, account):
    request = service_request()
    arn = f"arn:aws:secretsmanager:eu-west-1:{account}:secret:database-AbCdEf"
    configuration = request["SourceConfiguration"]["ImageRepository"]["ImageConfiguration"]
    configuration["RuntimeEnvironmentSecrets"] = {"DATABASE_URL": arn}
    with refused(INVALID, "Instance Role have to be provided"):
        apprunner.create_service(**request)

    request["InstanceConfiguration"] = {"InstanceRoleArn": roles.instance}
    answer = apprunner.create_service(**request)["Service"]["SourceConfiguration"]
    assert answer["ImageRepository"]["ImageConfiguration"] == configuration


def test_reserved_environment_names_are_refused(apprunner, service_request, refused):
    request = service_request()
    configuration = request["SourceConfiguration"]["ImageRepository"]["ImageConfiguration"]
    configuration["RuntimeEnvironmentVariables"] = {"AWSAPPRUNNER_X": "1"}
    with refused(INVALID, "prefix AWSAPPRUNNER are reserved"):
        apprunner.create_service(**request)


def test_a_name_can_be_used_again_only_after_the_service_is_gone(
    apprunner, service, service_request, refused
):
    with refused(INVALID, "Service with the provided name already exists"):
        apprunner.create_service(**service_request())

    apprunner.delete_service(ServiceArn=service["ServiceArn"])
    again = apprunner.create_service(**service_request())["Service"]
    assert again["ServiceId"] != service["ServiceId"]


def test_an_update_changes_what_it_names_and_keeps_the_rest(apprunner, service):
    source = service["SourceConfiguration"]
    source["ImageRepository"]["ImageIdentifier"] = (
        source["ImageRepository"]["ImageIdentifier"].rpartition("@")[0]
        + f"@{stub_images()[1].digest}"
    )
    answer = apprunner.update_service(
        ServiceArn=service["ServiceArn"],
        SourceConfiguration=source,
        HealthCheckConfiguration={"Protocol": "HTTP", "Path": "/health"},
    )
    assert answer["Service"]["Status"] == "OPERATION_IN_PROGRESS"
    after = apprunner.describe_service(ServiceArn=service["ServiceArn"])["Service"]
    assert after["Status"] == "RUNNING"
    assert after["SourceConfiguration"] == source
    assert after["HealthCheckConfiguration"]["Path"] == "/health"
    assert after["InstanceConfiguration"] == service["InstanceConfiguration"]
    assert _operations(apprunner, service["ServiceArn"])[0] == ("UPDATE_SERVICE", "SUCCEEDED")


def test_pause_resume_and_deploy_are_operations(apprunner, service, refused):
    arn = service["ServiceArn"]
    apprunner.pause_service(ServiceArn=arn)
    assert apprunner.describe_service(ServiceArn=arn)["Service"]["Status"] == "PAUSED"
    with refused(STATE, "Service cannot be paused in the current state: PAUSED."):
        apprunner.pause_service(ServiceArn=arn)
    with refused(INVALID, "Service cannot be deployed in the current state: PAUSED."):
        apprunner.start_deployment(ServiceArn=arn)
    apprunner.resume_service(ServiceArn=arn)
    deployment = apprunner.start_deployment(ServiceArn=arn)["OperationId"]

    newest = apprunner.list_operations(ServiceArn=arn, MaxResults=1)
    assert newest["OperationSummaryList"][0]["Id"] == deployment
    assert "NextToken" in newest
    assert _operations(apprunner, arn) == [
        ("START_DEPLOYMENT", "SUCCEEDED"),
        ("RESUME_SERVICE", "SUCCEEDED"),
        ("PAUSE_SERVICE", "SUCCEEDED"),
        ("CREATE_SERVICE", "SUCCEEDED"),
    ]


def test_a_deleted_service_is_still_described_and_no_longer_listed(apprunner, service, refused):
    arn = service["ServiceArn"]
    assert apprunner.delete_service(ServiceArn=arn)["Service"]["Status"] == "OPERATION_IN_PROGRESS"

    gone = apprunner.describe_service(ServiceArn=arn)["Service"]
    assert gone["Status"] == "DELETED"
    assert gone["DeletedAt"] >= gone["CreatedAt"]
    assert apprunner.list_services()["ServiceSummaryList"] == []
    with refused(STATE, "Service cannot be deleted in the current state: DELETED."):
        apprunner.delete_service(ServiceArn=arn)


def test_an_unknown_service_is_not_found(apprunner, refused, account):
    arn = f"arn:aws:apprunner:eu-west-1:{account}:service/none/{'0' * 32}"
    for call in (apprunner.describe_service, apprunner.delete_service, apprunner.pause_service):
        with refused(MISSING, arn):
            call(ServiceArn=arn)
    with refused(MISSING, arn):
        apprunner.list_tags_for_resource(ResourceArn=arn)


def test_nothing_else_happens_while_an_operation_is_in_progress(
    slow_apprunner, service_request, refused
):
    apprunner = slow_apprunner(3600)
    arn = apprunner.create_service(**service_request())["Service"]["ServiceArn"]

    for call in (apprunner.update_service, apprunner.delete_service, apprunner.pause_service):
        with refused(STATE, "in the current state: OPERATION_IN_PROGRESS."):
            call(ServiceArn=arn)
    assert _operations(apprunner, arn) == [("CREATE_SERVICE", "IN_PROGRESS")]


def test_an_operation_ends_by_itself(slow_apprunner, service_request):
    apprunner = slow_apprunner(0.2)
    arn = apprunner.create_service(**service_request())["Service"]["ServiceArn"]

    def running() -> bool:
        return apprunner.describe_service(ServiceArn=arn)["Service"]["Status"] == "RUNNING"

    assert wait_until(running)
    assert _operations(apprunner, arn) == [("CREATE_SERVICE", "SUCCEEDED")]


def test_app_runner_makes_its_log_groups_and_leaves_them(apprunner, service, client):
    prefix = f"/aws/apprunner/trending-now/{service['ServiceId']}/"
    logs = client("logs")
    groups = logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]
    assert [group["logGroupName"] for group in groups] == [
        f"{prefix}application",
        f"{prefix}service",
    ]
    assert all("retentionInDays" not in group for group in groups)

    apprunner.delete_service(ServiceArn=service["ServiceArn"])
    apprunner.describe_service(ServiceArn=service["ServiceArn"])
    assert len(logs.describe_log_groups(logGroupNamePrefix=prefix)["logGroups"]) == 2


def test_tags_are_added_replaced_and_removed(apprunner, service, refused):
    arn = service["ServiceArn"]
    apprunner.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "1"}, {"Key": "b"}])
    apprunner.tag_resource(ResourceArn=arn, Tags=[{"Key": "a", "Value": "2"}])
    apprunner.untag_resource(ResourceArn=arn, TagKeys=["b"])
    tags = apprunner.list_tags_for_resource(ResourceArn=arn)["Tags"]
    assert tags == [{"Key": "a", "Value": "2"}]
    with refused(INVALID, "tags.1.member.key"):
        apprunner.tag_resource(ResourceArn=arn, Tags=[{"Key": "aws:x", "Value": "1"}])


def test_services_are_listed_page_by_page(apprunner, service_request, refused):
    names = [f"service-{number}" for number in range(5)]
    for name in names:
        apprunner.create_service(**service_request(name))
    found, token = [], {}
    while True:
        answer = apprunner.list_services(MaxResults=2, **token)
        found += [summary["ServiceName"] for summary in answer["ServiceSummaryList"]]
        if "NextToken" not in answer:
            break
        token = {"NextToken": answer["NextToken"]}
    assert found == names
    with refused(INVALID, "NextToken is invalid."):
        apprunner.list_services(NextToken="nonsense")


def test_accounts_and_regions_do_not_see_each_other(server, account, apprunner, service):
    assert len(apprunner.list_services()["ServiceSummaryList"]) == 1, service
    for where in (("999999999999", "eu-west-1"), (account, "us-east-1")):
        assert server.client("apprunner", *where).list_services()["ServiceSummaryList"] == []
