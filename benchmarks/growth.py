"""How the time of a plan grows with the number of resources, in the local cloud.

A generated root of log groups, planned with a refresh by raw Terraform: first 50 of them, then 500.
With ten times the resources a plan may take ten times as long, and no more. A plan has a part that
does not grow, Terraform's own start; so the local cloud's processor time for a plan is shown too.
"""

from __future__ import annotations

import os
import statistics
import tempfile
import time
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

import psutil

from benchmarks.figures import Figure, at_most
from harness.accounts import enter
from harness.terraform import Root, make_root
from infra.local_cloud import LocalCloud

FEW, MANY = 50, 500
_MAIN_TF = """
variable "number" {
  type = number
}

resource "aws_cloudwatch_log_group" "this" {
  count = var.number

  name              = "group-${count.index}"
  retention_in_days = 30
  tags              = { number = count.index }
}
"""


@dataclass(frozen=True)
class Measured:
    """A plan: seconds by the clock, and seconds of the local cloud's processor time."""

    clock: float
    processor: float


def run(runs: int) -> Iterator[Figure]:
    """Measure both sizes and compare the medians."""
    for name in [key for key in os.environ if key.startswith(("AWS_", "TF_"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as text:
        folder = Path(text)
        cloud = LocalCloud(folder / "cloud")
        endpoint = cloud.ensure_started().endpoint
        try:
            account = enter("700000000001", endpoint, folder)
            root = make_root(folder, "growth", _MAIN_TF, account)
            root.init()
            process = psutil.Process(endpoint.pid)
            few, many = (_measure(root, process, number, runs) for number in (FEW, MANY))
        finally:
            cloud.stop()
    limit, other = MANY / FEW, f"of {FEW}"
    yield at_most(f"plan of {MANY} log groups", many.clock, few.clock, other, limit)
    yield at_most(
        f"plan of {MANY} log groups, cloud's processor time",
        many.processor, few.processor, other, limit,
    )  # fmt: skip


def _measure(root: Root, process: psutil.Process, number: int, runs: int) -> Measured:
    variable = f"-var=number={number}"
    root.succeed("apply", "-input=false", "-no-color", "-auto-approve", variable)
    found = []
    for _ in range(runs):
        before, started = _processor(process), time.perf_counter()
        root.succeed("plan", "-input=false", "-no-color", "-detailed-exitcode", variable)
        found.append(Measured(time.perf_counter() - started, _processor(process) - before))
    return Measured(
        statistics.median(item.clock for item in found),
        statistics.median(item.processor for item in found),
    )


def _processor(process: psutil.Process) -> float:
    times = process.cpu_times()
    return float(times.user + times.system)
