"""Faults in shell, YAML, Markdown, generated documents and dated facts."""

from __future__ import annotations

_VARIABLES = """\
variable "size" {
  description = "How large it is."
  type        = number
}
"""

_README = """\
# A module

## Inputs

<!-- BEGIN INPUTS -->
| Name | Description | Type | Default | Required |
|---|---|---|---|---|
| `size` | It was smaller once. | `number` | - | yes |
<!-- END INPUTS -->

<!-- BEGIN OUTPUTS -->
| Name | Description |
|---|---|
<!-- END OUTPUTS -->
"""

_FACT = """\
    says: It is so.
    source: https://example.com/
    read_on: 2026-01-01
    review_by: {day}
    mark: "{mark}"
    files: [README.md]
"""

_FACTS = (
    "facts:\n"
    f"  overdue:\n{_FACT.format(day='2026-06-01', mark='It is so.')}"
    f"  near:\n{_FACT.format(day='2026-06-20', mark='It is so.')}"
    f"  far:\n{_FACT.format(day='2027-06-01', mark='It is so.')}"
    f"  lost:\n{_FACT.format(day='2027-06-01', mark='It was otherwise.')}"
    "  malformed:\n    says: It is so.\n"
)

SEEDS = {
    "shellcheck": {
        ".ci/run": "#!/usr/bin/env bash\nset -euo pipefail\nrm -r $1\n",
        "scripts/old.sh": '#!/bin/sh\nname=`date`\nunused=1\necho "${name}"\n',
    },
    "yamllint": {
        "environments/dev/environment.yaml": "name: dev\nregion: a\nname: prod\n",
        "other.yml": "list:\n   - a   \n",
    },
    "markdown": {
        "docs/page.md": "# A page\n\n### Too deep\n\n[gone](nowhere.md)\n\n```\nno language\n```\n"
    },
    "documents": {
        "modules/thing/variables.tf": _VARIABLES,
        "modules/thing/outputs.tf": "",
        "modules/thing/README.md": _README,
        "docs/cli.md": "# The infra command\n\nWritten by hand.\n",
    },
    "dated-facts": {"README.md": "It is so.\n", "docs/dated_facts.yaml": _FACTS},
}

_FACT_FILE = "docs/dated_facts.yaml"

FAULTS = {
    "shellcheck": [
        ("unquoted argument", "SC2086", ".ci/run", "rm -r"),
        ("backquotes", "SC2006", "scripts/old.sh", "`date`"),
        ("unused name", "SC2034", "scripts/old.sh", "unused"),
    ],
    "yamllint": [
        ("key that stands twice", "key-duplicates", "environments/dev/environment.yaml", "prod"),
        ("space at the end", "trailing-spaces", "other.yml", "- a"),
    ],
    "markdown": [
        ("heading that skips a level", "MD001", "docs/page.md", "###"),
        ("link to nowhere", "MD057", "docs/page.md", "nowhere"),
        ("code without a language", "MD040", "docs/page.md", "```"),
    ],
    "documents": [
        ("stale README table", "stale-document", "modules/thing/README.md", "smaller once"),
        ("stale list of commands", "stale-document", "docs/cli.md", "by hand"),
    ],
    "dated-facts": [
        ("overdue fact", "overdue-fact", _FACT_FILE, "overdue:"),
        ("fact that no file states", "lost-fact", _FACT_FILE, "lost:"),
        ("fact without a source", "malformed-fact", _FACT_FILE, "malformed:"),
        ("fact that is soon due", "fact-soon-due", _FACT_FILE, "near:"),
    ],
}
