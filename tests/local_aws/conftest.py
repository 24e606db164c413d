"""One server per test process, and an account of its own for each test."""

from __future__ import annotations

import itertools
import json
import os
import subprocess
import sys
import time
import urllib.request
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import boto3
import pytest
from botocore.config import Config
from botocore.exceptions import ClientError
from botocore.validate import ParamValidator

from harness.app_runner import Scene, make_role
from harness.raw_calls import RawClient
from harness.waiting import PATIENCE_SECONDS, wait_until
from harness.web import direct

REGION = "eu-west-1"
# What lets a new account be entered (scripts/local_aws/README.md).
ENTRY = {"AccessKeyId": "local", "SecretAccessKey": "local"}
_accounts = itertools.count(100_000_000_000 + os.getpid() * 1000)


@dataclass
class Server:
    """A running `python -m local_aws serve`."""

    directory: Path
    process: subprocess.Popen[bytes]

    @property
    def endpoint(self) -> dict[str, Any]:
        document: dict[str, Any] = json.loads((self.directory / "endpoint.json").read_text())
        return document

    @property
    def url(self) -> str:
        return str(self.endpoint["url"])

    def call(self, method: str, path: str) -> tuple[int, dict[str, Any]]:
        request = urllib.request.Request(self.url + path, method=method)  # noqa: S310
        with direct.open(request, timeout=PATIENCE_SECONDS) as answer:
            return answer.status, json.loads(answer.read())

    def credentials(self, account: str, region: str = REGION) -> dict[str, str]:
        """Keys that lead into `account`, entered by an assumed role as the CLI does it."""
        sts = self.signed("sts", ENTRY, region)
        arn = f"arn:aws:iam::{account}:role/OrganizationAccountAccessRole"
        keys: dict[str, str] = sts.assume_role(RoleArn=arn, RoleSessionName="test")["Credentials"]
        return keys

    def client(self, service: str, account: str, region: str = REGION, **config: Any) -> Any:
        """A client inside `account`."""
        return self.signed(service, self.credentials(account, region), region, **config)

    def signed(
        self, service: str, keys: dict[str, Any], region: str = REGION, **config: Any
    ) -> Any:
        """A client with these credentials, in the form of STS and IAM."""
        return _client(
            self.url,
            service,
            region,
            keys["AccessKeyId"],
            keys["SecretAccessKey"],
            keys.get("SessionToken"),
            **config,
        )

    def stop(self) -> int:
        self.process.terminate()
        return self.process.wait(PATIENCE_SECONDS)


def _client(
    url: str, service: str, region: str, key: str, secret: str, token: str | None, **config: Any
) -> Any:
    return boto3.client(
        service,
        endpoint_url=url,
        region_name=region,
        aws_access_key_id=key,
        aws_secret_access_key=secret,
        aws_session_token=token,
        config=Config(
            s3={"addressing_style": "path"},
            inject_host_prefix=False,
            **{"proxies": {}, "retries": {"total_max_attempts": 1}, **config},
        ),
    )


def clean_environment(**extra: str) -> dict[str, str]:
    """This process's environment without a trace of AWS, and with no way out of the machine."""
    kept = {k: v for k, v in os.environ.items() if not k.startswith(("AWS_", "MOTO_", "LOCAL_AWS"))}
    dead = "http://127.0.0.1:9"
    return {
        **kept,
        "AWS_EC2_METADATA_DISABLED": "true",
        "HTTP_PROXY": dead,
        "HTTPS_PROXY": dead,
        "NO_PROXY": "127.0.0.1",
        **extra,
    }


def start(directory: Path, *arguments: str, **environment: str) -> Server:
    """Start a server and wait for its endpoint file."""
    log = (directory / "server.log").open("wb")
    process = subprocess.Popen(
        [sys.executable, "-m", "local_aws", "serve", "--directory", str(directory), *arguments],
        env=clean_environment(**environment),
        stdout=log,
        stderr=log,
    )
    log.close()
    deadline = time.monotonic() + PATIENCE_SECONDS
    while not (directory / "endpoint.json").exists():
        if process.poll() is not None or time.monotonic() > deadline:
            process.kill()
            process.wait()
            raise AssertionError((directory / "server.log").read_text())
        time.sleep(0.01)
    return Server(directory, process)


@pytest.fixture(autouse=True)
def no_aws_in_this_process(monkeypatch: pytest.MonkeyPatch) -> None:
    """botocore reads these even with explicit credentials."""
    for name in list(os.environ):
        if name.startswith("AWS_"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("AWS_CONFIG_FILE", os.devnull)
    monkeypatch.setenv("AWS_SHARED_CREDENTIALS_FILE", os.devnull)


@pytest.fixture(scope="session")
def server(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Server]:
    running = start(tmp_path_factory.mktemp("local_aws"), "--forget")
    yield running
    assert running.stop() == 0


@pytest.fixture
def start_server(tmp_path: Path) -> Iterator[Callable[..., Server]]:
    """Starts servers of the test's own."""
    started: list[Server] = []

    def starter(*arguments: str, **environment: str) -> Server:
        directory = tmp_path / f"server{len(started)}"
        directory.mkdir()
        started.append(start(directory, "--forget", *arguments, **environment))
        return started[-1]

    yield starter
    for running in started:
        if running.process.poll() is None:
            running.stop()


class Keeping:
    """A local cloud that keeps what it holds, from one process to the next."""

    def __init__(self, directory: Path, **environment: str) -> None:
        self.directory = directory
        self.environment = environment
        self.server = start(directory, **environment)

    @property
    def saved(self) -> Path:
        return self.directory / "saved"

    def wait_until_saved(self) -> None:
        """Wait until all that was changed is on the disk, as it comes to be by itself."""

        def done() -> bool:
            saved = self.server.call("GET", "/local/health")[1]["saved"]
            return bool(saved["saved_at"]) and not saved["behind"]

        assert wait_until(done)

    def crash(self) -> None:
        self.server.process.kill()
        self.server.process.wait()
        (self.directory / "endpoint.json").unlink()

    def stop(self) -> None:
        assert self.server.stop() == 0

    def start(self) -> dict[str, Any]:
        self.server = start(self.directory, **self.environment)
        return self.server.endpoint

    def crash_and_start(self) -> None:
        self.wait_until_saved()
        self.crash()
        assert self.start()["restored"]


@pytest.fixture
def start_keeping(tmp_path: Path) -> Iterator[Callable[..., Keeping]]:
    """Starts a local cloud of the test's own that keeps what it holds."""
    made: list[Keeping] = []

    def starter(**environment: str) -> Keeping:
        made.append(Keeping(tmp_path, **environment))
        return made[-1]

    yield starter
    for keeping in made:
        if keeping.server.process.poll() is None:
            keeping.server.stop()


@pytest.fixture
def keeping(start_keeping: Callable[..., Keeping]) -> Keeping:
    """A local cloud of the test's own that keeps what it holds."""
    return start_keeping()


@pytest.fixture
def entry() -> dict[str, str]:
    """The credentials that let a new account be entered."""
    return dict(ENTRY)


@pytest.fixture
def account() -> str:
    """An account that no other test uses."""
    return str(next(_accounts))


@pytest.fixture(scope="module")
def scene(server: Server) -> Scene:
    """App Runner resources for all tests of a file, in an account of their own."""
    return _scene(server, str(next(_accounts)))


@pytest.fixture
def own_scene(server: Server, account: str) -> Scene:
    """App Runner resources of the test's own account."""
    return _scene(server, account)


def _scene(server: Server, account: str) -> Scene:
    raw = RawClient(server.url, REGION, server.credentials(account))
    return Scene(account, REGION, lambda service: server.client(service, account), raw)


@pytest.fixture
def client(server: Server, account: str) -> Callable[[str], Any]:
    """Clients of the shared server in the test's own account."""
    return lambda service: server.client(service, account)


@pytest.fixture
def refused() -> Callable[[str, str], AbstractContextManager[None]]:
    """A block that ends in an AWS error with this code, whose message contains this text."""

    @contextmanager
    def expectation(code: str, message: str) -> Iterator[None]:
        with pytest.raises(ClientError) as caught:
            yield
        error = caught.value.response["Error"]
        assert (error["Code"], message in error["Message"]) == (code, True), error

    return expectation


def _check_answer(parsed: dict[str, Any], model: Any, **_: Any) -> None:
    """botocore never checks what it receives: required members and types are ours to check."""
    if "Error" in parsed:
        return
    answer = {key: value for key, value in parsed.items() if key != "ResponseMetadata"}
    report = ParamValidator().validate(answer, model.output_shape)
    assert not report.has_errors(), report.generate_report()


@pytest.fixture
def apprunner(client: Callable[[str], Any]) -> Any:
    """An App Runner client that checks each answer against the service model."""
    runner = client("apprunner")
    runner.meta.events.register("after-call.apprunner", _check_answer)
    return runner


@dataclass
class Roles:
    access: str
    instance: str


@pytest.fixture
def roles(own_scene: Scene) -> Roles:
    """An access role and an instance role that App Runner can assume."""
    return Roles(own_scene.access_role, own_scene.instance_role)


@pytest.fixture
def service_request(own_scene: Scene, roles: Roles) -> Callable[..., dict[str, Any]]:
    """The parameters of CreateService for an image by digest; keywords replace members."""
    del roles  # They and the repository are there before the first request.
    assert own_scene.image

    def request(name: str = "trending-now", **members: Any) -> dict[str, Any]:
        return own_scene.small_service_request(name, **members)

    return request


@pytest.fixture
def slow_apprunner(
    start_server: Callable[..., Server], account: str, client: Callable[[str], Any]
) -> Callable[[float], Any]:
    """App Runner in a server of its own whose operations take so many seconds."""

    def start(seconds: float) -> Any:
        running = start_server(LOCAL_AWS_APPRUNNER_SECONDS=str(seconds))
        for role in client("iam").list_roles()["Roles"]:
            make_role(running.client("iam", account), role["RoleName"])
        running.client("ecr", account).create_repository(repositoryName="app")
        return running.client("apprunner", account)

    return start


@pytest.fixture
def slow_scene(start_server: Callable[..., Server], account: str) -> Scene:
    """Resources in a server of their own, whose operations take an hour."""
    return _scene(start_server(LOCAL_AWS_APPRUNNER_SECONDS="3600"), account)
