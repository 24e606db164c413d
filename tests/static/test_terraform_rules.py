"""The rules that the Terraform code keeps, and the seams where two files must say the same."""

from __future__ import annotations

import ast
import hashlib
import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml

from harness import hcl
from harness.places import BOOTSTRAP, ENVIRONMENTS, MODULES, ROOT, environment_names, module_names
from infra.backend import load_backend
from infra.environments import load_environment
from infra.linting import terraform_rules
from infra.linting.site import Site
from infra.repository import Repository
from infra.terraform.binary import MINIMUM_VERSION

LOCKED_HASHES = 29
LOCKED_HASHES_SHA256 = "2c9e4693a722daa865e4d701a8b7ab5d4f6f8a18725183fcf835e9dc979b6617"

FOLDERS = [MODULES / name for name in module_names()]
FOLDERS += [ENVIRONMENTS / name for name in environment_names()]
FOLDERS += [BOOTSTRAP]
MODULE_FILES = sorted(MODULES.glob("*/*.tf"))
FILES = sorted([*MODULE_FILES, *ENVIRONMENTS.glob("*/*.tf"), *BOOTSTRAP.glob("*.tf")])


def shown(path: Path) -> str:
    """A path as a test's id."""
    return str(path.relative_to(ROOT))


def code(path: Path) -> str:
    """A file without its comments and the texts meant for people, which may give examples."""
    kept = []
    for line in path.read_text(encoding="utf-8").splitlines():
        if not re.match(r"\s*(#|//|(error_message|description)\s*=)", line):
            kept.append(line)
    return "\n".join(kept)


def hashes(environment: str) -> list[str]:
    """The checksums in an environment's lock file."""
    document = hcl.parsed(ENVIRONMENTS / environment / ".terraform.lock.hcl")
    (block,) = document["provider"]
    return [hcl.text(value) for value in block['"registry.terraform.io/hashicorp/aws"']["hashes"]]


def test_the_code_keeps_the_rules_that_infra_lint_has() -> None:
    looked = terraform_rules.check(Site(Repository(ROOT)))
    assert looked.findings == ()
    assert looked.files == len(FILES)
    for folder in FOLDERS:
        assert hcl.variables(folder)
        assert hcl.outputs(folder)


def test_there_are_modules_and_environments_to_look_at() -> None:
    assert len(module_names()) >= 7
    assert environment_names() == ["dev", "prod", "staging"]
    assert len(FILES) >= 40


@pytest.mark.parametrize("path", FILES, ids=shown)
def test_the_code_does_not_know_where_it_is_tried_out(path: Path) -> None:
    text = path.read_text(encoding="utf-8").lower()
    for word in ("local cloud", "local_cloud", "is_local", "moto", "127.0.0.1"):
        assert not re.search(rf"\b{re.escape(word)}\b", text), word
    # In a sentence it may be VPC endpoints.
    assert not re.search(r"\bendpoints\b", code(path))


def test_the_environments_hold_the_same_code() -> None:
    def files(name: str) -> dict[str, str]:
        folder = ENVIRONMENTS / name
        return {p.name: p.read_text() for p in folder.glob("*.tf") if p.name != "backend.tf"}

    first, *others = environment_names()
    assert files(first)
    for other in others:
        assert files(other) == files(first), f"{other} differs from {first}"


def test_backends_differ_by_account_and_name_alone() -> None:
    shapes = set()
    for name in environment_names():
        account = yaml.safe_load((ENVIRONMENTS / name / "environment.yaml").read_text())
        text = (ENVIRONMENTS / name / "backend.tf").read_text()
        assert text.count(f'"{name}/') == 1
        assert account["account_id"] in text
        shapes.add(text.replace(account["account_id"], "ACCOUNT").replace(f'"{name}/', '"NAME/'))
    assert len(shapes) == 1


@pytest.mark.parametrize("name", environment_names())
def test_environment_yaml_and_backend_agree(name: str) -> None:
    described = yaml.safe_load((ENVIRONMENTS / name / "environment.yaml").read_text())
    (block,) = hcl.parsed(ENVIRONMENTS / name / "backend.tf")["terraform"]
    backend = block["backend"][0]['"s3"']
    account = described["account_id"]
    assert described["name"] == name
    assert [hcl.text(item) for item in backend["allowed_account_ids"]] == [account]
    assert hcl.text(backend["bucket"]).endswith(f"-{account}")
    assert hcl.text(backend["key"]) == f"{name}/terraform.tfstate"
    assert hcl.text(backend["region"]) == described["region"]
    assert backend["use_lockfile"] is True
    # It would ask for AES256 with each request, past the bucket's own KMS key.
    assert "encrypt" not in backend


@pytest.mark.parametrize("name", environment_names())
def test_bootstrap_finds_in_backend_tf_what_infra_finds(name: str) -> None:
    (pattern,) = re.findall(r'regex\("(.*?)", local\._backend', (BOOTSTRAP / "main.tf").read_text())
    text = (ENVIRONMENTS / name / "backend.tf").read_text()
    backend = load_backend(load_environment(Repository(ROOT), name))
    for key in ("bucket", "key"):
        expression = pattern.replace('\\"', '"').replace("\\\\", "\\").replace("${name}", key)
        assert re.findall(expression, text) == [getattr(backend, key)]


def test_bootstrap_keeps_its_state_where_it_says() -> None:
    (block,) = hcl.parsed(BOOTSTRAP / "backend.tf")["terraform"]
    backend = block["backend"][0]['"s3"']
    main = (BOOTSTRAP / "main.tf").read_text()
    assert f'_own_key = "{hcl.text(backend["key"])}"' in main
    assert backend["use_lockfile"] is True
    assert set(backend) - {"__is_block__"} == {"key", "use_lockfile"}


def test_each_environment_has_an_account_of_its_own() -> None:
    accounts = [
        yaml.safe_load((ENVIRONMENTS / name / "environment.yaml").read_text())["account_id"]
        for name in environment_names()
    ]
    assert len(set(accounts)) == len(accounts)


@pytest.mark.parametrize("folder", FOLDERS, ids=shown)
def test_versions_are_the_same_everywhere_and_those_that_infra_needs(folder: Path) -> None:
    (block,) = hcl.parsed(folder / "versions.tf")["terraform"]
    (providers,) = block["required_providers"]
    minimum = ".".join(map(str, MINIMUM_VERSION[:2]))
    assert hcl.text(block["required_version"]) == f">= {minimum}"
    assert MINIMUM_VERSION[2] == 0
    aws = {key.strip('"'): hcl.text(value) for key, value in providers["aws"].items()}
    assert aws == {"source": "hashicorp/aws", "version": ">= 5.100, < 7.0"}
    assert [key for key in providers if not key.startswith("__")] == ["aws"]


def test_lock_files_are_the_same_and_hold_the_published_checksums() -> None:
    roots = [*(ENVIRONMENTS / name for name in environment_names()), BOOTSTRAP]
    files = [root / ".terraform.lock.hcl" for root in roots]
    assert len({path.read_text() for path in files}) == 1
    (block,) = hcl.parsed(files[0])["provider"]
    body = block['"registry.terraform.io/hashicorp/aws"']
    assert hcl.text(body["version"]) == "5.100.0"
    assert hcl.text(body["constraints"]) == ">= 5.100.0, < 7.0.0"
    found = hashes(environment_names()[0])
    assert found == sorted(set(found))
    assert len(found) == LOCKED_HASHES
    digest = hashlib.sha256("\n".join(found).encode()).hexdigest()
    assert digest == LOCKED_HASHES_SHA256


def table(folder: Path, mark: str) -> list[list[str]]:
    """The rows of a README's table between marks, without its head."""
    text = (folder / "README.md").read_text(encoding="utf-8")
    found = re.search(rf"<!-- BEGIN {mark} -->\n(.*?)<!-- END {mark} -->", text, re.DOTALL)
    assert found is not None
    rows = [line.strip("|").split(" | ") for line in found.group(1).splitlines()[2:]]
    return [[cell.strip() for cell in row] for row in rows]


@pytest.mark.parametrize("module", module_names())
def test_a_readme_lists_the_inputs(module: str) -> None:
    found = [(row[0], row[1], row[-1]) for row in table(MODULES / module, "INPUTS")]
    assert found == [
        (f"`{v.name}`", v.description, "yes" if v.required else "no")
        for v in hcl.variables(MODULES / module)
    ]


@pytest.mark.parametrize("module", module_names())
def test_a_readme_shows_types_and_defaults(module: str) -> None:
    rows = {row[0].strip("`"): row for row in table(MODULES / module, "INPUTS")}

    def bare(value: str) -> str:
        return re.sub(r"[\s`]", "", value.removeprefix("${").removesuffix("}"))

    for variable in hcl.variables(MODULES / module):
        *_, kind, default, _required = rows[variable.name]
        declared = variable.type or ""
        assert bare(kind) == re.sub(r"\s", "", re.sub(r"^\$\{(.*)\}$", r"\1", declared))
        assert bare(default) == _default(variable)


def _default(variable: hcl.Variable) -> str:
    if variable.required:
        return "-"
    return re.sub(r"\s", "", _written(variable.default))


def _written(value: Any) -> str:
    """A value as it stands in HCL, with what python-hcl2 leaves of its quotes."""
    if value is None:
        return "null"
    if isinstance(value, bool):
        return str(value).lower()
    if isinstance(value, dict):
        return "{" + ",".join(f"{key}={_written(item)}" for key, item in value.items()) + "}"
    if isinstance(value, list):
        return "[" + ",".join(_written(item) for item in value) + "]"
    return str(value)


@pytest.mark.parametrize("module", module_names())
def test_a_readme_lists_the_outputs(module: str) -> None:
    found = [(row[0], row[1]) for row in table(MODULES / module, "OUTPUTS")]
    expected = hcl.outputs(MODULES / module).items()
    assert found == [(f"`{name}`", description) for name, description in expected]


def test_a_check_is_skipped_on_one_resource_and_with_a_reason() -> None:
    settings = yaml.safe_load((ROOT / ".checkov.yaml").read_text(encoding="utf-8"))
    assert {"skip-check", "skip-path", "baseline"}.isdisjoint(settings)
    for path in (path for top in (BOOTSTRAP, ENVIRONMENTS, MODULES) for path in top.rglob("*.tf")):
        for line in path.read_text(encoding="utf-8").splitlines():
            if "checkov:skip" in line:
                assert re.fullmatch(r" +#checkov:skip=CKV2?_(AWS|TN)_\d+:[A-Z].{30,}\.", line), line


def test_the_list_of_modules_is_whole() -> None:
    text = (MODULES / "README.md").read_text(encoding="utf-8")
    assert sorted(re.findall(r"^\| \[(\w+)\]\(\1/README\.md\) \|", text, re.MULTILINE)) == (
        module_names()
    )


@pytest.mark.parametrize("module", module_names())
def test_each_module_has_tests_that_apply_its_example(module: str) -> None:
    path = ROOT / "tests" / "modules" / f"test_{module}.py"
    assert path.is_file()
    assert f'MODULE = "{module}"' in path.read_text(encoding="utf-8")


def imports(path: Path) -> Iterator[str]:
    """The names of the modules that a Python file imports."""
    for node in ast.walk(ast.parse(path.read_text(encoding="utf-8"))):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom):
            yield node.module or ""


@pytest.mark.parametrize(("package", "stranger"), [("infra", "local_aws"), ("local_aws", "infra")])
def test_the_command_and_the_local_cloud_do_not_import_each_other(
    package: str, stranger: str
) -> None:
    files = sorted((ROOT / "scripts" / package).rglob("*.py"))
    assert len(files) > 10
    found = {
        shown(path)
        for path in files
        for name in imports(path)
        if name.split(".")[0] in (stranger, "scripts")
    }
    assert found == set()
