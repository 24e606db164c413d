"""The sandbox: an AWS account in which live tests may make and destroy things.

It is no environment. Its id is said anew with each command and never read from the credentials, so
that credentials of another account are noticed. An account of an environment is no sandbox.
"""

from __future__ import annotations

from collections.abc import Mapping
from pathlib import Path

from infra import accounts
from infra.environments import (
    ACCOUNT_PATTERN,
    REGION_PATTERN,
    TARGETS,
    Environment,
    environment_names,
    load_environment,
)
from infra.errors import LocalCloudError, UsageError, WrongAccountError
from infra.local_cloud import Endpoint
from infra.progress import Progress
from infra.repository import Repository
from infra.sessions import Entered, local_cloud
from infra.targets import aws_run, caller_account, check_account, local_run, local_variables

NAME = "sandbox"
"""What messages call it; its profile is INFRA_PROFILE_SANDBOX."""

ACCOUNT_VARIABLE = "INFRA_SANDBOX_ACCOUNT"
REGION_VARIABLE = "INFRA_SANDBOX_REGION"


def describe(
    repository: Repository, account_id: str | None, region: str | None, target: str
) -> Environment:
    """The sandbox account, as if it were an environment.

    region: None for that of the first environment. Raises UsageError where no account is named, or
    something that is none, and WrongAccountError for the account of an environment.
    """
    if not account_id:
        raise UsageError(
            "Nothing says which account is the sandbox.",
            hint=f"Give its id with --account, or in {ACCOUNT_VARIABLE}. It is never guessed from"
            " the credentials.",
        )
    if not ACCOUNT_PATTERN.fullmatch(account_id):
        raise UsageError(f"{account_id!a:.40} is no account id.", hint="It has twelve digits.")
    if target not in TARGETS:
        raise UsageError(f"There is no target named {target!a:.40}.", hint="local or aws.")
    described = [load_environment(repository, name) for name in environment_names(repository)]
    for one in described:
        if one.account_id == account_id:
            raise WrongAccountError(
                f"Account {account_id} is {one.name}'s; it is no sandbox.",
                hint="Live tests and the sweeper work in an account that no environment is in."
                " Nothing was changed.",
            )
    region = region or (described[0].region if described else "")
    if not REGION_PATTERN.fullmatch(region):
        raise UsageError(
            f"{region!a:.40} is no region.", hint=f"For example: {REGION_VARIABLE}=eu-west-1"
        )
    return Environment(
        name=NAME,
        account_id=account_id,
        region=region,
        target=target,
        promotes_from=None,
        directory=repository.root,
    )


def enter(
    repository: Repository,
    sandbox: Environment,
    configuration: Path,
    data: Path,
    progress: Progress,
    caller: Mapping[str, str] | None = None,
) -> Entered:
    """Get into the sandbox account, of the local cloud or of AWS.

    configuration: Terraform's CLI configuration. data: its TF_DATA_DIR. caller: the user's shell,
    None for this process's. Raises LocalCloudError, CredentialsError, and WrongAccountError where
    AWS says that the credentials belong to another account.
    """
    if sandbox.target == "local":
        cloud = local_cloud(repository)
        started = cloud.ensure_started(on_start=lambda: progress.step("Starting the local cloud"))
        return enter_local(sandbox, started.endpoint, configuration, data)
    progress.step("Checking the AWS account")
    run = aws_run(sandbox, configuration, data, caller)
    check_account(sandbox, caller_account(sandbox, run))
    return Entered(run)


def enter_local(
    sandbox: Environment, endpoint: Endpoint, configuration: Path, data: Path
) -> Entered:
    """The same for a local cloud that is there. Raises LocalCloudError."""
    # Imported late: it takes longer than all else that a warm run does.
    from botocore.exceptions import BotoCoreError, ClientError

    try:
        credentials = accounts.assume_role(sandbox, endpoint)
    except (BotoCoreError, ClientError) as error:
        raise LocalCloudError(
            f"Account {sandbox.account_id} of the local cloud can't be entered: {error}.",
            hint="`infra local stop`, and try again.",
        ) from error
    variables = local_variables(sandbox, endpoint, credentials, configuration, data)
    return Entered(local_run(variables), instance=endpoint.instance)
