"""GitHub workflows: zizmor, the published JSON schema, and that actions are pinned."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from infra.linting import tools
from infra.linting.findings import Finding, Level, Looked
from infra.linting.site import Site

ZIZMOR, SCHEMA, PINS = "zizmor", "workflow-schema", "action-pins"
WORKFLOWS = (".github/workflows/*.yml", ".github/workflows/*.yaml")
ACTIONS = (".github/actions/*/action.yml", ".github/actions/*/action.yaml")

_USES = re.compile(r"""^\s*(?:-\s+)?uses:\s*["']?(?P<action>[^\s"'#]+)["']?(?P<rest>.*)$""")
_COMMIT = re.compile(r"[0-9a-f]{40}")
_IMAGE = re.compile(r"sha256:[0-9a-f]{64}")
_VERSION = re.compile(r"\s+#\s*v?\d+(\.\d+)*\S*")


def check_zizmor(site: Site) -> Looked:
    """Audit workflows as an auditor would: zizmor's strictest persona, without any network."""
    path = tools.program(site, ZIZMOR, tools.LINT_ENVIRONMENT)
    files = site.matching(*WORKFLOWS, *ACTIONS)
    if not files:
        return Looked(0)
    settings = [
        "--offline",
        "--persona=auditor",
        f"--config={site.root / 'zizmor.yml'}",
        "--no-exit-codes",
        "--quiet",
        "--no-progress",
    ]
    command = [path, *settings, "--format=sarif", *map(site.name, files)]
    done = tools.run(site, command, accepted=(0,))
    (run,) = tools.parsed(ZIZMOR, done)["runs"]
    helps = {rule["id"]: rule.get("helpUri", "") for rule in run["tool"]["driver"].get("rules", [])}
    return Looked(len(files), tuple(_zizmor(site, item, helps) for item in run["results"]))


def _zizmor(site: Site, item: dict[str, Any], helps: dict[str, str]) -> Finding:
    place = item["locations"][0]["physicalLocation"]
    told = item["message"]["text"]
    rule = item["ruleId"]
    return Finding(
        ZIZMOR,
        rule.removeprefix("zizmor/"),
        site.name(place["artifactLocation"]["uri"]),
        place["region"]["startLine"],
        told,
        helps.get(rule, ""),
    )


def check_schema(site: Site) -> Looked:
    """Compare workflows and actions with the JSON schemas that check-jsonschema brings along."""
    path = tools.program(site, "check-jsonschema", tools.LINT_ENVIRONMENT)
    looked = 0
    findings: list[Finding] = []
    for schema, patterns in (("github-workflows", WORKFLOWS), ("github-actions", ACTIONS)):
        files = site.matching(*patterns)
        looked += len(files)
        if files:
            settings = [f"--builtin-schema=vendor.{schema}", "--output-format=json"]
            done = tools.run(site, [path, *settings, *map(site.name, files)], accepted=(0, 1))
            findings += _schema(site, tools.parsed("check-jsonschema", done))
    return Looked(looked, tuple(findings))


def _schema(site: Site, answer: dict[str, Any]) -> Iterator[Finding]:
    for item in answer.get("errors", []):
        # Of the forms that a value may have, the nearest one says what is meant.
        best = item.get("best_match") or item
        told = f"{best.get('path', item['path'])}: {best.get('message', item['message'])}"
        advice = "https://docs.github.com/en/actions/reference/workflows-and-actions"
        yield Finding(SCHEMA, "schema", site.name(item["filename"]), None, told, advice)
    for item in answer.get("parse_errors", []):
        yield Finding(
            SCHEMA, "syntax", site.name(item["filename"]), None, item["message"], "Correct it."
        )


def check_pins(site: Site) -> Looked:
    """See that whatever a workflow uses is pinned by hash, with its version beside it."""
    files = site.matching(*WORKFLOWS, *ACTIONS)
    findings = tuple(finding for path in files for finding in _pins(site, path))
    return Looked(len(files), findings)


def _pins(site: Site, path: Path) -> Iterator[Finding]:
    for number, line in enumerate(path.read_text(encoding="utf-8").splitlines(), 1):
        found = _USES.match(line)
        if found is None or found["action"].startswith(("./", "$/")):
            continue
        action, _, reference = found["action"].partition("@")
        if not (_COMMIT.fullmatch(reference) or _IMAGE.fullmatch(reference)):
            told = f"{action} is pinned to {reference or 'nothing'}, which can move."
            advice = "Pin the commit's 40 digits, and put the version beside it as a comment."
            yield Finding(PINS, "unpinned-action", site.name(path), number, told, advice)
        elif not _VERSION.match(found["rest"]):
            told = f"{action} is pinned to a hash that nobody can read."
            advice = "Put the version beside it, such as: # v4.2.2"
            yield Finding(
                PINS, "unnamed-version", site.name(path), number, told, advice, Level.ERROR
            )
