"""The AWS CLI, with the variables that `infra local env` prints, against the local cloud."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from pathlib import Path

import pytest
from botocore import xform_name

from harness.accounts import REGION, Account
from harness.app_runner import GOOD_REQUESTS, Scene
from harness.places import ROOT
from harness.raw_calls import RawClient
from harness.waiting import PATIENCE_SECONDS
from infra.targets import local_run, local_variables

VENV = ROOT / ".venv-aws-cli" / "bin"
MANY = Path(__file__).with_name("many.py")
# The exit code of version 1 of the CLI for an error that the service answered.
SERVICE_ERROR = 255


@dataclass(frozen=True)
class Answer:
    """What a command printed, and its exit code."""

    code: int
    out: str
    err: str


@dataclass(frozen=True)
class Cli:
    """The AWS CLI in an account of the local cloud."""

    variables: Mapping[str, str]

    def run(self, *arguments: str) -> Answer:
        """Run `aws` as a person does."""
        done = subprocess.run(
            [VENV / "aws", *arguments],
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def many(self, commands: list[list[str]]) -> list[Answer]:
        """Run many commands in one process."""
        done = subprocess.run(
            [VENV / "python", MANY],
            input=json.dumps(commands),
            env=self.variables,
            capture_output=True,
            text=True,
            timeout=PATIENCE_SECONDS,
            check=True,
        )
        return [Answer(*answer) for answer in json.loads(done.stdout)]


@pytest.fixture(scope="module")
def account(new_account: Callable[[], Account]) -> Account:
    """An empty account for this file."""
    return new_account()


@pytest.fixture(scope="module")
def cli(account: Account, tmp_path_factory: pytest.TempPathFactory) -> Cli:
    """The AWS CLI, with what `infra local env` gives to a shell."""
    if not (VENV / "aws").exists():
        pytest.fail("the AWS CLI is not set up: run `make test-aws-cli`")
    folder = tmp_path_factory.mktemp("cli")
    variables = local_variables(
        account.environment,
        account.endpoint,
        account.credentials,
        folder / "cli.tfrc",
        folder / "terraform",
    )
    return Cli(local_run(variables).variables)


@pytest.fixture(scope="module")
def scene(account: Account) -> Scene:
    """App Runner resources in the same account."""
    keys = {
        "AccessKeyId": account.credentials.access_key_id,
        "SecretAccessKey": account.credentials.secret_access_key,
        "SessionToken": account.credentials.session_token,
    }
    raw = RawClient(account.endpoint.url, REGION, keys)
    return Scene(account.account_id, REGION, account.client, raw)


def test_a_person_lists_services_as_the_readme_says(cli: Cli, scene: Scene) -> None:
    arn = scene.new_service()
    answer = cli.run("apprunner", "list-services")
    assert (answer.code, answer.err) == (0, "")
    listed = json.loads(answer.out)["ServiceSummaryList"]
    assert arn in [service["ServiceArn"] for service in listed]


def test_every_command_of_app_runner_is_answered(cli: Cli, scene: Scene) -> None:
    requests = {name: make(scene) for name, make in GOOD_REQUESTS.items()}
    commands = [
        ["apprunner", xform_name(name, "-"), "--cli-input-json", json.dumps(request)]
        for name, request in requests.items()
    ]
    answers = dict(zip(requests, cli.many(commands), strict=True))
    assert {name: a.err for name, a in answers.items() if (a.code, a.err) != (0, "")} == {}
    described = json.loads(answers["DescribeService"].out)["Service"]
    assert described["ServiceArn"] == scene.service


def test_options_errors_and_pages_are_as_in_aws(cli: Cli, scene: Scene) -> None:
    name = scene.name()
    made, twice, missing, refused, first = cli.many(
        [
            ["apprunner", "create-connection", "--connection-name", name,
             "--provider-type", "GITHUB", "--tags", "Key=team,Value=trends",
             "--query", "Connection.Status", "--output", "text"],
            ["apprunner", "create-connection", "--connection-name", name,
             "--provider-type", "GITHUB"],
            ["apprunner", "describe-service", "--service-arn",
             scene.arn("service", "none", "0" * 32)],
            ["apprunner", "list-services", "--max-results", "21"],
            ["apprunner", "list-auto-scaling-configurations", "--no-latest-only",
             "--max-results", "1", "--query", "NextToken", "--output", "text"],
        ]
    )  # fmt: skip
    assert (made.code, made.out.strip()) == (0, "PENDING_HANDSHAKE")
    for answer, code in (
        (twice, "InvalidRequestException"),
        (missing, "ResourceNotFoundException"),
        (refused, "InvalidRequestException"),
    ):
        assert (answer.code, f"({code})" in answer.err) == (SERVICE_ERROR, True), answer
    assert scene.scaling
    token = first.out.strip()
    second = cli.run(
        "apprunner", "list-auto-scaling-configurations", "--no-latest-only",
        "--max-results", "1", "--next-token", token,
    )  # fmt: skip
    listed = json.loads(second.out)["AutoScalingConfigurationSummaryList"]
    assert len(listed) == 1
