"""How many inputs are tried: some in `make test`, 10,000 in `make test-inputs`."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from hypothesis import HealthCheck, configuration, settings

from harness import harmless
from harness.places import ROOT

FEW, MANY = 15, 500
ENOUGH = 10_000
SLOW = (HealthCheck.too_slow, HealthCheck.data_too_large, HealthCheck.filter_too_much)

configuration.set_hypothesis_home_dir(ROOT / ".local" / "hypothesis")
for _name, _most in (("few", FEW), ("many", MANY)):
    settings.register_profile(
        _name,
        max_examples=_most,
        # The same ones each time in `make test`; whoever wants others says so, by a seed.
        derandomize=_name == "few",
        database=None,
        deadline=None,  # in wall-clock time, which a busy machine does not keep
        suppress_health_check=SLOW,
        print_blob=True,
    )


@pytest.hookimpl(trylast=True)
def pytest_configure(config: pytest.Config) -> None:
    """Unless somebody asked for another number."""
    if not config.getoption("--hypothesis-profile", None):
        settings.load_profile("few")


@pytest.fixture(scope="module", autouse=True)
def _room() -> Iterator[None]:
    with harmless.little_room():
        yield


@pytest.fixture(scope="module")
def scratch(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder for the examples of a file of tests, which write over each other's files."""
    return tmp_path_factory.mktemp("hostile")


def pytest_sessionfinish(session: pytest.Session) -> None:
    """Fewer than were promised is no success."""
    if settings.get_current_profile_name() != "many" or session.config.getoption("keyword"):
        return
    print(f"\n{harmless.tried:,} hostile inputs")  # noqa: T201
    if harmless.tried < ENOUGH:
        session.exitstatus = pytest.ExitCode.TESTS_FAILED
