"""The state bucket, before Terraform knows it: found, made, or refused."""

from __future__ import annotations

import contextlib
import os
from collections.abc import Callable, Iterator
from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from botocore.stub import Stubber

from harness.accounts import Account
from harness.checkout import Checkout
from infra import bootstrap, state_bucket
from infra.backend import Backend
from infra.errors import ConfirmationError, StateBucketError
from infra.progress import Progress
from infra.rendering import console
from infra.repository import Repository
from infra.sessions import Root, Session
from infra.state_bucket import StateBucket
from infra.targets import local_run, local_variables


@pytest.fixture
def variables(account: Account) -> dict[str, str]:
    """The process environment that Terraform would get in the account."""
    added = local_variables(
        account.environment, account.endpoint, account.credentials, Path(os.devnull), Path()
    )
    return dict(local_run(added).variables)


@pytest.fixture
def bucket(account: Account) -> StateBucket:
    """A bucket that is not there."""
    return StateBucket(f"states-{account.account_id}", "eu-west-1", account.account_id)


def test_a_bucket_is_made_once_closed_and_versioned(
    account: Account, bucket: StateBucket, variables: dict[str, str]
) -> None:
    assert not state_bucket.run("exists", bucket, variables)
    assert state_bucket.run("make", bucket, variables)
    assert state_bucket.run("exists", bucket, variables)
    # Somebody else may have been faster: that is no error.
    assert state_bucket.run("make", bucket, variables)
    s3 = account.client("s3")
    assert s3.get_bucket_versioning(Bucket=bucket.name)["Status"] == "Enabled"
    assert all(
        s3.get_public_access_block(Bucket=bucket.name)["PublicAccessBlockConfiguration"].values()
    )
    rules = s3.get_bucket_ownership_controls(Bucket=bucket.name)["OwnershipControls"]["Rules"]
    assert rules == [{"ObjectOwnership": "BucketOwnerEnforced"}]
    assert s3.get_bucket_location(Bucket=bucket.name)["LocationConstraint"] == "eu-west-1"


def test_somebody_elses_bucket_is_refused(
    new_account: Callable[[], Account], bucket: StateBucket, variables: dict[str, str]
) -> None:
    s3 = new_account().client("s3")
    region = {"LocationConstraint": "eu-west-1"}
    s3.create_bucket(Bucket=bucket.name, CreateBucketConfiguration=region)
    with pytest.raises(StateBucketError) as caught:
        state_bucket.run("exists", bucket, variables)
    assert "it belongs to another account" in caught.value.message
    with pytest.raises(ClientError):
        s3.get_public_access_block(Bucket=bucket.name)


def test_a_name_that_somebody_takes_in_between_is_refused(
    account: Account, bucket: StateBucket
) -> None:
    s3 = account.client("s3")
    with Stubber(s3) as stub:
        stub.add_client_error("create_bucket", "BucketAlreadyExists", http_status_code=409)
        with pytest.raises(StateBucketError) as caught:
            state_bucket.make(s3, bucket)
    assert "it belongs to another account" in caught.value.message


def test_a_bucket_in_another_region_is_refused(
    bucket: StateBucket, variables: dict[str, str]
) -> None:
    elsewhere = replace(bucket, region="eu-central-1")
    assert state_bucket.run("make", elsewhere, variables)
    with pytest.raises(StateBucketError) as caught:
        state_bucket.run("exists", bucket, variables)
    assert "is in region eu-central-1, not in eu-west-1" in caught.value.message


def test_without_credentials_the_cause_is_told(
    bucket: StateBucket, variables: dict[str, str]
) -> None:
    left = {k: v for k, v in variables.items() if not k.startswith("AWS_") or "URL" in k}
    dead = {"AWS_EC2_METADATA_DISABLED": "true", "AWS_CONFIG_FILE": os.devnull}
    dead["AWS_SHARED_CREDENTIALS_FILE"] = os.devnull
    with pytest.raises(StateBucketError) as caught:
        state_bucket.run("exists", bucket, {**left, **dead})
    assert "Unable to locate credentials" in caught.value.message
    assert caught.value.hint


def test_nothing_is_made_before_a_person_has_agreed(
    account: Account,
    bucket: StateBucket,
    variables: dict[str, str],
    monkeypatch: pytest.MonkeyPatch,
    tmp_path: Path,
) -> None:
    (tmp_path / "bootstrap").mkdir()
    backend = Backend(bucket.name, "x/terraform.tfstate", "eu-west-1", (account.account_id,))
    asked = []

    @contextlib.contextmanager
    def opened(*arguments: Any) -> Iterator[Session]:
        root: Root = arguments[-1](account.environment, backend, "aws")
        assert root.backend == bootstrap.backend_arguments(account.environment, backend)
        root.prepare(replace(local_run({}), inherited=variables))
        yield None  # type: ignore[misc]

    def approve(*arguments: object) -> None:
        asked.append(arguments)
        if len(asked) == 1:
            raise ConfirmationError("No.")

    def run() -> None:
        with (
            Progress(console(stderr=True), quiet=True) as progress,
            bootstrap.open_bootstrap(Repository(tmp_path), "x", "aws", progress, approve),
        ):
            pass

    monkeypatch.setattr(bootstrap, "open_session", opened)
    with pytest.raises(ConfirmationError):
        run()
    assert asked == [(account.environment, "aws", bucket)]
    assert not state_bucket.run("exists", bucket, variables)
    run()
    assert state_bucket.run("exists", bucket, variables)
    run()
    assert len(asked) == 2, "a bucket that is there needs no word"


def test_a_checkout_without_the_root_module_is_told(checkout: Checkout) -> None:
    answer = checkout.infra("bootstrap", "staging")
    assert answer.code == 1
    assert "no folder bootstrap/" in answer.err


def test_in_aws_nobody_is_asked_without_credentials(checkout: Checkout) -> None:
    (checkout.root / "bootstrap").mkdir()
    lock = checkout.file(".terraform.lock.hcl").read_text()
    (checkout.root / "bootstrap" / ".terraform.lock.hcl").write_text(lock)
    checkout.variables |= {
        "HOME": str(checkout.root),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    answer = checkout.infra("bootstrap", "staging", "--target", "aws", "--json")
    assert answer.code == 1
    assert answer.json["error"]["reason"] == "credentials"
