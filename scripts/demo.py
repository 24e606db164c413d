"""Three releases on their way to prod, in a copy of this checkout: `make demo`.

The copy has its own origin and its own local cloud, so nothing of yours is touched, and it is
removed at the end. Everything that is shown are the commands of this repository and their output.
"""

from __future__ import annotations

import argparse
import json
import os
import shutil
import signal
import subprocess
import sys
import tempfile
import time
import urllib.request
from collections.abc import Sequence
from concurrent.futures import Future, ThreadPoolExecutor
from pathlib import Path
from typing import Any

import yaml

ROOT = Path(__file__).resolve().parents[1]
ENVIRONMENTS = ("dev", "staging", "prod")
LOCUST = ".venv-locust"
KEPT = Path(".local") / "demo"
BAKE_SECONDS = 1
LOAD = {"seconds": 1, "minimum_requests": 10}
WINDOW_SECONDS = 1800
SLOW = ("budget", "firewall")
WITHOUT = "\nbudget   = null\nfirewall = { enabled = false }\n"
SHOWN = ("✓", "✗", "=", "Error", *ENVIRONMENTS)
"""How the lines begin that are shown of a command's output."""


Answer = subprocess.CompletedProcess[str]


class DemoError(Exception):
    """The story went another way than it should."""


class Demo:
    """The copy, and the commands in it."""

    def __init__(self, folder: Path) -> None:
        self._root = folder / "checkout"
        self._origin = folder / "origin.git"
        self._begun = time.monotonic()
        self._beside = ThreadPoolExecutor(1)
        self._in_dev: Future[list[tuple[tuple[str, ...], Answer]]]

    def tell(self, text: str) -> None:
        """The next part of the story, and when it begins."""
        passed = time.monotonic() - self._begun
        sys.stdout.write(f"\n[{passed:5.0f} s] {text}\n")
        sys.stdout.flush()

    def prepare(self) -> None:
        """Copy what is committed, with an origin of its own."""
        _git("clone", "--quiet", "--bare", str(ROOT), str(self._origin))
        _git("clone", "--quiet", str(self._origin), str(self._root))
        if (ROOT / LOCUST).is_dir():
            (self._root / ".git" / "info" / "exclude").write_text(f"{LOCUST}\n")
            (self._root / LOCUST).symlink_to(ROOT / LOCUST)
        for name in ENVIRONMENTS:
            self._hurry(self._root / "environments" / name)
        self.commit("Watch the alarms for seconds, without a firewall and a budget")

    def _hurry(self, environment: Path) -> None:
        """Watch the alarms and load the service for seconds; with no firewall and no budget.

        The provider works for seconds on each plan of a web ACL, and waits five seconds before it
        reads a budget (docs/field_notes.md).
        """
        values = environment / "terraform.tfvars"
        lines = values.read_text(encoding="utf-8").splitlines()
        kept = [line for line in lines if not line.startswith(SLOW)]
        values.write_text("\n".join(kept) + WITHOUT, encoding="utf-8")
        path = environment / "environment.yaml"
        described = yaml.safe_load(path.read_text(encoding="utf-8"))
        described["verify"] = {**(described.get("verify") or {}), "bake_seconds": BAKE_SECONDS}
        if "load-test" in (described.get("gates") or {}):
            described["gates"]["load-test"] |= LOAD
        path.write_text(yaml.safe_dump(described, sort_keys=False), encoding="utf-8")

    def commit(self, message: str) -> None:
        """Commit and push everything in the copy."""
        self._git("add", "--all")
        self._git("commit", "--quiet", "--allow-empty", "--message", message)
        self._git("push", "--quiet", "origin", "HEAD")

    def begin(self) -> None:
        """Three applied environments: those of the last demo of the same commit, else new ones."""
        kept, mine = self._kept(), self._root / ".local" / "cloud" / "saved"
        if kept.is_dir():
            self.tell("Three accounts as the last demo of this commit began with them")
            shutil.copytree(kept, mine)
            self._run("local", "start")
            return
        self.tell("Three empty accounts get their environments (about a minute, and only once)")
        self.apply_all()
        self._run("local", "stop")
        shutil.rmtree(kept.parent, ignore_errors=True)
        half = kept.with_suffix(".new")
        shutil.copytree(mine, half)
        half.rename(kept)
        self._run("local", "start")

    def _kept(self) -> Path:
        return ROOT / KEPT / self._git("rev-parse", "HEAD^{tree}")

    def apply_all(self) -> None:
        """The first apply of each: it waits for S3's lifecycle rules, so all do at once."""
        with ThreadPoolExecutor(len(ENVIRONMENTS)) as pool:
            answers = pool.map(lambda name: self._silent("apply", name), ENVIRONMENTS)
            for name, answer in zip(ENVIRONMENTS, answers, strict=True):
                sys.stdout.write(f"  $ infra apply {name}: {_last(answer.stdout, 'Done:')}\n")
                self._expect(answer, 0)

    def release(self, model: str, *options: str) -> str:
        """Build an image, make a release of it, and begin to apply and verify that in dev."""
        revision = f"org.opencontainers.image.revision={self._git('rev-parse', 'HEAD')}"
        pushed = self._json("local", "image", "push", "dev", "--label", revision, *options)
        image = str(pushed["digest"])
        made = self._json(
            *("release", "create", "--image", image),
            *("--data", "trends-2026.11.25", "--model", model, "--pin", "dev"),
        )
        name = str(made["id"])
        sys.stdout.write(f"  {model} is the release {name}, image {image[:19]}...\n")
        self.commit(f"dev: {name}")
        self._in_dev = self._beside.submit(self._prove)
        return name

    def verified(self) -> None:
        """Wait until dev has verified the release."""
        for words, answer in self._in_dev.result():
            said = _last(answer.stdout, "Done", "Verif")
            sys.stdout.write(f"  $ infra {' '.join(words)}: {said}\n")
            self._expect(answer, 0)

    def _prove(self) -> list[tuple[tuple[str, ...], Answer]]:
        return [(words, self._silent(*words)) for words in (("apply", "dev"), ("verify", "dev"))]

    def promote(self, source: str, target: str, *options: str, code: int = 0) -> None:
        """Promote, and commit the pin."""
        self._run("promote", source, target, *options, code=code)
        self.commit(f"{target}: promoted")

    def show(self, *arguments: str) -> None:
        """Run a command and show what it says."""
        self._run(*arguments)

    def wait(self, seconds: int) -> None:
        """Let time pass in the local cloud alone."""
        address = str(self._json("local", "status")["url"])
        request = urllib.request.Request(  # noqa: S310
            f"{address}/local/clock/advance?seconds={seconds}", method="POST"
        )
        with _direct().open(request, timeout=60):
            pass

    def end(self) -> None:
        """Stop the local cloud of the copy."""
        if self._root.is_dir():
            self._silent("local", "stop")

    def _run(self, *arguments: str, code: int = 0) -> None:
        sys.stdout.write(f"  $ infra {' '.join(arguments)}\n")
        sys.stdout.flush()
        answer = self._silent(*arguments)
        lines = f"{answer.stderr}{answer.stdout}".splitlines()
        told = [
            line
            for line in lines
            if line.startswith(SHOWN) or {"history", "ledger"} & set(arguments)
        ]
        for line in told:
            sys.stdout.write(f"  {line}\n")
        self._expect(answer, code)

    def _json(self, *arguments: str) -> dict[str, Any]:
        answer = self._silent(*arguments, "--json")
        self._expect(answer, 0)
        result = json.loads(answer.stdout)["result"]
        return dict(result)

    def _silent(self, *arguments: str) -> Answer:
        variables = {
            **os.environ,
            "PYTHONPATH": str(ROOT / "scripts"),
            "COLUMNS": "110",
        }
        return subprocess.run(
            [sys.executable, "-m", "infra", "-C", str(self._root), *arguments],
            env=variables,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            check=False,
        )

    def _expect(self, answer: Answer, code: int) -> None:
        if answer.returncode != code:
            raise DemoError(
                f"It ended with {answer.returncode}, not {code}:\n{answer.stdout}{answer.stderr}"
            )

    def _git(self, *arguments: str) -> str:
        settings = ("-c", "user.name=demo", "-c", "user.email=demo@example.com")
        return _git("-C", str(self._root), *settings, *arguments)


def _direct() -> urllib.request.OpenerDirector:
    """What opens addresses of this machine, whatever proxy the shell names."""
    return urllib.request.build_opener(urllib.request.ProxyHandler({}))


def _git(*arguments: str) -> str:
    done = subprocess.run(["git", *arguments], capture_output=True, text=True, check=False)
    if done.returncode != 0:
        raise DemoError(f"git {arguments[0]} failed: {done.stderr.strip()}")
    return done.stdout.strip()


def _last(text: str, *beginnings: str) -> str:
    found = [line for line in text.splitlines() if line.startswith(beginnings)]
    return found[-1] if found else "it said nothing"


def story(demo: Demo) -> None:
    """The story, from empty accounts to an emergency."""
    demo.tell("A copy of this checkout, with its own origin and local cloud")
    demo.prepare()
    demo.begin()
    demo.tell("Release 1: verified in dev, promoted to staging, and from there to prod")
    first = demo.release("ranker-1.5.0")
    demo.verified()
    demo.promote("dev", "staging", "--yes")
    demo.tell("Meanwhile dev gets release 2")
    demo.release("ranker-1.6.0", "--unhealthy-in", "prod")
    demo.promote("staging", "prod", "--yes")
    demo.tell("Release 2: healthy in staging, ill in prod. It is rolled back by itself")
    demo.verified()
    demo.promote("dev", "staging", "--yes")
    demo.tell("Meanwhile dev gets release 3")
    demo.release("ranker-1.6.1")
    demo.promote("staging", "prod", "--yes", code=30)
    demo.tell("The alarm on failed deployments rings on: half an hour passes in the local cloud")
    demo.wait(WINDOW_SECONDS)
    demo.tell("Release 3: mended")
    demo.verified()
    demo.promote("dev", "staging", "--yes")
    demo.promote("staging", "prod", "--yes")
    demo.tell("An emergency: back to release 1")
    demo.show("rollback", "prod", "--to", first, "--yes")
    demo.commit("prod: rolled back")
    demo.tell("What the ledgers say, and whether that can be believed")
    demo.show("history", "prod", "--limit", "40")
    for name in ENVIRONMENTS:
        demo.show("ledger", "verify", name)
    demo.tell(
        "That was it. Nothing of your own checkout was touched."
        "\nHow somebody else approves a promotion: docs/guides/promote.md"
    )


def main(arguments: Sequence[str] | None = None) -> int:
    """Tell the story in a temporary folder."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--keep", action="store_true", help="keep the copy, and say where it is")
    parser.add_argument("--fresh", action="store_true", help="forget what the last demo kept")
    options = parser.parse_args(arguments)
    if options.fresh:
        shutil.rmtree(ROOT / KEPT, ignore_errors=True)
    folder = Path(tempfile.mkdtemp(prefix="trending-now-demo-"))
    demo = Demo(folder)
    # Its local cloud must not outlive it.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    try:
        story(demo)
    except DemoError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    except KeyboardInterrupt:
        sys.stderr.write("Stopped.\n")
        return 130
    finally:
        demo.end()
        if options.keep:
            sys.stdout.write(f"The copy is in {folder / 'checkout'}.\n")
        else:
            shutil.rmtree(folder, ignore_errors=True)
    return 0


if __name__ == "__main__":
    sys.exit(main())
