"""One run of the live tests for each place: in the local cloud with `make test`, in AWS with
`make test-live`. What the tests look at is the same."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import NoReturn

import pytest

from harness.accounts import Account
from harness.inventory import inventory
from harness.live import Live, Tell, live_run
from harness.places import ROOT
from harness.sandboxes import BEFORE, Place, aws_place, local_place
from infra import rendering
from infra.errors import InfraError
from infra.live import settings
from infra.progress import Progress

KEPT = ROOT / ".local" / "live"
"""Where runs in AWS have their state; only what could not be destroyed stays."""

PLACES = ["local", pytest.param("aws", marks=pytest.mark.live)]


@pytest.fixture(scope="module")
def tell(request: pytest.FixtureRequest) -> Tell:
    """Say something at once, past pytest's capturing: what costs money is told beforehand."""
    capturing = request.config.pluginmanager.getplugin("capturemanager")

    def say(text: str) -> None:
        with capturing.global_and_fixture_disabled():
            sys.stderr.write(f"{text}\n")
            sys.stderr.flush()

    return say


@pytest.fixture(scope="module", params=PLACES)
def place(request: pytest.FixtureRequest, tell: Tell) -> Place:
    """Where the run is made. A sandbox account that is not one ends all tests, with the reason."""
    if request.param == "local":
        new_account: Callable[[], Account] = request.getfixturevalue("new_account")
        return local_place(new_account())
    try:
        with Progress(rendering.console(stderr=True)) as progress:
            return aws_place(settings.read(os.environ), progress)
    except InfraError as error:
        _refuse(error, tell)


@pytest.fixture(scope="module")
def live(place: Place, tmp_path_factory: pytest.TempPathFactory, tell: Tell) -> Iterator[Live]:
    """The run. It is destroyed when its tests are through, also where they failed."""
    folder = _folder(place, tmp_path_factory)
    try:
        with live_run(place, folder, _nobody if place.is_local else tell) as made:
            yield made
    except InfraError as error:
        _refuse(error, tell)
    if place.account is not None:
        assert inventory(place.account) == BEFORE
    else:
        shutil.rmtree(folder)


def _refuse(error: InfraError, tell: Tell) -> NoReturn:
    """End all tests, and say why as the infra command does."""
    tell("\n".join(["", f"Error: {error.message}", *error.details, f"Next: {error.hint}"]))
    pytest.exit("No live test was run, and nothing was made.", returncode=error.exit_code)


def _nobody(_text: str) -> None:
    """In the local cloud nothing costs anything, and nobody waits."""


def _folder(place: Place, tmp_path_factory: pytest.TempPathFactory) -> Path:
    if place.is_local:
        return tmp_path_factory.mktemp("live")
    KEPT.mkdir(parents=True, exist_ok=True, mode=0o700)
    number = sum(1 for _ in KEPT.iterdir()) + 1
    while (folder := KEPT / str(number)).exists():
        number += 1
    folder.mkdir(mode=0o700)
    return folder
