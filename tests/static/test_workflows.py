"""The workflows keep to the rules of docs/workflows.md: what they trust, may, wait for and run."""

from __future__ import annotations

import re
import shlex
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import click
import pytest

from harness.places import ROOT
from harness.workflows import FILES, SET_UP, Job, filled, jobs, read
from infra.cli import cli
from infra.environments import environment_names
from infra.repository import Repository

ENVIRONMENTS = environment_names(Repository(ROOT))
JOBS = jobs()
TEXTS = {path: path.read_text(encoding="utf-8") for path in [*FILES, SET_UP]}
PAGE = (ROOT / "docs" / "workflows.md").read_text(encoding="utf-8")
FORK_GUARD = "github.event.pull_request.head.repo.full_name == github.repository"

WRITES = {
    "pull_request/plan": {"id-token"},
    "pull_request/comment": {"pull-requests"},
    "staging/apply": {"id-token"},
    "promote/plan": {"id-token"},
    "promote/promote": {"id-token"},
    "promote/pin": {"contents", "pull-requests"},
    "rollback/plan": {"id-token"},
    "rollback/rollback": {"id-token"},
    "rollback/pin": {"contents", "pull-requests"},
    "drift/drift": {"id-token", "issues"},
    "sweep/sweep": {"id-token"},
}
"""All that jobs may write. Whoever adds to it weighs it here."""

READS = {"--approval github": {"actions", "checks"}, "infra ci unmerged": {"pull-requests"}}
"""What a command reads at GitHub beside the checkout."""

CHANGING = ("apply", "promote", "rollback", "destroy")
"""Commands that change an environment."""

every_job = pytest.mark.parametrize("job", JOBS, ids=str)
every_file = pytest.mark.parametrize("path", TEXTS, ids=lambda path: path.stem)


def _used(path: Path) -> Iterator[tuple[str, str]]:
    """Each `uses:`, with the rest of its line."""
    for line in TEXTS[path].splitlines():
        found = re.fullmatch(r"\s*(?:- )?uses: (\S+)(.*)", line)
        if found:
            yield found.group(1), found.group(2).strip()


@every_file
def test_actions_are_pinned_by_a_hash_and_say_their_version(path: Path) -> None:
    for action, comment in _used(path):
        if action.startswith("$/"):
            assert (ROOT / action[2:] / "action.yml").is_file(), action
            continue
        assert re.fullmatch(r"[\w.-]+/[\w./-]+@[0-9a-f]{40}", action), action
        assert re.fullmatch(r"# v\d+\.\d+\.\d+", comment), f"{action}: which version?"


def test_one_version_of_each_action() -> None:
    used = {action for path in TEXTS for action, _ in _used(path) if "@" in action}
    assert len({action.split("@")[0] for action in used}) == len(used)


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
def test_nothing_is_allowed_that_a_job_does_not_ask_for(path: Path) -> None:
    assert read(path)["permissions"] == {}


@every_job
def test_a_job_may_do_only_what_it_must(job: Job) -> None:
    assert "permissions" in job.raw
    writes = {scope for scope, access in job.permissions.items() if access == "write"}
    assert writes == WRITES.get(str(job), set())
    assert set(job.permissions.values()) <= {"read", "write"}
    reads = {scope for scope, access in job.permissions.items() if access == "read"}
    needed: set[str] = set()
    for words, scopes in READS.items():
        needed |= scopes if any(words in line for line in job.lines) else set()
    assert reads - {"contents"} == needed


@pytest.mark.parametrize("path", FILES, ids=lambda path: path.stem)
@pytest.mark.mode(32)
def test_no_trigger_runs_a_strangers_code_with_rights(path: Path) -> None:
    events = set(read(path)["on"])
    assert events <= {"pull_request", "push", "schedule", "workflow_dispatch"}
    push = read(path)["on"].get("push")
    assert push is None or push == {"branches": ["main"]}


@every_job
@pytest.mark.mode(32)
def test_a_fork_gets_no_role_and_writes_nothing(job: Job) -> None:
    if "pull_request" not in job.events or not WRITES.get(str(job)):
        return
    guarded = FORK_GUARD in str(job.raw.get("if"))
    needed = job.raw.get("needs")
    assert guarded or (
        needed
        and FORK_GUARD in str(job.jobs[needed]["if"])
        and f"needs.{needed}.result != 'skipped'" in job.raw["if"]
    )
    assert "||" not in str(job.raw.get("if")), "a way around the guard"


@every_job
def test_a_run_by_hand_is_of_the_main_branch(job: Job) -> None:
    """Without `environment:` a role would trust main only; a person should be told before."""
    if job.takes_roles and "workflow_dispatch" in job.events and not job.raw.get("environment"):
        condition = job.raw["if"]
        assert "github.ref == 'refs/heads/main'" in condition.split(" && ")
        assert "||" not in condition, "a way around it"


@every_file
@pytest.mark.mode(31)
def test_no_expression_is_in_a_line_for_the_shell(path: Path) -> None:
    raw = read(path)
    steps = [step for job in raw.get("jobs", {}).values() for step in job["steps"]]
    for step in steps or raw["runs"]["steps"]:
        assert "${{" not in step.get("run", "")


@every_file
def test_no_secret_is_asked_for(path: Path) -> None:
    """Roles are taken by token, and the job's own token is all that GitHub needs."""
    assert not re.search(r"\bsecrets\b", TEXTS[path])


@every_job
def test_a_checkout_leaves_no_token_behind(job: Job) -> None:
    found = [step for step in job.steps if "actions/checkout@" in step.get("uses", "")]
    assert len(found) == 1
    assert found[0]["with"] == {"persist-credentials": False}


@every_job
def test_a_job_ends(job: Job) -> None:
    """One with a role before its credentials do."""
    assert 0 < job.raw["timeout-minutes"] <= (55 if job.takes_roles else 60)


@every_job
@pytest.mark.mode(55)
def test_one_job_at_a_time_changes_an_environment_and_none_is_cut_short(job: Job) -> None:
    place = job.raw.get("environment")
    concurrency = job.raw.get("concurrency")
    changes = any(_changes(line) for line in job.lines)
    assert changes == bool(place)
    if changes:
        assert concurrency == {
            "group": f"deploy-{place}",
            "cancel-in-progress": False,
            "queue": "max",
        }
    elif job.takes_roles:
        assert concurrency["cancel-in-progress"] is False, "a plan that is killed leaves its lock"


def _changes(line: str) -> bool:
    words = shlex.split(line.removeprefix("exec "))
    return words[0].endswith("infra") and words[1] in CHANGING and "--dry-run" not in words


@every_job
def test_what_is_cancelled_hears_of_it(job: Job) -> None:
    """GitHub's signal reaches only the first process of a step."""
    for line in job.lines:
        words = shlex.split(line)
        if job.takes_roles and words[0].endswith("infra"):
            assert words[1] == "ci", f"`exec {line}`"
            assert words[2] in ("login", "summary", "unmerged")


@every_job
def test_a_job_with_a_role_trusts_no_cache(job: Job) -> None:
    cached = [step for step in job.steps if (step.get("with") or {}).get("cache")]
    assert not (job.takes_roles and cached)
    for step in cached:
        assert step["with"]["cache"] == "pip"


def test_the_cache_goes_by_the_lock_files() -> None:
    (python,) = [s for s in read(SET_UP)["runs"]["steps"] if "setup-python@" in s.get("uses", "")]
    assert python["with"]["cache-dependency-path"] == "requirements/*.txt"
    assert list(ROOT.glob(python["with"]["cache-dependency-path"]))


def _lines() -> Iterator[tuple[str, str, dict[str, Any]]]:
    """Every line for the shell: where it is, itself, and its variables."""
    for job in JOBS:
        for step in job.steps:
            if "run" in step:
                variables = {**(job.raw.get("env") or {}), **(step.get("env") or {})}
                yield f"{job}: {step['name']}", step["run"], variables
    for step in read(SET_UP)["runs"]["steps"]:
        if "run" in step:
            yield f"set-up: {step['name']}", step["run"], {}


@pytest.mark.parametrize(("where", "line", "variables"), list(_lines()))
def test_a_step_runs_one_command_that_a_person_can_run(
    where: str, line: str, variables: dict[str, Any]
) -> None:
    del where
    assert not re.search(r"[\n;|&<>`(){}*?]", line), "more than one command"
    assert not re.search(r'(?<!")\$', re.sub(r'"\$\w+:\w+"', '""', line)), "an unquoted variable"
    plausible = dict.fromkeys(variables, "staging")
    words = [filled(word, plausible) for word in shlex.split(line.removeprefix("exec "))]
    if words[0] == "make":
        makefile = (ROOT / "Makefile").read_text(encoding="utf-8")
        assert f"\n.PHONY: {words[1]}\n" in makefile
        assert len(words) == 2
        return
    assert words.pop(0) == ".venv/bin/infra"
    _parse(cli, "infra", words, None)


def _parse(
    command: click.Command, name: str, words: list[str], parent: click.Context | None
) -> None:
    """See that a command takes these words. Raises click.UsageError."""
    if not isinstance(command, click.Group):
        command.make_context(name, words, parent=parent)
        return
    # With its settings: a command keeps the help option that its first context gave it.
    context = click.Context(command, parent, name, **command.context_settings)
    found = command.get_command(context, words[0])
    assert found is not None, f"there is no {name} {words[0]}"
    _parse(found, words[0], words[1:], context)


@every_job
def test_the_jobs_own_token_goes_only_to_who_needs_it(job: Job) -> None:
    assert "GITHUB_TOKEN" not in (job.raw.get("env") or {})
    needing = re.compile(r"infra ci (comment|drift|pin|unmerged)|--approval github|make lint")
    for step in job.steps:
        assert ("GITHUB_TOKEN" in (step.get("env") or {})) == bool(
            needing.search(step.get("run", ""))
        )


def test_environments_are_named_as_they_are() -> None:
    for job in JOBS:
        listed = ((job.raw.get("strategy") or {}).get("matrix") or {}).get("environment")
        assert listed in (None, ENVIRONMENTS) or "fromJSON" in listed
        for given in ((job.events.get("workflow_dispatch") or {}).get("inputs") or {}).values():
            assert set(given.get("options", [])) <= set(ENVIRONMENTS)


def test_the_page_tells_of_every_workflow_and_job() -> None:
    for job in JOBS:
        assert f"`{job.workflow}.yml`" in PAGE
        assert f"| `{job.name}` |" in PAGE.split(f"## `{job.workflow}.yml`")[1].split("\n## ")[0]
