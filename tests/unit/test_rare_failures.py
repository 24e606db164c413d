"""Failures that seldom happen and are cheap to try without an environment."""

from __future__ import annotations

import contextlib
import errno
import hashlib
import json
import os
import shutil
import subprocess
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any, cast

import pytest
from botocore.exceptions import ClientError, EndpointConnectionError

from harness.secrets import CANARY
from harness.terraform import LOCK_FILE
from infra import cli, kept_plans, processes
from infra.commands import gates
from infra.errors import (
    ImageMissingError,
    InfraError,
    PlanExpiredError,
    RepositoryError,
    RollbackFailedError,
    TerraformError,
)
from infra.identity import Key, encoded
from infra.kept_plans import KeptPlan, Manifest, lifetime, refuse_unless_fit
from infra.ledger.records import Kind
from infra.promotion import rollback
from infra.promotion.change import Goal
from infra.repository import Repository, refuse_unless_room
from infra.stored_state import read_object
from infra.terraform.binary import find_terraform
from infra.terraform.provider import Mirror, cli_configuration, locked_provider, provider_platform
from infra.terraform.runner import Terraform

OPEN = Path("/proc/self/fd")
"""What this process has open."""

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
IDENTITY = "staging-7f3a-91c2-0b5d-11aa-9e8c-42f0-6d6d-c0de"


def plan_of(made: datetime, folder: Path = Path("nowhere")) -> KeptPlan:
    """A kept plan that was made then."""
    created, expires = lifetime(made)
    manifest = Manifest(
        identity=IDENTITY, hash="7f", environment="staging", target="local", account_id="2" * 12,
        region="eu-west-1", backend={}, ingredients={}, files={}, artifacts={}, counts={},
        created_at=created, expires_at=expires, who="ada", versions={}, state={},
    )  # fmt: skip
    return KeptPlan(folder, manifest, {})


@pytest.mark.mode(58, "plan-expired")
@pytest.mark.parametrize(
    ("made", "words"),
    [
        (NOW - timedelta(hours=24), "more than 24 hours ago"),
        (NOW - timedelta(days=400), "more than 24 hours ago"),
        # A clock that is ahead would let the plan live for longer.
        (NOW + timedelta(minutes=16), "which is in the future"),
    ],
)
def test_a_plan_is_of_its_day(made: datetime, words: str) -> None:
    with pytest.raises(PlanExpiredError, match=words) as caught:
        refuse_unless_fit(plan_of(made), NOW)
    assert "Nothing was changed" in caught.value.message
    assert "infra plan staging --out" in caught.value.hint


def test_clocks_may_differ_a_little() -> None:
    refuse_unless_fit(plan_of(NOW + timedelta(minutes=14)), NOW)
    refuse_unless_fit(plan_of(NOW - timedelta(hours=23, minutes=59)), NOW)


def test_the_time_of_a_plan_can_not_be_put_forward(tmp_path: Path) -> None:
    """Whoever keeps a plan alive by its manifest has not the key to seal it with."""
    key = Key(b"k" * 32)
    folder = tmp_path / IDENTITY
    folder.mkdir()
    manifest = replace(plan_of(NOW).manifest, expires_at="2199-01-01T00:00:00+00:00")
    body = vars(manifest) | {"seal": Key(b"other").digest("manifest", encoded(vars(manifest)))}
    (folder / "manifest.json").write_text(json.dumps(body))
    with pytest.raises(InfraError, match="does not bear the seal"):
        kept_plans.load(folder, key)


@pytest.fixture
def no_room(monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """A disk that takes nothing any more."""

    def full(*_arguments: Any, **_named: Any) -> Any:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    monkeypatch.setattr("infra.repository.tempfile.TemporaryFile", full)
    yield


@pytest.mark.mode(59, "not-a-repository")
def test_a_full_disk_is_found_out_before_anything_begins(no_room: None, tmp_path: Path) -> None:
    del no_room
    with pytest.raises(RepositoryError, match="No space left on device") as caught:
        refuse_unless_room(tmp_path / ".local")
    assert str(tmp_path / ".local") in caught.value.message
    assert "Nothing was changed" in caught.value.hint


@pytest.mark.mode(59, "not-a-repository")
def test_a_folder_that_can_not_be_written_is_named(tmp_path: Path) -> None:
    (tmp_path / ".local").write_text("in the way")
    with pytest.raises(RepositoryError, match=r"\.local can't be created") as caught:
        refuse_unless_room(tmp_path / ".local")
    assert "Nothing was changed" in caught.value.hint


@pytest.mark.mode(59, "storage")
def test_a_disk_that_gives_out_in_the_middle_is_no_bug(
    repository: Repository,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
) -> None:
    def full(*_arguments: Any) -> None:
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC), "/some/plan.json")

    monkeypatch.setattr(gates, "load_environment", full)
    assert cli.run(["-C", str(repository.root), "gates", "staging"]) == 20
    said = capsys.readouterr().err
    assert "/some/plan.json could not be written: No space left on device." in said
    assert "infra recover ENV" in said and "Traceback" not in said
    assert not (repository.private / "crashes").exists()


class Refusing:
    """S3 that refuses everything."""

    def __init__(self, error: Exception) -> None:
        self._error = error

    def get_object(self, **_where: str) -> None:
        """Refuse."""
        raise self._error


BACKEND = SimpleNamespace(bucket="b", key="staging/terraform.tfstate")
EXPIRED = ClientError(
    {"Error": {"Code": "ExpiredToken", "Message": "The provided token has expired."}}, "GetObject"
)


@pytest.mark.parametrize(
    ("error", "words"),
    [
        pytest.param(EXPIRED, "token has expired", marks=pytest.mark.mode(17, "error")),
        pytest.param(
            EndpointConnectionError(endpoint_url="https://s3.example"),
            "Could not connect",
            marks=pytest.mark.mode(18, "error"),
        ),
    ],
)
def test_a_state_that_can_not_be_asked_for_is_not_taken_for_an_empty_one(
    error: Exception, words: str
) -> None:
    with pytest.raises(InfraError, match=words) as caught:
        read_object(lambda _service: Refusing(error), BACKEND)
    assert "s3://b/staging/terraform.tfstate" in caught.value.message
    assert "Nothing was changed" in caught.value.hint


@pytest.mark.mode(49, "rollback-failed")
def test_a_rollback_whose_image_has_expired_asks_for_a_person(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """All around the way back is pretended; what is tried is what follows from its failure."""
    written: list[tuple[Kind, str, str]] = []
    bad, good = SimpleNamespace(id="r-bad"), SimpleNamespace(id="r-good", image_digest="sha256:a")

    def write(kind: Kind, result: str, *_about: Any, reason: str = "") -> None:
        written.append((kind, result, reason))

    @contextlib.contextmanager
    def step(*_named: str) -> Iterator[Any]:
        yield SimpleNamespace(found=lambda _text: None)

    bench = SimpleNamespace(
        environment=SimpleNamespace(name="prod"),
        steps=SimpleNamespace(step=step),
        ledger=None,
        repository=None,
        write_if_possible=write,
        write=write,
        journal=SimpleNamespace(clear=lambda: None),
        state=lambda: SimpleNamespace(output=lambda _name: "bed-prod"),
        clients=lambda _service: None,
    )
    record = SimpleNamespace(
        record=SimpleNamespace(
            fields={"details": {"release": "r-good"}}, sequence=3, hash="h", time="t"
        )
    )
    for name, made in {
        "sound_chain": lambda *_: [],
        "last_trail": lambda *_: None,
        "previous_release": lambda *_: record,
        "load_release": lambda *_: good,
        "bring": lambda _bench, _goal, _trail, means: means.image(),
        "_start": lambda *_: None,
    }.items():
        monkeypatch.setattr(rollback, name, made)
    monkeypatch.setattr(rollback.images, "exists", lambda *_: False)
    goal = Goal("change", "promotion", cast(Any, bad), None, "infra promote staging prod")
    with pytest.raises(RollbackFailedError) as caught:
        rollback.take_back(cast(Any, bench), goal)
    assert caught.value.exit_code == 40
    assert isinstance(caught.value.__cause__, ImageMissingError)
    assert "r-bad is not healthy in prod" in caught.value.message
    assert "infra rollback prod --to r-good" in caught.value.hint
    assert written == [(Kind.PROMOTION_FAILED, "failed", "rollback-failed")]


def initialise(tmp_path: Path, damage: bool) -> None:
    """Initialise a root module from a mirror with a provider, that somebody may have damaged."""
    root, cache = tmp_path / "root", tmp_path / "mirror"
    root.mkdir()
    shutil.copy(LOCK_FILE, root / ".terraform.lock.hcl")
    (root / "main.tf").write_text(
        'terraform {\n  required_providers {\n    aws = {\n      source = "hashicorp/aws"\n'
        '      version = ">= 5.100, < 7.0"\n    }\n  }\n}\n'
    )
    provider = locked_provider(root / ".terraform.lock.hcl")
    folder = cache / provider.source / provider.version / provider_platform()
    folder.mkdir(parents=True)
    program = folder / f"terraform-provider-aws_v{provider.version}_x5"
    program.write_bytes(b"#!/bin/sh\n" + (CANARY.encode() if damage else b""))
    program.chmod(0o755)
    # What is there is what the lock file has, unless it is damaged afterwards.
    digest = hashlib.sha256(b"#!/bin/sh\n").hexdigest()
    listed = f"{digest}  {program.name}\n".encode()
    sealed = hashlib.sha256(listed).digest()
    import base64

    lock = root / ".terraform.lock.hcl"
    lines = [
        line for line in lock.read_text().splitlines() if "h1:" not in line and "zh:" not in line
    ]
    hashed = f'    "h1:{base64.b64encode(sealed).decode()}",'
    place = next(n for n, line in enumerate(lines) if "hashes = [" in line)
    lock.write_text("\n".join([*lines[: place + 1], hashed, *lines[place + 1 :]]) + "\n")
    configuration = tmp_path / "cli.tfrc"
    configuration.write_text(cli_configuration(Mirror(cache, provider, "a test")))
    Terraform(
        binary=find_terraform(),
        directory=root,
        data=tmp_path / "data",
        environment={
            "PATH": os.environ["PATH"],
            "TF_CLI_CONFIG_FILE": str(configuration),
            "TF_DATA_DIR": str(tmp_path / "data"),
            "CHECKPOINT_DISABLE": "1",
        },
        backend=("-backend=false",),
    ).init()


@pytest.mark.terraform
@pytest.mark.mode(37, "terraform-failed")
@pytest.mark.mode(38, "terraform-failed")
def test_a_provider_that_is_not_the_locked_one_is_not_run(tmp_path: Path) -> None:
    (tmp_path / "whole").mkdir()
    initialise(tmp_path / "whole", damage=False)
    (tmp_path / "damaged").mkdir()
    with pytest.raises(TerraformError) as caught:
        initialise(tmp_path / "damaged", damage=True)
    said = f"{caught.value.message} {[item.detail for item in caught.value.diagnostics]}"
    assert "doesn't match any of the checksums" in said


@pytest.mark.parametrize("which", [1, 2])
def test_a_program_that_can_not_be_started_leaves_nothing_open(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, which: int
) -> None:
    """Neither where the program itself can't be started, nor where its watcher can't."""
    started, count = subprocess.Popen, 0

    def start(*arguments: Any, **more: Any) -> Any:
        nonlocal count
        count += 1
        if count == which:
            raise OSError(errno.ENOMEM, "no memory")
        return started(*arguments, **more)

    before = {path.name for path in OPEN.iterdir()}
    monkeypatch.setattr(subprocess, "Popen", start)
    with pytest.raises(OSError, match="no memory"):
        processes.stream(["true"], environment={}, directory=tmp_path, on_line=lambda _line: None)
    assert count == which
    assert {path.name for path in OPEN.iterdir()} == before
