"""The gates that ask git, in real checkouts."""

from __future__ import annotations

import shutil
import subprocess
from pathlib import Path

import pytest

from harness.gates import findings, result
from infra.gates import GateResult, Status

ENVIRONMENT = """\
name: {name}
account_id: "{digit}{digit}{digit}{digit}{digit}{digit}{digit}{digit}{digit}{digit}{digit}{digit}"
region: eu-west-1
target: local
promotes_from: null
"""
PIN = "environments/prod/release.auto.tfvars.json"


class Work:
    """A checkout with one commit that its remote has."""

    def __init__(self, folder: Path) -> None:
        self.root, self.remote = folder / "work", folder / "remote.git"
        for number, name in enumerate(("staging", "prod"), 2):
            self.write(f"environments/{name}/environment.yaml",
                       ENVIRONMENT.format(name=name, digit=number))  # fmt: skip
        self.write(PIN, "{}")
        self.write("modules/a/main.tf", "")
        self.write(".gitignore", "*.log\n*.secret.tfvars\n")
        self.git("init", "--quiet", "--initial-branch=main")
        self.git("init", "--quiet", "--bare", str(self.remote))
        self.git("remote", "add", "origin", str(self.remote))
        self.commit("first")
        self.git("push", "--quiet", "--set-upstream", "origin", "main")

    def git(self, *arguments: str) -> str:
        """Run git as nobody in particular."""
        identity = ["-c", "user.name=a", "-c", "user.email=a@example.com"]
        done = subprocess.run(
            ["git", "-C", str(self.root), *identity, *arguments],
            check=True, capture_output=True, text=True,
        )  # fmt: skip
        return done.stdout.strip()

    def write(self, name: str, text: str) -> None:
        """Write a file."""
        path = self.root / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)

    def commit(self, message: str) -> None:
        """Commit everything."""
        self.git("add", "--all")
        self.git("commit", "--quiet", "--allow-empty", f"--message={message}")

    def clean(self) -> GateResult:
        """What clean-tree answers."""
        return result("clean-tree", root=self.root)

    def pushed(self, *branches: str) -> GateResult:
        """What pushed answers."""
        settings = {"branches": list(branches)} if branches else None
        return result("pushed", settings, root=self.root)


@pytest.fixture
def work(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Work:
    """A clean, pushed checkout of somebody without settings of their own."""
    monkeypatch.setenv("HOME", str(tmp_path))
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path))
    return Work(tmp_path)


def test_a_committed_tree_is_clean(work: Work) -> None:
    found = work.clean()
    assert found.status is Status.PASSED
    assert found.details["commit"] == work.git("rev-parse", "HEAD")


@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("modules/a/main.tf", "modules/a/main.tf (modified)"),
        ("modules/a/new.tf", "modules/a/new.tf (not in git)"),
        ("environments/prod/z.auto.tfvars", "environments/prod/z.auto.tfvars (not in git)"),
        ("environments/prod/release.auto.tfvars", "(not in git)"),
        ("environments/prod/x/release.auto.tfvars.json", "(not in git)"),
        ("releases/r-1/a.json", "releases/r-1/a.json (not in git)"),
        ("releases/r-1.json.txt", "(not in git)"),
        ("x/releases/r-1.json", "(not in git)"),
        ("a name with\nbreaks", "a name with\nbreaks (not in git)"),
        ("prod.secret.tfvars", ""),
        ("environments/prod/a.log", ""),
        ("environments/prod/a.secret.tfvars", "(ignored by git, read by Terraform)"),
        (PIN, ""),
        ("releases/r-0123456789abcdef.json", ""),
    ],
)
def test_a_file_that_differs_is_named_unless_a_promotion_writes_it(
    work: Work, name: str, told: str
) -> None:
    work.write(name, "changed")
    found = work.clean()
    assert found.status is (Status.FAILED if told else Status.PASSED)
    assert [line for line in findings(found) if told in line] == list(findings(found))
    assert len(findings(found)) == bool(told)


def test_deleted_staged_and_renamed_files_are_found(work: Work) -> None:
    work.git("mv", "modules/a/main.tf", "modules/a/other.tf")
    assert findings(work.clean()) == [
        "modules/a/main.tf (deleted)",
        "modules/a/other.tf (added)",
    ]


def test_a_pin_that_was_taken_away_is_no_dirt(work: Work) -> None:
    (work.root / PIN).unlink()
    assert work.clean().status is Status.PASSED


@pytest.mark.parametrize("flag", ["--assume-unchanged", "--skip-worktree"])
def test_a_file_that_git_was_told_not_to_look_at_is_found(work: Work, flag: str) -> None:
    work.git("update-index", flag, "modules/a/main.tf")
    work.write("modules/a/main.tf", "hidden")
    assert findings(work.clean()) == ["modules/a/main.tf (git was told not to look at it)"]


def test_the_callers_git_settings_hide_nothing(
    work: Work, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    other, commit = Work(tmp_path / "other"), work.git("rev-parse", "HEAD")
    work.git("config", "status.showUntrackedFiles", "no")
    work.git("config", "status.renames", "copies")
    for name, value in {
        "GIT_DIR": str(other.root / ".git"),
        "GIT_WORK_TREE": str(other.root),
        "GIT_INDEX_FILE": str(other.root / ".git" / "index"),
        "GIT_CONFIG_COUNT": "not a number",
    }.items():
        monkeypatch.setenv(name, value)
    assert work.clean().status is Status.PASSED
    work.write("modules/a/new.tf", "")
    assert findings(work.clean()) == ["modules/a/new.tf (not in git)"]
    assert work.pushed().details["commit"] == commit


def test_a_repository_inside_of_a_larger_one_is_looked_at_with_all_around_it(work: Work) -> None:
    inner = work.root / "infrastructure"
    for name in ("environments", "modules"):
        shutil.move(work.root / name, inner / name)
    work.commit("moved")
    (inner / PIN).write_text("changed")
    assert result("clean-tree", root=inner).status is Status.PASSED
    work.write("environments/prod/release.auto.tfvars.json", "of the outer one")
    assert findings(result("clean-tree", root=inner)) == [f"{PIN} (not in git)"]


@pytest.mark.parametrize("gate", ["clean-tree", "pushed"])
def test_no_git_checkout_is_refused_in_a_sentence(work: Work, gate: str) -> None:
    shutil.rmtree(work.root / ".git")
    found = result(gate, root=work.root)
    assert found.status is Status.FAILED
    assert "no git checkout" in found.text


@pytest.mark.parametrize("gate", ["clean-tree", "pushed"])
def test_no_git_at_all_can_not_be_checked(
    work: Work, gate: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    found = result(gate, root=work.root)
    assert found.status is Status.ERROR
    assert found.text == "It could not be checked: git was not found."


def test_a_broken_checkout_can_not_be_checked(work: Work) -> None:
    (work.root / ".git" / "index").write_bytes(b"broken")
    found = work.clean()
    assert found.status is Status.ERROR
    assert "git status failed" in found.text


def test_a_pushed_commit_passes_also_when_others_pushed_more(work: Work) -> None:
    assert work.pushed().status is Status.PASSED
    work.git("remote", "set-head", "origin", "main")
    assert work.pushed().text.endswith(" is in origin/main.")
    work.commit("more")
    work.git("push", "--quiet")
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    assert work.pushed().status is Status.PASSED
    work.git("checkout", "--quiet", "--detach")
    assert work.pushed().status is Status.PASSED


def test_a_commit_that_is_not_pushed_is_refused_with_its_files(work: Work) -> None:
    work.write("modules/a/main.tf", "changed")
    work.write(PIN, "changed")
    work.commit("mine")
    found = work.pushed()
    assert found.status is Status.FAILED
    assert findings(found) == ["modules/a/main.tf"]


def test_commits_of_pins_and_releases_need_no_push(work: Work) -> None:
    work.write(PIN, "changed")
    work.write("releases/r-0123456789abcdef.json", "{}")
    work.commit("a promotion")
    found = work.pushed()
    assert found.status is Status.PASSED
    assert "but pins and releases" in found.text


def test_what_others_pushed_since_does_not_excuse_a_local_commit(work: Work) -> None:
    work.write("modules/a/main.tf", "theirs")
    work.commit("theirs")
    work.git("push", "--quiet")
    work.git("reset", "--quiet", "--hard", "HEAD~1")
    work.write("modules/a/other.tf", "mine")
    work.commit("mine")
    assert findings(work.pushed()) == ["modules/a/other.tf"]


def test_only_the_branches_that_count_count(work: Work) -> None:
    work.git("checkout", "--quiet", "-b", "topic")
    work.write("modules/a/main.tf", "changed")
    work.commit("mine")
    work.git("push", "--quiet", "--set-upstream", "origin", "topic")
    assert work.pushed().status is Status.PASSED
    assert work.pushed("origin/t*").status is Status.PASSED
    found = work.pushed("origin/main")
    assert found.status is Status.FAILED
    assert found.text.endswith("it is in no remote branch origin/main.")


@pytest.mark.parametrize("branches", [(), ("upstream/main",)])
def test_no_remote_branch_is_refused_in_a_sentence(work: Work, branches: tuple[str, ...]) -> None:
    if not branches:
        work.git("remote", "remove", "origin")
    found = work.pushed(*branches)
    assert found.status is Status.FAILED
    assert "git knows no remote branch" in found.text


def test_a_checkout_without_a_commit_is_refused(work: Work) -> None:
    shutil.rmtree(work.root / ".git")
    work.git("init", "--quiet")
    assert work.pushed().text == "The git checkout has no commit."
    assert work.clean().status is Status.FAILED
