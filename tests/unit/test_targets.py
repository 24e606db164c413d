"""What of the caller's shell reaches a run, and what does not."""

from __future__ import annotations

from pathlib import Path

import pytest

from infra.accounts import Credentials
from infra.environments import Environment
from infra.errors import UsageError, WrongAccountError
from infra.local_cloud import Endpoint
from infra.targets import (
    RunEnvironment,
    aws_run,
    check_account,
    cleared_variables,
    local_run,
    local_variables,
)

SHELL = {
    "PATH": "/usr/bin",
    "HOME": "/home/me",
    "LC_ALL": "C.UTF-8",
    "AWS_PROFILE": "work",
    "AWS_ACCESS_KEY_ID": "AKIAREAL",
    "AWS_SECRET_ACCESS_KEY": "real",
    "AWS_CA_BUNDLE": "/etc/ca.pem",
    "AWS_ENDPOINT_URL_S3": "https://elsewhere.example",
    "AWS_MAX_ATTEMPTS": "9",
    "HTTPS_PROXY": "http://proxy.example:3128",
    "ALL_PROXY": "socks5://proxy.example",
    "TF_CLI_ARGS_plan": "-destroy",
    "TF_VAR_owner": "mallory",
    "TF_LOG": "TRACE",
    "TF_REATTACH_PROVIDERS": "{}",
    "DATABASE_PASSWORD": "hunter2",
}


GUARD = "http://127.0.0.1:4701"


def environment(target: str = "local") -> Environment:
    return Environment("staging", "222222222222", "eu-west-1", target, None, Path("/nowhere"))


def run() -> RunEnvironment:
    endpoint = Endpoint("http://127.0.0.1:4700", 4700, 1, "i", "now", GUARD)
    credentials = Credentials("ASIALOCAL", "secret", "token", "later", "i", "bucket")
    variables = local_variables(
        environment(), endpoint, credentials, Path("/r/cli.tfrc"), Path("/r/data")
    )
    return local_run(variables, SHELL)


def test_a_local_run_has_only_the_local_accounts_credentials() -> None:
    variables = run().variables
    assert variables["AWS_ACCESS_KEY_ID"] == "ASIALOCAL"
    assert variables["AWS_ENDPOINT_URL"] == "http://127.0.0.1:4700"
    aws = {name for name in variables if name.startswith("AWS_")}
    assert not aws & {
        "AWS_PROFILE",
        "AWS_CA_BUNDLE",
        "AWS_ENDPOINT_URL_S3",
        "AWS_MAX_ATTEMPTS",
    }
    assert variables["AWS_CONFIG_FILE"] == variables["AWS_SHARED_CREDENTIALS_FILE"] == "/dev/null"


def test_every_other_address_is_a_dead_end_for_a_local_run() -> None:
    variables = run().variables
    for name in ("HTTP_PROXY", "HTTPS_PROXY", "http_proxy", "https_proxy"):
        assert variables[name] == GUARD
    assert variables["NO_PROXY"] == variables["no_proxy"] == "127.0.0.1"
    assert "ALL_PROXY" not in variables
    assert variables["AWS_EC2_METADATA_DISABLED"] == "true"


@pytest.mark.mode(38)
@pytest.mark.mode(35)
def test_nothing_else_of_the_shell_gets_in() -> None:
    variables = run().variables
    assert "DATABASE_PASSWORD" not in variables
    terraform = {name for name in variables if name.startswith("TF_")}
    assert terraform == {"TF_CLI_CONFIG_FILE", "TF_DATA_DIR"}
    assert variables["PATH"] == "/usr/bin"
    assert variables["LC_ALL"] == "C.UTF-8"


def test_variables_that_could_have_changed_the_plan_are_reported_by_name_only() -> None:
    ignored = run().ignored
    assert ignored == ("TF_CLI_ARGS_plan", "TF_REATTACH_PROVIDERS", "TF_VAR_owner")


def test_a_shell_is_told_to_unset_all_that_could_leak() -> None:
    cleared = cleared_variables(run().added, SHELL)
    for name in ("AWS_PROFILE", "AWS_CA_BUNDLE", "AWS_ENDPOINT_URL_S3", "TF_CLI_ARGS_plan"):
        assert name in cleared
    assert "AWS_ACCESS_KEY_ID" not in cleared  # it is overridden
    assert "HOME" not in cleared


def test_an_aws_run_keeps_the_login_and_drops_the_rest() -> None:
    shell = {k: v for k, v in SHELL.items() if not k.startswith("AWS_ENDPOINT_URL")}
    result = aws_run(environment("aws"), Path("/r/cli.tfrc"), Path("/r/data"), shell)
    assert result.variables["AWS_PROFILE"] == "work"
    assert result.variables["HTTPS_PROXY"] == "http://proxy.example:3128"
    assert result.variables["AWS_REGION"] == "eu-west-1"
    assert "TF_VAR_owner" not in result.variables
    assert "AWS_MAX_ATTEMPTS" not in result.variables


@pytest.mark.mode(26, "usage")
def test_an_aws_run_refuses_an_endpoint_of_the_shells() -> None:
    with pytest.raises(UsageError, match="AWS_ENDPOINT_URL_S3 is set"):
        aws_run(environment("aws"), Path("/r/cli.tfrc"), Path("/r/data"), SHELL)


@pytest.mark.mode(24, "wrong-account")
def test_credentials_of_another_account_are_refused() -> None:
    with pytest.raises(WrongAccountError, match="account 333333333333, but staging is account 2"):
        check_account(environment("aws"), "333333333333")
    check_account(environment("aws"), "222222222222")
