"""The report of a plan: what it says, what it hides, how long it is."""

from __future__ import annotations

import re
import time
from html.parser import HTMLParser
from typing import Any

import pytest
from markdown_it import MarkdownIt

from harness.modes import told
from harness.plan_documents import (
    AFTER,
    CANARY,
    DOCUMENTS,
    SERVICE,
    change,
    document,
    named,
    report,
    running,
)
from infra.ledger.records import canonical
from infra.ledger.store import Stored
from infra.plan_report import Report, write
from infra.plan_report.markdown import COMMENT_BYTES, SUMMARY_BYTES, markdown
from infra.plan_report.model import Verdict
from infra.plan_report.page import page
from infra.plan_report.verdict import judge

QUEUE = "aws_sqs_queue.a"
HOSTILE = {
    "backticks": "``` `a` ``",
    "pipes": "a | b || c",
    "the end of a block": "</details></summary></code>",
    "a script": "<script>alert(1)</script><img src=x onerror=alert(1)>",
    "Markdown": "**bold** [link](http://evil.example) # @everyone &lt;b&gt;",
    "control characters": "a\x1b[31mred\x00\x07\r\n\n## heading",
    "hidden directions": "abc\u202efdp.exe\u2066\u200b\ufeff",
    "half a character": "\ud83d",
    "a template": "{{ 7 * 7 }} {% raw %} ${jndi:x}",
}
"""Text that means something to whoever shows it. Keys of for_each and tags may be any of it."""


class Elements(HTMLParser):
    """What a browser would make of a page: its tags in order, and its text."""

    VOID = ("meta", "wbr", "br", "hr", "img")

    def __init__(self, text: str) -> None:
        super().__init__(convert_charrefs=True)
        self.tags: list[str] = []
        self.attributes: list[tuple[str, str, str]] = []
        self.open: list[str] = []
        self.texts: list[str] = []
        self.feed(text)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append(tag)
        self.attributes += [(tag, name, value or "") for name, value in attrs]
        if tag not in self.VOID and tag not in ("path", "rect"):
            self.open.append(tag)

    def handle_endtag(self, tag: str) -> None:
        if tag not in ("path", "rect"):
            assert self.open.pop() == tag, f"{tag} ends where it was not open"

    def handle_data(self, data: str) -> None:
        self.texts.append(data)

    @property
    def text(self) -> str:
        return "".join(self.texts)


def shown(text: str) -> Elements:
    """A comment as GitHub shows it: Markdown, and the HTML in it."""
    return Elements(MarkdownIt("commonmark", {"html": True}).enable("table").render(text))


def hostile(text: str) -> Report:
    """A report with the text in every place where a plan can have it."""
    values: dict[str, Any] = {"name": text, text: text, "tags": {text: text}}
    return report(
        document(
            change(f'aws_sqs_queue.a["{text}"]', values, {**values, "name": text + "2"}),
            change(f'module.m["{text}"].aws_sqs_queue.b', None, values),
            change(
                f'aws_sqs_queue.c["{text}"]',
                values,
                {**values, text: "new"},
                actions=["delete", "create"],
                replace_paths=[[text]],
            ),
            change(f'aws_s3_bucket.gone["{text}"]', values),
            output_changes={text: {"actions": ["create"], "before": None, "after": text}},
            resource_drift=[{"address": f'aws_x.y["{text}"]', "change": {"actions": ["delete"]}}],
            prior_state=running(),
        ),
        release={**AFTER, "model_version": text},
    )


@pytest.mark.parametrize(
    ("name", "verdict", "told"),
    [
        ("nothing", Verdict.NOTHING, "staging: no changes"),
        ("sixty", Verdict.ROUTINE, "staging: 60 to create"),
        ("replacement", Verdict.REFUSED, "staging: 1 to replace, 1 to update"),
        ("destroy-in-prod", Verdict.LOOK, "prod: 1 to destroy, 1 to update"),
        ("refused", Verdict.REFUSED, "prod: 2 to destroy"),
        ("two-thousand", Verdict.ROUTINE, "staging: 200 to update, 1800 to create"),
    ],
)
def test_a_report_begins_with_what_happens_and_what_to_do(
    name: str, verdict: Verdict, told: str
) -> None:
    made = named(name)
    found = judge(made)
    assert found.verdict is verdict
    lines = markdown(made).splitlines()
    assert lines[0] == f"<!-- infra-plan {DOCUMENTS[name][0]} -->"
    assert lines[1] == f"## {told}"
    assert f"> **{found.text}**" in lines[:6]
    content = Elements(page(made)).text
    assert found.text in content


def test_a_replacement_names_what_forces_it_before_anything_else() -> None:
    made = markdown(named("replacement"))
    assert f"- **`±`** `{SERVICE}`, gone until the new one is made\n" in made
    assert "  - forced by **`service_name`**: `trends` → `trends-2`\n" in made
    assert made.index("forced by") < made.index("<details>")
    content = Elements(page(named("replacement"))).text
    assert content.index("forces it") < content.index("dimensions.ServiceName")


def test_what_is_destroyed_is_never_collapsed() -> None:
    made = markdown(named("destroy-in-prod"))
    line = "`module.trending_now.aws_cloudwatch_log_group.old`, because it is no longer in the"
    assert line in made
    assert made.index(line) < made.index("<details>")


def test_a_refusal_gives_its_reasons_and_no_way_to_apply_it() -> None:
    for name in ("refused", "replacement"):
        made = markdown(named(name))
        assert "> [!CAUTION]" in made
        assert "is protected and would be" in made
        assert "infra apply" not in made + Elements(page(named(name))).text
    assert "infra apply prod --plan prod-7f3a" in markdown(named("destroy-in-prod"))


def test_a_policy_that_an_environment_does_not_ask_for_refuses_nothing_but_is_told() -> None:
    gone = document(change("aws_s3_bucket.a", {"bucket": "a"}), prior_state=running())
    found = judge(report(gone, "dev"))
    assert found.verdict is Verdict.LOOK
    assert "dev doesn't ask for it" in found.text
    assert found.reasons == ["aws_s3_bucket.a is protected and would be destroyed"]


def test_a_policy_that_can_not_be_checked_has_refused() -> None:
    broken = change("aws_apprunner_service.a", None, {"instance_configuration": "none"})
    made = report(document(broken, change(QUEUE, {"a": 1}, {"a": 1})))
    assert judge(made).verdict is Verdict.REFUSED
    assert "could not be checked" in judge(made).text
    assert "**Cost:** **not known**" in markdown(made)


def test_the_cost_of_a_month_is_told() -> None:
    size = [{"cpu": "1024", "memory": "2048"}]
    service = change("aws_apprunner_service.a", None, {"instance_configuration": size})
    made = report(document(service, change("aws_sqs_queue.a", None, {"name": "a"})))
    told = "+$56.94 a month** (list prices of eu-west-1; without aws_sqs_queue: no price known)"
    assert told in markdown(made)
    assert "+$56.94 a month" in Elements(page(made)).text


def test_the_release_shows_what_of_it_changes() -> None:
    made = markdown(named("replacement"))
    assert "model `ranker-1.4.0` → **`ranker-1.5.0`**" in made
    assert "data `trends-2026.11.18`," in made
    assert "image `a1a1a1a1a1a1` → **`b2b2b2b2b2b2`**" in made


def test_a_plan_without_an_identity_says_that_it_can_not_be_approved() -> None:
    made = report(named_document(), identity="", kept=False, problem="The key can't be had.")
    assert judge(made).verdict is Verdict.LOOK
    assert judge(made).text == "It has no identity, so nobody can approve it."
    assert "without an identity: `The key can't be had.`" in markdown(made)
    assert "The key can't be had." in Elements(page(made)).text


def named_document() -> dict[str, Any]:
    return document(change(QUEUE, {"name": "a"}, {"name": "b"}), prior_state=running())


@pytest.mark.parametrize(
    ("before_mask", "after_mask"), [(True, True), (True, False), (False, True)]
)
def test_no_secret_gets_into_a_report(before_mask: bool, after_mask: bool) -> None:
    values = {"plain": "seen", "secret": CANARY, "list": [{"secret": CANARY}, "x"]}
    new = {"plain": "seen2", "secret": CANARY + "2", "list": ["y", {"secret": CANARY}, "x"]}
    masks = {
        f"{when}_sensitive": {"secret": mask, "list": [{"secret": mask}, {"secret": mask}]}
        for when, mask in (("before", before_mask), ("after", after_mask))
    }
    secret = {"value": CANARY, "sensitive": True}
    planned = document(
        change(QUEUE, values, new, **masks),
        change("aws_sqs_queue.new", None, values, **masks),
        change(SERVICE, values, new, actions=["create", "delete"], **masks),
        change("aws_sqs_queue.gone", values, None, **masks),
        output_changes={
            "release": {
                "actions": ["no-op"], "before": {"model_version": CANARY}, "after": None,
                "before_sensitive": True, "after_sensitive": True,
            },
            "secret": {
                "actions": ["update"], "before": CANARY, "after": CANARY + "2",
                "before_sensitive": True, "after_sensitive": False,
            }
        },
        variables={"password": {"value": CANARY}},
        configuration={
            "root_module": {
                "variables": {"password": {"sensitive": True}},
                "resources": [
                    {
                        "address": QUEUE,
                        "mode": "managed",
                        "expressions": {"secret": {"constant_value": CANARY}},
                    }
                ],
            }
        },
        prior_state={
            "values": {
                "outputs": {"secret": secret},
                "root_module": {"resources": [
                    {"address": QUEUE, "mode": "managed", "values": {"secret": CANARY}}
                ]},
            }
        },
    )  # fmt: skip
    made = report(planned)
    for text in (markdown(made), page(made), repr(made)):
        assert CANARY not in text
        assert "seen" in text


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
@pytest.mark.mode(60)
def test_untrusted_text_is_only_text_in_a_comment(text: str) -> None:
    made = markdown(hostile(text))
    assert made.isprintable() or set(re.findall(r"[^\n]", made)) == set(
        filter(str.isprintable, made)
    )
    harmless = shown(markdown(hostile("harmless")))
    found = shown(made)
    assert found.tags == harmless.tags
    assert found.open == []
    assert [one for one in found.attributes if one[1] in ("href", "src", "onerror")] == []


@pytest.mark.parametrize("text", HOSTILE.values(), ids=HOSTILE)
def test_untrusted_text_is_only_text_in_a_page(text: str) -> None:
    made = page(hostile(text))
    assert all(one.isprintable() or one == "\n" for one in made)
    harmless, found = Elements(page(hostile("harmless"))), Elements(made)
    assert [tag for tag in found.tags if tag != "wbr"] == [
        tag for tag in harmless.tags if tag != "wbr"
    ]
    assert found.open == []


def test_what_terraform_calls_drift_is_told_and_alarms_nobody() -> None:
    drifted = [{"address": "aws_x.y", "change": {"actions": ["delete"]}}]
    made = report(document(change(QUEUE, {"a": 1}, {"a": 2}), resource_drift=drifted))
    assert judge(made).verdict is Verdict.ROUTINE
    for text in (shown(markdown(made)).text, Elements(page(made)).text):
        assert "aws_x.y" in text
        assert "Otherwise in AWS than in the state" in text


def test_control_characters_are_seen() -> None:
    made = markdown(hostile(HOSTILE["control characters"]))
    assert "a␛[31mred␀␇␍␊␊## heading" in made
    assert "abc<U+202E>fdp.exe<U+2066><U+200B><U+FEFF>" in markdown(
        hostile(HOSTILE["hidden directions"])
    )


def test_a_page_needs_nothing_from_outside() -> None:
    for name in DOCUMENTS:
        found = Elements(page(named(name)))
        assert not {"script", "link", "img", "iframe", "object", "form"} & set(found.tags)
        policies = [value for tag, attribute, value in found.attributes if tag == "meta"
                    and attribute == "content" and "default-src" in value]  # fmt: skip
        (policy,) = policies
        assert policy.startswith("default-src 'none'; style-src 'sha256-")
        assert not [one for one in found.attributes if one[1] in ("href", "src", "style")]
        assert not [one for one in found.attributes if one[1].startswith("on")]


def test_a_page_draws_what_changes() -> None:
    found = Elements(page(named("replacement")))
    assert found.tags.count("title") > 1
    assert "± apprunner_service" in found.text
    assert "class" in {name for tag, name, value in found.attributes if value == "node replace"}


def test_a_page_shows_what_was_done_before() -> None:
    fields = {
        "schema": 1, "sequence": 7, "environment": "staging", "account": "222222222222",
        "kind": "applied", "id": "x", "time": "2026-11-24T10:00:00Z", "previous": "0" * 64,
        "result": "succeeded", "reason": "", "user": "<b>mallory</b>", "actor": "::::user/eve",
        "details": {"applied": {"add": 3}}, "plan": None, "release": None,
    }  # fmt: skip
    entry = {
        "record": fields, "hash": "1" * 64,
        "signature": {"key": "k", "value": "", "algorithm": "a"},
    }  # fmt: skip
    stored = Stored("ledger/staging/7.json", 7, canonical(entry).decode())
    content = Elements(page(report(named_document(), history=(stored,)))).text
    assert "applied" in content
    assert "succeeded, 3 created" in content
    assert "user/eve (<b>mallory</b>)" in content
    missing = page(report(named_document(), history=None, history_problem="No access."))
    assert "The ledger was not read. No access." in Elements(missing).text


def test_a_long_comment_says_how_much_is_missing_and_where_it_is() -> None:
    made = named("two-thousand")
    text = markdown(made)
    assert len(text.encode()) <= COMMENT_BYTES
    listed = len(re.findall(r"^- \*\*`[+~]`\*\*", text, re.MULTILINE))
    (missing,) = re.findall(r"\*\*(\d+) of 2000 changes are not shown here", text)
    assert listed + int(missing) == 2000
    assert listed > 500
    assert "`plan.html`" in text
    assert text.count("<details>") == text.count("</details>")
    assert "not shown" not in markdown(made, SUMMARY_BYTES)


@pytest.mark.parametrize("limit", range(2_000, 9_000, 500))
@pytest.mark.mode(60)
def test_a_comment_is_whole_at_any_length(limit: int) -> None:
    text = markdown(named("sixty"), limit)
    assert len(text.encode()) <= limit
    assert shown(text).open == []
    listed = text.count("- **`+`**")
    if listed < 60:
        words = f"{60 - listed} of 60 changes are not shown here"
        told(next(line for line in text.splitlines() if words in line))


def test_too_many_destroys_are_at_least_counted() -> None:
    gone = [change(f"aws_sqs_queue.q{number}_{'x' * 90}", {"a": 1}) for number in range(1500)]
    text = markdown(report(document(*gone, prior_state=running())))
    assert "## staging: 1500 to destroy" in text
    assert "### Destroyed (1500)" in text
    shown_here = text.count("- **`-`**")
    assert f"{1500 - shown_here} of 1500 changes are not shown here" in text
    assert len(text.encode()) <= COMMENT_BYTES


def test_a_large_plan_takes_little_time_and_room() -> None:
    begun = time.process_time()
    text = page(report(DOCUMENTS["two-thousand"][1]()))
    assert time.process_time() - begun < 10
    assert len(text.encode()) < 2_000_000
    assert Elements(text).text.count("aws_sqs_queue.q[") == 2000
    assert "attributes are not shown" not in text


def test_a_page_that_can_not_show_all_says_so() -> None:
    many = [
        change(f"aws_sqs_queue.q{number}", None, {f"a{index}": index for index in range(20)})
        for number in range(400)
    ]
    text = page(report(document(*many)))
    assert "Of 100 resources the attributes are not shown" in text


def test_the_reports_of_all_environments_fit_into_one_comment(tmp_path: Any) -> None:
    written = write(named("two-thousand"), tmp_path, shares=3)
    text = written.comment.read_text()
    assert 3 * len(text.encode()) < COMMENT_BYTES - 1_000
    assert re.search(r"\*\*\d+ of 2000 changes are not shown here", text)
    assert "not shown" not in written.summary.read_text()


def test_the_files_of_a_report(tmp_path: Any) -> None:
    written = write(named("sixty"), tmp_path / "new" / "folder")
    assert sorted(path.name for path in (tmp_path / "new" / "folder").iterdir()) == [
        "plan.html",
        "plan.md",
        "summary.md",
    ]
    assert written.comment.read_text().startswith("<!-- infra-plan staging -->\n## staging: 60")
    assert written.page.read_text().startswith("<!doctype html>")


def test_what_the_policy_can_not_see_yet_is_told_beside_its_word() -> None:
    role = change("aws_iam_policy.a", None, {}, after_unknown={"policy": True})
    # Where nothing was before, a new policy takes nothing from anybody.
    made = markdown(report(document(role)))
    assert "**Policy:** **passed** (1 policy can be judged only after the apply)" in made
