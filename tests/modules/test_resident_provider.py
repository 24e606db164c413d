"""A provider that stays up and says only what is needed, against the one that Terraform starts."""

from __future__ import annotations

import contextlib
import json
import os
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Mapping
from pathlib import Path

import psutil
import pytest

from harness.accounts import Account
from harness.applied import resident
from harness.places import ROOT
from harness.plan_text import read_changes
from harness.terraform import make_root, provider_mirror
from harness.waiting import wait_until
from infra.terraform.provider import executable

QUEUE = """
provider "aws" {
  region = "eu-west-1"
}
"""
ALARM = """
resource "aws_cloudwatch_metric_alarm" "a" {
  alarm_name          = "a"
  comparison_operator = "GreaterThanThreshold"
  evaluation_periods  = 1
  threshold           = 1
  metric_name         = "m"
  namespace           = "n"
  period              = 60
  statistic           = "Sum"
}
"""
PLAN = ("plan", "-no-color", "-input=false")


@pytest.mark.parametrize("_attempt", range(4))
def test_many_signals_at_once_end_it(tmp_path: Path, _attempt: int) -> None:
    """The kernel sends one for each thread of a parent that is killed; more than one test, as a
    handler that cut in on itself hung in half of the cases."""
    process = _proxy(tmp_path, {})
    assert process.stdin is not None
    assert process.stdout is not None
    (provider,) = psutil.Process(process.pid).children()
    for _ in range(40):
        process.send_signal(signal.SIGTERM)
        time.sleep(0.00002)
    try:
        # The last one may come when Python has given its handlers back.
        assert process.wait(60) in (0, -signal.SIGTERM)
        assert wait_until(lambda: not provider.is_running())
    finally:
        for left in (process, provider):
            with contextlib.suppress(psutil.NoSuchProcess):
                left.kill()
        process.stdin.close()
        process.stdout.close()


def test_it_leaves_no_socket_behind(tmp_path: Path) -> None:
    # Not in tmp_path: the path of a socket may have 107 characters.
    with tempfile.TemporaryDirectory() as temporary:
        process = _proxy(tmp_path, {"TMPDIR": temporary})
        assert list(Path(temporary).rglob("plugin*"))
        process.communicate(timeout=60)
        assert not list(Path(temporary).iterdir())


def _proxy(folder: Path, variables: Mapping[str, str]) -> subprocess.Popen[bytes]:
    """One that is up, and ends with its input."""
    mirror = provider_mirror()
    program = executable(mirror.directory, mirror.provider)
    assert program is not None
    process = subprocess.Popen(
        [
            *(sys.executable, "-m", "infra.terraform.provider_proxy", str(program)),
            *(str(folder), str(folder / "data"), str(folder / "schema.pb")),
        ],
        env={"PATH": os.environ["PATH"], "PYTHONPATH": str(ROOT / "scripts"), **variables},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
    )
    assert process.stdout is not None
    assert process.stdout.readline().startswith(b"TF_REATTACH_PROVIDERS=")
    return process


def test_what_only_the_state_names_is_known(
    new_account: Callable[[], Account], tmp_path: Path
) -> None:
    root = make_root(tmp_path, "root", QUEUE, new_account())
    with resident(root) as attached:
        attached.init()
        assert read_changes(attached.succeed(*PLAN).stdout) == {}
        (root.directory / "alarm.tf").write_text(ALARM)
        attached.apply()
        attached.assert_nothing_to_do()
        (root.directory / "alarm.tf").unlink()
        planned = attached.succeed(*PLAN, f"-out={root.directory / 'x.tfplan'}").stdout
        assert read_changes(planned) == {"aws_cloudwatch_metric_alarm.a": ["delete"]}
        attached.apply()
        assert attached.addresses() == []


def test_it_says_less_than_the_provider_and_nothing_else(
    new_account: Callable[[], Account], tmp_path: Path
) -> None:
    root = make_root(tmp_path, "root", QUEUE + ALARM, new_account())
    with resident(root) as attached:
        attached.init()
        cut = json.loads(attached.succeed("providers", "schema", "-json").stdout)
    root.init()
    whole = json.loads(root.succeed("providers", "schema", "-json").stdout)
    (said,), (all_of_it,) = cut["provider_schemas"].values(), whole["provider_schemas"].values()
    name = "aws_cloudwatch_metric_alarm"
    assert said["resource_schemas"] == {name: all_of_it["resource_schemas"][name]}
    assert said["provider"] == all_of_it["provider"]
    assert said["functions"] == all_of_it["functions"]
