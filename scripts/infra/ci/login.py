"""How a job gets into AWS: GitHub's token for a role, and what comes back for a profile.

A token is good for minutes and each Terraform would need it anew, so it is exchanged once, for
credentials that last an hour. They go into a private file of the job, one profile an environment,
since a promotion acts in two accounts and each of its roles must act in one alone.
"""

from __future__ import annotations

import base64
import configparser
import io
import json
import re
import urllib.error
import urllib.parse
import urllib.request
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from infra import hcl
from infra.ci.api import Staying, checked_address
from infra.ci.job import Job
from infra.environments import Environment, load_environment
from infra.errors import CredentialsError, EnvironmentFileError, UsageError
from infra.files import replace
from infra.live import sandbox
from infra.repository import Repository, private_folder
from infra.targets import profile_variable

AUDIENCE = "sts.amazonaws.com"
PATH = "/deployment/"
"""Where modules/deployment_roles puts its roles."""

ROLES = ("plan", "apply")
SWEEP = "sweep"
"""The one role in the sandbox account, which docs/workflows.md says how to make."""

SECONDS = 3600
"""How long the credentials last: as long as the roles allow."""

TOKEN_SECONDS = 30
DEFAULT_PROJECT = "trending-now"

StsClient = Callable[[str], Any]
"""Makes a client of STS in a region, which signs nothing: the token speaks for the job."""


@dataclass(frozen=True)
class Login:
    """Into which environment's account, and as what. role: one of ROLES, or SWEEP."""

    environment: Environment
    role: str

    @property
    def profile(self) -> str:
        """Its section in the file of credentials."""
        return f"infra-{self.environment.name}"


def parse(text: str) -> tuple[str, str]:
    """`ENV:ROLE` apart. Raises UsageError."""
    name, _, role = text.partition(":")
    if role not in ROLES and (name, role) != (sandbox.NAME, SWEEP):
        raise UsageError(
            f"{text!a} does not say who logs in where.",
            hint=f"ENV:ROLE, such as staging:plan. The roles are {' and '.join(ROLES)}; in the"
            f" sandbox account {sandbox.NAME}:{SWEEP}.",
        )
    return name, role


def asked(repository: Repository, text: str, variables: Mapping[str, str]) -> Login:
    """The login that `ENV:ROLE` means. variables: those of the job.

    Raises UsageError, UnknownEnvironmentError, EnvironmentFileError, WrongAccountError.
    """
    name, role = parse(text)
    if role != SWEEP:
        return Login(load_environment(repository, name), role)
    account = variables.get(sandbox.ACCOUNT_VARIABLE)
    region = variables.get(sandbox.REGION_VARIABLE)
    return Login(sandbox.describe(repository, account, region, "aws"), role)


def role_arn(repository: Repository, login: Login) -> str:
    """The role that bootstrap/ made for the environment. Raises EnvironmentFileError."""
    import boto3

    environment = login.environment
    partition = boto3.session.Session().get_partition_for_region(environment.region)
    name = f"{project(repository)}-{environment.name}-{login.role}"
    return f"arn:{partition}:iam::{environment.account_id}:role{PATH}{name}"


def project(repository: Repository) -> str:
    """The project of bootstrap/, with which the names of all roles begin."""
    path = repository.bootstrap / "terraform.tfvars"
    try:
        found = hcl.read(path).get("project", DEFAULT_PROJECT) if path.is_file() else ""
    except (OSError, ValueError) as error:
        raise EnvironmentFileError(f"{path.name} of bootstrap/ can't be read.") from error
    return str(found or DEFAULT_PROJECT)


def log_in(
    repository: Repository, logins: Sequence[Login], job: Job, sts: StsClient | None = None
) -> None:
    """Get credentials for each login, and leave them to the later steps of the job.

    Raises CredentialsError, and UsageError outside of a job that may ask for a token.
    """
    make = sts or _sts
    token = _token(job)
    sections: dict[str, Mapping[str, str]] = {}
    for login in logins:
        sections[login.profile] = _credentials(repository, login, token, job, make)
    folder = private_folder(_temporary(job) / "infra-aws")
    _write(folder / "credentials", sections)
    # Empty, so that no other configuration counts.
    _write(folder / "config", {})
    job.export("AWS_SHARED_CREDENTIALS_FILE", str(folder / "credentials"))
    job.export("AWS_CONFIG_FILE", str(folder / "config"))
    for login in logins:
        job.export(profile_variable(login.environment.name), login.profile)


def _temporary(job: Job) -> Path:
    """The folder that GitHub empties after each job."""
    found = job.variables.get("RUNNER_TEMP")
    if not found:
        raise UsageError("RUNNER_TEMP is not set; is this a job of GitHub Actions?")
    return Path(found)


def _token(job: Job) -> str:
    """A token that says which job this is."""
    url = job.variables.get("ACTIONS_ID_TOKEN_REQUEST_URL", "")
    secret = job.variables.get("ACTIONS_ID_TOKEN_REQUEST_TOKEN", "")
    if not url or not secret:
        raise UsageError(
            "GitHub gives this job no token, so it can take no role.",
            hint="Its permissions must hold `id-token: write`; a fork's pull request never can."
            "\nOn a machine of your own, log in with `aws sso login` and need no `infra ci login`.",
        )
    checked_address(url, "ACTIONS_ID_TOKEN_REQUEST_URL")
    query = urllib.parse.urlencode({"audience": AUDIENCE})
    request = urllib.request.Request(  # noqa: S310
        f"{url}{'&' if '?' in url else '?'}{query}",
        headers={"Authorization": f"Bearer {secret}", "Accept": "application/json"},
    )
    try:
        with urllib.request.build_opener(Staying()).open(request, timeout=TOKEN_SECONDS) as answer:
            token = str(json.loads(answer.read())["value"])
    except urllib.error.HTTPError as error:
        error.close()
        raise CredentialsError(f"GitHub refuses a token to this job: {error.code}.") from None
    except (OSError, ValueError, KeyError, TypeError):
        raise CredentialsError(
            "GitHub's tokens can't be reached.", hint="Run the job again."
        ) from None
    job.mask(token)
    return token


def _credentials(
    repository: Repository, login: Login, token: str, job: Job, make: StsClient
) -> Mapping[str, str]:
    from botocore.exceptions import BotoCoreError, ClientError

    name, arn = login.environment.name, role_arn(repository, login)
    try:
        answer = make(login.environment.region).assume_role_with_web_identity(
            RoleArn=arn,
            RoleSessionName=_session_name(job),
            WebIdentityToken=token,
            DurationSeconds=SECONDS,
        )["Credentials"]
    except ClientError as error:
        code = error.response.get("Error", {}).get("Code", "")
        raise CredentialsError(
            f"{arn} does not let this job in: {code}.",
            details=(f"The job says that it is {subject(token)}.",),
            hint=f"Is the account of {name} set up, for this repository and in the form that it"
            " sends?\nbootstrap/README.md says how; modules/deployment_roles says whom it trusts.",
        ) from None
    except BotoCoreError as error:
        raise CredentialsError(
            f"AWS did not answer for {name}: {type(error).__name__}.", hint="Run the job again."
        ) from None
    found = {
        "aws_access_key_id": str(answer["AccessKeyId"]),
        "aws_secret_access_key": str(answer["SecretAccessKey"]),
        "aws_session_token": str(answer["SessionToken"]),
    }
    for value in found.values():
        job.mask(value)
    return found


def subject(token: str) -> str:
    """Whom a token is about, for a message: nobody checks its signature here."""
    try:
        middle = token.split(".")[1]
        claims = json.loads(base64.urlsafe_b64decode(middle + "=" * (-len(middle) % 4)))
        return str(claims["sub"])
    except (IndexError, ValueError, KeyError, TypeError):
        return "unknown"


def _session_name(job: Job) -> str:
    """What CloudTrail shows of the job."""
    run = job.variables.get("GITHUB_RUN_ID", "0")
    attempt = job.variables.get("GITHUB_RUN_ATTEMPT", "0")
    return re.sub(r"[^\w+=,.@-]", "-", f"github-{run}-{attempt}")[:64]


def _write(path: Path, sections: Mapping[str, Mapping[str, str]]) -> None:
    parser = configparser.RawConfigParser()
    parser.read_dict(sections)
    text = io.StringIO()
    parser.write(text)
    replace(path, text.getvalue().encode(), mode=0o600)


def _sts(region: str) -> Any:
    import boto3
    from botocore import UNSIGNED
    from botocore.config import Config

    return boto3.session.Session().client(
        "sts",
        region_name=region,
        config=Config(signature_version=UNSIGNED, ignore_configured_endpoint_urls=True),
    )
