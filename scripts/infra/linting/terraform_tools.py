"""terraform fmt and terraform validate."""

from __future__ import annotations

import os
import shutil
import tempfile
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra import hcl, processes
from infra.errors import LintToolError
from infra.linting import tools
from infra.linting.findings import Finding, Looked
from infra.linting.site import TERRAFORM_FOLDERS, Site
from infra.terraform.binary import Binary, find_terraform
from infra.terraform.provider import cli_configuration, ensure
from infra.trees import LOCK_FILE

FMT = "terraform-fmt"
VALIDATE = "terraform-validate"
BACKEND = "backend.tf"
ALL_MODULES = "all_modules"
"""The root module that calls every module, so that one run validates them all."""

_LEFT_OUT = shutil.ignore_patterns(".terraform", "*.tfstate*", "*.auto.tfvars.json")
_FORMATTED = ("*.tf", "*.tfvars")


def check_format(site: Site) -> Looked:
    """Find the files that `terraform fmt` would change."""
    changed = _fmt(site, ["-check"], accepted=(0, 3))
    findings = tuple(
        Finding(FMT, "unformatted", name, None, "terraform fmt would change it.", "make fmt")
        for name in changed
    )
    return Looked(len(_formatted(site)), findings)


def fix_format(site: Site) -> None:
    """Format all files."""
    _fmt(site, [], accepted=(0,))


def _formatted(site: Site) -> list[Path]:
    return site.matching(*(f"{top}/{end}" for top in TERRAFORM_FOLDERS for end in _FORMATTED))


def _fmt(site: Site, arguments: list[str], accepted: tuple[int, ...]) -> list[str]:
    """The names of the files that are changed, or would be."""
    files = [str(path) for path in _formatted(site)]
    if not files:
        return []
    command = [*find_terraform().arguments, "fmt", "-list=true", *arguments, *files]
    # A file that does not parse is validate's to tell.
    done = tools.run(site, command, accepted=(*accepted, 2))
    return [site.name(line) for line in done.stdout.splitlines() if line.strip()]


def check_validity(site: Site) -> Looked:
    """Validate modules and root modules, without any backend or credentials.

    Loading the provider's schema takes seconds, so root modules with the same code share one run,
    and so do all modules: a root module calls each with unknown inputs, which is how Terraform
    validates a module by itself.
    """
    modules = sorted({path.parent for path in site.matching("modules/*.tf")})
    roots = sorted({path.parent for path in site.terraform_files} - set(modules))
    if not site.terraform_files:
        return Looked(0)
    locked = _locked(roots)
    binary = find_terraform()
    mirror = ensure(site.repository, binary, locked, lambda _text: None)
    findings: dict[Finding, None] = {}
    with tempfile.TemporaryDirectory(prefix="lint-") as temporary:
        scratch = Path(temporary).resolve()
        (scratch / "cli.tfrc").write_text(cli_configuration(mirror), encoding="utf-8")
        for top in TERRAFORM_FOLDERS:
            if (site.root / top).is_dir():
                shutil.copytree(site.root / top, scratch / top, ignore=_LEFT_OUT)
        lock = (locked / LOCK_FILE).read_bytes()
        places = []
        for root, *others in _alike(roots):
            places.append(scratch / root.relative_to(site.root))
            findings.update(dict.fromkeys(_backends(site, others)))
        if modules:
            places.append(_call_all(scratch, [path.relative_to(site.root) for path in modules]))
        for place in places:
            (place / LOCK_FILE).write_bytes(lock)
            findings.update(dict.fromkeys(_validate(scratch, place, binary)))
    return Looked(len(site.terraform_files), tuple(findings))


def _locked(roots: list[Path]) -> Path:
    """A root module that pins the provider; a test sees to it that all pin the same."""
    found = next((root for root in roots if (root / LOCK_FILE).is_file()), None)
    if found is None:
        raise LintToolError(
            f"No root module has a {LOCK_FILE}, so no provider is pinned.",
            hint="Restore it from git.",
        )
    return found


def _alike(roots: list[Path]) -> list[list[Path]]:
    """Root modules with the same code in one group: what holds for one holds for all."""
    groups: dict[tuple[tuple[str, bytes], ...], list[Path]] = {}
    for root in roots:
        files = (path for path in sorted(root.glob("*.tf")) if path.name != BACKEND)
        groups.setdefault(tuple((path.name, path.read_bytes()) for path in files), []).append(root)
    return list(groups.values())


def _backends(site: Site, roots: list[Path]) -> Iterator[Finding]:
    """The one file in which root modules with the same code differ. Its values are init's to judge,
    which `infra plan` runs; whether it parses shows here."""
    for path in (root / BACKEND for root in roots):
        try:
            hcl.read(path)
        except (OSError, ValueError):
            told = "It is missing, or is not valid HCL."
            yield Finding(VALIDATE, "error", site.name(path), None, told, "Correct it.")


def _call_all(scratch: Path, modules: list[Path]) -> Path:
    """Write the root module that calls every module. What does not parse is called without inputs,
    and Terraform says what is wrong with it."""
    place = scratch / ALL_MODULES
    place.mkdir()
    parts = []
    for folder in modules:
        names: list[str] = []
        for path in sorted((scratch / folder).glob("*.tf")):
            try:
                names += hcl.labelled(hcl.read(path), "variable")
            except ValueError:
                continue
        variables = {name: f"{folder.name}_{name}" for name in names}
        parts += [f'variable "{variable}" {{}}' for variable in variables.values()]
        inputs = [f"  {name} = var.{variable}" for name, variable in variables.items()]
        parts += [
            f'module "{folder.name}" {{',
            f'  source = "../{folder.as_posix()}"',
            *inputs,
            "}",
        ]
    (place / "main.tf").write_text("\n".join(parts) + "\n", encoding="utf-8")
    return place


def _validate(scratch: Path, place: Path, binary: Binary) -> Iterator[Finding]:
    environment = tools.surroundings(
        {
            "TF_CLI_CONFIG_FILE": str(scratch / "cli.tfrc"),
            "TF_DATA_DIR": str(scratch / "data" / place.name),
        }
    )
    command = [*binary.arguments, f"-chdir={place}"]
    init = processes.run(
        [*command, "init", "-backend=false", "-input=false", "-json"], environment=environment
    )
    done = processes.run([*command, "validate", "-json"], environment=environment)
    answer = tools.parsed("terraform validate", done)
    diagnostics: list[dict[str, Any]] = answer["diagnostics"]
    # Whatever stopped init is wrong in the files, and told with its place; or validate would pass.
    if init.returncode != 0 and not diagnostics:
        raise tools.failure("terraform init", "failed", init)
    for diagnostic in diagnostics:
        where = diagnostic.get("range") or {}
        if not where and init.returncode != 0:
            raise tools.failure("terraform init", "failed", init)
        yield _finding(scratch, place, diagnostic, where)


def _finding(
    scratch: Path, place: Path, diagnostic: dict[str, Any], where: dict[str, Any]
) -> Finding:
    path = Path(os.path.normpath(place / where.get("filename", "main.tf")))
    detail = " ".join(str(diagnostic.get("detail", "")).split())
    message = f"{diagnostic['summary']}: {detail}" if detail else str(diagnostic["summary"])
    try:
        name = path.relative_to(scratch).as_posix()
    except ValueError as error:
        raise LintToolError(f"terraform validate speaks of {path}.") from error
    return Finding(
        VALIDATE,
        str(diagnostic["severity"]),
        name,
        where.get("start", {}).get("line"),
        message,
        "Correct the configuration; `terraform validate` in that folder says the same.",
    )
