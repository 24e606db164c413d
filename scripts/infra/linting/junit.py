"""JUnit's XML, which CI systems show as test results: one suite for each check."""

from __future__ import annotations

import re
from xml.etree import ElementTree

from infra.linting.findings import Finding, Level, Report, Result, Status

_NOT_XML = re.compile(r"[^\t\n\r\x20-\ud7ff\ue000-\ufffd\U00010000-\U0010ffff]")
"""XML 1.0, section 2.2: what no document may hold."""


def document(report: Report) -> bytes:
    """The whole report: a finding is a failure, a check that could not run an error."""
    suites = [_suite(result) for result in report.results]
    root = ElementTree.Element("testsuites", name="infra lint", time=f"{report.seconds:.3f}")
    for name in ("tests", "failures", "errors", "skipped"):
        root.set(name, str(sum(int(suite.get(name, "0")) for suite in suites)))
    root.extend(suites)
    ElementTree.indent(root)
    return bytes(ElementTree.tostring(root, encoding="utf-8", xml_declaration=True)) + b"\n"


def _suite(result: Result) -> ElementTree.Element:
    failures = [finding for finding in result.findings if finding.level is Level.ERROR]
    cases = [_failure(finding) for finding in failures] or [_whole(result)]
    suite = ElementTree.Element(
        "testsuite",
        name=result.check,
        tests=str(len(cases)),
        failures=str(len(failures)),
        errors=str(int(result.unchecked)),
        skipped=str(int(result.status is Status.MISSING and result.tolerated)),
        time=f"{result.seconds:.3f}",
    )
    suite.extend(cases)
    return suite


def _failure(finding: Finding) -> ElementTree.Element:
    case = ElementTree.Element(
        "testcase", classname=finding.tool, name=_clean(f"{finding.rule} {finding.place}")
    )
    told = ElementTree.SubElement(
        case, "failure", type=finding.rule, message=_clean(finding.message)
    )
    told.text = _clean(f"{finding.place}\n{finding.message}\n{finding.advice}")
    return case


def _whole(result: Result) -> ElementTree.Element:
    """What stands for a check without failures."""
    case = ElementTree.Element("testcase", classname=result.check, name=result.check)
    told = _clean(f"{result.status.value}: {result.reason} {result.advice}".strip())
    if result.unchecked:
        ElementTree.SubElement(case, "error", message=told)
    elif result.status is Status.MISSING:
        ElementTree.SubElement(case, "skipped", message=told)
    return case


def _clean(text: str) -> str:
    return _NOT_XML.sub("\N{REPLACEMENT CHARACTER}", text)
