"""What the infra command adds to a plan of staging: `make bench`.

Both are measured side by side in one run, on a scratch copy of this checkout with a local cloud
of its own, after one warm-up each. Raw Terraform gets the variables that `infra local env` prints,
and the folder that the command has initialised. Times are medians of the runs, in seconds.
"""

from __future__ import annotations

import argparse
import json
import os
import statistics
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path

from harness.checkout import Checkout
from harness.places import copy_checkout
from infra.terraform.binary import find_terraform

LIMIT_SECONDS = 0.5


def seconds(action: Callable[[], object]) -> float:
    """How long something takes."""
    started = time.perf_counter()
    action()
    return time.perf_counter() - started


def compare(
    label: str, ours: Callable[[], object], raw: Callable[[], object], runs: int
) -> dict[str, float | str]:
    """Run both in turn, so that neither has the machine's better minutes."""
    ours()
    raw()
    our_times, raw_times = [], []
    for _ in range(runs):
        our_times.append(seconds(ours))
        raw_times.append(seconds(raw))
    our_median, raw_median = statistics.median(our_times), statistics.median(raw_times)
    row: dict[str, float | str] = {
        "case": label,
        "infra": round(our_median, 2),
        "raw": round(raw_median, 2),
        "added": round(our_median - raw_median, 2),
        "ratio": round(our_median / raw_median, 2),
    }
    print(
        f"{label:44} infra {row['infra']:>6} s   raw {row['raw']:>6} s"
        f"   added {row['added']:>6} s   ratio {row['ratio']}",
        flush=True,
    )
    return row


def main() -> int:
    """Measure, print one line a case, and fail when the limit is passed."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--runs", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    for name in [key for key in os.environ if key.startswith(("AWS_", "TF_"))]:
        del os.environ[name]
    with tempfile.TemporaryDirectory() as folder:
        checkout = Checkout(copy_checkout(Path(folder)))
        try:
            rows = measure(checkout, options.runs)
        finally:
            checkout.close()
    if options.json:
        options.json.write_text(json.dumps(rows, indent=2), encoding="utf-8")
    added = max(float(row["added"]) for row in rows if "show" not in str(row["case"]))
    print(f"At most {added} s added to a raw plan; the limit is {LIMIT_SECONDS} s.")
    return 0 if added <= LIMIT_SECONDS else 1


def measure(checkout: Checkout, runs: int) -> list[dict[str, float | str]]:
    """All cases, on an applied staging."""
    print("Applying staging (about a minute) ...", flush=True)
    applied = checkout.infra("apply", "staging")
    assert applied.code == 0, applied.err
    variables = json.loads(checkout.infra("local", "env", "staging", "--json").out)["result"]
    environment = {**checkout.shell(), **variables}
    environment.pop("TF_PLUGIN_CACHE_DIR", None)
    terraform = [*find_terraform().arguments, f"-chdir={checkout.file('main.tf').parent}"]
    plan_file = checkout.root / "raw.tfplan"

    def raw_plan() -> None:
        subprocess.run(
            [*terraform, "plan", "-input=false", f"-out={plan_file}"],
            env=environment,
            check=True,
            capture_output=True,
        )

    def raw_plan_and_show() -> None:
        raw_plan()
        subprocess.run(
            [*terraform, "show", "-json", str(plan_file)],
            env=environment,
            check=True,
            capture_output=True,
        )

    def ours(code: int) -> Callable[[], None]:
        def run() -> None:
            answer = checkout.infra("plan", "staging")
            assert answer.code == code, answer.err

        return run

    rows = [compare("warm plan, nothing to do / plan", ours(0), raw_plan, runs)]
    values = checkout.file("terraform.tfvars")
    values.write_text(values.read_text().replace("max_instances   = 4", "max_instances   = 5"))
    rows.append(compare("warm plan, changes / plan", ours(2), raw_plan, runs))
    rows.append(
        compare("warm plan, changes / plan and show -json", ours(2), raw_plan_and_show, runs)
    )
    return rows


if __name__ == "__main__":
    sys.exit(main())
