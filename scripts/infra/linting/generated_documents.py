"""The generated parts of documents: tables of modules and gates, docs/cli.md."""

from __future__ import annotations

from infra import documents
from infra.cli import cli
from infra.errors import RepositoryError
from infra.linting.findings import Finding, Looked
from infra.linting.site import Site

NAME = "documents"


def check(site: Site) -> Looked:
    """Find generated parts that are stale, or have lost their marks."""
    pages = 0
    findings = []
    try:
        for page in documents.pages(site.repository, cli):
            pages += 1
            if page.stale:
                findings.append(
                    Finding(
                        NAME,
                        "stale-document",
                        site.name(page.path),
                        page.first_difference,
                        "Its generated part is not what the code says.",
                        "make docs",
                    )
                )
    except RepositoryError as error:
        told = " ".join((error.message, *error.details))
        findings.append(Finding(NAME, "broken-document", "modules", None, told, error.hint))
    return Looked(pages, tuple(findings))
