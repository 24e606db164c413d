"""How much one apply or destroy may take away, and what it takes to go further."""

from __future__ import annotations

import subprocess
from collections.abc import Mapping
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

import pytest

from infra.environments import Environment, load_environment
from infra.errors import BlastRadiusError, EnvironmentFileError, PlanIncompleteError, ProtectedError
from infra.limits import refuse_apply, refuse_destroy
from infra.plans import Action, PlanSummary, ResourceChange
from infra.progress import Progress
from infra.repository import Repository
from infra.sessions import Session
from infra.workflows import PlanResult, apply_plan

NOW = datetime(2026, 11, 25, tzinfo=UTC)
YAML = """\
name: {name}
account_id: "111111111111"
region: eu-west-1
target: local
promotes_from: null
"""
ENTRY = """\
- environment: prod
  address: "{address}"
  gate: {gate}
  reason: It is meant.
  expires: {expires}
"""


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    """dev, and a protected prod of which two may go."""
    gates = "protected: true\ngates:\n  policy:\n    max_deletes: 2\n"
    for name, more in (("dev", ""), ("prod", gates)):
        folder = tmp_path / "environments" / name
        folder.mkdir(parents=True)
        (folder / "environment.yaml").write_text(YAML.format(name=name) + more)
    (tmp_path / "modules").mkdir()
    return Repository(tmp_path)


def except_(repository: Repository, gate: str, address: str = "*", day: str = "2026-11-25") -> None:
    """Write an exception of prod."""
    entry = ENTRY.format(gate=gate, address=address, expires=day)
    with (repository.environments / "exceptions.yaml").open("a") as file:
        file.write(entry)


def summary(count: int, kind: str = "aws_x", action: Action = Action.DELETE) -> PlanSummary:
    """A plan that takes so many resources away, and makes a hundred others."""
    gone = [ResourceChange(f"{kind}.y[{i}]", "", kind, action) for i in range(count)]
    made = [ResourceChange(f"aws_z.y[{i}]", "", "aws_z", Action.CREATE) for i in range(100)]
    return PlanSummary((*gone, *made))


def limited(
    repository: Repository, name: str, planned: PlanSummary, most: int | None = None
) -> tuple[str, ...]:
    environment = load_environment(repository, name)
    return refuse_apply(repository, environment, planned, NOW, most)


@pytest.mark.parametrize("action", [Action.DELETE, Action.REPLACE])
@pytest.mark.mode(52, "too-many-deletes")
def test_more_than_may_go_at_once_is_refused(repository: Repository, action: Action) -> None:
    assert limited(repository, "dev", summary(10, action=action)) == ()
    assert limited(repository, "prod", summary(2, action=action)) == ()
    with pytest.raises(BlastRadiusError) as caught:
        limited(repository, "dev", summary(11, action=action))
    assert "--max-deletes 11" in caught.value.hint and caught.value.exit_code == 10
    assert "aws_x.y[0]" in caught.value.details
    with pytest.raises(BlastRadiusError):
        limited(repository, "prod", summary(3, action=action))


def test_a_number_says_that_it_is_meant_but_not_of_a_protected_environment(
    repository: Repository,
) -> None:
    assert limited(repository, "dev", summary(11), most=11) == ()
    with pytest.raises(BlastRadiusError):
        limited(repository, "dev", summary(11), most=10)
    with pytest.raises(BlastRadiusError) as caught:
        limited(repository, "prod", summary(3), most=3)
    assert "gate: policy.deletes" in caught.value.hint
    except_(repository, "policy.deletes")
    (used,) = limited(repository, "prod", summary(3))
    assert "It is meant." in used


def test_an_exception_counts_until_its_day_is_over(repository: Repository) -> None:
    except_(repository, "policy.deletes", day="2026-11-24")
    with pytest.raises(BlastRadiusError, match="its exception expired on 2026-11-24"):
        limited(repository, "prod", summary(3))


@pytest.mark.parametrize("action", [Action.DELETE, Action.REPLACE, Action.FORGET])
@pytest.mark.mode(51, "protected")
def test_what_is_protected_stays_in_a_protected_environment(
    repository: Repository, action: Action
) -> None:
    bucket = summary(1, "aws_s3_bucket", action)
    assert limited(repository, "dev", bucket) == ()
    with pytest.raises(ProtectedError) as caught:
        limited(repository, "prod", bucket)
    assert caught.value.details == (f"aws_s3_bucket.y[0]: {action.value}",)
    except_(repository, "policy.protected", "aws_s3_bucket.y[1]")
    with pytest.raises(ProtectedError):
        limited(repository, "prod", bucket)
    except_(repository, "policy.protected", "aws_s3_bucket.y[0]")
    assert len(limited(repository, "prod", bucket)) == 1


def destroyed(repository: Repository, name: str, target: str = "aws") -> tuple[str, ...]:
    return refuse_destroy(repository, load_environment(repository, name), target, NOW)


def test_a_protected_environment_is_not_destroyed_without_a_reviewed_exception(
    repository: Repository,
) -> None:
    assert destroyed(repository, "dev") == ()
    with pytest.raises(ProtectedError, match="prod is protected") as caught:
        destroyed(repository, "prod")
    assert "gate: destroy" in caught.value.hint
    except_(repository, "policy.deletes")
    with pytest.raises(ProtectedError):
        destroyed(repository, "prod")
    except_(repository, "destroy", day="2026-11-24")
    with pytest.raises(ProtectedError, match="expired on 2026-11-24"):
        destroyed(repository, "prod")
    (repository.environments / "exceptions.yaml").unlink()
    except_(repository, "destroy")
    # Nobody can have reviewed what is in no git checkout, or not committed.
    with pytest.raises(ProtectedError, match="can't be told"):
        destroyed(repository, "prod")
    assert destroyed(repository, "prod", "local")

    def git(*arguments: str) -> None:
        command = ["git", "-C", str(repository.root), *arguments]
        subprocess.run(command, check=True, capture_output=True)

    git("init", "-q")
    for target in ("aws", "local"):
        with pytest.raises(ProtectedError, match="is not committed"):
            destroyed(repository, "prod", target)
    git("add", "-A")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all")
    assert len(destroyed(repository, "prod")) == 1


@pytest.mark.parametrize(
    "document",
    [
        {"errored": True, "complete": True},
        {"errored": True, "complete": False},
        # What `-target` and deferred changes make.
        {"errored": False, "complete": False},
        {"errored": False},
        {"complete": True},
    ],
)
@pytest.mark.mode(53, "plan-incomplete")
def test_a_plan_that_is_not_whole_is_never_applied(document: Mapping[str, Any]) -> None:
    def approve(_summary: PlanSummary) -> None:
        raise AssertionError("nobody is asked about it")

    planned = PlanResult(summary(1), document=document)
    nothing = cast(Session, None)
    with pytest.raises(PlanIncompleteError) as caught:
        apply_plan(
            nothing,
            cast(Progress, None),
            approve,
            planned,
            Path("plan"),
            None,
            destroy=False,
        )
    assert caught.value.exit_code == 10 and "Nothing was changed" in caught.value.message


def test_only_true_and_false_say_whether_an_environment_is_protected(
    repository: Repository,
) -> None:
    found: Environment = load_environment(repository, "prod")
    assert found.protected and not load_environment(repository, "dev").protected
    path = repository.environments / "dev" / "environment.yaml"
    for value in ("'true'", "1", "null", "[]"):
        path.write_text(YAML.format(name="dev") + f"protected: {value}\n")
        with pytest.raises(EnvironmentFileError, match="protected is"):
            load_environment(repository, "dev")
