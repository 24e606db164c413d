"""SARIF 2.1.0, which code scanning of GitHub and many editors read: one run for each check."""

from __future__ import annotations

from typing import Any

from infra import __version__
from infra.linting.findings import Finding, Report, Result

SCHEMA = "https://json.schemastore.org/sarif-2.1.0.json"


def document(report: Report) -> dict[str, Any]:
    """The whole report. A check that could not run is an invocation that did not succeed."""
    return {
        "$schema": SCHEMA,
        "version": "2.1.0",
        "runs": [_run(result) for result in report.results],
    }


def _run(result: Result) -> dict[str, Any]:
    rules = list(dict.fromkeys(finding.rule for finding in result.findings))
    advice = {finding.rule: finding.advice for finding in reversed(result.findings)}
    invocation: dict[str, Any] = {"executionSuccessful": not result.reason}
    if result.reason:
        told = f"{result.status.value}: {result.reason} {result.advice}".strip()
        level = "note" if result.tolerated else "error"
        invocation["toolExecutionNotifications"] = [{"level": level, "message": {"text": told}}]
    return {
        "tool": {
            "driver": {
                "name": result.check,
                "semanticVersion": __version__,
                "rules": [
                    {"id": rule, **({"help": {"text": advice[rule]}} if advice[rule] else {})}
                    for rule in rules
                ],
            }
        },
        # Each check stands for itself where results are uploaded again and again.
        "automationDetails": {"id": f"infra-lint/{result.check}/"},
        "invocations": [invocation],
        "originalUriBaseIds": {"ROOT": {"description": {"text": "The root of the checkout."}}},
        "results": [_result(finding, rules) for finding in result.findings],
    }


def _result(finding: Finding, rules: list[str]) -> dict[str, Any]:
    physical: dict[str, Any] = {"artifactLocation": {"uri": finding.file, "uriBaseId": "ROOT"}}
    # GitHub shows a result only with a line; a fault of a whole file is shown at its head.
    physical["region"] = {"startLine": finding.line or 1}
    return {
        "ruleId": finding.rule,
        "ruleIndex": rules.index(finding.rule),
        "level": finding.level.value,
        "message": {"text": finding.message},
        "locations": [{"physicalLocation": physical}],
    }
