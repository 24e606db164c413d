"""The pages that a reviewer opens, in a real browser: on a phone and on a screen."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness.chromium import Chromium
from harness.plan_documents import DOCUMENTS, change, document, named, report, running
from infra.graphs import page as graph_page
from infra.graphs import state_graph
from infra.plan_report import Report
from infra.plan_report.page import page
from infra.stored_state import StoredState

pytestmark = pytest.mark.browser

PHONE, SCREEN = 390, 1280
LOUD = "<script>document.title = 'owned'; fetch('http://127.0.0.1:9/')</script>"
LONG = "x" * 3_000
FIRST_SCREEN = 844
"""The height of a phone that is PHONE wide."""

OVERFLOWING = """
[...document.querySelectorAll('body *')]
  .filter(one => one.getClientRects().length && !one.closest('svg'))
  .filter(one => one.getBoundingClientRect().right > innerWidth + 0.5)
  .map(one => one.outerHTML.slice(0, 200))
"""
CONTRAST = """
(() => {
  const luminance = text => {
    const [r, g, b] = text.match(/[\\d.]+/g).slice(0, 3).map(one => {
      const value = one / 255;
      return value <= 0.03928 ? value / 12.92 : ((value + 0.055) / 1.055) ** 2.4;
    });
    return 0.2126 * r + 0.7152 * g + 0.0722 * b;
  };
  const behind = one => {
    for (; one; one = one.parentElement) {
      const colour = getComputedStyle(one).backgroundColor;
      if (!colour.startsWith('rgba(0, 0, 0, 0')) return colour;
    }
    return 'rgb(255, 255, 255)';
  };
  const found = [];
  for (const one of document.querySelectorAll('body *')) {
    const own = [...one.childNodes].some(child => child.nodeType === 3 && child.data.trim());
    if (!own || one.closest('svg') || !one.getClientRects().length) continue;
    const [a, b] = [getComputedStyle(one).color, behind(one)].map(luminance).sort((x, y) => y - x);
    const ratio = (a + 0.05) / (b + 0.05);
    if (ratio < 4.5) found.push(`${ratio.toFixed(2)} ${one.outerHTML.slice(0, 120)}`);
  }
  return found;
})()
"""


def assert_good(browser: Chromium, path: Path, width: int, *, dark: bool = False) -> None:
    """It opens without a complaint, asks for nothing, and fits its width."""
    seen = browser.open(path, width, dark=dark)
    assert seen.console == []
    assert seen.requests == []
    assert browser.run("document.documentElement.scrollWidth") <= width
    assert browser.run(OVERFLOWING) == []
    assert browser.run("document.body.innerText.length") > 100


def written(folder: Path, made: Report) -> Path:
    path = folder / "plan.html"
    path.write_text(page(made), encoding="utf-8")
    return path


@pytest.mark.parametrize("width", [PHONE, SCREEN])
@pytest.mark.parametrize("name", DOCUMENTS)
def test_a_report_opens_offline_and_fits(
    browser: Chromium, tmp_path: Path, name: str, width: int
) -> None:
    path = written(tmp_path, named(name))
    assert_good(browser, path, width)
    browser.screenshot(tmp_path / "page.png")
    assert (tmp_path / "page.png").stat().st_size > 5_000


@pytest.mark.parametrize("name", ["replacement", "destroy-in-prod", "refused"])
def test_the_first_screen_of_a_phone_says_what_a_reviewer_must_know(
    browser: Chromium, tmp_path: Path, name: str
) -> None:
    browser.open(written(tmp_path, named(name)), PHONE)
    seen = browser.run(
        f"""[...document.querySelectorAll('h1, .verdict, .facts dd, .entry')]
        .filter(one => one.getBoundingClientRect().bottom <= {FIRST_SCREEN})
        .map(one => one.innerText).join('\\n')"""
    )
    made = named(name)
    for told in ("to destroy" if name != "replacement" else "to replace", "approve"):
        assert told in seen
    assert made.about.identity in seen
    assert "ranker-1.5.0" in seen
    assert "no change" in seen
    assert made.risky[0].address in seen


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("name", ["nothing", "replacement", "sixty", "destroy-in-prod"])
def test_text_can_be_read_by_day_and_night(
    browser: Chromium, tmp_path: Path, name: str, dark: bool
) -> None:
    browser.open(written(tmp_path, named(name)), PHONE, dark=dark)
    background = browser.run("getComputedStyle(document.body).backgroundColor")
    assert background == ("rgb(13, 17, 23)" if dark else "rgb(255, 255, 255)")
    assert browser.run(CONTRAST) == []


@pytest.mark.parametrize("width", [PHONE, SCREEN])
def test_one_drawing_is_shown_and_its_text_stays_in_its_cards(
    browser: Chromium, tmp_path: Path, width: int
) -> None:
    browser.open(written(tmp_path, named("replacement")), width)
    assert browser.run(
        "[...document.querySelectorAll('svg.graph')].filter(one => one.getClientRects().length)"
        ".length"
    ) == 1  # fmt: skip


@pytest.mark.parametrize("width", [PHONE, SCREEN])
def test_what_a_name_holds_neither_runs_nor_widens_the_page(
    browser: Chromium, tmp_path: Path, width: int
) -> None:
    made = report(
        document(
            change(f'aws_sqs_queue.a["{LOUD}"]', {"name": LOUD}, {"name": LONG, LONG: LOUD}),
            change(f'aws_sqs_queue.b["{LONG}"]', {"name": LONG}),
            change(f'module.m["{LOUD}"].aws_sqs_queue.c', None, {LOUD: LONG}),
            output_changes={LOUD: {"actions": ["create"], "before": None, "after": LONG}},
            prior_state=running(),
        )
    )
    assert_good(browser, written(tmp_path, made), width)
    assert browser.run("document.title") == "staging: 1 to destroy, 1 to update, 1 to create"
    assert LOUD in browser.run("document.body.innerText")


def test_a_script_would_not_run(browser: Chromium, tmp_path: Path) -> None:
    text = page(named("sixty")).replace("<main>", f"<main>{LOUD}<img src='http://127.0.0.1:9/a'>")
    path = tmp_path / "plan.html"
    path.write_text(text, encoding="utf-8")
    seen = browser.open(path, SCREEN)
    assert browser.run("document.title") == "staging: 60 to create"
    assert any("Content Security Policy" in line for line in seen.console)


def test_a_report_can_be_printed_with_all_that_is_collapsed(
    browser: Chromium, tmp_path: Path
) -> None:
    browser.open(written(tmp_path, named("sixty")), SCREEN)
    printed = browser.printed()
    assert printed.startswith(b"%PDF-")
    # Closed, they fit on three sheets.
    assert printed.count(b"/Type /Page\n") > 5


@pytest.mark.parametrize("width", [PHONE, SCREEN])
def test_the_architecture_of_an_environment_fits(
    browser: Chromium, tmp_path: Path, width: int
) -> None:
    names = ["key", "lake", "service", "alarms", "roles", "acl"]
    resources = tuple(
        {
            "mode": "managed", "type": "aws_sqs_queue", "name": "this", "module": f"module.{name}",
            "instances": [{"dependencies": [f"module.{names[index - 1]}.aws_sqs_queue.this"]}],
        }
        for index, name in enumerate(names)
    )  # fmt: skip
    graph = state_graph(StoredState("lineage", 1, {}, resources))
    path = tmp_path / "graph.html"
    path.write_text(graph_page.page(graph, "staging: what it consists of", items=True))
    seen = browser.open(path, width)
    assert (seen.console, seen.requests) == ([], [])
    assert browser.run("document.documentElement.scrollWidth") <= width
