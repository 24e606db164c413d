"""What whoever runs `infra lint` meets."""

from __future__ import annotations

import json
import os
import re
import shlex
import shutil
import subprocess
import sys
import tomllib
from collections.abc import Callable
from pathlib import Path
from xml.etree import ElementTree

import pytest
import yaml

from harness import schemas
from harness.places import ENVIRONMENTS, ROOT
from harness.terraform import provider_mirror
from infra.linting import running
from infra.linting.registry import CHECKS
from infra.terraform.binary import find_terraform
from infra.terraform.provider import cli_configuration
from linting.workflow_seeds import COMMIT

Lint = Callable[..., subprocess.CompletedProcess[str]]
PINNED = f"jobs:\n  job:\n    steps:\n      - uses: actions/checkout@{COMMIT} # v4.2.2\n"
WORKFLOW = ".github/workflows/one.yml"


@pytest.fixture
def tree(tmp_path: Path) -> Path:
    """A checkout with one workflow and the linters' environment."""
    for folder in ("environments/dev", "modules", ".github/workflows"):
        (tmp_path / folder).mkdir(parents=True)
    (tmp_path / WORKFLOW).write_text(PINNED)
    (tmp_path / ".venv-lint").symlink_to(ROOT / ".venv-lint")
    (tmp_path / ".venv-checkov").symlink_to(ROOT / ".venv-checkov")
    return tmp_path


@pytest.fixture
def lint(tree: Path) -> Lint:
    """Run the command there."""

    def run(*arguments: str, **variables: str) -> subprocess.CompletedProcess[str]:
        command = [sys.executable, "-m", "infra", "-C", str(tree), "lint", *arguments]
        return subprocess.run(
            command,
            env={**os.environ, "PYTHONPATH": str(ROOT / "scripts"), **variables},
            cwd=tree,
            capture_output=True,
            text=True,
            timeout=300,
            check=False,
        )

    return run


def test_a_clean_tree_is_told_in_one_table(lint: Lint) -> None:
    done = lint("--only", "action-pins", "--only", "dated-facts")
    assert done.returncode == 0
    assert re.search(r"^Check +Status +Files +Findings +Seconds", done.stdout, re.MULTILINE)
    assert re.search(r"^action-pins +clean +1 +0 +\d+\.\d", done.stdout, re.MULTILINE)
    assert re.search(r"^Clean in \d+ s\.$", done.stdout, re.MULTILINE)


def test_a_finding_says_where_what_and_what_to_do(lint: Lint, tree: Path) -> None:
    (tree / WORKFLOW).write_text(PINNED.replace(COMMIT, "v4"))
    done = lint("--only", "action-pins")
    assert done.returncode == 3
    assert f"  {WORKFLOW}:4  unpinned-action  actions/checkout is pinned to v4" in done.stdout
    assert "Pin the commit's 40 digits" in done.stdout
    assert re.search(r"^action-pins +findings +1 +1 ", done.stdout, re.MULTILINE)


def test_findings_can_be_had_in_three_forms_for_programs(lint: Lint, tree: Path) -> None:
    (tree / WORKFLOW).write_text(PINNED.replace(COMMIT, "v4"))
    sarif, junit = tree / "lint.sarif", tree / "lint.xml"
    done = lint("--only", "action-pins", "--sarif", str(sarif), "--junit", str(junit), "--json")
    assert done.returncode == 3
    result = schemas.parsed(done.stdout)["result"]
    assert result["exit_code"] == 3
    assert [check["status"] for check in result["checks"]] == ["findings"]
    ((finding),) = result["findings"]
    assert (finding["file"], finding["line"]) == (WORKFLOW, 4)
    (run,) = json.loads(sarif.read_text())["runs"]
    (told,) = run["results"]
    place = told["locations"][0]["physicalLocation"]
    assert (told["ruleId"], told["level"]) == ("unpinned-action", "error")
    assert (place["artifactLocation"]["uri"], place["region"]["startLine"]) == (WORKFLOW, 4)
    assert run["tool"]["driver"]["rules"][told["ruleIndex"]]["id"] == "unpinned-action"
    suites = ElementTree.parse(junit).getroot()  # noqa: S314
    assert suites.get("failures") == "1"
    failure = suites.find("testsuite[@name='action-pins']/testcase/failure")
    assert failure is not None
    assert WORKFLOW in str(failure.text)


def test_a_tool_that_is_not_set_up_is_said_and_nothing_passes(lint: Lint, tree: Path) -> None:
    (tree / ".venv-lint").unlink()
    done = lint("--only", "action-pins", "--only", "shellcheck")
    assert done.returncode == 4
    assert re.search(r"^shellcheck +not installed +- +- ", done.stdout, re.MULTILINE)
    assert "`make venv-lint` sets it up" in done.stdout
    assert "Nothing found, but not all was checked" in done.stdout


def test_tflint_may_be_missing_unless_it_is_asked_for(lint: Lint, tmp_path: Path) -> None:
    assert {check.name for check in running.chosen(()) if check.tolerated} == {"tflint"}
    done = lint("--only", "tflint", PATH=str(tmp_path))
    assert done.returncode == 4
    assert "were NOT checked" in done.stdout


def test_what_tflint_says_is_taken_in(lint: Lint, tree: Path) -> None:
    # No registry has tflint: a stand-in answers in its form of JSON.
    issue = {
        "rule": {"name": "aws_security_group_inline_rules", "severity": "warning", "link": "https"},
        "message": "Use rules of their own.",
        "range": {"filename": "modules/a/main.tf", "start": {"line": 7, "column": 1}},
    }
    answer = json.dumps({"issues": [issue], "errors": []})
    program = tree / "bin" / "tflint"
    program.parent.mkdir()
    program.write_text(f"#!/bin/sh\ntest \"$1\" = --init || {{ echo '{answer}'; exit 2; }}\n")
    program.chmod(0o755)
    done = lint("--only", "tflint", PATH=f"{program.parent}:{os.environ['PATH']}")
    assert done.returncode == 3
    assert "modules/a/main.tf:7  aws_security_group_inline_rules" in done.stdout


def test_a_policy_that_checkov_cannot_load_is_no_pass(lint: Lint, tree: Path) -> None:
    (tree / "policies" / "terraform").mkdir(parents=True)
    (tree / "policies" / "terraform" / "__init__.py").write_text("")
    (tree / "policies" / "terraform" / "broken.py").write_text("import nowhere\n")
    (tree / "environments" / "dev" / "main.tf").write_text('resource "terraform_data" "a" {}\n')
    (tree / ".checkov.yaml").write_text((ROOT / ".checkov.yaml").read_text())
    done = lint("--only", "checkov")
    assert done.returncode == 4
    assert "checkov logged an error" in done.stdout


@pytest.mark.parametrize(
    ("does", "told"),
    [
        ("echo 'out of memory' >&2; exit 137", "ended with exit code 137"),
        ("echo 'Looks good to me!'", "did not answer in JSON"),
        ("echo '{}'", "not in the form that is known here"),
    ],
)
def test_a_tool_that_breaks_fails_nothing_but_its_check(
    lint: Lint, tree: Path, does: str, told: str
) -> None:
    (tree / ".venv-lint").unlink()
    program = tree / ".venv-lint" / "bin" / "shellcheck"
    program.parent.mkdir(parents=True)
    program.write_text(f"#!/bin/sh\n{does}\n")
    program.chmod(0o755)
    (tree / "run.sh").write_text("#!/bin/sh\n")
    done = lint("--only", "shellcheck", "--only", "action-pins")
    assert done.returncode == 4
    assert told in done.stdout
    assert "Traceback" not in done.stdout + done.stderr
    assert re.search(r"^action-pins +clean ", done.stdout, re.MULTILINE)


def test_a_check_that_there_is_not_is_refused_with_those_that_there_are(lint: Lint) -> None:
    done = lint("--only", "pylint")
    assert done.returncode == 1
    assert "There is no check named 'pylint'." in done.stderr
    assert "ruff" in done.stderr


def test_what_needs_no_decision_is_repaired(lint: Lint, tree: Path) -> None:
    layout = ("--only", "ruff-format", "--only", "terraform-fmt")
    python, terraform = tree / "untidy.py", tree / "environments" / "dev" / "main.tf"
    python.write_text("x = {  'a':1 }\n")
    terraform.write_text("locals {\na=1\n}\n")
    assert lint(*layout).returncode == 3
    assert lint("--fix", *layout).returncode == 0
    assert (python.read_text(), terraform.read_text()) == (
        'x = {"a": 1}\n',
        "locals {\n  a = 1\n}\n",
    )
    assert lint(*layout).returncode == 0


def test_a_plan_that_is_none_is_refused(lint: Lint, tree: Path) -> None:
    (tree / "other.json").write_text("{}")
    done = lint("--plan", "other.json")
    assert done.returncode == 1
    assert "is JSON, but not that of a plan" in done.stderr
    done = lint("--plan", "dev-0000")
    assert done.returncode == 1
    assert "No kept plan" in done.stderr


LOOK = """\
#!/bin/sh
for argument; do case "$argument" in *plan.json) plan="$argument";; esac; done
echo "$plan" > told
stat -c %a "$plan" >> told
cat "$plan" >> told
echo '{"results": {"failed_checks": []}}'
"""
"""In checkov's place: what checkov makes of a plan is tried out with the faults."""


def test_a_kept_plan_reaches_checkov_whole_and_unseen_by_others(lint: Lint, tree: Path) -> None:
    root = tree / "environments" / "dev"
    kept = tree / ".local" / "plans" / "dev" / "dev-1111-2222-3333-4444"
    kept.mkdir(parents=True)
    shutil.copy(ENVIRONMENTS / "dev" / ".terraform.lock.hcl", root)
    (kept / "manifest.json").write_text("{}")
    (root / "main.tf").write_text(
        'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n'
        'resource "terraform_data" "thing" {}\n'
    )
    mirror = tree / "mirror.tfrc"
    mirror.write_text(cli_configuration(provider_mirror()))
    variables = {"TF_DATA_DIR": str(tree / "data"), "TF_CLI_CONFIG_FILE": str(mirror)}
    for arguments in (["init"], ["plan", f"-out={kept / 'plan.tfplan'}"]):
        subprocess.run(
            [*find_terraform().arguments, f"-chdir={root}", *arguments, "-input=false"],
            env={**os.environ, **variables, "CHECKPOINT_DISABLE": "1"},
            capture_output=True,
            check=True,
        )
    (tree / ".venv-checkov").unlink()
    checkov = tree / ".venv-checkov" / "bin" / "checkov"
    checkov.parent.mkdir(parents=True)
    checkov.write_text(LOOK)
    checkov.chmod(0o755)
    done = lint("--plan", "dev-1111")
    assert done.returncode == 0, done.stdout
    assert all("Running checkov-plan" in line for line in done.stderr.splitlines()), done.stderr
    assert re.search(r"^checkov-plan +clean +1 +0 ", done.stdout, re.MULTILINE)
    path, mode, plan = (tree / "told").read_text().split("\n", 2)
    assert mode == "600"
    assert not Path(path).exists()
    ((resource),) = json.loads(plan)["planned_values"]["root_module"]["resources"]
    assert resource["address"] == "terraform_data.thing"


def test_pre_commit_runs_the_same_command_and_fetches_nothing() -> None:
    document = yaml.safe_load((ROOT / ".pre-commit-config.yaml").read_text(encoding="utf-8"))
    (repository,) = document["repos"]
    assert repository["repo"] == "local"
    named: list[str] = []
    for hook in repository["hooks"]:
        assert hook["language"] == "system"
        program, command, *options = shlex.split(hook["entry"])
        assert (program, command) == (".venv/bin/infra", "lint")
        assert set(options[::2]) == {"--only"}
        named += options[1::2]
    assert len(set(named)) == len(named)
    # These take too long for a commit.
    assert set(CHECKS) - set(named) == {"terraform-validate", "tflint", "checkov"}


def test_the_page_on_linting_names_every_check() -> None:
    page = (ROOT / "docs" / "linting.md").read_text(encoding="utf-8")
    assert set(CHECKS) <= set(re.findall(r"`([a-z-]+)`", page))


def test_the_types_of_every_policy_are_checked() -> None:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text(encoding="utf-8"))
    policies = {path.stem for path in (ROOT / "policies" / "terraform").glob("[!_]*.py")}
    assert set(settings["tool"]["mypy"]["modules"]) == policies
