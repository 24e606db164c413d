"""Each mutant still fits the code, and is Terraform that only its meaning speaks against."""

from __future__ import annotations

import json
import os
import re
import shutil
from pathlib import Path

import pytest

from harness.places import LEFT_OUT, MODULES, ROOT, module_names
from harness.terraform import LOCK_FILE, provider_mirror, readme_example
from infra import processes
from infra.targets import local_run
from infra.terraform.binary import find_terraform
from infra.terraform.provider import cli_configuration
from mutation.mutants import Mutant, MutantError, all_mutants
from mutation.runner import test_files

MUTANTS = all_mutants()
IN_MODULES = [mutant for mutant in MUTANTS if mutant.module in module_names()]


def terraform(folder: Path, *arguments: str) -> processes.Completed:
    """Run Terraform in a folder, without an account."""
    configuration = folder / "cli.tfrc"
    configuration.write_text(cli_configuration(provider_mirror()), encoding="utf-8")
    local = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(configuration)}
    return processes.run(
        [*find_terraform().arguments, f"-chdir={folder}", *arguments],
        environment={"PATH": os.environ["PATH"], **local_run(local).variables},
    )


def test_there_are_enough_and_each_module_has_some() -> None:
    assert len(MUTANTS) >= 60
    assert len({mutant.id for mutant in MUTANTS}) == len(MUTANTS)
    assert {mutant.module for mutant in MUTANTS} >= set(module_names())


@pytest.mark.parametrize("mutant", MUTANTS, ids=lambda mutant: mutant.id)
def test_it_fits_once_and_says_what_it_means(mutant: Mutant) -> None:
    for folder in mutant.folders:
        before = (ROOT / folder / mutant.file).read_text(encoding="utf-8")
        assert mutant.mutated(ROOT / folder) != before
    assert re.fullmatch(r"[a-z0-9]+(-[a-z0-9]+)*", mutant.name)
    assert mutant.means.endswith(".")
    assert mutant.survives == "" or mutant.survives.endswith(".")
    assert all((ROOT / path).is_file() for path in test_files(mutant))


@pytest.mark.terraform
def test_each_is_well_formed(tmp_path: Path) -> None:
    """In one run, because each would take a second."""
    for number, mutant in enumerate(MUTANTS):
        for place, folder in enumerate(mutant.folders):
            path = tmp_path / f"{number:03}_{place}.tf"
            path.write_text(mutant.mutated(ROOT / folder), encoding="utf-8")
    done = terraform(tmp_path, "fmt", "-check", "-list=true")
    wrong = [MUTANTS[int(line[:3])].id for line in done.stdout.splitlines()]
    assert (wrong, done.returncode) == ([], 0), done.stderr


@pytest.mark.terraform
def test_each_is_valid_terraform(tmp_path: Path) -> None:
    """The README's examples, with as many mutants together in a module as fit, in one run."""
    shutil.copytree(MODULES, tmp_path / "modules", ignore=LEFT_OUT)
    calls, together = [], _together(tmp_path)
    for name, mutants in together.items():
        module, case = mutants[0].module, tmp_path / "examples" / name
        case.mkdir(parents=True)
        example = readme_example(module)
        source = f'"../../modules/{module}"'
        assert source in example
        changed = example.replace(source, f'"../../modules/{name}"')
        (case / "main.tf").write_text(changed, encoding="utf-8")
        calls.append(f'module "{name}" {{\n  source = "./examples/{name}"\n}}\n')
    assert sum(len(mutants) for mutants in together.values()) == len(IN_MODULES)
    (tmp_path / "main.tf").write_text("\n".join(calls), encoding="utf-8")
    shutil.copy(LOCK_FILE, tmp_path / ".terraform.lock.hcl")
    done = terraform(tmp_path, "init", "-input=false", "-backend=false")
    assert done.returncode == 0, done.stdout + done.stderr
    said = json.loads(terraform(tmp_path, "validate", "-json").stdout)
    wrong = []
    for item in said["diagnostics"]:
        if item["severity"] == "error":
            found = re.search(r"mutants_\d+", item.get("range", {}).get("filename", ""))
            names = [mutant.id for mutant in together[found[0]]] if found else []
            wrong.append((item["summary"], item["detail"], names))
    assert wrong == []


def _together(folder: Path) -> dict[str, list[Mutant]]:
    """Copies of modules with mutants in them, by the copy's name."""
    made: dict[str, list[Mutant]] = {}
    for mutant in IN_MODULES:
        for name, others in made.items():
            if others[0].module == mutant.module and _put(mutant, folder / "modules" / name):
                others.append(mutant)
                break
        else:
            name = f"mutants_{len(made):03}"
            shutil.copytree(MODULES / mutant.module, folder / "modules" / name, ignore=LEFT_OUT)
            assert _put(mutant, folder / "modules" / name)
            made[name] = [mutant]
    return made


def _put(mutant: Mutant, folder: Path) -> bool:
    """Put a mutant into a module, unless one that is there already is in its place."""
    try:
        text = mutant.mutated(folder)
    except MutantError:
        return False
    (folder / mutant.file).write_text(text, encoding="utf-8")
    return True
