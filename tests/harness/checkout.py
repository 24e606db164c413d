"""A small checkout with two environments that need no AWS resources, so that it is fast."""

from __future__ import annotations

import contextlib
import os
import shlex
import shutil
import subprocess
import sys
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

import psutil

from harness import modes, preloaded, schemas, warm
from harness.terraform import LOCK_FILE, provider_mirror
from harness.waiting import wait_until
from infra import accounts
from infra.backend import load_backend
from infra.environments import load_environment
from infra.local_cloud import LocalCloud
from infra.repository import Repository

TIMEOUT_SECONDS = 400.0
INFRA = [sys.executable, "-m", "infra"]

MAIN_TF = """\
terraform {
  required_version = ">= 1.11"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100, < 7.0"
    }
  }
}

variable "size" {
  type    = number
  default = 2
  validation {
    condition     = var.size %% 2 == 0
    error_message = "size must be even, for example 2."
  }
}

resource "terraform_data" "thing" {
  input = var.size
%s}

output "size" {
  value = terraform_data.thing.output
}
"""

HELD = """\

  provisioner "local-exec" {
    command = "touch '%(begun)s'; until test -e '%(go_on)s'; do sleep 0.1; done"
  }
"""

BACKEND_TF = """\
terraform {
  backend "s3" {
    bucket              = "%(bucket)s"
    key                 = "%(name)s/terraform.tfstate"
    region              = "eu-west-1"
    use_lockfile        = true
    allowed_account_ids = ["%(account)s"]
  }
}
"""

ENVIRONMENT_YAML = """\
name: %(name)s
account_id: "%(account)s"
region: eu-west-1
target: local
promotes_from: null
"""

ACCOUNTS = {"dev": "111111111111", "staging": "222222222222"}


@dataclass(frozen=True)
class Answer:
    """What the command printed, and its exit code."""

    code: int
    out: str
    err: str

    def __post_init__(self) -> None:
        modes.answered(self.code, self.out, self.err)

    @property
    def json(self) -> Any:
        """Standard output, which must be one JSON document, as docs/schemas says."""
        return schemas.parsed(self.out)


def line_with(answer: Answer, words: str) -> str:
    """The line of an answer that has these words."""
    return next(line for line in (answer.out + answer.err).splitlines() if words in line)


@dataclass
class Checkout:
    """A scratch checkout.

    variables: what the user's shell has, beside the usual. expected_leaks: the destinations outside
    of this machine that the test means to try. kind: whose work it may share (see `warm`).
    """

    root: Path
    variables: dict[str, str] = field(default_factory=dict)
    expected_leaks: set[str] = field(default_factory=set)
    kind: str = ""

    def close(self) -> None:
        """Stop the local cloud; fail when a run tried to leave this machine."""
        self.let_go()
        refused = set(self.cloud.refused())
        self.cloud.stop()
        self.keep()
        assert refused == self.expected_leaks

    def keep(self) -> None:
        """Keep what later checkouts of its kind may share."""
        if self.kind:
            warm.keep(self.root, self.kind)

    @property
    def cloud(self) -> LocalCloud:
        """This checkout's local cloud."""
        return LocalCloud(self.root / ".local" / "cloud")

    def file(self, name: str, environment: str = "staging") -> Path:
        """A file of an environment."""
        return self.root / "environments" / environment / name

    def shell(self) -> Mapping[str, str]:
        """The process environment of the user's shell."""
        mirror = {"TF_PLUGIN_CACHE_DIR": str(provider_mirror().directory)}
        # pytest's workers have a width of 80, which users' pipes have not.
        usual = {name: value for name, value in os.environ.items() if name != "COLUMNS"}
        return {**usual, **mirror, **self.variables}

    def command(self, *arguments: str) -> list[str]:
        """The infra command's argument list."""
        return [*INFRA, "-C", str(self.root), *arguments]

    def infra(self, *arguments: str) -> Answer:
        """Run the infra command as a user does."""
        return self.run(self.command(*arguments), {})

    def run(self, command: Sequence[str], variables: Mapping[str, str]) -> Answer:
        """Run a program in the user's shell. variables: what the shell has besides."""
        environment = {**self.shell(), **variables}
        if list(command[: len(INFRA)]) == INFRA and preloaded.fits(environment):
            done = preloaded.run(command[len(INFRA) :], environment, TIMEOUT_SECONDS)
            return Answer(done.returncode, done.stdout, done.stderr)
        done = subprocess.run(
            list(command),
            env=environment,
            stdin=subprocess.DEVNULL,
            capture_output=True,
            text=True,
            timeout=TIMEOUT_SECONDS,
            check=False,
        )
        return Answer(done.returncode, done.stdout, done.stderr)

    def as_hinted(self, environment: str, command: str) -> Answer:
        """Run a command as a hint has it, in a shell that has entered the environment."""
        enter = shlex.join(self.command("local", "env", environment))
        return self.run(["bash", "-c", f'set -e; eval "$({enter})"; {command}'], {})

    def end_terraform(self) -> None:
        """End Terraform and providers of this checkout at once, as a reboot does."""
        for process in terraform_of(self):
            with contextlib.suppress(psutil.NoSuchProcess):
                process.kill()
        assert wait_until(lambda: not terraform_of(self))

    def start(self, *arguments: str) -> subprocess.Popen[str]:
        """Start the infra command and leave it running."""
        return subprocess.Popen(
            self.command(*arguments),
            env=self.shell(),
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    def hold_applies(self, environment: str = "staging") -> None:
        """Keep an apply at work until `let_go`."""
        held = HELD % {"begun": self._begun, "go_on": self._go_on}
        self.file("main.tf", environment).write_text(MAIN_TF % held)

    def wait_for_apply(self) -> None:
        """Wait until an apply is held; it has the state lock then."""
        assert wait_until(self._begun.exists), "no apply has begun"
        assert any(key.endswith(".tflock") for key in self.state_objects())

    def let_go(self) -> None:
        """Let the applies that are held, and those to come, end by themselves."""
        self._go_on.touch()

    @property
    def _begun(self) -> Path:
        return self.root / "begun"

    @property
    def _go_on(self) -> Path:
        return self.root / "go_on"

    def state_objects(self, environment: str = "staging") -> list[str]:
        """The keys in an environment's state bucket, but for the ledger and the identities' key."""
        bucket = load_backend(load_environment(Repository(self.root), environment)).bucket
        listed = self.client("s3", environment).list_objects_v2(Bucket=bucket).get("Contents", [])
        keys = [item["Key"] for item in listed]
        return [
            key
            for key in keys
            if not key.startswith("ledger/") and not key.endswith(".identity-key")
        ]

    def state(self, environment: str = "staging") -> bytes:
        """The state of an environment, as it is stored."""
        bucket = load_backend(load_environment(Repository(self.root), environment)).bucket
        key = f"{environment}/terraform.tfstate"
        stored = self.client("s3", environment).get_object(Bucket=bucket, Key=key)
        return bytes(stored["Body"].read())

    def client(self, service: str, environment: str = "staging") -> Any:
        """A boto3 client in an environment's account."""
        described = load_environment(Repository(self.root), environment)
        endpoint = self.cloud.running()
        assert endpoint is not None
        credentials = accounts.assume_role(described, endpoint)
        return accounts.client(service, described, endpoint, credentials)


def make_checkout(root: Path, *, untouched: bool = False) -> Checkout:
    """Write a checkout with two small environments. untouched: as git lays it, and slower."""
    (root / "modules").mkdir(parents=True)
    for name, account in ACCOUNTS.items():
        folder = root / "environments" / name
        folder.mkdir(parents=True)
        values = {"name": name, "account": account, "bucket": f"state-{account}"}
        (folder / "main.tf").write_text(MAIN_TF % "")
        (folder / "backend.tf").write_text(BACKEND_TF % values)
        (folder / "environment.yaml").write_text(ENVIRONMENT_YAML % values)
        shutil.copy(LOCK_FILE, folder / ".terraform.lock.hcl")
    if untouched:
        return Checkout(root)
    warm.give(root, "small")
    return Checkout(root, kind="small")


def terraform_of(checkout: Checkout) -> list[psutil.Process]:
    """Terraform and provider processes that work for a checkout."""
    found = []
    for process in psutil.process_iter(["environ", "status"]):
        data = (process.info["environ"] or {}).get("TF_DATA_DIR", "")
        alive = process.info["status"] != psutil.STATUS_ZOMBIE
        if data.startswith(str(checkout.root)) and alive:
            found.append(process)
    return found
