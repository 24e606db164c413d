"""The rules of this repository that no linter has."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from typing import Any

from infra.linting.findings import Finding, Looked
from infra.linting.site import Site
from infra.linting.terraform_files import Folder, TerraformFile, folders

NAME = "terraform-rules"
DEFAULT_TAGS = frozenset({"cost_centre", "environment", "managed_by", "owner", "project"})
"""What every resource bears; .tflint.hcl says the same to tflint."""

_LITERALS = (
    ("literal-account", re.compile(r"(?<!\d)\d{12}(?!\d)"), "aws_caller_identity"),
    ("literal-partition", re.compile(r"arn:aws\b[a-z-]*:"), "aws_partition"),
    (
        "literal-region",
        re.compile(r"\b(?:af|ap|ca|cn|eu|il|me|mx|sa|us)(?:-gov)?-[a-z]+-\d\b"),
        "aws_region",
    ),
    # GitHub's tokens name STS as their audience by this text, whatever the partition.
    ("literal-domain", re.compile(r"(?<!\"sts\.)\bamazonaws\.com"), "aws_partition"),
)
_SWITCH = re.compile(r"\$\{.+\?\s*(1\s*:\s*0|0\s*:\s*1)\s*\}", re.DOTALL)

Rule = Callable[[Folder], Iterator[Finding]]


def check(site: Site) -> Looked:
    """Apply every rule to every module and root module."""
    findings = tuple(
        finding for folder in folders(site) for rule in RULES for finding in rule(folder)
    )
    return Looked(len(site.terraform_files), findings)


def _finding(
    rule: str, file: TerraformFile, line: int | None, message: str, advice: str
) -> Finding:
    return Finding(NAME, rule, file.name, line, message, advice)


def variables(folder: Folder) -> Iterator[Finding]:
    """Each variable has a sentence and a type, stands in variables.tf, and is used."""
    for file in folder.files:
        for name, body in file.labelled("variable").items():
            line = file.line("variable", name)

            def found(rule: str, told: str, advice: str, at: int | None = None) -> Finding:
                # Bound by the call: the loop goes on only after the finding is made.
                return _finding(rule, file, at or line, f"variable {name} {told}", advice)  # noqa: B023

            if not _sentence(body):
                yield found(
                    "variable-description",
                    "has no description that is a sentence.",
                    "Say what it is, in a sentence with a full stop.",
                )
            kind = str(body.get("type", ""))
            if not kind:
                yield found("variable-type", "has no type.", "Give it a type.")
            if re.search(r"\bany\b", kind):
                told = "takes just anything."
                at = file.line_in(line, "type")
                yield found("variable-any", told, "Name the type, with optional() parts.", at)
            if file.path.name != "variables.tf":
                yield found("variable-place", "stands elsewhere.", "Move it to variables.tf.")
            if not _used(folder, name):
                yield found("variable-unused", "is used by nothing.", "Use it, or remove it.")


def _sentence(body: Any) -> bool:
    return str(body.get("description", "")).endswith(".")


def _used(folder: Folder, name: str) -> bool:
    """Whether something reads it beside its own validations."""
    wanted = re.compile(rf"\bvar\.{re.escape(name)}\b")
    for file in folder.files:
        inside = ""
        for line in file.lines:
            head = re.match(r'(?:variable\s+"([^"]+)"|(\w+))', line)
            if head:
                inside = head[1] or ""
            if inside != name and wanted.search(line):
                return True
    return False


def outputs(folder: Folder) -> Iterator[Finding]:
    """Each output has a sentence and stands in outputs.tf."""
    for file in folder.files:
        for name, body in file.labelled("output").items():
            line = file.line("output", name)
            if not _sentence(body):
                told = f"output {name} has no description that is a sentence."
                advice = "Say what it is, in a sentence with a full stop."
                yield _finding("output-description", file, line, told, advice)
            if file.path.name != "outputs.tf":
                told = f"output {name} stands elsewhere."
                yield _finding("output-place", file, line, told, "Move it to outputs.tf.")


def literals(folder: Folder) -> Iterator[Finding]:
    """No account, region or partition is written out; Terraform wants them so in backend.tf."""
    for file in folder.files:
        if file.path.name == "backend.tf" and not folder.is_module:
            continue
        for number, line in enumerate(file.code, 1):
            for rule, pattern, source in _LITERALS:
                found = pattern.search(line)
                if found:
                    told = f"“{found[0]}” is true in one place only."
                    yield _finding(rule, file, number, told, f"Take it from data.{source}.")


def provider_free(folder: Folder) -> Iterator[Finding]:
    """A module configures neither provider nor backend: whoever calls it does."""
    if not folder.is_module:
        return
    for file in folder.files:
        for name in file.labelled("provider"):
            told = f"A module configures no provider, but here is {name}."
            line = file.line("provider", name)
            yield _finding("module-provider", file, line, told, "Move it to the root modules.")
        for block in file.document.get("terraform", []):
            for kind in ("backend", "cloud"):
                if kind in block:
                    told = f"A module has no {kind} of its own."
                    line = file.line("terraform")
                    yield _finding(
                        "module-backend", file, line, told, "Move it to the root modules."
                    )


def counts(folder: Folder) -> Iterator[Finding]:
    """`count` switches something on or off; what there are several of has names (for_each)."""
    for file in folder.files:
        for keyword, address, body in file.blocks():
            if "count" in body and not _SWITCH.fullmatch(str(body["count"])):
                labels = (keyword, *address.split("."))
                line = file.line_in(file.line(*labels), "count")
                told = f"{address} is counted, so that taking one away renumbers the others."
                advice = "Write count = CONDITION ? 1 : 0, or use for_each."
                yield _finding("count-condition", file, line, told, advice)


def tags(folder: Folder) -> Iterator[Finding]:
    """The provider of each root module tags everything, and nothing in a module undoes that."""
    for file in folder.files:
        for name, body in file.labelled("provider").items():
            given = {key for block in body.get("default_tags", []) for key in block.get("tags", {})}
            missing = sorted(DEFAULT_TAGS - given)
            if name == "aws" and missing and not folder.is_module:
                told = f"default_tags lack {', '.join(missing)}."
                line = file.line("provider", name)
                yield _finding(
                    "default-tags", file, line, told, "Add them: all resources get them."
                )
        for keyword, address, body in file.blocks():
            own = body.get("tags")
            undone = sorted(DEFAULT_TAGS & own.keys()) if isinstance(own, dict) else []
            if keyword == "resource" and undone:
                line = file.line_in(file.line(keyword, *address.split(".")), "tags")
                told = f"{address} sets {', '.join(undone)} itself, in place of default_tags."
                yield _finding("overridden-tag", file, line, told, "Leave them to the provider.")


RULES: tuple[Rule, ...] = (variables, outputs, literals, provider_free, counts, tags)
