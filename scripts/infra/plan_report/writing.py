"""The files of a report."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from infra import files
from infra.plan_report.markdown import COMMENT_BYTES, SUMMARY_BYTES, markdown
from infra.plan_report.model import Report
from infra.plan_report.page import page

AROUND_BYTES = 1_536
"""Room in a comment for what stands around the reports."""

COMMENT, SUMMARY, PAGE = "plan.md", "summary.md", "plan.html"


@dataclass(frozen=True)
class Written:
    """Where a report is. comment, summary: the same text, for GitHub's two limits."""

    comment: Path
    summary: Path
    page: Path

    def document(self) -> dict[str, str]:
        """For `--json`."""
        return {
            "comment": str(self.comment),
            "summary": str(self.summary),
            "page": str(self.page),
        }


def write(report: Report, folder: Path, *, shares: int = 1) -> Written:
    """Write the report into a folder, which is made where it is missing. Raises RepositoryError.

    shares: how many reports must fit into one comment; a pull request has one for all environments.
    """
    written = Written(folder / COMMENT, folder / SUMMARY, folder / PAGE)
    for path, text in _texts(report, written, shares):
        files.replace(path, text.encode("utf-8"))
    return written


def _texts(report: Report, written: Written, shares: int) -> Iterator[tuple[Path, str]]:
    yield written.comment, markdown(report, (COMMENT_BYTES - AROUND_BYTES) // shares)
    yield written.summary, markdown(report, SUMMARY_BYTES)
    yield written.page, page(report)
