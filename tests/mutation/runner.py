"""`make mutants`: make each mutant in a scratch copy of this checkout, and see what notices."""

from __future__ import annotations

import argparse
import json
import os
import re
import shutil
import signal
import subprocess
import sys
import tempfile
import threading
import time
from collections import Counter
from collections.abc import Iterator, Mapping
from concurrent.futures import ThreadPoolExecutor
from dataclasses import asdict, dataclass
from pathlib import Path

from harness.places import MODULES, ROOT
from harness.terraform import LOCK_FILE
from infra.repository import Repository
from infra.targets import DEAD_END
from infra.terraform.provider import downloaded_mirror, find_mirror, locked_provider
from mutation.at_once import CAUGHT
from mutation.mutants import Mutant, all_mutants
from mutation.report import write_report

RESULTS = ROOT / ".local" / "mutants.json"
CHECKOV = ROOT / ".venv-checkov" / "bin" / "checkov"
TIMEOUT_SECONDS = 1800.0
USUAL = "not browser and not faults and not live"
"""Which tests may catch a mutant: also the exhaustive ones."""
TERRAFORM = ("bootstrap", "environments", "modules")
COPIED = (*TERRAFORM, "docs", "scripts", "tests")
COPIED_FILES = ("pyproject.toml", ".checkov.yaml")
COMPOSITION = "trending_now"
SETUP = "(setup)"
STATIC = ("tests/static/test_terraform_rules.py", "tests/static/test_environment_roots.py")
APPLIED = {
    "bootstrap": "tests/environments/test_bootstrap.py",
    "environments": "tests/environments/test_three_accounts.py",
}


@dataclass(frozen=True)
class Result:
    """What became of a mutant. caught_by: empty where it survived."""

    id: str
    digest: str
    caught_by: str
    seconds: float


def test_files(mutant: Mutant) -> list[str]:
    """The test files that concern a mutant, cheapest first."""
    return [str(path.relative_to(ROOT)) for path in dict.fromkeys(_test_files(mutant))]


test_files.__test__ = False  # type: ignore[attr-defined]


def _test_files(mutant: Mutant) -> Iterator[Path]:
    tests, module = ROOT / "tests", mutant.module
    if module not in (path.name for path in MODULES.iterdir()):
        yield from (ROOT / path for path in (*STATIC, APPLIED[module]))
        return
    if mutant.file == "variables.tf":
        yield tests / "modules" / "test_validations.py"
    own = tests / "modules" / f"test_{module}.py"
    named = f"modules/{module}"
    others = [
        path
        for path in sorted((tests / "modules").glob("test_*.py"))
        if path != own and (named in path.read_text("utf-8"))
    ]
    iam = _in_iam(named)
    yield from [*iam, own] if mutant.iam_first else [own, *iam]
    yield from (path for path in others if "identity" in path.name)
    if module == COMPOSITION or f'source = "../{module}"' in _composition():
        yield from sorted((tests / "modules").glob(f"test_{COMPOSITION}*.py"))


def _in_iam(named: str) -> list[Path]:
    folder = ROOT / "tests" / "iam"
    if named not in (folder / "deployed.tf").read_text("utf-8"):
        return []
    texts = {path: path.read_text("utf-8") for path in sorted(folder.glob("test_*.py"))}
    asking = [path for path, text in texts.items() if "roles" in text]
    # Those that apply more than all of them share come last.
    return sorted(asking, key=lambda path: "new_account" in texts[path])


def _composition() -> str:
    texts = (path.read_text("utf-8") for path in sorted((MODULES / COMPOSITION).glob("*.tf")))
    return "\n".join(texts)


def in_turn(mutants: list[Mutant]) -> list[Mutant]:
    """One of each module first: a run that is stopped has then seen something of all."""
    seen: Counter[str] = Counter()
    turns = []
    for mutant in mutants:
        turns.append((seen[mutant.module], mutant))
        seen[mutant.module] += 1
    return [mutant for _, mutant in sorted(turns, key=lambda turn: turn[0])]


class Store:
    """Results so far, on disk after each."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._lock = threading.Lock()
        self.results: dict[str, Result] = {}
        if path.is_file():
            for raw in json.loads(path.read_text(encoding="utf-8")):
                self.results[raw["id"]] = Result(**raw)

    def add(self, result: Result) -> None:
        """Keep one."""
        with self._lock:
            self.results[result.id] = result
            self._path.parent.mkdir(exist_ok=True)
            fresh = self._path.with_suffix(".new")
            ordered = sorted(self.results.values(), key=lambda item: item.id)
            fresh.write_text(json.dumps([asdict(item) for item in ordered], indent=1) + "\n")
            fresh.replace(self._path)


def examine(mutant: Mutant) -> Result:
    """Make a mutant and run the tests that should notice, until one does."""
    started = time.monotonic()
    with tempfile.TemporaryDirectory(prefix="mutant-") as name:
        folder = Path(name)
        checkout = copy(folder / "checkout")
        mutant.apply(checkout)
        caught = by_tests(test_files(mutant), checkout, folder)
        if caught.endswith(SETUP):
            # An apply also fails on a machine that is too busy, so once is no proof.
            caught = by_tests(test_files(mutant), checkout, folder)
    return Result(mutant.id, mutant.digest, caught, round(time.monotonic() - started, 1))


def copy(checkout: Path, parts: tuple[str, ...] = COPIED) -> Path:
    """A copy of parts of this checkout; by default, of what the tests need."""
    checkout.mkdir()
    ignored = shutil.ignore_patterns(".terraform", "*.tfstate*", ".local", "__pycache__")
    for part in parts:
        if (ROOT / part).is_dir():
            shutil.copytree(ROOT / part, checkout / part, ignore=ignored)
    for part in COPIED_FILES:
        shutil.copy(ROOT / part, checkout / part)
    mirror = find_mirror(locked_provider(LOCK_FILE), Repository(ROOT))
    if mirror is not None:
        place = downloaded_mirror(Repository(checkout))
        place.parent.mkdir(parents=True, exist_ok=True)
        place.symlink_to(mirror.directory)
    return checkout


def by_checkov(mutants: list[Mutant]) -> dict[str, str]:
    """The first rule of checkov that fails for each mutant, or "".

    All are in one run, each as a folder beside the one that it was made from: a run for each takes
    twenty times as long.
    """
    with tempfile.TemporaryDirectory(prefix="mutants-") as name:
        checkout = copy(Path(name) / "checkout", TERRAFORM)
        places = {}
        for number, mutant in enumerate(mutants):
            folder = checkout / mutant.folders[0]
            place = folder.with_name(f"mutant_{number:03}")
            shutil.copytree(folder, place)
            (place / mutant.file).write_text(mutant.mutated(place), encoding="utf-8")
            places[place.name] = mutant.id
        done = subprocess.run(
            [
                *(CHECKOV, "--directory", checkout, "--framework", "terraform"),
                *("--skip-download", "--compact", "--quiet", "--output", "json"),
            ],
            cwd=checkout,
            env=_environment({"HTTPS_PROXY": DEAD_END, "HTTP_PROXY": DEAD_END}),
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        reports = json.loads(done.stdout)
    failed: dict[str, set[str]] = {}
    for report in reports if isinstance(reports, list) else [reports]:
        for item in report.get("results", {}).get("failed_checks", []):
            called_by = item.get("caller_file_path") or item["file_path"]
            found = re.search(r"mutant_\d+", f"{item['file_path']} {called_by}")
            failed.setdefault(found[0] if found else "", set()).add(item["check_id"])
    assert "" not in failed, f"checkov fails without any mutant: {failed['']}"
    caught = {place: f"checkov {min(ids)}" for place, ids in failed.items()}
    return {identity: caught.get(place, "") for place, identity in places.items()}


def by_tests(files: list[str], checkout: Path, folder: Path) -> str:
    """The first test that fails, or ""."""
    caught = folder / "caught"
    caught.unlink(missing_ok=True)
    scratch = folder / "pytest"
    python_path = os.pathsep.join(str(checkout / part) for part in ("scripts", "tests"))
    for group in _groups(files):
        log = (folder / "log").open("w", encoding="utf-8")
        done = subprocess.run(
            [
                *(sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"),
                *("-p", "mutation.at_once", "-m", USUAL, f"--basetemp={scratch}", *group),
            ],
            cwd=checkout,
            env=_environment({"PYTHONPATH": python_path, CAUGHT: str(caught)}),
            stdout=log,
            stderr=subprocess.STDOUT,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        log.close()
        if caught.is_file():
            _end_local_clouds(scratch)
            return caught.read_text(encoding="utf-8")
        if done.returncode != 0:
            raise RuntimeError((folder / "log").read_text(encoding="utf-8")[-2000:])
    return ""


def _groups(files: list[str]) -> Iterator[list[str]]:
    """Files that share fixtures of a session run together."""
    iam = [path for path in files if path.startswith("tests/iam/")]
    for path in files:
        if path not in iam:
            yield [path]
        elif path == iam[0]:
            yield iam


def _end_local_clouds(scratch: Path) -> None:
    for path in scratch.rglob("endpoint.json"):
        os.kill(json.loads(path.read_text(encoding="utf-8"))["pid"], signal.SIGTERM)


def _environment(added: Mapping[str, str]) -> dict[str, str]:
    kept = ("PATH", "HOME", "LANG", "TMPDIR")
    return {**{key: os.environ[key] for key in kept if key in os.environ}, **added}


def main() -> int:
    """Run what has not been run, and write the report."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--workers", type=int, default=2, help="mutants at a time (default 2)")
    parser.add_argument("--module", action="append", default=[], help="only this one's")
    parser.add_argument("--name", default="", help="only those whose id matches this expression")
    parser.add_argument("--again", action="store_true", help="also those that were run before")
    parser.add_argument("--survivors", action="store_true", help="those that survived before")
    parser.add_argument("--results", type=Path, default=RESULTS, help="where results are kept")
    options = parser.parse_args()
    if not CHECKOV.is_file():
        parser.error("checkov is not set up; `make mutants` does so")
    mutants, store = all_mutants(), Store(options.results)

    def wanted(mutant: Mutant) -> bool:
        if options.module and mutant.module not in options.module:
            return False
        if not re.search(options.name, mutant.id):
            return False
        known = store.results.get(mutant.id)
        if known is None or known.digest != mutant.digest or options.again:
            return True
        return options.survivors and not known.caught_by

    def run(mutant: Mutant) -> bool:
        try:
            result = examine(mutant)
        except Exception as error:
            print(f"{mutant.id:58} FAILED TO RUN: {error}", flush=True)
            return False
        store.add(result)
        shown = result.caught_by or "SURVIVED"
        print(f"{mutant.id:58} {result.seconds:6.0f} s  {shown}", flush=True)
        return True

    todo = [mutant for mutant in mutants if wanted(mutant)]
    print(f"{len(todo)} of {len(mutants)} mutants to run.", flush=True)
    found = by_checkov(todo)
    for mutant in todo:
        if found[mutant.id]:
            store.add(Result(mutant.id, mutant.digest, found[mutant.id], 0.0))
            print(f"{mutant.id:58} {found[mutant.id]}", flush=True)
    todo = in_turn([mutant for mutant in todo if not found[mutant.id]])
    print(f"{len(todo)} are left for the tests.", flush=True)
    with ThreadPoolExecutor(options.workers) as pool:
        ran = list(pool.map(run, todo))
    caught = {key: result.caught_by for key, result in store.results.items()}
    stale = [
        mutant.id
        for mutant in mutants
        if mutant.id not in store.results or store.results[mutant.id].digest != mutant.digest
    ]
    if stale:
        print(f"{len(stale)} have not run yet, so docs/mutants.md stays as it was.")
        return 1
    share = write_report(mutants, caught)
    print(f"{share:.1%} caught; docs/mutants.md has the list.")
    return 0 if all(ran) and share >= 0.95 else 1


if __name__ == "__main__":
    sys.exit(main())
