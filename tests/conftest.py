"""Fixtures for all tests: a clean process environment, and a local cloud for each worker."""

from __future__ import annotations

import itertools
import json
import os
from collections import Counter
from collections.abc import Callable, Generator, Iterator
from importlib.metadata import version
from pathlib import Path
from typing import Any

import pytest

from harness import modes, scheduling, tiers
from harness.accounts import Account, enter
from harness.faulting import SEED
from infra.errors import InfraError
from infra.local_cloud import Endpoint, LocalCloud
from infra.terraform.binary import find_terraform
from local_aws.guard import Guard

_account_numbers = itertools.count(1)
_said: dict[str, str] = {}


def pytest_addoption(parser: pytest.Parser) -> None:
    """What `make failure-modes` says."""
    parser.addoption(
        "--write-failure-modes", action="store_true", help="Renew docs/failure_modes.md."
    )


@pytest.hookimpl(wrapper=True)
def pytest_runtest_call(item: pytest.Item) -> Generator[None, object, object]:
    """A test that meets a failure mode hears what is said of it."""
    if item.get_closest_marker(modes.MARKER) is None:
        return (yield)
    with pytest.MonkeyPatch.context() as patch, modes.listening(patch) as heard:
        result = yield
    item.user_properties.extend(modes.properties(item, heard))
    return result


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """Also of a worker's tests."""
    if report.when != "call" or not report.passed:
        return
    for name, value in report.user_properties:
        if name == modes.PROPERTY:
            found = json.loads(str(value))
            # Of several cases of a test the first that says something, in their own order.
            if not _said.get(found["key"]):
                _said[found["key"]] = found["said"]


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Write the page, where that was asked for."""
    if session.config.getoption("--write-failure-modes") and not hasattr(
        session.config, "workerinput"
    ):
        modes.write(_said)


def pytest_report_header() -> list[str]:
    """The versions that a failure depends on."""
    try:
        terraform = find_terraform().version
    except InfraError as error:
        terraform = error.message
    names = ("moto", "boto3", "click")
    versions = ", ".join(f"{n} {version(n)}" for n in names)
    return [f"terraform {terraform}, {versions}", f"faults: seed {SEED}"]


def pytest_terminal_summary(terminalreporter: Any) -> None:
    """How many kills and races came right, where all of them were tried."""
    done: Counter[str] = Counter()
    for reports in terminalreporter.stats.values():
        for report in reports:
            if getattr(report, "when", "") == "call":
                done.update(name for name, _ in report.user_properties)
    if done["kills"] or done["races"]:
        terminalreporter.write_line(
            f"faults: seed {SEED}: {done['kills']} kills and {done['races']} races came right"
        )


@pytest.hookimpl(tryfirst=True)
def pytest_collection_modifyitems(config: pytest.Config, items: list[pytest.Item]) -> None:
    """The longest files first; and what `make test` leaves out is marked."""
    if config.args == config.getini("testpaths"):
        unused = tiers.unused([item.nodeid for item in items])
        assert not unused, f"tests/harness/tiers.py names no test with {unused}"
    for item in items:
        if tiers.is_exhaustive(item.nodeid):
            item.add_marker(pytest.mark.exhaustive)
    items.sort(key=lambda item: scheduling.place(item.nodeid))


@pytest.hookimpl(optionalhook=True)
def pytest_xdist_make_scheduler(config: pytest.Config, log: Any) -> scheduling.Scheduling:
    """How the workers share the files."""
    return scheduling.Scheduling(config, log)


@pytest.fixture(scope="session")
def guard() -> Iterator[Guard]:
    """What every request of the tests themselves to the outside meets; there must be none."""
    made = Guard()
    made.start()
    yield made
    made.stop()
    assert made.refused() == {}, "a test tried to leave this machine"


@pytest.fixture(autouse=True)
def _clean_environment(
    request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch, guard: Guard
) -> None:
    """No test sees the AWS, Terraform or proxy settings of whoever runs it, but live tests."""
    if request.node.get_closest_marker("live"):
        return
    for name in list(os.environ):
        if name.startswith(("AWS_", "TF_", "INFRA_")) or name.lower().endswith("_proxy"):
            monkeypatch.delenv(name)
    monkeypatch.setenv("AWS_EC2_METADATA_DISABLED", "true")
    monkeypatch.setenv("HTTP_PROXY", guard.url)
    monkeypatch.setenv("HTTPS_PROXY", guard.url)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")


@pytest.fixture(scope="session")
def cloud(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Endpoint]:
    """A local cloud that belongs to this worker alone."""
    local_cloud = LocalCloud(tmp_path_factory.mktemp("cloud"), forget=True)
    yield local_cloud.ensure_started().endpoint
    refused = local_cloud.refused()
    local_cloud.stop()
    assert refused == {}, "a run tried to leave this machine"


@pytest.fixture(scope="session")
def new_account(cloud: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Callable[[], Account]:
    """Make empty accounts, a new one each time."""

    def make() -> Account:
        number = next(_account_numbers)
        folder: Path = tmp_path_factory.mktemp("account")
        return enter(f"{700_000_000_000 + number}", cloud, folder)

    return make


@pytest.fixture
def account(new_account: Callable[[], Account]) -> Account:
    """An empty account for one test."""
    return new_account()
