"""Facts that end: what the code relies on, where that was read, and by when somebody looks again.

docs/dated_facts.yaml lists them. A fact whose day has come is a finding, one whose day is near a
note; a fact that stands in no file any more is a finding too, so that the list doesn't outlive it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import yaml

from infra.linting.findings import Finding, Level, Looked
from infra.linting.site import Site

NAME = "dated-facts"
LIST = "docs/dated_facts.yaml"
NEAR_DAYS = 30
_KEYS = {"says": str, "source": str, "read_on": date, "review_by": date, "mark": str, "files": list}


def check(site: Site) -> Looked:
    """Judge each fact of the list by today's date."""
    path = site.root / LIST
    if not path.is_file():
        return Looked(0)
    try:
        document = yaml.safe_load(path.read_text(encoding="utf-8"))
        facts = dict(document["facts"])
    except (yaml.YAMLError, KeyError, TypeError, ValueError):
        told = "It must hold a mapping `facts` of facts by name."
        return Looked(1, (Finding(NAME, "malformed-fact", LIST, None, told, "Correct it."),))
    lines = path.read_text(encoding="utf-8").splitlines()
    findings: list[Finding] = []
    for name, fact in facts.items():
        line = next((n for n, text in enumerate(lines, 1) if text.strip() == f"{name}:"), None)
        findings += _judged(site, str(name), fact, line)
    return Looked(len(facts), tuple(findings))


def _judged(site: Site, name: str, fact: Any, line: int | None) -> Iterator[Finding]:
    if not isinstance(fact, Mapping) or any(
        not isinstance(fact.get(key), kind) for key, kind in _KEYS.items()
    ):
        told = f"{name} must have {', '.join(_KEYS)}; dates as 2026-11-25."
        yield Finding(NAME, "malformed-fact", LIST, line, told, "Add what is missing.")
        return
    for file in map(str, fact["files"]):
        path = site.root / Path(file)
        if not path.is_file() or fact["mark"] not in path.read_text(encoding="utf-8"):
            told = f"{name}: {file} does not say “{fact['mark']}” any more."
            advice = f"Correct the file, or what {LIST} says of it."
            yield Finding(NAME, "lost-fact", LIST, line, told, advice)
    due = fact["review_by"]
    advice = f"Read {fact['source']} again; then correct the files, or move review_by."
    if due <= site.today:
        told = f"{name} had to be looked at by {due}: {fact['says']}"
        yield Finding(NAME, "overdue-fact", LIST, line, told, advice)
    elif due - site.today <= timedelta(days=NEAR_DAYS):
        told = f"{name} must be looked at by {due}: {fact['says']}"
        yield Finding(NAME, "fact-soon-due", LIST, line, told, advice, Level.NOTE)
