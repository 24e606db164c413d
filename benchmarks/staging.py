"""The infra command beside raw Terraform, on staging: plans, an apply from nothing, a destroy.

Both work on one scratch copy of this checkout with a local cloud of its own, in turn. Raw Terraform
gets the variables that `infra local env` prints. Warm is a folder that is initialised; cold is one
that is not, so that `terraform init` is a part of it. An apply waits a minute for what the provider
itself waits for, so applies and destroys are done once each.
"""

from __future__ import annotations

import json
import os
import shutil
import statistics
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path

from benchmarks.figures import Figure, added, at_most, seconds
from harness.checkout import Checkout
from harness.places import copy_checkout
from infra.terraform.binary import find_terraform

# What the command may add to a plan, in seconds.
ADDED_SECONDS = 0.5
WARM_TO_COLD = 0.5


@dataclass(frozen=True)
class Staging:
    """A scratch checkout, and the two ways to work on its staging."""

    checkout: Checkout

    def infra(self, *arguments: str, code: int = 0) -> None:
        """Run the infra command; it must end with this exit code."""
        # As a user's shell does: tests fork it from a process that has imported it already.
        done = subprocess.run(
            self.checkout.command(*arguments),
            env=self.checkout.shell(), capture_output=True, text=True, check=False,
        )  # fmt: skip
        assert done.returncode == code, done.stderr

    def variables(self) -> dict[str, str]:
        """What raw Terraform is given."""
        printed = json.loads(self.checkout.infra("local", "env", "staging", "--json").out)
        environment = {**self.checkout.shell(), **printed["result"]}
        environment.pop("TF_PLUGIN_CACHE_DIR", None)
        return environment

    def raw(self, variables: Mapping[str, str], *arguments: str) -> None:
        """Run Terraform as a person does in the folder of the environment."""
        folder = self.checkout.file("main.tf").parent
        command = [*find_terraform().arguments, f"-chdir={folder}", *arguments]
        done = subprocess.run(command, env=variables, capture_output=True, text=True, check=False)
        assert done.returncode == 0, done.stdout + done.stderr


def run(runs: int) -> Iterator[Figure]:
    """All cases. runs: how often each plan is made; applies and destroys are made once."""
    with _staging() as staging:
        applied = _seconds(lambda: staging.infra("apply", "staging"))
        yield from _plans(staging, runs)
        destroyed = _seconds(lambda: staging.infra("destroy", "staging", "--yes"))
        variables = staging.variables()
        raw_applied = _seconds(
            lambda: staging.raw(variables, "apply", "-input=false", "-auto-approve")
        )
        raw_destroyed = _seconds(
            lambda: staging.raw(variables, "destroy", "-input=false", "-auto-approve")
        )
        yield seconds("apply from nothing (once)", applied, raw_applied, "raw")
        yield seconds("destroy (once)", destroyed, raw_destroyed, "raw")


def _plans(staging: Staging, runs: int) -> Iterator[Figure]:
    variables = staging.variables()
    plan_file = staging.checkout.root / "raw.tfplan"
    data = Path(variables["TF_DATA_DIR"])

    def raw_plan(*more: str) -> None:
        staging.raw(variables, "plan", "-input=false", f"-out={plan_file}", *more)

    def raw_plan_and_show() -> None:
        raw_plan()
        staging.raw(variables, "show", "-json", str(plan_file))

    def cold() -> None:
        shutil.rmtree(data)
        staging.infra("plan", "staging")

    def raw_cold() -> None:
        shutil.rmtree(data)
        staging.raw(variables, "init", "-input=false", "-lockfile=readonly")
        raw_plan()

    ours, raw = _medians(lambda: staging.infra("plan", "staging"), raw_plan, runs)
    yield added("warm plan, nothing to do", ours, raw, "raw", ADDED_SECONDS)
    ours_blind, raw_blind = _medians(
        lambda: staging.infra("plan", "staging", "--no-refresh"),
        lambda: raw_plan("-refresh=false"),
        runs,
    )
    yield added("warm plan without refresh", ours_blind, raw_blind, "raw", ADDED_SECONDS)
    ours_cold, raw_cold_seconds = _medians(cold, raw_cold, runs)
    yield seconds("cold plan", ours_cold, raw_cold_seconds, "raw")
    yield at_most("warm plan / cold raw plan", ours, raw_cold_seconds, "raw cold", WARM_TO_COLD)
    yield at_most(
        "warm plan without refresh / cold raw plan",
        ours_blind, raw_cold_seconds, "raw cold", WARM_TO_COLD,
    )  # fmt: skip

    values = staging.checkout.file("terraform.tfvars")
    before = values.read_text(encoding="utf-8")
    values.write_text(before.replace("max_instances   = 4", "max_instances   = 5"))
    try:
        ours, raw = _medians(lambda: staging.infra("plan", "staging", code=2), raw_plan, runs)
        yield added("warm plan, changes", ours, raw, "raw", ADDED_SECONDS)
        shown = statistics.median(_seconds(raw_plan_and_show) for _ in range(runs))
        yield seconds("warm plan, changes / plan and show -json", ours, shown, "raw")
    finally:
        values.write_text(before)


def _medians(
    ours: Callable[[], object], other: Callable[[], object], runs: int
) -> tuple[float, float]:
    """Run both in turn, so that neither has the better minutes, after one warm-up each."""
    ours()
    other()
    pairs = [(_seconds(ours), _seconds(other)) for _ in range(runs)]
    return statistics.median(a for a, _ in pairs), statistics.median(b for _, b in pairs)


def _seconds(action: Callable[[], object]) -> float:
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


@contextmanager
def _staging() -> Iterator[Staging]:
    for name in [key for key in os.environ if key.startswith(("AWS_", "TF_"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        checkout = Checkout(copy_checkout(Path(folder)))
        try:
            yield Staging(checkout)
        finally:
            checkout.close()
