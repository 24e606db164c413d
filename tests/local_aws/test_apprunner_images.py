"""App Runner deployments follow from their image, and tell of it."""

import hashlib
import json

import pytest

from infra import stub_images
from local_aws import stub_images as releases

UNHEALTHY = {stub_images.HEALTH: "unhealthy"}


class Deployments:
    """A service in the test's account, and what is heard of it."""

    def __init__(self, client, apprunner, request, account):
        self.client, self.apprunner, self.account = client, apprunner, account
        self.request = request
        self.arn = ""
        self.queue = client("sqs").create_queue(QueueName="heard")["QueueUrl"]
        pattern = json.dumps({"source": ["aws.apprunner"]})
        client("events").put_rule(Name="all", EventPattern=pattern)
        target = {"Id": "1", "Arn": f"arn:aws:sqs:eu-west-1:{account}:heard"}
        client("events").put_targets(Rule="all", Targets=[target])

    def source(self, image, account=None):
        source = self.request()["SourceConfiguration"]
        host = f"{account or self.account}.dkr.ecr.eu-west-1.amazonaws.com"
        source["ImageRepository"]["ImageIdentifier"] = f"{host}/app{image}"
        return source

    def create(self, image, account=None):
        request = {**self.request(), "SourceConfiguration": self.source(image, account)}
        self.arn = self.apprunner.create_service(**request)["Service"]["ServiceArn"]
        return self.outcome()

    def update(self, image):
        source = self.source(image)
        self.apprunner.update_service(ServiceArn=self.arn, SourceConfiguration=source)
        return self.outcome()

    def outcome(self):
        """The status of the service, and of its last operation."""
        status = self.service()["Status"]
        operations = self.apprunner.list_operations(ServiceArn=self.arn)["OperationSummaryList"]
        return status, operations[0]["Status"]

    def service(self):
        return self.apprunner.describe_service(ServiceArn=self.arn)["Service"]

    def last_line(self):
        """What the service's log said last."""
        group = f"/aws/apprunner/trending-now/{self.arn.rpartition('/')[2]}/service"
        logs = self.client("logs")
        events = logs.get_log_events(logGroupName=group, logStreamName="events")["events"]
        return events[-1]["message"]

    def push(self, labels, tag="pushed"):
        image = stub_images.make(labels)
        stub_images.push(self.client("ecr"), "app", image, tag)
        return f"@{image.digest}"

    def events(self):
        """The events since the last time."""
        sqs, found = self.client("sqs"), []
        while True:
            answer = sqs.receive_message(QueueUrl=self.queue, MaxNumberOfMessages=10)
            if not answer.get("Messages"):
                return found
            for message in answer["Messages"]:
                found.append(json.loads(message["Body"]))
                sqs.delete_message(QueueUrl=self.queue, ReceiptHandle=message["ReceiptHandle"])


@pytest.fixture
def deployments(client, apprunner, service_request, account):
    return Deployments(client, apprunner, service_request, account)


OK = ("RUNNING", "SUCCEEDED")
FAILED = ("CREATE_FAILED", "FAILED")
ROLLED_BACK = ("RUNNING", "ROLLBACK_SUCCEEDED")


def test_an_image_that_was_pushed_runs_by_digest_and_by_tag(deployments):
    digest = deployments.push({"a": "1"}, "v1")
    assert deployments.create(digest) == OK
    assert deployments.update(":v1") == OK
    assert deployments.last_line() == "[AppRunner] Service update completed successfully."


@pytest.mark.parametrize("image", ["@sha256:" + "a" * 64, ":v1", ""])
def test_a_service_of_an_image_that_does_not_exist_fails(deployments, image):
    assert deployments.create(image) == FAILED
    assert "Service creation failed. Failed to pull the image" in deployments.last_line()
    assert "the repository has no such image." in deployments.last_line()


def test_a_repository_that_does_not_exist_is_named(deployments, client, account):
    client("ecr").delete_repository(repositoryName="app")
    assert deployments.create(":v1") == FAILED
    assert f"account {account} has no repository app in eu-west-1." in deployments.last_line()


def test_an_update_to_an_image_that_is_not_there_is_rolled_back(deployments):
    running = deployments.push({"a": "1"})
    deployments.create(running)
    assert deployments.update("@sha256:" + "a" * 64) == ROLLED_BACK
    assert "The service was rolled back." in deployments.last_line()
    source = deployments.service()["SourceConfiguration"]
    assert source["ImageRepository"]["ImageIdentifier"].endswith(running)


def test_an_image_can_be_ill_in_one_account_alone(deployments, account):
    elsewhere = deployments.push({stub_images.UNHEALTHY_IN: "999999999999"}, "v1")
    assert deployments.create(elsewhere) == OK
    here = deployments.push({stub_images.UNHEALTHY_IN: f"999999999999,{account}"}, "v2")
    assert deployments.update(here) == ROLLED_BACK
    assert "local-cloud.unhealthy-in=" in deployments.last_line()


def test_an_unhealthy_image_fails_its_health_check(deployments):
    unhealthy = deployments.push(UNHEALTHY)
    assert deployments.create(unhealthy) == FAILED
    assert "The health check failed" in deployments.last_line()
    assert f"{stub_images.HEALTH}=unhealthy" in deployments.last_line()


def test_a_failed_service_can_be_brought_to_life_by_another_image(deployments):
    deployments.create(":missing")
    assert deployments.update(":missing-too") == FAILED
    assert deployments.update(deployments.push({"a": "1"})) == OK


def test_a_redeployment_follows_the_tag(deployments, apprunner):
    deployments.push({"a": "1"}, "latest")
    assert deployments.create("") == OK
    deployments.push(UNHEALTHY, "latest")
    apprunner.start_deployment(ServiceArn=deployments.arn)
    assert deployments.outcome() == ROLLED_BACK


def _policy(*statements):
    return json.dumps({"Version": "2012-10-17", "Statement": list(statements)})


def _statement(effect, action, resource="*", **members):
    return {"Effect": effect, "Action": action, "Resource": resource, **members}


@pytest.mark.parametrize(
    ("policy", "missing"),
    [
        (_policy(_statement("Allow", "ecr:*")), None),
        (_policy(_statement("Allow", ["ecr:Get*", "ecr:Describe*"])), "ecr:BatchGetImage"),
        (
            _policy(_statement("Allow", ["ecr:Batch*", "ecr:Describe*"])),
            "ecr:GetAuthorizationToken",
        ),
        (
            _policy(_statement("Allow", "ecr:*"), _statement("Deny", "ecr:DescribeImages")),
            "ecr:DescribeImages",
        ),
        (
            _policy(
                _statement("Allow", "ecr:GetAuthorizationToken"),
                _statement("Allow", "ecr:*", "arn:aws:ecr:eu-west-1:*:repository/other"),
            ),
            "ecr:BatchGetImage",
        ),
    ],
)
def test_the_access_role_must_be_allowed_to_pull(deployments, client, policy, missing):
    client("iam").put_role_policy(RoleName="build", PolicyName="pull", PolicyDocument=policy)
    digest = deployments.push({"a": "1"})
    assert deployments.create(digest) == (OK if missing is None else FAILED)
    if missing:
        assert f"is not allowed {missing} on" in deployments.last_line()


def test_an_attached_policy_counts_in_the_version_that_is_in_force(deployments, client):
    iam = client("iam")
    iam.delete_role_policy(RoleName="build", PolicyName="pull")
    allow, deny = (_policy(_statement(effect, "ecr:*")) for effect in ("Allow", "Deny"))
    arn = iam.create_policy(PolicyName="pull", PolicyDocument=deny)["Policy"]["Arn"]
    iam.attach_role_policy(RoleName="build", PolicyArn=arn)
    digest = deployments.push({"a": "1"})
    assert deployments.create(digest) == FAILED
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=allow, SetAsDefault=True)
    assert deployments.update(digest) == OK


def test_a_boundary_limits_the_access_role(deployments, client):
    iam, digest = client("iam"), deployments.push({"a": "1"})
    narrow = _policy(_statement("Allow", "ecr:GetAuthorizationToken"))
    arn = iam.create_policy(PolicyName="boundary", PolicyDocument=narrow)["Policy"]["Arn"]
    iam.put_role_permissions_boundary(RoleName="build", PermissionsBoundary=arn)
    assert deployments.create(digest) == FAILED
    wide = _policy(_statement("Allow", "*"))
    iam.create_policy_version(PolicyArn=arn, PolicyDocument=wide, SetAsDefault=True)
    assert deployments.update(digest) == OK


def test_a_role_that_is_gone_by_then_pulls_nothing(deployments, client, apprunner):
    deployments.create(deployments.push({"a": "1"}))
    client("iam").delete_role_policy(RoleName="build", PolicyName="pull")
    client("iam").delete_role(RoleName="build")
    apprunner.start_deployment(ServiceArn=deployments.arn)
    assert deployments.outcome() == ROLLED_BACK
    assert "role/build does not exist" in deployments.last_line()


def test_a_repository_of_another_account_must_let_the_role_in(deployments, server, account, roles):
    owner = str(int(account) + 500)
    ecr = server.client("ecr", owner)
    ecr.create_repository(repositoryName="app")
    image = stub_images.make({"a": "1"})
    stub_images.push(ecr, "app", image, "v1")
    assert deployments.create(f"@{image.digest}", owner) == FAILED
    assert f"on arn:aws:ecr:eu-west-1:{owner}:repository/app" in deployments.last_line()

    statement = _statement("Allow", "ecr:*", Principal={"AWS": roles.access})
    del statement["Resource"]
    ecr.set_repository_policy(repositoryName="app", policyText=_policy(statement))
    deployments.apprunner.delete_service(ServiceArn=deployments.arn)
    assert deployments.create(f"@{image.digest}", owner) == OK


def test_a_public_image_is_taken_as_it_is_given(apprunner, service_request):
    request = service_request()
    source = request["SourceConfiguration"]
    source["ImageRepository"]["ImageIdentifier"] = "public.ecr.aws/team/app:1"
    source["ImageRepository"]["ImageRepositoryType"] = "ECR_PUBLIC"
    del source["AuthenticationConfiguration"]
    arn = apprunner.create_service(**request)["Service"]["ServiceArn"]
    assert apprunner.describe_service(ServiceArn=arn)["Service"]["Status"] == "RUNNING"


def test_a_service_that_goes_on_to_a_public_image_has_no_access_role_any_more(deployments):
    deployments.create(deployments.push({"a": "1"}))
    image = {"ImageIdentifier": "public.ecr.aws/team/app:1", "ImageRepositoryType": "ECR_PUBLIC"}
    source = {"ImageRepository": image, "AutoDeploymentsEnabled": False}
    deployments.apprunner.update_service(ServiceArn=deployments.arn, SourceConfiguration=source)
    assert deployments.outcome() == OK
    assert deployments.service()["SourceConfiguration"] == source


def test_each_step_of_a_deployment_is_an_event(deployments, account):
    deployments.create(deployments.push({"a": "1"}))
    heard = deployments.events()
    assert {(e["source"], e["account"], tuple(e["resources"])) for e in heard} == {
        ("aws.apprunner", account, (deployments.arn,))
    }
    assert {e["detail"]["ServiceName"] for e in heard} == {"trending-now"}
    kinds = [e["detail-type"].removeprefix("AppRunner Service ") for e in heard]
    assert kinds == ["Operation Status Change", "Operation Status Change", "Status Change"]
    assert [e["detail"].get("operationStatus") for e in heard] == [
        "CreateServiceStarted",
        "CreateServiceCompletedSuccessfully",
        None,
    ]
    changed = heard[-1]["detail"]
    assert changed["PreviousStatus"] == "OPERATION_IN_PROGRESS"
    assert (changed["CurrentStatus"], changed["Severity"]) == ("RUNNING", "INFO")


def test_a_failure_is_an_event_that_says_why(deployments, apprunner):
    assert deployments.create(":missing") == FAILED
    (failed,) = [
        e["detail"]
        for e in deployments.events()
        if e["detail"].get("operationStatus") == "CreateServiceFailed"
    ]
    assert failed["Severity"] == "ERROR"
    assert "the repository has no such image." in failed["Message"]

    deployments.update(deployments.push({"a": "1"}))
    deployments.update(deployments.push(UNHEALTHY, "ill"))
    apprunner.pause_service(ServiceArn=deployments.arn)
    apprunner.describe_service(ServiceArn=deployments.arn)
    told = [e["detail"].get("operationStatus") for e in deployments.events()]
    assert [name for name in told if name] == [
        "UpdateServiceStarted",
        "UpdateServiceCompletedSuccessfully",
        "UpdateServiceStarted",
        "UpdateServiceFailed",
        "PauseServiceStarted",
        "PauseServiceCompletedSuccessfully",
    ]


@pytest.mark.parametrize("release", releases.stub_images())
def test_every_repository_has_the_pinned_releases_for_whoever_names_them(client, release):
    ecr = client("ecr")
    ecr.create_repository(repositoryName="any")
    assert release.digest == "sha256:" + hashlib.sha256(release.manifest.encode()).hexdigest()
    for name in ({"imageDigest": release.digest}, {"imageTag": release.tag}):
        missing = {"imageTag": "missing"}
        found = ecr.batch_get_image(repositoryName="any", imageIds=[name, missing])
        assert [image["imageManifest"] for image in found["images"]] == [release.manifest]
        assert [item["imageId"] for item in found["failures"]] == [missing]
        (described,) = ecr.describe_images(repositoryName="any", imageIds=[name])["imageDetails"]
        assert (described["imageDigest"], described["imageTags"]) == (release.digest, [release.tag])
    assert ecr.list_images(repositoryName="any")["imageIds"] == []
    ecr.delete_repository(repositoryName="any")


def test_a_pinned_release_that_is_pushed_again_is_an_image_like_any_other(client, refused):
    ecr = client("ecr")
    release = releases.stub_images()[0]
    ecr.create_repository(repositoryName="any")
    ecr.put_image(repositoryName="any", imageManifest=release.manifest, imageTag="release-copy")
    (listed,) = ecr.list_images(repositoryName="any")["imageIds"]
    assert listed == {"imageDigest": release.digest, "imageTag": "release-copy"}
    with refused("RepositoryNotEmptyException", "any"):
        ecr.delete_repository(repositoryName="any")


def test_both_makers_of_images_mean_the_same_annotation():
    assert stub_images.HEALTH == releases.HEALTH
