"""The process contract of `python -m local_aws serve`."""

import http.client
import json
import os
import signal
import socket
import stat
import subprocess
import sys
import urllib.error
import uuid
from concurrent.futures import ThreadPoolExecutor

import pytest

from harness.waiting import PATIENCE_SECONDS


def test_the_endpoint_file_describes_the_run_and_is_private(server):
    endpoint = server.endpoint

    assert set(endpoint) == {
        "url",
        "port",
        "pid",
        "instance",
        "started_at",
        "moto",
        "guard",
        "restored",
        "note",
    }
    assert endpoint["url"] == f"http://127.0.0.1:{endpoint['port']}"
    assert endpoint["pid"] == server.process.pid
    assert uuid.UUID(endpoint["instance"]).version == 4
    assert endpoint["moto"] == "5.2.5"
    assert stat.S_IMODE((server.directory / "endpoint.json").stat().st_mode) == 0o600


def test_it_listens_on_the_loopback_address_only(server):
    own_addresses = {
        info[4][0] for info in socket.getaddrinfo(socket.gethostname(), None, socket.AF_INET)
    } - {"127.0.0.1"}
    for address in own_addresses | {"127.0.0.2"}:
        with pytest.raises(OSError, match="refused"):
            socket.create_connection((address, server.endpoint["port"]), timeout=PATIENCE_SECONDS)


def test_it_loads_no_service_before_the_first_request_for_it(start_server):
    """Which makes it ready in a second, where all of moto would take ten."""
    running = start_server(PYTHONPROFILEIMPORTTIME="1")
    running.call("GET", "/local/health")
    report = (running.directory / "server.log").read_text()
    loaded = {line.rpartition("|")[2].strip() for line in report.splitlines()}
    assert "local_aws.server" in loaded
    for service in ("awslambda", "dynamodb", "rds", "ssm"):
        assert f"moto.{service}.models" not in loaded


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_a_signal_stops_it_cleanly_and_removes_the_endpoint_file(start_server, number):
    running = start_server()
    running.process.send_signal(number)

    assert running.process.wait(PATIENCE_SECONDS) == 0
    assert not (running.directory / "endpoint.json").exists()


def test_it_leaves_an_endpoint_file_that_another_run_has_written(start_server):
    running = start_server()
    foreign = json.dumps({"pid": 1, "instance": "another"})
    (running.directory / "endpoint.json").write_text(foreign)

    assert running.stop() == 0
    assert (running.directory / "endpoint.json").read_text() == foreign


def test_a_taken_port_is_one_clear_line_and_exit_code_98(server, tmp_path):
    port = server.endpoint["port"]
    command = [sys.executable, "-m", "local_aws", "serve", "--port", str(port)]
    done = subprocess.run(
        [*command, "--directory", str(tmp_path)],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )

    assert done.returncode == 98
    assert done.stderr == f"local_aws: port {port} on 127.0.0.1 is already in use\n"
    assert not (tmp_path / "endpoint.json").exists()


def test_it_needs_no_home_directory(start_server):
    running = start_server(HOME="/nonexistent")
    assert running.call("GET", "/local/health")[0] == 200


def test_settings_of_the_callers_shell_do_not_reach_moto(start_server):
    running = start_server(MOTO_ACCOUNT_ID="999999999999", MOTO_S3_ALLOW_CROSSACCOUNT_ACCESS="true")
    identity = running.client("sts", "111111111111").get_caller_identity()
    assert identity["Account"] == "111111111111"


def test_health_names_the_run_and_asks_moto_nothing(server):
    """It answers at once, however much is in the accounts."""
    before = server.call("GET", "/local/health")[1]
    status, document = server.call("GET", "/local/health")
    assert status == 200
    assert document == before
    assert document["instance"] == server.endpoint["instance"]


def test_an_unknown_local_address_is_not_found(server):
    with pytest.raises(urllib.error.HTTPError, match="404"):
        server.call("GET", "/local/nothing")


def test_reset_empties_all_accounts_and_is_a_new_instance(start_server):
    running = start_server()
    before = running.endpoint
    accounts = ("111111111111", "222222222222")
    for account in accounts:
        running.client("s3", account, "us-east-1").create_bucket(Bucket=f"bucket-{account}")
        running.client("apprunner", account).create_connection(
            ConnectionName="connection", ProviderType="GITHUB"
        )
    status, answer = running.call("POST", "/local/reset")

    assert status == 200
    assert answer == running.endpoint
    assert answer["instance"] != before["instance"]
    assert answer["url"] == before["url"]
    assert running.call("GET", "/local/health")[1]["instance"] == answer["instance"]
    for account in accounts:
        assert running.client("s3", account).list_buckets()["Buckets"] == []
        connections = running.client("apprunner", account).list_connections()
        assert connections["ConnectionSummaryList"] == []


def test_an_assumed_role_leads_into_its_own_account(server):
    for account in ("111111111111", "222222222222"):
        identity = server.client("sts", account).get_caller_identity()
        assert identity["Account"] == account
        role = "OrganizationAccountAccessRole"
        assert identity["Arn"] == f"arn:aws:sts::{account}:assumed-role/{role}/test"


def test_a_bucket_of_another_account_is_refused(server, client, account, refused):
    name = f"private-{account}"
    client("s3").create_bucket(
        Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    client("s3").put_object(Bucket=name, Key="a", Body=b"a")

    with refused("AccessDenied", "Access Denied"):
        server.client("s3", "999999999999").get_object(Bucket=name, Key="a")


def test_an_empty_object_is_put_though_its_client_waits_to_be_told_to_go_on(client, account):
    s3, name = client("s3"), f"empty-{account}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    s3.put_object(Bucket=name, Key="empty", Body=b"")
    assert s3.get_object(Bucket=name, Key="empty")["Body"].read() == b""


def test_object_metadata_keeps_its_spelling(client, account):
    s3 = client("s3")
    s3.create_bucket(
        Bucket=f"meta-{account}", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"}
    )
    metadata = {"git_sha": "abc", "data-version": "7"}
    s3.put_object(Bucket=f"meta-{account}", Key="a//b %2f+c", Body=b"x", Metadata=metadata)

    assert s3.head_object(Bucket=f"meta-{account}", Key="a//b %2f+c")["Metadata"] == metadata


def test_large_objects_and_signed_chunks_arrive_whole(client, account):
    s3 = client("s3")
    name = f"large-{account}"
    s3.create_bucket(Bucket=name, CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    body = os.urandom(12_000_000)
    s3.put_object(Bucket=name, Key="whole", Body=body, ChecksumAlgorithm="SHA256")

    assert s3.get_object(Bucket=name, Key="whole")["Body"].read() == body


def test_each_answer_ends_its_connection(server):
    """Kept connections made the provider's SDK miss answers and send requests twice."""
    connection = http.client.HTTPConnection(
        "127.0.0.1", server.endpoint["port"], timeout=PATIENCE_SECONDS
    )
    connection.request("GET", "/local/health")
    answer = connection.getresponse()
    assert json.loads(answer.read())["instance"]
    assert answer.getheader("Connection").lower() == "close"
    assert connection.sock is None
    connection.close()


def test_app_runner_stands_parallel_requests(apprunner, service_request):
    names = [f"service-{number}" for number in range(24)]
    with ThreadPoolExecutor(12) as pool:
        made = list(pool.map(lambda name: apprunner.create_service(**service_request(name)), names))
    assert len({answer["Service"]["ServiceArn"] for answer in made}) == 24
    listed = apprunner.list_services(MaxResults=20)["ServiceSummaryList"]
    assert len(listed) == 20
    with ThreadPoolExecutor(12) as pool:
        same = [pool.submit(apprunner.create_service, **service_request("same")) for _ in range(12)]
    failed = [future.exception() for future in same if future.exception()]
    assert len(failed) == 11
    assert all("already exists" in str(error) for error in failed)


def test_parallel_requests_are_all_answered(client):
    ecr = client("ecr")
    with ThreadPoolExecutor(16) as pool:
        list(pool.map(lambda n: ecr.create_repository(repositoryName=f"repo-{n}"), range(48)))
    assert len(ecr.describe_repositories()["repositories"]) == 48


def test_an_answer_that_was_missed_is_given_again_and_nothing_done_twice(start_server):
    running = start_server()
    iam = running.client("iam", "111122223333")
    sent = {"amz-sdk-invocation-id": "1", "amz-sdk-request": "attempt=1; max=3"}

    def as_sent(request, **_):
        for name, value in sent.items():
            request.headers[name] = value

    iam.meta.events.register("before-send.iam", as_sent)

    def create():
        return iam.create_policy(PolicyName="p", PolicyDocument=POLICY)["Policy"]

    made = create()
    sent["amz-sdk-request"] = "attempt=2; max=3"
    assert create()["PolicyId"] == made["PolicyId"]
    sent["amz-sdk-invocation-id"] = "2"
    with pytest.raises(iam.exceptions.EntityAlreadyExistsException):
        create()
    sent["amz-sdk-invocation-id"] = "1"
    running.call("POST", "/local/reset")
    iam = running.client("iam", "111122223333")
    iam.meta.events.register("before-send.iam", as_sent)
    assert create()["PolicyId"] != made["PolicyId"]


POLICY = json.dumps(
    {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "*"}],
    }
)
