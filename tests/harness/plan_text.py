"""The changes that Terraform's own text of a plan lists.

The JSON of a plan says more, but it takes a second run of Terraform, which spends a second on
nothing but the provider's schema. The text's last line is held against what was read.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Mapping

Changes = Mapping[str, list[str]]
"""Addresses of resources, and what a plan would do with them."""

REPLACE = ["delete", "create"]
REPLACE_CREATING_FIRST = ["create", "delete"]

_ACTIONS = {
    "+": ["create"],
    "-": ["delete"],
    "~": ["update"],
    "-/+": REPLACE,
    "+/-": REPLACE_CREATING_FIRST,
}
_HEADER = re.compile(r"^  # (\S.*?) (?:will be|must be|is tainted)\b")
_RESOURCE = re.compile(r'^ {0,2}([-+/~]+) resource "')
_TOTALS = re.compile(r"^Plan: (\d+) to add, (\d+) to change, (\d+) to destroy\.$", re.MULTILINE)


def read_changes(text: str) -> Changes:
    """What `terraform plan -no-color` would do, by address; what is only read is left out."""
    found: dict[str, list[str]] = {}
    address = ""
    for line in text.splitlines():
        if header := _HEADER.match(line):
            address = header.group(1)
        elif resource := _RESOURCE.match(line):
            assert address, line
            found[address] = _ACTIONS[resource.group(1)]
            address = ""
    totals = _TOTALS.search(text)
    said = tuple(map(int, totals.groups())) if totals else (0, 0, 0)
    count = Counter(action for actions in found.values() for action in actions)
    assert (count["create"], count["update"], count["delete"]) == said, text
    return found
