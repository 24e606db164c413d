"""Gate pushed: what would be applied is where others can see it.

It believes what the last fetch or push wrote down of the remote, and asks no server.
"""

from __future__ import annotations

import fnmatch

from infra.gates import git
from infra.gates.context import GateContext
from infra.gates.gate import Gate
from infra.gates.results import Outcome
from infra.gates.settings import Section, Setting, Settings, list_of


def _check(context: GateContext, settings: Settings) -> Outcome:
    found = git.checkout(context.repository.root)
    if found is None:
        return Outcome(False, f"{context.repository.root} is no git checkout.")
    commit = found.answer("rev-parse", "--verify", "HEAD")
    if not commit:
        return Outcome(False, "The git checkout has no commit.")
    details = {"commit": commit, "branches": list(settings["branches"])}
    branches = _remote_branches(found, settings["branches"])
    if not branches:
        return Outcome(
            False,
            "git knows no remote branch"
            + ("." if settings["branches"] == ["*"] else f" {' or '.join(settings['branches'])}."),
            details,
        )
    holding = _remote_branches(found, settings["branches"], f"--contains={commit}")
    if holding:
        return Outcome(True, f"Commit {commit[:12]} is in {holding[0]}.", details)
    unpushed = min((_unpushed(found, branch, commit) for branch in branches), key=len)
    if not unpushed:
        return Outcome(
            True, f"All of commit {commit[:12]} but pins and releases is pushed.", details
        )
    return Outcome(
        False,
        f"Commit {commit[:12]} is not pushed: it is in no remote branch"
        + ("." if settings["branches"] == ["*"] else f" {' or '.join(settings['branches'])}."),
        {**details, "findings": unpushed},
    )


def _remote_branches(found: git.Checkout, patterns: list[str], *narrowed: str) -> list[str]:
    listed = found.ask(
        "for-each-ref", "--format=%(refname:lstrip=2)", *narrowed, "refs/remotes"
    ).splitlines()
    return [
        name
        for name in listed
        if not name.endswith("/HEAD")
        and any(fnmatch.fnmatchcase(name, pattern) for pattern in patterns)
    ]


def _unpushed(found: git.Checkout, branch: str, commit: str) -> list[str]:
    """What differs from the last commit that a remote branch shares with this one."""
    base = found.answer("merge-base", f"refs/remotes/{branch}", commit)
    if not base:
        return ["everything: there is no common commit"]
    listed = found.paths("diff", "--name-only", "-z", "--no-renames", base, commit)
    return found.others(listed)


GATE = Gate(
    "pushed",
    "The commit of the checkout is in a remote branch; newer ones hold only pins and releases.",
    _check,
    Section(
        {
            "branches": Setting(
                list_of(
                    'names of remote branches, with * and ?, such as ["origin/main"]',
                    lambda item: isinstance(item, str) and bool(item),
                ),
                ["*"],
                "which remote branches count",
            )
        }
    ),
)
