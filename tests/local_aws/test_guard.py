"""The guard refuses and records every attempt to leave loopback."""

from __future__ import annotations

import socket
from urllib.parse import urlsplit

import pytest
from botocore.exceptions import ClientError

from harness.waiting import PATIENCE_SECONDS
from local_aws.guard import Guard


def ask(guard: str, line: str) -> str:
    """Send a proxy request to the guard; return its whole answer."""
    place = urlsplit(guard)
    with socket.create_connection(
        (place.hostname, place.port), timeout=PATIENCE_SECONDS
    ) as connection:
        connection.sendall(f"{line} HTTP/1.1\r\nHost: x\r\n\r\n".encode())
        answer = b""
        while chunk := connection.recv(4096):
            answer += chunk
    return answer.decode()


def test_a_request_to_the_outside_is_refused_and_recorded(server):
    guard = server.endpoint["guard"]
    before = server.call("GET", "/local/health")[1]["refused"]
    plain = ask(guard, "GET http://plain.example.com/secret-path?token=canary")
    assert plain.startswith("HTTP/1.1 403 ")
    assert "plain.example.com was refused" in plain
    assert "canary" not in plain
    assert ask(guard, "CONNECT sts.eu-west-1.amazonaws.com:443").startswith("HTTP/1.1 403 ")
    after = server.call("GET", "/local/health")[1]["refused"]
    assert after["plain.example.com"] == before.get("plain.example.com", 0) + 1
    secure = "sts.eu-west-1.amazonaws.com:443"
    assert after[secure] == before.get(secure, 0) + 1
    assert "canary" not in str(after)


def test_what_moto_sends_by_itself_is_refused_as_well(server):
    """moto posts a confirmation to an SNS subscriber's address."""
    sns = server.client("sns", "333333333333")
    topic = sns.create_topic(Name="to-the-outside")["TopicArn"]
    sns.subscribe(TopicArn=topic, Protocol="http", Endpoint="http://subscriber.example.com/x")
    sns.publish(TopicArn=topic, Message="hello")
    assert "subscriber.example.com" in server.call("GET", "/local/health")[1]["refused"]


def test_s3_control_reaches_the_local_cloud_by_its_name_with_an_account(server):
    """As the SDKs call it: through the proxy, because no resolver knows the name."""
    guard = server.endpoint["guard"]
    before = server.call("GET", "/local/health")[1]["refused"]
    account = "444444444444"
    control = server.client("s3control", account, proxies={"http": guard})
    blocked = dict.fromkeys(
        ("BlockPublicAcls", "IgnorePublicAcls", "BlockPublicPolicy", "RestrictPublicBuckets"), True
    )
    with pytest.raises(ClientError) as caught:
        control.get_public_access_block(AccountId=account)
    assert caught.value.response["Error"]["Code"] == "NoSuchPublicAccessBlockConfiguration"
    control.put_public_access_block(AccountId=account, PublicAccessBlockConfiguration=blocked)
    found = control.get_public_access_block(AccountId=account)
    assert found["PublicAccessBlockConfiguration"] == blocked
    control.delete_public_access_block(AccountId=account)
    assert server.call("GET", "/local/health")[1]["refused"] == before


@pytest.mark.parametrize(
    "line",
    [
        "GET http://222222222222.127.0.0.1:{other}/",
        "GET http://222222222222.127.0.0.1/",
        "GET http://22.127.0.0.1:{home}/",
        "GET http://222222222222.127.0.0.1.example.com:{home}/",
        "GET http://example.com/222222222222.127.0.0.1:{home}/",
        "GET http://user@222222222222.127.0.0.1:{home}/",
        "GET https://222222222222.127.0.0.1:{home}/",
        "CONNECT 222222222222.127.0.0.1:{home}",
    ],
)
def test_no_other_name_is_let_through(line):
    guard = Guard(home=4700)
    guard.start()
    try:
        answer = ask(guard.url, line.format(home=4700, other=4701))
        assert answer.startswith("HTTP/1.1 403 ")
        assert sum(guard.refused().values()) == 1
    finally:
        guard.stop()


@pytest.mark.parametrize(
    ("line", "expected"),
    [
        (b"CONNECT a.example.com:443 HTTP/1.1\r\n", "a.example.com:443"),
        (b"GET http://b.example.com/x?y HTTP/1.1\r\n", "b.example.com"),
        (b"GET http://user:secret@b.example.com/ HTTP/1.1\r\n", "b.example.com"),
        (b"CONNECT [2001:db8::1]:443 HTTP/1.1\r\n", "[2001:db8::1]:443"),
        (b"GET /no-host HTTP/1.1\r\n", "unknown"),
        (b"CONNECT a\x1b[31m:443 HTTP/1.1\r\n", "unknown"),
        (b"\x16\x03\x01\r\n", "unknown"),
        (b"", "unknown"),
    ],
)
def test_only_host_and_port_are_kept(line, expected):
    guard = Guard()
    try:
        assert guard.refuse(line) == expected
        assert guard.refused() == {expected: 1}
    finally:
        guard.close()
