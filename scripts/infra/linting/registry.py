"""All checks, by name, in the order in which they are shown."""

from __future__ import annotations

from collections.abc import Mapping

from infra.linting import (
    checkov_tool,
    dated_facts,
    generated_documents,
    python_tools,
    terraform_rules,
    terraform_tools,
    text_tools,
    tflint_tool,
    workflow_tools,
)
from infra.linting.checks import Check

_ALL = (
    Check(
        terraform_tools.FMT,
        "the layout of Terraform files",
        terraform_tools.check_format,
        terraform_tools.fix_format,
    ),
    Check(terraform_tools.VALIDATE, "Terraform's own rules", terraform_tools.check_validity),
    Check(terraform_rules.NAME, "this repository's rules", terraform_rules.check),
    Check(tflint_tool.NAME, "AWS's rules and Terraform style", tflint_tool.check, tolerated=True),
    Check(checkov_tool.CODE, "security of what is declared", checkov_tool.check_code),
    Check(
        python_tools.RUFF,
        "Python: faults and style",
        python_tools.check_ruff,
        python_tools.fix_ruff,
    ),
    Check(
        python_tools.FORMAT,
        "Python: layout",
        python_tools.check_format,
        python_tools.fix_format,
    ),
    Check(python_tools.MYPY, "Python: types, strict", python_tools.check_types),
    Check(text_tools.SHELL, "shell scripts", text_tools.check_shell),
    Check(text_tools.YAML, "YAML", text_tools.check_yaml),
    Check(text_tools.MARKDOWN, "Markdown", text_tools.check_markdown),
    Check(workflow_tools.ZIZMOR, "security of workflows", workflow_tools.check_zizmor),
    Check(workflow_tools.SCHEMA, "workflows: GitHub's schema", workflow_tools.check_schema),
    Check(workflow_tools.PINS, "workflows: actions by hash", workflow_tools.check_pins),
    Check(generated_documents.NAME, "generated documents", generated_documents.check),
    Check(dated_facts.NAME, "facts that end", dated_facts.check),
)

CHECKS: Mapping[str, Check] = {check.name: check for check in _ALL}
