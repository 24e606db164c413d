"""The pull request that writes into git which release an environment runs.

A promotion in a job writes the pin into a checkout that is thrown away. So it goes into a branch of
its own, over GitHub's API, and a person merges it.
"""

from __future__ import annotations

import base64
import binascii
from typing import Any

from infra.ci.api import GitHub
from infra.environments import Environment
from infra.errors import GitHubError, PromotionRefusedError
from infra.releases import Release
from infra.releases.pins import pin_content, pin_file
from infra.repository import Repository

OPENED, UPDATED, UNCHANGED, NOTHING = "opened", "updated", "unchanged", "nothing"


def branch(environment: Environment) -> str:
    """The branch of an environment's pin."""
    return f"pin/{environment.name}"


def propose(
    github: GitHub, repository: Repository, environment: Environment, release: Release, base: str
) -> str:
    """Have a pull request to `base` that pins the release. Returns what was done.

    Raises GitHubError.
    """
    path = pin_file(environment).relative_to(repository.root).as_posix()
    wanted = pin_content(release.pin())
    if _content(github, path, base)[0] == wanted:
        return NOTHING
    own = branch(environment)
    commit = str(github.get(f"git/ref/heads/{base}")["object"]["sha"])
    pull = _open(github, own, base)
    if pull is None:
        _point(github, own, commit)
    there, blob = _content(github, path, own)
    title = f"{environment.name}: {release.id}"
    if there != wanted:
        github.put(
            f"contents/{path}",
            {
                "message": title,
                "content": base64.b64encode(wanted).decode(),
                "branch": own,
                **({"sha": blob} if blob else {}),
            },
        )
    body = (
        f"`{environment.name}` runs `{release.id}`, and that is verified. This writes it into git;"
        f" until it is merged, `infra drift {environment.name}` says that the two differ.\n\n"
        f"`infra history {environment.name}` has the whole story."
    )
    if pull is None:
        github.post("pulls", {"title": title, "head": own, "base": base, "body": body})
        return OPENED
    if there == wanted and pull.get("title") == title:
        return UNCHANGED
    github.patch(f"pulls/{pull['number']}", {"title": title, "body": body})
    return UPDATED


def refuse_unmerged(github: GitHub, environment: Environment, base: str) -> None:
    """Raise PromotionRefusedError while the environment runs a release that `base` does not pin.

    An apply of `base` would take that release back, and nobody would have asked for it.
    """
    pull = _open(github, branch(environment), base)
    if pull is not None:
        name = environment.name
        raise PromotionRefusedError(
            f"{name} runs a release that {base} does not pin yet: pull request {pull['number']},"
            f" {pull['title']}, is open. Nothing was changed.",
            hint=f"Merge it: that applies {name} with it. Or close it, and {base} decides again.",
        )


def _open(github: GitHub, own: str, base: str) -> dict[str, Any] | None:
    """The pull request that is open already."""
    owner = github.repository.split("/")[0]
    found = github.get("pulls", state="open", head=f"{owner}:{own}", base=base)
    return dict(found[0]) if found else None


def _point(github: GitHub, own: str, commit: str) -> None:
    """Have the branch begin at a commit; what an earlier pull request left there is merged."""
    try:
        github.post("git/refs", {"ref": f"refs/heads/{own}", "sha": commit})
    except GitHubError as error:
        if error.status != 422:
            raise
        github.patch(f"git/refs/heads/{own}", {"sha": commit, "force": True})


def _content(github: GitHub, path: str, ref: str) -> tuple[bytes | None, str]:
    """What a file holds in a branch, and its blob. (None, "") where there is no such file."""
    try:
        found = github.get(f"contents/{path}", ref=ref)
    except GitHubError as error:
        if error.status == 404:
            return None, ""
        raise
    try:
        return base64.b64decode(found["content"]), str(found["sha"])
    except (KeyError, TypeError, ValueError, binascii.Error) as error:
        raise GitHubError(f"GitHub's answer about {path} is not understood.") from error
