"""A pytest plugin that ends the run at the first failure, and names it in a file.

Nothing is torn down: destroying what was applied would take longer than finding the failure did.
The runner ends the local cloud.
"""

from __future__ import annotations

import os
from pathlib import Path
from typing import NoReturn

import pytest

CAUGHT = "MUTANT_CAUGHT"
"""The environment variable with the path of the file."""


def pytest_runtest_logreport(report: pytest.TestReport) -> None:
    """A test that failed, or whose fixtures did."""
    if report.failed:
        when = "" if report.when == "call" else f" ({report.when})"
        _end(f"{report.nodeid}{when}")


def pytest_collectreport(report: pytest.CollectReport) -> None:
    """A file that can't be read."""
    if report.failed:
        _end(f"{report.nodeid} (collection)")


def _end(text: str) -> NoReturn:
    Path(os.environ[CAUGHT]).write_text(text, encoding="utf-8")
    os._exit(1)
