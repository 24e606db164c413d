"""`make bench`: all benchmarks, or one: `make bench BENCH=requests`.

Each is measured side by side with what it is compared to, in one run on one machine, so the ratios
are what to look at. Times are medians of the runs. A target that is missed is printed as missed,
and makes the exit code 1.
"""

from __future__ import annotations

import argparse
import json
import os
import sys
from collections.abc import Callable, Iterable, Mapping
from pathlib import Path

from benchmarks import growth, ledger, requests, staging
from benchmarks.figures import Figure

BENCHMARKS: Mapping[str, Callable[[int], Iterable[Figure]]] = {
    "requests": requests.run,
    "growth": growth.run,
    "ledger": ledger.run,
    "staging": staging.run,
}


def main() -> int:
    """Measure, print one line a case, and fail when a target is missed."""
    parser = argparse.ArgumentParser(prog="benchmarks", description=__doc__)
    parser.add_argument("names", nargs="*", metavar="NAME", help=", ".join(BENCHMARKS))
    parser.add_argument("--runs", type=int, default=5, help="runs of each (default 5)")
    parser.add_argument("--json", type=Path, help="write the figures to this file as well")
    options = parser.parse_args()
    unknown = [name for name in options.names if name not in BENCHMARKS]
    if unknown:
        parser.error(f"there is no benchmark {unknown[0]!r}; there are {', '.join(BENCHMARKS)}")
    load, cores = os.getloadavg()[0], os.cpu_count() or 1
    print(f"{options.runs} runs each, {cores} cores, load {load:.1f} before the start")
    if load > cores / 2:
        print("The machine is busy with other things: trust ratios, and those only roughly.")
    figures: list[Figure] = []
    for name in options.names or BENCHMARKS:
        print(f"\n{name}", flush=True)
        for figure in BENCHMARKS[name](options.runs):
            print(figure.line(), flush=True)
            figures.append(figure)
    if options.json:
        document = [figure.to_dict() for figure in figures]
        options.json.write_text(json.dumps(document, indent=2), encoding="utf-8")
    missed = [figure.case for figure in figures if figure.met is False]
    targets = sum(figure.met is not None for figure in figures)
    print(f"\n{targets - len(missed)} of {targets} targets met.")
    if missed:
        print("MISSED: " + "; ".join(missed))
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
