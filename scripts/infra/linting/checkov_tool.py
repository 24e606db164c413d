"""checkov over code and plans, with the policies of policies/terraform beside its own."""

from __future__ import annotations

from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any

from infra.errors import LintToolError
from infra.linting import tools
from infra.linting.findings import Finding, Looked
from infra.linting.site import TERRAFORM_FOLDERS, Site

CODE, PLAN = "checkov", "checkov-plan"
SKIP = "#checkov:skip="
UNREADABLE = "unreadable"
LOGGED_ERROR = "[ERROR]"


def check_code(site: Site) -> Looked:
    """Look at modules by themselves and as the environments call them."""
    path = tools.program(site, "checkov", tools.CHECKOV_ENVIRONMENT)
    folders = [name for name in TERRAFORM_FOLDERS if site.matching(f"{name}/*.tf")]

    def look(folder: str) -> list[Finding]:
        # One run each: given several folders, checkov looks at the first again and again.
        answers = _run(site, path, ["--directory", folder, "--framework", "terraform"])
        return list(_findings(site, CODE, folder, answers))

    # Side by side, or this check ends long after all others.
    with ThreadPoolExecutor(len(folders) or 1) as pool:
        findings = dict.fromkeys(item for found in pool.map(look, folders) for item in found)
    skips = sum(file.read_text(encoding="utf-8").count(SKIP) for file in site.terraform_files)
    remark = f"{skips} skips with reasons" if skips else ""
    return Looked(len(site.terraform_files), tuple(findings), remark)


def check_plan(site: Site, plan: Path) -> Looked:
    """Look at what a plan would make, values and all. plan: the JSON of `terraform show -json`.

    A skip in the code holds here as well.
    """
    path = tools.program(site, "checkov", tools.CHECKOV_ENVIRONMENT)
    arguments = ["--file", str(plan), "--framework", "terraform_plan"]
    answers = _run(site, path, [*arguments, "--repo-root-for-plan-enrichment", str(site.root)])
    return Looked(1, tuple(_findings(site, PLAN, "", answers)))


def _run(site: Site, path: str, arguments: list[str]) -> list[dict[str, Any]]:
    settings = ["--config-file", str(site.root / ".checkov.yaml"), "--output", "json"]
    done = tools.run(
        site,
        [path, *arguments, *settings],
        accepted=(0, 1),
        environment=tools.surroundings({"EVAL_TF_PLAN_AFTER_UNKNOWN": "True"}),
    )
    # It goes on without a policy that it can't load, or a file that it can't read.
    if LOGGED_ERROR in done.stderr:
        raise tools.failure("checkov", "logged an error", done)
    answer = tools.parsed("checkov", done)
    # With nothing to look at, checkov answers with counts alone.
    return [
        item for item in (answer if isinstance(answer, list) else [answer]) if "results" in item
    ]


def _findings(
    site: Site, check: str, folder: str, answers: list[dict[str, Any]]
) -> Iterator[Finding]:
    for answer in answers:
        results = answer["results"]
        for name in results.get("parsing_errors", []):
            yield Finding(check, UNREADABLE, site.name(name), None, "checkov can't read it.")
        for item in results["failed_checks"]:
            yield _finding(site, check, folder, item)


def _finding(site: Site, check: str, folder: str, item: dict[str, Any]) -> Finding:
    # Its paths begin with a slash and are relative to the folder that it was given.
    file = site.name(Path(folder) / str(item["file_path"]).lstrip("/"))
    rule = str(item["check_id"])
    if not isinstance(item.get("file_line_range"), list):
        raise LintToolError(f"checkov gives no place for {rule}.")
    advice = item.get("guideline") or f"Correct it, or put above it: {SKIP}{rule}:The reason."
    line = int(item["file_line_range"][0]) or None
    return Finding(check, rule, file, line, f"{item['resource']}: {item['check_name']}", advice)
