"""What whoever starts the live tests sees when they must not run."""

from __future__ import annotations

import os
import subprocess
import sys

import pytest

from harness.places import ROOT
from harness.waiting import PATIENCE_SECONDS

NOBODY = {"AWS_CONFIG_FILE": "/dev/null", "AWS_SHARED_CREDENTIALS_FILE": "/dev/null"}


def test_without_a_sandbox_nothing_is_run_and_the_reason_is_told() -> None:
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-p", "no:cacheprovider", "-m", "live", "tests/live"],
        cwd=ROOT,
        env={**os.environ, **NOBODY, "INFRA_SANDBOX_ACCOUNT": "333333333333"},
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == 1, done.stdout
    assert "Error: Account 333333333333 is prod's; it is no sandbox." in done.stderr
    assert "No live test was run, and nothing was made." in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert " passed" not in done.stdout


def test_live_tests_are_never_selected_by_default(pytestconfig: pytest.Config) -> None:
    assert any("not live" in word for word in pytestconfig.getini("addopts"))
