"""The process environment of a run: everything that Terraform, and nothing that a shell, says.

It is built from an allow-list. A variable of the caller's that could change a plan, or send a
request elsewhere, is not passed on, and its name is reported.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from infra import processes
from infra.accounts import Credentials
from infra.environments import Environment
from infra.errors import CredentialsError, UsageError, WrongAccountError
from infra.local_cloud import Endpoint

PASSED_ON = frozenset(
    [
        "HOME",
        "LANG",
        "LANGUAGE",
        "LOGNAME",
        "NO_COLOR",
        "PATH",
        "SHELL",
        "SSL_CERT_DIR",
        "SSL_CERT_FILE",
        "TERM",
        "TMPDIR",
        "TZ",
        "USER",
        "XDG_CACHE_HOME",
        "XDG_CONFIG_HOME",
        "XDG_DATA_HOME",
    ]
)
"""What any run gets of the caller's environment, beside LC_*."""

PASSED_ON_TO_AWS = frozenset(
    [
        "AWS_ACCESS_KEY_ID",
        "AWS_CA_BUNDLE",
        "AWS_CONFIG_FILE",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN",
        "AWS_CONTAINER_AUTHORIZATION_TOKEN_FILE",
        "AWS_CONTAINER_CREDENTIALS_FULL_URI",
        "AWS_CONTAINER_CREDENTIALS_RELATIVE_URI",
        "AWS_DEFAULT_PROFILE",
        "AWS_EC2_METADATA_DISABLED",
        "AWS_PROFILE",
        "AWS_ROLE_ARN",
        "AWS_ROLE_SESSION_NAME",
        "AWS_SDK_LOAD_CONFIG",
        "AWS_SECRET_ACCESS_KEY",
        "AWS_SESSION_TOKEN",
        "AWS_SHARED_CREDENTIALS_FILE",
        "AWS_WEB_IDENTITY_TOKEN_FILE",
        "HTTPS_PROXY",
        "HTTP_PROXY",
        "NO_PROXY",
        "https_proxy",
        "http_proxy",
        "no_proxy",
    ]
)
"""What a run against AWS gets besides: how to log in, and the way to the network."""

CREDENTIALS = frozenset(["AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_SESSION_TOKEN"])
"""What AWS's clients take before they look at a profile."""

GARBAGE_COLLECTION_PERCENT = "400"
"""How much Terraform and the provider may grow between two garbage collections (Go's GOGC, 100 if
unset). They decode a schema of tens of megabytes in each run: this saves a quarter of the
processor time of a plan, for about as much memory again."""

CALLER_SECONDS = 60.0
HIJACKING_PREFIXES = ("TF_", "AWS_")
DEAD_END = "http://127.0.0.1:9"
"""A proxy that can't answer, for tools that run without a local cloud: port 9 is the discard
service, which nothing runs on loopback."""


@dataclass(frozen=True)
class RunEnvironment:
    """What a run gets.

    inherited: of the caller's own. added: what makes it act in its target and account.
    ignored: the caller's variables that could have changed the plan, and did not.
    """

    inherited: Mapping[str, str]
    added: Mapping[str, str]
    ignored: tuple[str, ...]

    @property
    def variables(self) -> Mapping[str, str]:
        """The whole process environment."""
        return {**self.inherited, **self.added}


def local_variables(
    environment: Environment,
    endpoint: Endpoint,
    credentials: Credentials,
    cli_configuration: Path,
    terraform_data: Path,
) -> dict[str, str]:
    """What makes any AWS client, and Terraform, act in the local cloud and nowhere else.

    An endpoint with an IP address makes the AWS SDKs use path-style S3 addresses. Everything that
    is not loopback goes to the local cloud's guard, which refuses and records it.
    """
    return {
        "AWS_ACCESS_KEY_ID": credentials.access_key_id,
        "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
        "AWS_SESSION_TOKEN": credentials.session_token,
        "AWS_REGION": environment.region,
        "AWS_DEFAULT_REGION": environment.region,
        "AWS_ENDPOINT_URL": endpoint.url,
        "AWS_EC2_METADATA_DISABLED": "true",
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
        "AWS_PAGER": "",
        "HTTP_PROXY": endpoint.guard,
        "HTTPS_PROXY": endpoint.guard,
        "http_proxy": endpoint.guard,
        "https_proxy": endpoint.guard,
        "NO_PROXY": "127.0.0.1",
        "no_proxy": "127.0.0.1",
        **_terraform_variables(cli_configuration, terraform_data),
    }


def cleared_variables(variables: Mapping[str, str], caller: Mapping[str, str]) -> list[str]:
    """The caller's variables that a local run must not see, for a shell to unset."""
    leaking = {
        name
        for name in caller
        if name.startswith(HIJACKING_PREFIXES) or name.lower() in ("all_proxy", "ftp_proxy")
    }
    always = {"AWS_CA_BUNDLE", "AWS_PROFILE", "AWS_DEFAULT_PROFILE", "ALL_PROXY", "all_proxy"}
    return sorted((leaking | always) - set(variables))


def local_run(local: Mapping[str, str], caller: Mapping[str, str] | None = None) -> RunEnvironment:
    """The process environment of a run in the local cloud."""
    shell = os.environ if caller is None else caller
    return RunEnvironment(
        inherited=_allowed(shell, PASSED_ON),
        added=local,
        ignored=_ignored(shell, frozenset()),
    )


def aws_run(
    environment: Environment,
    cli_configuration: Path,
    terraform_data: Path,
    caller: Mapping[str, str] | None = None,
) -> RunEnvironment:
    """The process environment of a run in AWS.

    Raises UsageError when a variable would send requests to another place than AWS.
    """
    shell = os.environ if caller is None else caller
    refuse_redirected(environment, shell)
    own = profile_variable(environment.name)
    profile = {"AWS_PROFILE": shell[own]} if shell.get(own) else {}
    # Credentials in the shell would win over any profile, whosever they are.
    beaten = CREDENTIALS if profile else frozenset()
    return RunEnvironment(
        inherited=_allowed(shell, (PASSED_ON | PASSED_ON_TO_AWS) - beaten),
        added={
            **profile,
            "AWS_REGION": environment.region,
            "AWS_DEFAULT_REGION": environment.region,
            "AWS_IGNORE_CONFIGURED_ENDPOINT_URLS": "true",
            **_terraform_variables(cli_configuration, terraform_data),
        },
        ignored=_ignored(shell, PASSED_ON_TO_AWS),
    )


def refuse_redirected(environment: Environment, shell: Mapping[str, str]) -> None:
    """Raise UsageError when a variable would send requests to another place than AWS."""
    redirected = sorted(name for name in shell if name.startswith("AWS_ENDPOINT_URL"))
    if redirected:
        raise UsageError(
            f"{redirected[0]} is set, but {environment.name} has target aws:"
            " requests would go to another place than AWS.",
            hint=f"Unset {', '.join(redirected)}, or use --target local.",
        )


def profile_variable(name: str) -> str:
    """The variable that names the AWS profile of one environment, such as INFRA_PROFILE_PROD.

    A promotion acts in two accounts, and one AWS_PROFILE leads into one.
    """
    return f"INFRA_PROFILE_{name.upper().replace('-', '_')}"


def check_account(environment: Environment, account_id: str) -> None:
    """Raise WrongAccountError unless credentials belong to the environment's account."""
    if account_id != environment.account_id:
        raise WrongAccountError(
            f"The credentials belong to account {account_id}, but {environment.name}"
            f" is account {environment.account_id}.",
            hint="Log in to the right account, or name a profile of it in"
            f" {profile_variable(environment.name)}. Nothing was changed.",
        )


def caller_account(environment: Environment, run: RunEnvironment) -> str:
    """The account that a run's AWS credentials belong to. Raises CredentialsError."""
    try:
        done = processes.run(
            [sys.executable, "-m", "infra.caller"],
            environment=run.variables,
            timeout=CALLER_SECONDS,
        )
        answer = json.loads(done.stdout)
    except (subprocess.TimeoutExpired, ValueError):
        answer = {"error": "AWS did not answer"}
    if "account" in answer:
        return str(answer["account"])
    raise CredentialsError(
        f"{environment.name} has target aws, but there are no usable AWS credentials:"
        f" {str(answer.get('error')).rstrip('.')}.",
        hint="Log in (aws sso login, or AWS_PROFILE), or use --target local. Nothing was changed.",
    )


def _terraform_variables(cli_configuration: Path, terraform_data: Path) -> dict[str, str]:
    return {
        "TF_CLI_CONFIG_FILE": str(cli_configuration),
        "TF_DATA_DIR": str(terraform_data),
        "CHECKPOINT_DISABLE": "1",
        "GOGC": GARBAGE_COLLECTION_PERCENT,
    }


def _allowed(shell: Mapping[str, str], names: frozenset[str]) -> dict[str, str]:
    return {k: v for k, v in shell.items() if k in names or k.startswith("LC_")}


def ignored_variables(shell: Mapping[str, str]) -> tuple[str, ...]:
    """The caller's variables that could change a plan or its place, and are not passed on."""
    return _ignored(shell, frozenset())


def _ignored(shell: Mapping[str, str], used: frozenset[str]) -> tuple[str, ...]:
    """Only what could have changed the plan or its place is worth a word."""
    telling = ("TF_CLI_ARGS", "TF_VAR_", "TF_WORKSPACE", "TF_REATTACH_PROVIDERS", "TF_DATA_DIR")
    return tuple(sorted(n for n in shell if n.startswith(telling) and n not in used))
