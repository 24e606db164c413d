"""Faults on purpose: which calls they strike, what a client sees of them, and when they end."""

import http.client
import json
import threading
import time
from urllib.error import HTTPError
from urllib.parse import urlencode

import pytest
from botocore.exceptions import ClientError, ConnectionClosedError, HTTPClientError
from botocore.retries.standard import ThrottledRetryableChecker

from harness.waiting import PATIENCE_SECONDS, wait_until
from local_aws.faults.layer import MOST_WAITING, Faults
from local_aws.faults.rules import BadRuleError
from local_aws.refusals import Call

PUT = Call("s3", "PutObject")
GET = Call("s3", "GetObject")
LIST = Call("iam", "ListRoles")
# One of each wire protocol, and those with codes of their own.
READERS = {
    "s3": "list_buckets",
    "ec2": "describe_vpcs",
    "iam": "list_roles",
    "sqs": "list_queues",
    "logs": "describe_log_groups",
    "apprunner": "list_services",
}
ROLE = {"RoleName": "reader", "AssumeRolePolicyDocument": '{"Statement": []}'}


@pytest.fixture
def fault(server):
    """Sets faults of the shared server, which are gone with the test."""

    def add(kind, on="", **more):
        return server.call("POST", "/local/fault?" + urlencode({"kind": kind, "on": on, **more}))[1]

    yield add
    server.call("POST", "/local/fault/clear")


def listed(server):
    return server.call("GET", "/local/fault")[1]["faults"]


def struck(faults, calls):
    """The numbers of the calls to which something happens."""
    return [n for n, call in enumerate(calls, 1) if faults.strike(call) is not None]


@pytest.mark.parametrize("service", READERS)
def test_a_client_takes_it_for_throttling_and_tries_again(server, account, fault, service):
    made = fault("throttled", service, calls="1-2")
    retries = {"total_max_attempts": 2, "mode": "standard"}
    patient = server.client(service, account, retries=retries)
    once = server.client(service, account)
    with pytest.raises(ClientError) as caught:
        getattr(once, READERS[service])()
    error = caught.value.response["Error"]
    assert error["Code"] in ThrottledRetryableChecker._THROTTLED_ERROR_CODES
    assert f"local fault {made['number']}" in error["Message"]
    getattr(patient, READERS[service])()
    (after,) = listed(server)
    assert (after["matched"], after["struck"]) == (3, 2)


@pytest.mark.parametrize(
    ("kind", "status", "s3", "others"),
    [
        ("error-500", 500, "InternalError", "InternalFailure"),
        ("error-503", 503, "ServiceUnavailable", "ServiceUnavailable"),
        ("expired-token", (400, 403), "ExpiredToken", "ExpiredToken"),
    ],
)
def test_errors_have_the_code_of_the_service(client, fault, kind, status, s3, others):
    asked = {client("s3"): s3, client("iam"): others}
    fault(kind)
    for asking, code in asked.items():
        with pytest.raises(ClientError) as caught:
            getattr(asking, READERS[asking.meta.service_model.service_name])()
        answer = caught.value.response
        said = answer["ResponseMetadata"]["HTTPStatusCode"]
        assert said in (status if isinstance(status, tuple) else (status,))
        assert answer["Error"]["Code"] == code


def test_a_conditional_put_comes_too_late(client, fault):
    s3 = client("s3")
    s3.create_bucket(Bucket="late", CreateBucketConfiguration={"LocationConstraint": "eu-west-1"})
    fault("precondition-failed", "s3.PutObject")
    with pytest.raises(ClientError) as caught:
        s3.put_object(Bucket="late", Key="lock", Body=b"", IfNoneMatch="*")
    assert caught.value.response["Error"]["Code"] == "PreconditionFailed"
    assert s3.list_objects_v2(Bucket="late").get("Contents") is None


def test_a_dropped_call_is_not_carried_out(client, fault):
    iam = client("iam")
    fault("dropped", "iam.CreateRole")
    with pytest.raises(ConnectionClosedError):
        iam.create_role(**ROLE)
    assert iam.list_roles()["Roles"] == []


def test_a_dropped_connection_ends_without_a_byte(server, fault):
    fault("dropped")
    connection = http.client.HTTPConnection("127.0.0.1", server.endpoint["port"], timeout=30)
    with pytest.raises(http.client.RemoteDisconnected):
        connection.request("GET", "/a-bucket")
        connection.getresponse()
    connection.close()


def test_an_answer_that_got_lost_is_not_given_again_as_in_aws(server, account, client, fault):
    retries = {"total_max_attempts": 2, "mode": "standard"}
    iam = server.client("iam", account, retries=retries)
    fault("unanswered", "iam.CreateRole", calls="1")
    with pytest.raises(client("iam").exceptions.EntityAlreadyExistsException):
        iam.create_role(**ROLE)
    assert len(iam.list_roles()["Roles"]) == 1


def test_a_slow_answer_takes_its_time(client, fault):
    fault("slow", "iam.ListRoles", seconds="0.5")
    began = time.monotonic()
    assert client("iam").list_roles()["Roles"] == []
    assert time.monotonic() - began >= 0.5


def test_a_held_call_waits_until_it_is_cleared_and_is_carried_out_then(server, client, fault):
    iam = client("iam")
    made = fault("held", "iam.CreateRole", calls="2")
    iam.create_role(**ROLE)
    second = threading.Thread(target=iam.create_role, kwargs={**ROLE, "RoleName": "second"})
    second.start()
    assert wait_until(lambda: listed(server)[0]["waiting"] == ["iam.CreateRole"])
    assert len(iam.list_roles()["Roles"]) == 1
    answer = server.call("POST", f"/local/fault/clear?number={made['number']}")[1]
    assert answer["faults"][0]["waiting"] == ["iam.CreateRole"]
    second.join(PATIENCE_SECONDS)
    assert len(iam.list_roles()["Roles"]) == 2


def test_faults_end_with_a_reset_and_what_they_held_is_not_carried_out(start_server, account):
    server = start_server()
    server.call("POST", "/local/fault?kind=held&on=iam.CreateRole")
    iam = server.client("iam", account)
    failures = []

    def create():
        try:
            iam.create_role(**ROLE)
        except HTTPClientError as error:
            failures.append(error)

    held = threading.Thread(target=create)
    held.start()
    assert wait_until(lambda: listed(server)[0]["waiting"])
    server.call("POST", "/local/reset")
    held.join(PATIENCE_SECONDS)
    assert len(failures) == 1
    assert listed(server) == []
    assert server.client("iam", account).list_roles()["Roles"] == []


def test_a_held_call_keeps_nobody_from_saving_and_from_stopping(keeping, account):
    server = keeping.server
    server.call("POST", "/local/fault?kind=held&on=iam.ListRoles")
    iam = server.client("iam", account)

    def read():
        with pytest.raises(HTTPClientError):
            iam.list_roles()

    held = threading.Thread(target=read)
    held.start()
    assert wait_until(lambda: listed(server)[0]["waiting"])
    assert server.call("POST", "/local/saved")[1]["behind"] is False
    keeping.stop()
    held.join(PATIENCE_SECONDS)
    keeping.start()
    assert listed(keeping.server) == []


def test_a_snapshot_that_is_loaded_brings_no_faults(keeping):
    keeping.server.call("POST", "/local/saved/snapshot?name=before")
    keeping.server.call("POST", "/local/fault?kind=dropped")
    keeping.server.call("POST", "/local/saved/snapshot/load?name=before")
    assert listed(keeping.server) == []


def test_health_says_that_faults_are_set(server, fault):
    fault("counted", "s3")
    (told,) = server.call("GET", "/local/health")[1]["faults"]
    assert (told["kind"], told["service"], told["struck"]) == ("counted", "s3", 0)


@pytest.mark.parametrize(
    ("calls", "expected"),
    [("", [1, 3, 4, 6, 7]), ("2", [3]), ("3-", [4, 6, 7]), ("2-3", [3, 4])],
)
def test_calls_are_counted_by_the_rule_that_is_about_them(calls, expected):
    faults = Faults()
    faults.add({"kind": "throttled", "on": "s3", "calls": calls})
    assert struck(faults, [PUT, LIST, GET, PUT, LIST, GET, PUT]) == expected
    (one,) = faults.documents()
    assert one["operations"] == {"s3.GetObject": 2, "s3.PutObject": 3}
    assert (one["matched"], one["struck"]) == (5, len(expected))


def test_the_oldest_rule_that_strikes_counts_and_the_others_count_on():
    faults = Faults()
    faults.add({"kind": "counted"})
    faults.add({"kind": "throttled", "on": "s3.PutObject", "calls": "2"})
    faults.add({"kind": "dropped", "on": "s3"})
    kinds = [getattr(faults.strike(PUT), "kind", None) for _ in range(3)]
    assert kinds == ["dropped", "throttled", "dropped"]
    assert [one["matched"] for one in faults.documents()] == [3, 3, 3]


def chance(seed, calls, one_in="10"):
    faults = Faults()
    faults.add({"kind": "throttled", "one_in": one_in, "seed": seed})
    return struck(faults, calls)


def test_one_in_ten_is_chance_that_goes_by_the_seed():
    calls = [PUT] * 2000
    first = chance("7", calls)
    assert first == chance("7", calls)
    assert first != chance("8", calls)
    assert 140 <= len(first) <= 260


def test_chance_does_not_depend_on_the_order_of_other_operations():
    alone = chance("7", [PUT] * 100)
    between = chance("7", [call for _ in range(100) for call in (PUT, GET)])
    assert [n // 2 + 1 for n in between if n % 2] == alone


def test_so_many_may_wait_that_somebody_is_heard_who_ends_it():
    faults = Faults()
    faults.add({"kind": "held"})
    assert struck(faults, [PUT] * (MOST_WAITING + 2)) == list(range(1, MOST_WAITING + 1))


@pytest.mark.parametrize(
    ("said", "why"),
    [
        ({"kind": "earthquake"}, "the kinds of faults are throttled"),
        ({"kind": "dropped", "on": "s4"}, "there is no service named 's4'"),
        ({"kind": "dropped", "on": "a/b"}, "there is no service named"),
        ({"kind": "dropped", "on": "s3.PutObjekt"}, "s3 has PutObject"),
        ({"kind": "dropped", "on": "*.PutObject"}, "needs its service"),
        ({"kind": "dropped", "calls": "0"}, "counted from 1"),
        ({"kind": "dropped", "calls": "5-3"}, "upwards"),
        ({"kind": "dropped", "calls": "three"}, "as in 3-5"),
        ({"kind": "dropped", "one_in": "0"}, "from 1 on"),
        ({"kind": "dropped", "seconds": "3"}, "slow"),
        ({"kind": "slow"}, "seconds are from"),
        ({"kind": "slow", "seconds": "301"}, "seconds are from"),
        ({"kind": "precondition-failed", "on": "iam"}, "S3's"),
        ({"kind": "dropped", "fortnight": "1"}, "a fault has no fortnight"),
    ],
)
def test_a_rule_that_can_not_be_is_refused_in_words(said, why):
    faults = Faults()
    with pytest.raises(BadRuleError) as caught:
        faults.add(said)
    assert why in str(caught.value)
    assert not faults.any


def test_the_words_reach_whoever_asked(server, fault):
    with pytest.raises(HTTPError) as caught:
        fault("dropped", "s4")
    assert caught.value.code == 400
    assert "no service" in json.loads(caught.value.read())["error"]
    assert listed(server) == []
