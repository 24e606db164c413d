"""What the workflows write at GitHub: one comment, one issue an environment, one pull request."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.github import BOT, REPOSITORY, TOKEN, Hub
from infra.ci import comments, issues, texts
from infra.ci.api import GitHub, client
from infra.errors import GitHubError, UsageError

RUN = "https://github.com/octo-org/trending-now/actions/runs/77"


@pytest.fixture
def github(hub: Hub) -> GitHub:
    """The client of a job."""
    return client(hub.variables())


def body(**plans: str | None) -> str:
    """A comment of some plans."""
    return comments.body(plans, "c" * 40, RUN)


def test_one_comment_a_pull_request_is_written_in_place(hub: Hub, github: GitHub) -> None:
    hub.comments = [
        {"id": n, "issue": 12, "user": {"login": "ada"}, "body": "Hm."} for n in range(1, 151)
    ]
    done = [comments.upsert(github, 12, body(dev=text)) for text in ("one", "one", "two")]
    assert done == ["created", "unchanged", "updated"]
    (ours,) = [one for one in hub.comments if one["user"]["login"] == BOT]
    assert "two" in ours["body"]
    assert "one" not in ours["body"]


def test_a_comment_of_somebody_else_is_never_written_over(hub: Hub, github: GitHub) -> None:
    theirs = {"id": 1, "issue": 12, "user": {"login": "eve"}, "body": body(dev="a trap")}
    hub.comments = [dict(theirs)]
    assert comments.upsert(github, 12, body(dev="plan")) == "created"
    assert hub.comments[0] == theirs


def test_another_pull_request_has_a_comment_of_its_own(github: GitHub) -> None:
    comments.upsert(github, 12, body(dev="plan"))
    assert comments.upsert(github, 13, body(dev="plan")) == "created"


def test_by_hand_a_comment_is_found_by_whose_token_it_is(hub: Hub, github: GitHub) -> None:
    hub.broken["GET /user"] = (200, {"login": "ada"})
    hub.comments = [{"id": 1, "issue": 12, "user": {"login": "ada"}, "body": body(dev="old")}]
    assert comments.upsert(github, 12, body(dev="new")) == "updated"


def test_the_comment_has_every_environment_and_says_which_failed(tmp_path: Path) -> None:
    for name in ("dev", "prod"):
        (tmp_path / f"plan-{name}").mkdir()
        (tmp_path / f"plan-{name}" / "plan.md").write_text(f"### {name}\n\nNothing.")
    found = comments.reports(tmp_path, ["dev", "staging", "prod"])
    text = comments.body(found, "c" * 40, RUN)
    assert text.index("### dev") < text.index("## staging: no plan") < text.index("### prod")
    assert RUN in text
    assert "c" * 12 in text


def test_a_long_comment_is_cut_closed_and_says_so(github: GitHub) -> None:
    long = "### prod\n\n<details><summary>All</summary>\n\n```diff\n" + "+ a line\n" * 20_000
    text = body(dev="### dev\n\nshort", staging=long, prod=long)
    assert comments.upsert(github, 12, text) == "created"
    assert "short" in text
    assert text.count("This is cut here") == 2
    assert text.count("<details>") == text.count("</details>") == 2
    assert text.count("```") % 2 == 0
    assert len(text) > 50_000, "the room was not used"


@pytest.mark.parametrize("most", range(60, 400, 7))
def test_a_cut_text_never_exceeds_its_limit(most: int) -> None:
    text = "<details>\n<details>\n```\nx\n```\n</details>\n" * 12
    found = texts.cut(text, most, "(cut)")
    assert len(found) <= most
    assert found.count("<details>") == found.count("</details>")
    assert found.count("```") % 2 == 0
    assert found.endswith("(cut)")


def test_drift_opens_updates_and_closes_one_issue_an_environment(hub: Hub, github: GitHub) -> None:
    findings = [["a is gone"], ["a is gone"], ["a is gone", "b was changed"], [], []]
    done = [issues.upsert(github, "prod", lines, RUN) for lines in findings]
    assert done == ["opened", "unchanged", "updated", "closed", "nothing"]
    (issue,) = hub.issues
    assert (issue["state"], issue["title"]) == ("closed", "Drift in prod")
    assert "b was changed" in issue["body"]
    assert [RUN in comment["body"] for comment in hub.comments] == [True]


def test_drift_that_comes_back_gets_a_new_issue(hub: Hub, github: GitHub) -> None:
    for lines in (["a"], [], ["a"]):
        issues.upsert(github, "prod", lines, RUN)
    assert [issue["state"] for issue in hub.issues] == ["closed", "open"]


def test_environments_do_not_share_an_issue(hub: Hub, github: GitHub) -> None:
    issues.upsert(github, "prod", ["a"], RUN)
    assert issues.upsert(github, "prod-eu", ["a"], RUN) == "opened"
    assert issues.upsert(github, "prod", [], RUN) == "closed"
    assert [issue["state"] for issue in hub.issues] == ["closed", "open"]


def test_an_issue_of_somebody_else_is_left_alone(hub: Hub, github: GitHub) -> None:
    issues.upsert(github, "prod", ["a"], RUN)
    hub.issues[0]["user"] = {"login": "eve"}
    assert issues.upsert(github, "prod", [], RUN) == "nothing"
    assert hub.issues[0]["state"] == "open"


def test_what_github_refuses_is_told_without_the_token(hub: Hub, github: GitHub) -> None:
    said = {"message": f"Resource not accessible by {TOKEN}"}
    hub.broken[f"POST /repos/{REPOSITORY}/issues/12/comments"] = (403, said)
    with pytest.raises(GitHubError) as caught:
        comments.upsert(github, 12, body(dev="plan"))
    assert "Resource not accessible by ***" in caught.value.message
    assert caught.value.status == 403
    assert TOKEN not in f"{caught.value} {github!r}"


def test_a_redirect_is_not_followed(hub: Hub, github: GitHub) -> None:
    elsewhere = {"location": f"{hub.url}/repos/{REPOSITORY}/git/ref/heads/main"}
    hub.broken[f"GET /repos/{REPOSITORY}/issues"] = (307, elsewhere)
    with pytest.raises(GitHubError, match="307"):
        issues.upsert(github, "prod", [], RUN)
    assert not any("git/ref" in asked for asked in hub.asked)


@pytest.mark.parametrize(
    "variables",
    [
        {"GITHUB_API_URL": "http://github.example"},
        {"GITHUB_API_URL": "ftp://127.0.0.1"},
        {"GITHUB_API_URL": "https://user@github.example"},
        {"GITHUB_REPOSITORY": "octo-org/../eve"},
        {"GITHUB_REPOSITORY": ""},
        {"GITHUB_TOKEN": ""},
    ],
)
def test_a_token_goes_nowhere_else(hub: Hub, variables: dict[str, str]) -> None:
    with pytest.raises(UsageError):
        client(hub.variables(**variables))
