"""What a verification makes of what AWS and the service say, and of its settings."""

from __future__ import annotations

import json
from collections.abc import Callable, Mapping
from types import SimpleNamespace
from typing import Any

import pytest

from harness.modes import told
from infra import alarms
from infra.environments import load_environment
from infra.errors import EnvironmentFileError
from infra.repository import Repository
from infra.service_url import Answered, address_of
from infra.stored_state import StoredState
from infra.targets import RunEnvironment
from infra.verification import Check, Settings, Verification, settings
from infra.verification import account as accounts
from infra.verification import service as app_runner
from infra.verification.checks import FAILED, INCONCLUSIVE, PASSED
from infra.verification.context import Subject, timed
from infra.verification.health import health_path, wrong

DIGEST = "sha256:" + "a" * 64
OTHER = "sha256:" + "b" * 64
PIN = {"id": "r-0123456789abcdef", "image_digest": DIGEST}


def nothing(*_arguments: Any) -> None:
    """Tell nobody, wait for nothing."""


class Clock:
    """Time that passes only while somebody sleeps."""

    def __init__(self, monkeypatch: pytest.MonkeyPatch) -> None:
        self.now = 0.0
        for module in (app_runner, accounts):
            monkeypatch.setattr(module, "time", SimpleNamespace(monotonic=lambda: self.now))

    def sleep(self, seconds: float) -> None:
        self.now += seconds


@pytest.fixture
def clock(monkeypatch: pytest.MonkeyPatch) -> Clock:
    """The clock of the checks."""
    return Clock(monkeypatch)


class Pages:
    """A paginator with one page, made anew each time."""

    def __init__(self, make: Callable[[], Mapping[str, Any]]) -> None:
        self._make = make

    def paginate(self, **_arguments: Any) -> list[Mapping[str, Any]]:
        return [self._make()]


def subject(
    client: Any, outputs: Mapping[str, Any] | None = None, waiting: Settings | None = None
) -> Subject:
    """An environment whose every client is this one."""
    told = {
        "service_arn": "arn:service",
        "repository_url": "1.dkr.ecr.eu-west-1.amazonaws.com/app",
        "alarm_names": ["a", "b"],
        **(outputs or {}),
    }
    state = StoredState("lineage", 7, {name: {"value": value} for name, value in told.items()})
    run = RunEnvironment({}, {}, ())
    return Subject(lambda _service: client, state, waiting or Settings(), PIN, "aws", run, None)


def operations(*statuses: str) -> Any:
    """App Runner whose newest operation has these statuses one after the other."""
    left = list(statuses)

    def listed(**_arguments: Any) -> Mapping[str, Any]:
        status = left.pop(0) if len(left) > 1 else left[0]
        return {"OperationSummaryList": [{"Type": "UPDATE_SERVICE", "Status": status}]}

    return SimpleNamespace(list_operations=listed)


@pytest.mark.parametrize(
    ("statuses", "status", "words"),
    [
        (("SUCCEEDED",), PASSED, "succeeded"),
        (("IN_PROGRESS", "IN_PROGRESS", "SUCCEEDED"), PASSED, "succeeded"),
        (("IN_PROGRESS", "ROLLBACK_SUCCEEDED"), FAILED, "went back to what ran before"),
        (("ROLLBACK_FAILED",), FAILED, "could not go back"),
        (("FAILED",), FAILED, "nothing to go back to"),
        (("ODD",), FAILED, "ended as ODD"),
        pytest.param(
            ("IN_PROGRESS",),
            INCONCLUSIVE,
            "is IN_PROGRESS for longer than 60 s",
            marks=pytest.mark.mode(50),
        ),
    ],
)
def test_only_the_result_of_the_newest_operation_counts(
    clock: Clock, statuses: tuple[str, ...], status: str, words: str
) -> None:
    into = app_runner.Service()
    about = subject(operations(*statuses), waiting=Settings(operation_timeout_seconds=60))
    found, text = app_runner.operation(about, into, nothing, clock.sleep)
    told(text)
    assert (found, words in text) == (status, True), text
    assert into.rolled_back == statuses[-1].startswith("ROLLBACK")
    assert clock.now <= 60


def test_after_a_rollback_a_deployment_that_was_taken_back_is_no_fault(clock: Clock) -> None:
    about = subject(operations("ROLLBACK_SUCCEEDED"))
    found, _ = app_runner.operation(
        about, app_runner.Service(), nothing, clock.sleep, taken_back=True
    )
    assert found == PASSED


@pytest.mark.parametrize(
    ("image", "status", "expected"),
    [
        (f"@{DIGEST}", "RUNNING", PASSED),
        (f"@{OTHER}", "RUNNING", FAILED),
        (":latest", "RUNNING", FAILED),
        (f"@{DIGEST}", "PAUSED", FAILED),
        (f"-other@{DIGEST}", "RUNNING", FAILED),
    ],
)
def test_the_service_runs_the_pinned_image_by_digest(
    image: str, status: str, expected: str
) -> None:
    source = {
        "ImageRepository": {"ImageIdentifier": f"1.dkr.ecr.eu-west-1.amazonaws.com/app{image}"}
    }
    described = {"Service": {"Status": status, "SourceConfiguration": source}}
    client = SimpleNamespace(describe_service=lambda **_arguments: described)
    assert app_runner.running_image(subject(client), app_runner.Service())[0] == expected


@pytest.mark.parametrize(
    ("answer", "words"),
    [
        (Answered(200, "OK"), ""),
        (Answered(200, json.dumps({"image_digest": DIGEST})), ""),
        pytest.param(
            Answered(200, json.dumps({"image_digest": OTHER})),
            "another image",
            marks=pytest.mark.mode(45),
        ),
        (Answered(200, json.dumps({"release": {"id": PIN["id"]}})), ""),
        (Answered(200, json.dumps({"release": {"id": "r-fedcba9876543210"}})), "another release"),
        (Answered(200, json.dumps({"release": "r-fedcba9876543210"})), "another release"),
        (Answered(503, ""), "answered 503"),
        (Answered(302, ""), "answered 302"),
        (Answered(0, "timed out"), "did not answer: timed out"),
    ],
)
def test_an_answer_must_be_healthy_and_of_the_pinned_release(answer: Answered, words: str) -> None:
    found = wrong(answer, PIN)
    told(found)
    assert words in found
    assert bool(found) == bool(words)


def test_health_is_asked_where_app_runner_asks() -> None:
    assert health_path({"HealthCheckConfiguration": {"Protocol": "HTTP", "Path": "/h"}}) == "/h"
    assert health_path({"HealthCheckConfiguration": {"Protocol": "TCP", "Path": "/h"}}) == "/"


def test_a_service_is_reached_at_its_url_in_aws_and_by_its_host_in_the_local_cloud() -> None:
    run = RunEnvironment({}, {"AWS_ENDPOINT_URL": "http://127.0.0.1:4566"}, ())
    url = "https://a1.eu-west-1.awsapprunner.com"
    assert address_of("aws", run, url) == (url, {})
    assert address_of("local", run, url) == (
        "http://127.0.0.1:4566",
        {"Host": "a1.eu-west-1.awsapprunner.com"},
    )


def watching(*rounds: Mapping[str, str], treat: str = "notBreaching") -> Any:
    """CloudWatch whose alarms have these states one after the other."""
    left = list(rounds)

    def page() -> Mapping[str, Any]:
        states = left.pop(0) if len(left) > 1 else left[0]
        return {
            "MetricAlarms": [
                {"AlarmName": name, "StateValue": state, "TreatMissingData": treat}
                for name, state in states.items()
            ]
        }

    return SimpleNamespace(get_paginator=lambda _name: Pages(page))


OK = {"a": "OK", "b": "OK"}
FRESH = {"a": "OK", "b": "INSUFFICIENT_DATA"}
LOUD = {"a": "ALARM", "b": "OK"}


@pytest.mark.parametrize(
    ("client", "status", "words"),
    [
        (watching(OK), PASSED, "2 alarms are OK"),
        (watching(FRESH, FRESH, OK), PASSED, "2 alarms are OK"),
        (watching(FRESH), INCONCLUSIVE, "b has no data yet"),
        (watching(FRESH, treat="missing"), PASSED, "1 lack data, which they may"),
        (watching(LOUD), FAILED, "a is in state ALARM"),
        (watching({"a": "OK"}), FAILED, "b does not exist"),
    ],
)
def test_alarms_must_exist_and_be_quiet(clock: Clock, client: Any, status: str, words: str) -> None:
    found, text = accounts.alarms_quiet(subject(client), nothing, clock.sleep)
    assert (found, words in text) == (status, True), text


@pytest.mark.mode(46)
def test_an_alarm_that_rings_during_the_bake_time_is_noticed(clock: Clock) -> None:
    quiet = subject(watching(OK), waiting=Settings(bake_seconds=60))
    assert accounts.bake(quiet, nothing, clock.sleep)[0] == PASSED
    assert clock.now == 60
    loud = subject(watching(OK, OK, OK, LOUD), waiting=Settings(bake_seconds=60))
    found, text = accounts.bake(loud, nothing, clock.sleep)
    told(text)
    assert found == FAILED


def test_what_is_wrong_with_alarms_is_a_line_for_each() -> None:
    assert alarms.not_ok(watching(LOUD), ["a", "b", "c"]) == [
        "a is in state ALARM",
        "c does not exist",
    ]
    assert alarms.not_ok(watching(OK), ["b"]) == []


@pytest.mark.mode(47)
def test_what_aws_refuses_to_tell_is_no_success() -> None:
    from botocore.exceptions import ClientError

    def refuse() -> tuple[str, str]:
        raise ClientError({"Error": {"Code": "AccessDenied"}}, "DescribeService")

    check = timed("image", 5, refuse)
    told(check.text)
    assert (check.status, check.passed) == (INCONCLUSIVE, False)
    assert check.text == "DescribeService was refused: AccessDenied"


def verification(status: str, *, rolled_back: bool = False) -> Verification:
    checks = (Check("operation", PASSED, ""), Check("health", status, "it said canary"))
    return Verification(checks, PIN["id"], DIGEST, DIGEST, rolled_back, {"modules": "x"}, "l", 7)


def test_one_check_that_did_not_pass_is_enough() -> None:
    assert verification(PASSED).passed
    assert not verification(INCONCLUSIVE).passed
    assert verification(FAILED).reason == "unhealthy"
    assert verification(FAILED, rolled_back=True).reason == "rolled-back-by-app-runner"


def test_the_record_has_the_evidence_and_no_word_of_the_service() -> None:
    details = verification(PASSED).details()
    assert details == {
        "release": PIN["id"],
        "digest": DIGEST,
        "pinned_digest": DIGEST,
        "proof": {"modules": "x"},
        "state": {"lineage": "l", "serial": 7},
        "checks": {"operation": PASSED, "health": PASSED},
    }
    assert "canary" not in json.dumps(details)


def section(repository: Repository, edit: Callable[[str, str, str], None], text: str) -> Settings:
    edit("environment.yaml", "promotes_from: null\n", f"promotes_from: null\nverify:\n{text}")
    return settings(load_environment(repository, "staging"), "local")


def test_settings_are_read_and_what_is_left_out_has_a_default(
    repository: Repository, edit: Callable[[str, str, str], None]
) -> None:
    environment = load_environment(repository, "staging")
    assert settings(environment, "aws").bake_seconds == 300
    assert settings(environment, "local").bake_seconds == 5
    found = section(repository, edit, "  health_attempts: 5\n")
    assert (found.health_attempts, found.health_timeout_seconds) == (5, 120)


@pytest.mark.parametrize(
    ("text", "message", "hint"),
    [
        ("  bake_second: 3\n", "unknown key: verify.bake_second.", "Did you mean bake_seconds?"),
        ("  bake_seconds: -1\n", "verify.bake_seconds is -1.", "from 0 to 7200"),
        ("  health_attempts: 0\n", "verify.health_attempts is 0.", "from 1 to 7200"),
        ("  bake_seconds: yes\n", "verify.bake_seconds is True.", "whole number"),
        ('  bake_seconds: "9"\n', "verify.bake_seconds is '9'.", "whole number"),
    ],
)
def test_wrong_settings_are_told(
    repository: Repository,
    edit: Callable[[str, str, str], None],
    text: str,
    message: str,
    hint: str,
) -> None:
    with pytest.raises(EnvironmentFileError) as caught:
        section(repository, edit, text)
    assert message in caught.value.message
    assert "environments/staging/environment.yaml" in caught.value.message
    assert hint in caught.value.hint
