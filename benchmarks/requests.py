"""How many requests a second the local cloud answers, and plain moto_server beside it.

Both are started from this Python environment, so with the same moto, and get the same reads: what a
plan of staging asks for, once per service and kind. The requests are signed beforehand and sent as
they stand, so that what the clients cost is next to nothing. The two are measured in turn. Beside
the rate by the clock stands the rate by the server's own processor time, which says the same on a
machine that others use too.
"""

from __future__ import annotations

import json
import os
import socket
import statistics
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import psutil
from botocore.awsrequest import AWSPreparedRequest, AWSResponse
from botocore.config import Config

from benchmarks.figures import Figure, at_least

CLIENTS = 8
WINDOW_SECONDS = 2.0
TARGET = 2.0
REGION = "eu-west-1"
_ROLE = "arn:aws:iam::111122223333:role/OrganizationAccountAccessRole"
_TRUST = json.dumps({"Version": "2012-10-17", "Statement": []})
_START_SECONDS = 60.0


@dataclass(frozen=True)
class Measured:
    """One window: requests by the clock, and by the server's processor time."""

    per_second: float
    per_cpu_second: float


@dataclass(frozen=True)
class Server:
    """A server on loopback and its process."""

    port: int
    process: psutil.Process

    def enter(self) -> Mapping[str, Any]:
        """The credentials of an account."""
        entry = {"AccessKeyId": "local", "SecretAccessKey": "local", "SessionToken": None}
        answer = self.client("sts", entry).assume_role(RoleArn=_ROLE, RoleSessionName="benchmark")
        return dict(answer["Credentials"])

    def client(self, service: str, credentials: Mapping[str, Any]) -> Any:
        """A boto3 client of this server."""
        return boto3.client(
            service,
            endpoint_url=f"http://127.0.0.1:{self.port}",
            region_name=REGION,
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
            config=Config(s3={"addressing_style": "path"}, proxies={}),
        )

    def cpu_seconds(self) -> float:
        """The processor time the server has used so far."""
        times = self.process.cpu_times()
        return float(times.user + times.system)


_RATES: Mapping[str, Callable[[Measured], float]] = {
    f"requests a second, {CLIENTS} clients": lambda measured: measured.per_second,
    "requests a second of the server's processor": lambda measured: measured.per_cpu_second,
}


def run(runs: int) -> Iterator[Figure]:
    """Measure both in turn and compare their medians."""
    with (
        tempfile.TemporaryDirectory() as folder,
        _local_cloud(Path(folder)) as ours,
        _moto_server(Path(folder)) as plain,
    ):
        prepared = {server.port: prepare(server) for server in (ours, plain)}
        for server in (ours, plain):
            window(server, prepared[server.port], seconds=1.0)
        measured: dict[int, list[Measured]] = {ours.port: [], plain.port: []}
        for _ in range(runs):
            for server in (ours, plain):
                measured[server.port].append(window(server, prepared[server.port]))
    for case, pick in _RATES.items():
        rates = [statistics.median(map(pick, measured[s.port])) for s in (ours, plain)]
        yield at_least(case, *rates, "moto_server", TARGET, "/s")


def window(server: Server, requests: list[bytes], seconds: float = WINDOW_SECONDS) -> Measured:
    """Let all clients ask for a while."""
    counts = [0] * CLIENTS
    failures: list[str] = []
    end = time.perf_counter() + seconds

    def work(number: int) -> None:
        at = number
        while time.perf_counter() < end and not failures:
            answer = ask(server.port, requests[at % len(requests)])
            if not answer.startswith((b"HTTP/1.1 200", b"HTTP/1.0 200")):
                failures.append(answer[:300].decode("latin-1"))
            counts[number] += 1
            at += 1

    threads = [threading.Thread(target=work, args=[number]) for number in range(CLIENTS)]
    cpu, started = server.cpu_seconds(), time.perf_counter()
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    took, used = time.perf_counter() - started, server.cpu_seconds() - cpu
    assert not failures, failures[0]
    return Measured(sum(counts) / took, sum(counts) / used)


def ask(port: int, request: bytes) -> bytes:
    """Send one request on a connection of its own; both servers close it after the answer."""
    with socket.create_connection(("127.0.0.1", port), timeout=60) as connection:
        connection.sendall(request)
        parts = []
        while part := connection.recv(65536):
            parts.append(part)
    return b"".join(parts)


def prepare(server: Server) -> list[bytes]:
    """Make something of each kind, and return the signed requests that read it back."""
    credentials = server.enter()
    client = {name: server.client(name, credentials) for name in _SERVICES}
    bucket, name = "benchmark-bucket", "benchmark"
    client["s3"].create_bucket(
        Bucket=bucket, CreateBucketConfiguration={"LocationConstraint": REGION}
    )
    client["iam"].create_role(RoleName=name, AssumeRolePolicyDocument=_TRUST)
    client["logs"].create_log_group(logGroupName=name)
    client["ecr"].create_repository(repositoryName=name)
    topic = client["sns"].create_topic(Name=name)["TopicArn"]
    key = client["kms"].create_key()["KeyMetadata"]["KeyId"]
    client["events"].put_rule(Name=name, EventPattern='{"source": ["aws.s3"]}')
    client["secretsmanager"].create_secret(Name=name, SecretString="nothing")
    client["cloudwatch"].put_metric_alarm(
        AlarmName=name,
        MetricName="Requests",
        Namespace="Benchmark",
        Statistic="Sum",
        Period=60,
        EvaluationPeriods=1,
        Threshold=1,
        ComparisonOperator="GreaterThanThreshold",
    )
    reads: list[tuple[str, str, Mapping[str, Any]]] = [
        ("sts", "get_caller_identity", {}),
        ("s3", "head_bucket", {"Bucket": bucket}),
        ("s3", "get_bucket_versioning", {"Bucket": bucket}),
        ("s3", "get_bucket_acl", {"Bucket": bucket}),
        ("s3", "get_bucket_location", {"Bucket": bucket}),
        ("iam", "get_role", {"RoleName": name}),
        ("iam", "list_role_policies", {"RoleName": name}),
        ("iam", "list_attached_role_policies", {"RoleName": name}),
        ("logs", "describe_log_groups", {"logGroupNamePrefix": name}),
        ("ecr", "describe_repositories", {"repositoryNames": [name]}),
        ("sns", "get_topic_attributes", {"TopicArn": topic}),
        ("kms", "describe_key", {"KeyId": key}),
        ("kms", "get_key_policy", {"KeyId": key, "PolicyName": "default"}),
        ("events", "describe_rule", {"Name": name}),
        ("secretsmanager", "describe_secret", {"SecretId": name}),
        ("cloudwatch", "describe_alarms", {"AlarmNames": [name]}),
    ]
    return [signed(client[service], operation, given) for service, operation, given in reads]


_SERVICES = (
    "sts", "s3", "iam", "logs", "ecr", "sns", "kms", "events", "secretsmanager", "cloudwatch",
)  # fmt: skip


def signed(client: Any, operation: str, given: Mapping[str, Any]) -> bytes:
    """The bytes of a call, which botocore writes and does not send."""
    kept: list[bytes] = []

    def keep(request: AWSPreparedRequest, **_: Any) -> AWSResponse:
        path = request.url.partition("//")[2].partition("/")[2]
        body = request.body or b""
        body = body.encode() if isinstance(body, str) else body
        host = request.url.partition("//")[2].partition("/")[0]
        headers = {**dict(request.headers.items()), "Host": host, "Content-Length": len(body)}
        lines = [f"{request.method} /{path} HTTP/1.1"]
        for name, value in headers.items():
            shown = value.decode() if isinstance(value, bytes) else value
            lines.append(f"{name}: {shown}")
        kept.append("\r\n".join([*lines, "", ""]).encode() + body)
        raise _KeptError

    event = f"before-send.{client.meta.service_model.service_id.hyphenize()}"
    client.meta.events.register_first(event, keep)
    try:
        getattr(client, operation)(**given)
    except _KeptError:
        pass
    finally:
        client.meta.events.unregister(event, keep)
    return kept[0]


class _KeptError(Exception):
    """Raised instead of sending."""


@contextmanager
def _local_cloud(folder: Path) -> Iterator[Server]:
    directory = folder / "cloud"
    directory.mkdir()
    endpoint = directory / "endpoint.json"
    arguments = ["local_aws", "serve", "--directory", str(directory)]

    def port() -> int | None:
        return int(json.loads(endpoint.read_text())["port"]) if endpoint.exists() else None

    with _started(arguments, folder / "cloud.log", port) as server:
        yield server


@contextmanager
def _moto_server(folder: Path) -> Iterator[Server]:
    with socket.socket() as free:
        free.bind(("127.0.0.1", 0))
        number = free.getsockname()[1]

    def port() -> int | None:
        try:
            socket.create_connection(("127.0.0.1", number), timeout=1).close()
        except OSError:
            return None
        return number

    arguments = ["moto.server", "--host", "127.0.0.1", "--port", str(number)]
    with _started(arguments, folder / "moto.log", port) as server:
        yield server


@contextmanager
def _started(arguments: list[str], log: Path, port: Callable[[], int | None]) -> Iterator[Server]:
    """Run a Python module until the end of the block; the block begins once it has a port."""
    kept = {k: v for k, v in os.environ.items() if not k.lower().endswith("_proxy")}
    environment = {**kept, "AWS_EC2_METADATA_DISABLED": "true", "PYTHONUNBUFFERED": "1"}
    with log.open("wb") as output:
        process = subprocess.Popen(
            [sys.executable, "-m", *arguments], env=environment, stdout=output, stderr=output
        )
    try:
        deadline = time.monotonic() + _START_SECONDS
        while (found := port()) is None:
            assert process.poll() is None and time.monotonic() < deadline, log.read_text()
            time.sleep(0.05)
        yield Server(found, psutil.Process(process.pid))
    finally:
        process.terminate()
        process.wait(_START_SECONDS)
