"""The one issue of an environment that says what has drifted, while it has."""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from infra.ci import texts
from infra.ci.api import GitHub

LABEL = "drift"
OPENED, UPDATED, UNCHANGED, CLOSED, NOTHING = "opened", "updated", "unchanged", "closed", "nothing"


def marker(environment: str) -> str:
    """What an environment's issue begins with; nobody sees it."""
    return f"<!-- infra: drift in {environment} -->"


def body(environment: str, lines: Sequence[str]) -> str:
    """The issue. lines: the findings, which hold no values."""
    findings = "\n".join(f"- `{line.replace('`', '')}`" for line in lines)
    text = (
        f"{marker(environment)}\n\nReality, the state and git tell different stories in"
        f" **{environment}**:\n\n{findings}\n\n`infra drift {environment}` shows it as it is now,"
        f" and `infra plan {environment}` what an apply would do about it. This issue is brought"
        " up to date by each check, and closed by the first that finds nothing.\n"
    )
    return texts.cut(text, texts.MOST_CHARACTERS, "There is more than an issue can hold.")


def upsert(github: GitHub, environment: str, lines: Sequence[str], run_url: str) -> str:
    """Open, update or close the issue of an environment. Returns what was done.

    lines: the findings, none where there is no drift. Raises GitHubError.
    """
    issue = _open(github, environment)
    if not lines:
        if issue is None:
            return NOTHING
        by = f" ([the check]({run_url}))" if run_url else ""
        github.post(
            f"issues/{issue['number']}/comments", {"body": f"Nothing differs any more{by}."}
        )
        github.patch(f"issues/{issue['number']}", {"state": "closed", "state_reason": "completed"})
        return CLOSED
    text = body(environment, lines)
    if issue is None:
        github.post("issues", {"title": f"Drift in {environment}", "body": text, "labels": [LABEL]})
        return OPENED
    if issue.get("body") == text:
        return UNCHANGED
    github.patch(f"issues/{issue['number']}", {"body": text})
    return UPDATED


def _open(github: GitHub, environment: str) -> dict[str, Any] | None:
    """The open issue of our own; anybody may write the marker."""
    me = github.me()
    for issue in github.each("issues", state="open", labels=LABEL):
        ours = str(issue.get("body") or "").startswith(marker(environment))
        if ours and "pull_request" not in issue and (issue.get("user") or {}).get("login") == me:
            return issue
    return None
