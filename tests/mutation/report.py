"""docs/mutants.md."""

from __future__ import annotations

from collections.abc import Mapping
from itertools import groupby

from harness.places import ROOT
from mutation.mutants import Mutant

PATH = ROOT / "docs" / "mutants.md"
HEAD = """# Do the checks notice?

Written by `make mutants`; [how it works](../tests/mutation/README.md). Each *mutant* is one
security setting that was flipped or dropped. It is caught by the first check that fails, cheapest
first.

"""


def write_report(mutants: list[Mutant], caught: Mapping[str, str]) -> float:
    """Write the report; return the share of mutants that something caught."""
    survivors = [mutant for mutant in mutants if not caught[mutant.id]]
    count = len(mutants) - len(survivors)
    by_checkov = sum(caught[mutant.id].startswith("checkov ") for mutant in mutants)
    lines = [
        f"**{count} of {len(mutants)} are caught ({count / len(mutants):.1%})**: {by_checkov} by"
        f" checkov, {count - by_checkov} by the tests.",
        "",
        "## Survivors",
        "",
    ]
    if survivors:
        lines += ["| Mutant | What it means | Why nothing catches it |", "|---|---|---|"]
        for mutant in survivors:
            reason = mutant.survives or "Not known yet: a test is missing."
            lines.append(f"| `{mutant.id}` | {mutant.means} | {reason} |")
    else:
        lines.append("None.")
    lines += ["", "## Caught", ""]
    lines += ["| Module | Mutant | What it means | Caught by |", "|---|---|---|---|"]
    for module, group in groupby(mutants, key=lambda mutant: mutant.module):
        for mutant in group:
            if caught[mutant.id]:
                by = shown(caught[mutant.id])
                lines.append(f"| {module} | `{mutant.name}` | {mutant.means} | {by} |")
    PATH.write_text(HEAD + "\n".join(lines) + "\n", encoding="utf-8")
    return count / len(mutants)


def shown(caught_by: str) -> str:
    """A check's name, short enough for a table."""
    if caught_by.startswith("checkov "):
        return caught_by
    file, _, test = caught_by.partition("::")
    name = test.partition("[")[0].removesuffix(" (setup)")
    ending = " (while it is applied)" if caught_by.endswith("(setup)") else ""
    return f"`{file.rsplit('/', 1)[-1]}`: {name}{ending}"
