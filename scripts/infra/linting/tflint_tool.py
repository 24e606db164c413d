"""tflint, where it is installed: no package registry has it."""

from __future__ import annotations

import os
from typing import Any

from infra import processes
from infra.linting import tools
from infra.linting.findings import Finding, Level, Looked
from infra.linting.site import Site

NAME = "tflint"
ADVICE = (
    "Its rules were NOT checked here; CI checks them. Install it from"
    " github.com/terraform-linters/tflint."
)
FOUND = 2
"""tflint's exit code for issues; 1 is an error of its own."""


def check(site: Site) -> Looked:
    """Run tflint in every folder with Terraform files."""
    path = tools.installed(NAME, ADVICE)
    configuration = f"--config={site.root / '.tflint.hcl'}"
    # Its plugin comes from GitHub, so these two have the caller's network and token.
    init = processes.run(
        [path, "--init", configuration], environment=os.environ, directory=site.root
    )
    if init.returncode != 0:
        raise tools.failure("tflint --init", "failed", init)
    done = tools.run(
        site,
        [path, "--recursive", configuration, "--format=json"],
        accepted=(0, FOUND),
        environment=os.environ,
    )
    answer = tools.parsed(NAME, done)
    if answer.get("errors"):
        raise tools.failure(NAME, "met an error", done)
    findings = tuple(_finding(site, issue) for issue in answer["issues"])
    return Looked(len(site.terraform_files), findings)


def _finding(site: Site, issue: dict[str, Any]) -> Finding:
    rule, where = issue["rule"], issue["range"]
    level = Level.NOTE if rule["severity"] == "info" else Level.ERROR
    line = where["start"]["line"]
    return Finding(
        NAME,
        rule["name"],
        site.name(where["filename"]),
        line,
        issue["message"],
        rule["link"],
        level,
    )
