"""Linting Terraform: fmt, validate, tflint where it is installed, checkov. `make lint` runs it."""

from __future__ import annotations

import argparse
import os
import shutil
import sys
import tempfile
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from infra import processes, rendering
from infra.environments import environment_names
from infra.errors import InfraError
from infra.repository import Repository, find_repository
from infra.targets import DEAD_END
from infra.terraform.binary import Binary, find_terraform
from infra.terraform.provider import cli_configuration, ensure

CHECKOV_SECONDS = 600.0
CHECKED = ("bootstrap", "environments", "modules")
PLACES = ", ".join(CHECKED)
SKIP = "#checkov:skip="


@dataclass(frozen=True)
class Finding:
    """What one tool said of one place. passed: None when the tool is not installed."""

    tool: str
    place: str
    passed: bool | None
    text: str = ""


def lint(repository: Repository, checkov: str | None) -> list[Finding]:
    """Run every linter over all modules and root modules."""
    binary = find_terraform()
    findings = [_format(repository, binary, fix=False)]
    findings += _validate(repository, binary)
    findings.append(_tflint(repository))
    findings.append(_checkov(repository, checkov))
    return findings


def _format(repository: Repository, binary: Binary, *, fix: bool) -> Finding:
    arguments = ["fmt", "-recursive"] if fix else ["fmt", "-check", "-diff", "-recursive"]
    texts = []
    passed = True
    for folder in (repository.modules, repository.environments, repository.bootstrap):
        done = processes.run([*binary.arguments, *arguments, str(folder)], environment=_quiet())
        passed &= done.returncode == 0
        texts.append(done.stdout + done.stderr)
    return Finding("terraform fmt", PLACES, passed, "".join(texts).strip())


def _validate(repository: Repository, binary: Binary) -> list[Finding]:
    """Validate each root module and each module, without any backend or credentials."""
    names = environment_names(repository)
    folder = repository.environments / names[0]
    lock = folder / ".terraform.lock.hcl"
    mirror = ensure(repository, binary, folder, lambda _text: None)
    findings = []
    with tempfile.TemporaryDirectory() as temporary:
        scratch = Path(temporary)
        configuration = scratch / "cli.tfrc"
        configuration.write_text(cli_configuration(mirror), encoding="utf-8")
        for part in ("modules", "environments", "bootstrap"):
            shutil.copytree(
                repository.root / part,
                scratch / part,
                ignore=shutil.ignore_patterns(".terraform", "*.tfstate*"),
            )
        modules = [path for path in sorted((scratch / "modules").iterdir()) if path.is_dir()]
        roots = [*(scratch / "environments" / name for name in names), scratch / "bootstrap"]
        for place in [*modules, *roots]:
            shutil.copy(lock, place / ".terraform.lock.hcl")
            findings.append(_validate_one(place, scratch, binary, configuration))
    return findings


def _validate_one(place: Path, scratch: Path, binary: Binary, configuration: Path) -> Finding:
    environment = {
        **_quiet(),
        "TF_CLI_CONFIG_FILE": str(configuration),
        "TF_DATA_DIR": str(scratch / "data" / place.name),
        "AWS_REGION": "eu-west-1",
    }
    shown = str(place.relative_to(scratch))
    for arguments in (
        ["init", "-backend=false", "-input=false", "-no-color"],
        ["validate", "-no-color"],
    ):
        done = processes.run(
            [*binary.arguments, f"-chdir={place}", *arguments], environment=environment
        )
        if done.returncode != 0 or "Warning" in done.stdout:
            text = (done.stdout + done.stderr).strip()
            return Finding("terraform validate", shown, False, text)
    return Finding("terraform validate", shown, True)


def _tflint(repository: Repository) -> Finding:
    path = shutil.which("tflint")
    if path is None:
        return Finding(
            "tflint",
            PLACES,
            None,
            "tflint is not installed here, so its rules were NOT checked; CI checks them.",
        )
    configuration = repository.root / ".tflint.hcl"
    arguments = [path, "--recursive", f"--config={configuration}", "--no-color"]
    processes.run([path, "--init", f"--config={configuration}"], environment=os.environ)
    done = processes.run(arguments, environment=os.environ, directory=repository.root)
    text = (done.stdout + done.stderr).strip()
    return Finding("tflint", PLACES, done.returncode == 0, text)


def _checkov(repository: Repository, checkov: str | None) -> Finding:
    path = checkov or shutil.which("checkov")
    if path is None:
        return Finding("checkov", PLACES, None, "checkov is not installed.")
    text = ""
    folders = [name for name in CHECKED if (repository.root / name).is_dir()]
    # One run each: given several folders at once, checkov looks at the first again and again.
    for folder in folders:
        done = processes.run(
            [
                *(str(Path(path).absolute()), "--directory", folder),
                *("--config-file", str(repository.root / ".checkov.yaml")),
            ],
            environment={**_quiet(), "HTTPS_PROXY": DEAD_END, "HTTP_PROXY": DEAD_END},
            directory=repository.root,
            timeout=CHECKOV_SECONDS,
        )
        if done.returncode != 0:
            text += done.stdout + done.stderr
    place = f"{', '.join(folders)} ({_skips(repository, folders)} skips, each with its reason)"
    return Finding("checkov", place, not text, text.strip())


def _skips(repository: Repository, folders: Sequence[str]) -> int:
    """How many checks are skipped on one resource each; .checkov.yaml skips none."""
    files = (path for folder in folders for path in (repository.root / folder).rglob("*.tf"))
    return sum(path.read_text(encoding="utf-8").count(SKIP) for path in files)


def _quiet() -> Mapping[str, str]:
    kept = ("PATH", "HOME", "LANG", "TMPDIR", "TERM")
    return {
        **{key: value for key, value in os.environ.items() if key in kept},
        "CHECKPOINT_DISABLE": "1",
        "TF_CLI_CONFIG_FILE": os.devnull,
    }


def main(arguments: Sequence[str] | None = None) -> int:
    """Lint, or with --fix format; print what was found; return the exit code."""
    parser = argparse.ArgumentParser(prog="python -m infra.lint", description=__doc__)
    parser.add_argument("--checkov", help="the checkov program")
    parser.add_argument("--fix", action="store_true", help="format Terraform files instead")
    options = parser.parse_args(arguments)
    console = rendering.console()
    try:
        repository = find_repository(Path.cwd())
        if options.fix:
            findings = [_format(repository, find_terraform(), fix=True)]
        else:
            findings = lint(repository, options.checkov)
    except InfraError as error:
        rendering.console(stderr=True).print(rendering.error(error))
        return error.exit_code
    marks = {True: "passed", False: "FAILED", None: "not run"}
    for finding in findings:
        console.print(f"{marks[finding.passed]:8} {finding.tool}: {finding.place}", markup=False)
        if finding.text and not finding.passed:
            console.print(finding.text, markup=False)
    return 1 if any(finding.passed is False for finding in findings) else 0


if __name__ == "__main__":
    sys.exit(main())
