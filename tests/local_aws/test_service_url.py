"""What answers at the URL of a service."""

import json
import urllib.error
import urllib.request

import pytest

from harness.waiting import wait_until
from harness.web import direct
from local_aws.stub_images import stub_images

SECRET = "canary-1187-swordfish"


def asking(url):
    """Ask for a path of a host; the status and the document that came back."""

    def request(host, path="/", method="GET"):
        made = urllib.request.Request(  # noqa: S310
            url + path, headers={"Host": host}, method=method
        )
        try:
            with direct.open(made, timeout=30) as answer:
                return answer.status, json.loads(answer.read() or "null")
        except urllib.error.HTTPError as error:
            return error.code, json.loads(error.read())

    return request


@pytest.fixture
def ask(server):
    return asking(server.url)


@pytest.fixture
def service(apprunner, service_request):
    """A service with a release and a variable that is nobody's business, healthy at /health."""
    request = service_request()
    configured = request["SourceConfiguration"]["ImageRepository"].setdefault(
        "ImageConfiguration", {}
    )
    configured["RuntimeEnvironmentVariables"] = {
        "RELEASE_GIT_SHA": "0123abc",
        "RELEASE_MODEL_VERSION": "ranker-2",
        "API_TOKEN": SECRET,
    }
    request["HealthCheckConfiguration"] = {"Protocol": "HTTP", "Path": "/health"}
    arn = apprunner.create_service(**request)["Service"]["ServiceArn"]
    return apprunner.describe_service(ServiceArn=arn)["Service"]


def test_a_running_service_tells_its_image_and_release_and_nothing_else(service, ask):
    status, said = ask(service["ServiceUrl"], "/health")
    image = service["SourceConfiguration"]["ImageRepository"]["ImageIdentifier"]
    assert status == 200
    assert said == {
        "status": "ok",
        "image_digest": image.partition("@")[2] or None,
        "release": {"git_sha": "0123abc", "model_version": "ranker-2"},
    }
    assert SECRET not in json.dumps(said)


def test_the_port_of_a_host_and_its_case_do_not_matter(service, ask):
    assert ask(service["ServiceUrl"].upper() + ":443", "/health")[0] == 200


def test_other_paths_and_methods_are_those_of_an_application(service, ask):
    assert ask(service["ServiceUrl"], "/")[0] == 200
    assert ask(service["ServiceUrl"], "/health", "HEAD") == (200, None)
    assert ask(service["ServiceUrl"], "/admin")[0] == 404
    assert ask(service["ServiceUrl"], "/health", "POST")[0] == 405
    # Addresses of the local cloud itself are none of the service.
    assert ask(service["ServiceUrl"], "/local/health") == (404, {"detail": "Not Found"})


def test_a_paused_service_has_no_instance_and_a_resumed_one_has(apprunner, service, ask):
    apprunner.pause_service(ServiceArn=service["ServiceArn"])
    assert ask(service["ServiceUrl"], "/health")[0] == 503
    apprunner.resume_service(ServiceArn=service["ServiceArn"])
    assert ask(service["ServiceUrl"], "/health")[0] == 200


def test_a_deleted_service_and_one_that_never_was_are_not_there(apprunner, service, ask):
    apprunner.delete_service(ServiceArn=service["ServiceArn"])
    assert ask(service["ServiceUrl"], "/health")[0] == 404
    assert ask("a1b2c3d4e5.eu-west-1.awsapprunner.com")[0] == 404
    assert ask("a1b2c3d4e5.mars-1.awsapprunner.com")[0] == 404


def test_a_service_that_never_ran_has_no_instance(apprunner, service_request, ask):
    request = service_request()
    repository = request["SourceConfiguration"]["ImageRepository"]
    name = repository["ImageIdentifier"].partition("@")[0]
    repository["ImageIdentifier"] = f"{name}@sha256:{'0' * 64}"
    arn = apprunner.create_service(**request)["Service"]["ServiceArn"]
    found = apprunner.describe_service(ServiceArn=arn)["Service"]
    assert found["Status"] == "CREATE_FAILED"
    assert ask(found["ServiceUrl"])[0] == 503


def test_a_deployment_is_served_when_it_has_succeeded_and_not_before(
    slow_apprunner, service_request
):
    apprunner = slow_apprunner(1.0)
    ask = asking(apprunner.meta.endpoint_url)
    request = service_request()
    created = apprunner.create_service(**request)["Service"]
    arn, host = created["ServiceArn"], created["ServiceUrl"]

    def settled():
        return apprunner.describe_service(ServiceArn=arn)["Service"]["Status"] == "RUNNING"

    assert ask(host)[0] == 503
    assert wait_until(settled)
    first, second = (image.digest for image in stub_images())
    assert ask(host)[1]["image_digest"] == first
    repository = request["SourceConfiguration"]["ImageRepository"]
    repository["ImageIdentifier"] = repository["ImageIdentifier"].replace(first, second)
    apprunner.update_service(ServiceArn=arn, SourceConfiguration=request["SourceConfiguration"])
    assert ask(host)[1]["image_digest"] == first
    assert wait_until(settled)
    assert ask(host)[1]["image_digest"] == second


def test_a_private_service_has_no_address(apprunner, service, ask):
    apprunner.update_service(
        ServiceArn=service["ServiceArn"],
        NetworkConfiguration={"IngressConfiguration": {"IsPubliclyAccessible": False}},
    )
    apprunner.describe_service(ServiceArn=service["ServiceArn"])
    assert ask(service["ServiceUrl"], "/health")[0] == 404
