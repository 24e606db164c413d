"""Gate clean-tree: what would be applied is what is committed."""

from __future__ import annotations

from pathlib import PurePosixPath

from infra.gates import git
from infra.gates.context import GateContext
from infra.gates.gate import Gate
from infra.gates.results import Outcome
from infra.gates.settings import Settings

READ_BY_TERRAFORM = (".tf", ".tf.json", ".tfvars", ".tfvars.json")
"""An ignored file of one of these names can change a plan all the same."""

STATUS = {"?": "not in git", "D": "deleted", "A": "added", "U": "not merged"}


def _check(context: GateContext, _settings: Settings) -> Outcome:
    found = git.checkout(context.repository.root)
    if found is None:
        return Outcome(
            False,
            f"{context.repository.root} is no git checkout, so nobody can tell what is in it.",
        )
    findings = [*_changed(found), *_hidden(found), *_ignored(found)]
    if findings:
        files = "1 file" if len(findings) == 1 else f"{len(findings)} files"
        return Outcome(
            False, f"{files} in the checkout differ from what is committed.", {"findings": findings}
        )
    commit = found.answer("rev-parse", "--verify", "HEAD")
    return Outcome(True, "The checkout is as committed.", {"commit": commit})


def _changed(found: git.Checkout) -> list[str]:
    """Modified and untracked files."""
    status: dict[str, str] = {}
    for line in found.paths(
        "status", "--porcelain=v1", "-z", "--no-renames", "--untracked-files=all"
    ):
        codes, path = line[:2], line[3:]
        status[path] = next((STATUS[code] for code in codes if code in STATUS), "modified")
    return [f"{path} ({status[path]})" for path in found.others(list(status))]


def _hidden(found: git.Checkout) -> list[str]:
    """Files that the index tells git not to look at (assume-unchanged, skip-worktree)."""
    marked = [
        line[2:]
        for line in found.paths("ls-files", "-v", "-z", "--full-name", ":/")
        if line[0].islower() or line[0] == "S"
    ]
    return [f"{path} (git was told not to look at it)" for path in found.others(marked)]


def _ignored(found: git.Checkout) -> list[str]:
    """Files that git ignores and Terraform would read."""
    listed = found.paths(
        "ls-files", "--others", "--ignored", "--exclude-standard", "-z", "--full-name",
        "environments", "modules", "bootstrap",
    )  # fmt: skip
    read = [
        path
        for path in listed
        if path.endswith(READ_BY_TERRAFORM)
        and not any(part.startswith(".") for part in PurePosixPath(path).parts)
    ]
    return [f"{path} (ignored by git, read by Terraform)" for path in found.others(read)]


GATE = Gate(
    "clean-tree",
    "No file of the git checkout is modified or untracked, but for pins and releases.",
    _check,
)
