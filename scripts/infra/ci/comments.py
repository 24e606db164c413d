"""The one comment of a pull request that says what it would change, in every environment."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path

from infra.ci import texts
from infra.ci.api import GitHub
from infra.errors import UsageError

MARKER = "<!-- infra: plans -->"
REPORT = "plan.md"
CREATED, UPDATED, UNCHANGED = "created", "updated", "unchanged"


def reports(folder: Path, environments: Sequence[str]) -> dict[str, str | None]:
    """What each environment's job reported; None for one that reported nothing.

    folder: holds `plan-ENV/plan.md`, as the jobs uploaded them. Raises UsageError.
    """
    found: dict[str, str | None] = {}
    for name in environments:
        path = folder / f"plan-{name}" / REPORT
        try:
            found[name] = path.read_text(encoding="utf-8") if path.is_file() else None
        except (OSError, UnicodeDecodeError) as error:
            raise UsageError(f"{path} can't be read.") from error
    return found


def body(plans: Mapping[str, str | None], commit: str, run_url: str) -> str:
    """The comment. commit: that was planned. run_url: where all of it is."""
    run = f"[the run]({run_url})" if run_url else "the run"
    said = {
        name: text.strip()
        if text
        else f"## {name}: no plan\n\nIts job ended before there was one. See {run}."
        for name, text in plans.items()
    }
    of = f" of {commit[:12]}" if commit else ""
    foot = (
        f"Plans{of} with the read-only role, in {run}. They are for reading: what is applied is"
        " planned anew."
    )
    room = texts.MOST_CHARACTERS - len(MARKER) - len(foot) - 8 * len(said) - 16
    note = f"**This is cut here, as GitHub takes no longer comments.** All of it is in {run}."
    fitting = texts.together(said, room, note)
    return "\n\n".join([MARKER, *fitting.values(), "---", foot])


def upsert(github: GitHub, pull_request: int, text: str) -> str:
    """Write the comment, in the place of the one that is there. Returns what was done.

    Only a comment of our own counts: anybody may write the marker. Raises GitHubError.
    """
    me = github.me()
    for comment in github.each(f"issues/{pull_request}/comments"):
        ours = str(comment.get("body") or "").startswith(MARKER)
        if not ours or (comment.get("user") or {}).get("login") != me:
            continue
        if comment["body"] == text:
            return UNCHANGED
        github.patch(f"issues/comments/{comment['id']}", {"body": text})
        return UPDATED
    github.post(f"issues/{pull_request}/comments", {"body": text})
    return CREATED
