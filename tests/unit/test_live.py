"""Live tests before they make anything: where, for how long, for how much, and as whom."""

from __future__ import annotations

import json
import re
from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from harness import schemas
from harness.places import ROOT
from infra import processes
from infra.ci import login
from infra.cli import run
from infra.environments import environment_names, load_environment
from infra.errors import BudgetExceededError, UsageError, WrongAccountError
from infra.live import sandbox, settings
from infra.live.cost import check_budget, run_cost
from infra.live.runs import EXPIRES_TAG, OWNER_TAG, RUN_TAG, expiry, new_run
from infra.processes import Completed
from infra.progress import Progress
from infra.rendering import console
from infra.repository import Repository
from infra.targets import profile_variable

REPOSITORY = Repository(ROOT)
SANDBOX = "444444444444"
NOW = datetime(2026, 11, 25, 12, 0, 0, 999, tzinfo=UTC)
DIGEST = "sha256:" + "0" * 64
IMAGE = f"{SANDBOX}.dkr.ecr.eu-west-1.amazonaws.com/kept/app@{DIGEST}"


@pytest.mark.parametrize("name", environment_names(REPOSITORY))
@pytest.mark.parametrize("target", ["local", "aws"])
def test_an_environments_account_is_no_sandbox(name: str, target: str) -> None:
    account = load_environment(REPOSITORY, name).account_id
    with pytest.raises(WrongAccountError, match=f"Account {account} is {name}'s"):
        sandbox.describe(REPOSITORY, account, "eu-west-1", target)


@pytest.mark.parametrize("account", [None, "", "44", "4" * 13, "*", "44444444444a"])
def test_the_account_is_never_guessed(account: str | None) -> None:
    with pytest.raises(UsageError):
        sandbox.describe(REPOSITORY, account, "eu-west-1", "aws")


def test_without_a_region_it_is_the_first_environments() -> None:
    first = load_environment(REPOSITORY, environment_names(REPOSITORY)[0])
    assert sandbox.describe(REPOSITORY, SANDBOX, None, "aws").region == first.region


@pytest.mark.parametrize("answered", [SANDBOX, "555555555555"])
def test_the_credentials_must_belong_to_the_account_that_was_named(
    monkeypatch: pytest.MonkeyPatch, answered: str
) -> None:
    asked: list[Any] = []

    def answer(arguments: Any, **_options: Any) -> Completed:
        asked.append(arguments[-1])
        return Completed(0, json.dumps({"account": answered}), "")

    monkeypatch.setattr(processes, "run", answer)
    described = sandbox.describe(REPOSITORY, SANDBOX, "eu-west-1", "aws")
    shell = {"AWS_PROFILE": "work", "INFRA_PROFILE_SANDBOX": "play", "PATH": "/usr/bin"}
    progress = Progress(console(stderr=True), quiet=True)

    def enter() -> Mapping[str, str]:
        entered = sandbox.enter(REPOSITORY, described, Path(), Path(), progress, shell)
        return entered.run.variables

    if answered == SANDBOX:
        assert enter()["AWS_PROFILE"] == "play"
    else:
        with pytest.raises(WrongAccountError, match=f"belong to account {answered}"):
            enter()
    assert asked == ["infra.caller"]


def test_a_run_is_tagged_so_that_anybody_can_tell_when_it_is_over() -> None:
    made = new_run("Ä. Müller <a@b>", NOW, timedelta(hours=2))
    assert re.fullmatch(r"live-20261125-1200-[0-9a-f]{6}", made.name)
    assert made.tags[RUN_TAG] == made.name
    assert re.fullmatch(r"[\w .:/=+@-]{1,256}", made.tags[OWNER_TAG])
    assert made.tags[EXPIRES_TAG] == "2026-11-25T14:00:00Z"
    assert expiry(made.tags) == NOW.replace(microsecond=0) + timedelta(hours=2)
    assert new_run("me", NOW).name != made.name


def test_settings_are_read_from_variables() -> None:
    found = settings.read(
        {
            "INFRA_SANDBOX_ACCOUNT": SANDBOX,
            "INFRA_LIVE_BUDGET_USD": "0.1",
            "INFRA_LIVE_HOURS": "3",
            "INFRA_LIVE_IMAGE": IMAGE,
            "INFRA_SANDBOX_REGION": "",
            "GITHUB_ACTOR": "octocat",
        }
    )
    assert (found.account, found.region, found.owner) == (SANDBOX, None, "octocat")
    assert (found.budget_usd, found.lifetime) == (0.1, timedelta(hours=3))
    assert found.image is not None
    assert (found.image.repository, found.image.digest) == ("kept/app", DIGEST)
    assert settings.read({}).image is None


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("INFRA_LIVE_BUDGET_USD", "much"),
        ("INFRA_LIVE_BUDGET_USD", "-1"),
        ("INFRA_LIVE_BUDGET_USD", "inf"),
        ("INFRA_LIVE_BUDGET_USD", "nan"),
        ("INFRA_LIVE_HOURS", "0"),
        ("INFRA_LIVE_HOURS", "25"),
        ("INFRA_LIVE_IMAGE", "public.ecr.aws/app:latest"),
        ("INFRA_LIVE_IMAGE", IMAGE.replace("@", ":latest@")),
    ],
)
def test_a_setting_that_makes_no_sense_is_refused_by_name(name: str, value: str) -> None:
    with pytest.raises(UsageError, match=name):
        settings.read({name: value})


def plan(*resources: tuple[str, Mapping[str, Any]]) -> Mapping[str, Any]:
    """The part of a plan's JSON that costs are read from."""
    changes = [
        {
            "address": f"{kind}.it",
            "mode": "managed",
            "type": kind,
            "change": {"actions": ["create"], "before": None, "after": values},
        }
        for kind, values in resources
    ]
    return {"resource_changes": changes}


SERVICE = ("aws_apprunner_service", {"instance_configuration": [{"cpu": "256", "memory": "512"}]})
ALARM = ("aws_cloudwatch_metric_alarm", {"metric_name": "MatchedEvents"})


def test_a_run_costs_its_share_of_a_month_until_it_expires() -> None:
    alarm = run_cost(plan(ALARM), timedelta(hours=2))
    assert alarm.usd == pytest.approx(0.10 * 2 / 730)
    service = run_cost(plan(SERVICE), timedelta(hours=2))
    assert service.usd == pytest.approx(2 * (0.25 * 0.064 + 0.5 * 0.007), abs=1e-4)
    assert "for 2 hours" in service.text
    check_budget(service, 0.05)
    with pytest.raises(BudgetExceededError, match=r"may cost \$0\.03"):
        check_budget(service, 0.01)


def test_what_has_no_price_is_refused_however_high_the_limit() -> None:
    cost = run_cost(plan(("aws_nat_gateway", {"a": 1})), timedelta(hours=2))
    with pytest.raises(BudgetExceededError, match="Nobody knows what aws_nat_gateway costs"):
        check_budget(cost, 1000)


def test_a_service_without_a_size_is_not_taken_for_free() -> None:
    with pytest.raises(UsageError, match="can't be priced"):
        run_cost(plan(("aws_apprunner_service", {"a": 1})), timedelta(hours=2))


REFUSED = [
    ((), "usage", "Nothing says which account is the sandbox."),
    (("--account", "sandbox"), "usage", "'sandbox' is no account id."),
    (("--account", "222222222222"), "wrong-account", "Account 222222222222 is staging's;"),
    (("--account", "222222222222", "--target", "local"), "wrong-account", "it is no sandbox."),
    (("--account", SANDBOX, "--target", "moon"), "usage", "There is no target named 'moon'."),
    (("--account", SANDBOX, "--region", "Mars"), "usage", "'Mars' is no region."),
    (("--account", SANDBOX), "credentials", "no usable AWS credentials"),
]


@pytest.mark.parametrize(("arguments", "reason", "told"), REFUSED)
def test_a_sweep_of_what_is_no_sandbox_is_refused(
    monkeypatch: pytest.MonkeyPatch,
    capfd: pytest.CaptureFixture[str],
    arguments: tuple[str, ...],
    reason: str,
    told: str,
) -> None:
    for name in ("AWS_CONFIG_FILE", "AWS_SHARED_CREDENTIALS_FILE"):
        monkeypatch.setenv(name, "/dev/null")
    assert run(["-C", str(ROOT), "sweep", *arguments, "--delete", "--json"]) == 1
    error = schemas.parsed(capfd.readouterr().out)["error"]
    assert error["reason"] == reason
    assert told in error["message"]


def test_a_shell_that_points_elsewhere_is_refused(
    monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:9")
    assert run(["-C", str(ROOT), "sweep", "--account", SANDBOX, "--delete", "--json"]) == 1
    error = schemas.parsed(capfd.readouterr().out)["error"]
    assert error["reason"] == "usage"
    assert "AWS_ENDPOINT_URL is set" in error["message"]


def test_a_job_takes_the_sweepers_role_in_the_sandbox_alone() -> None:
    found = login.asked(REPOSITORY, "sandbox:sweep", {"INFRA_SANDBOX_ACCOUNT": SANDBOX})
    assert (found.environment.account_id, found.environment.target) == (SANDBOX, "aws")
    arn = f"arn:aws:iam::{SANDBOX}:role/deployment/trending-now-sandbox-sweep"
    assert login.role_arn(REPOSITORY, found) == arn
    assert profile_variable(found.environment.name) == "INFRA_PROFILE_SANDBOX"
    with pytest.raises(UsageError, match="which account is the sandbox"):
        login.asked(REPOSITORY, "sandbox:sweep", {})
    for text in ("dev:sweep", "prod:sweep", "sandbox:"):
        with pytest.raises(UsageError, match="who logs in where"):
            login.asked(REPOSITORY, text, {"INFRA_SANDBOX_ACCOUNT": SANDBOX})
