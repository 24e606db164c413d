"""Faults in GitHub workflows."""

from __future__ import annotations

COMMIT = "11bd71901bbe5b1630ceea73d27597364c9af683"

_WORKFLOW = f"""\
name: faulty

on:
  pull_request_target:

permissions: write-all

jobs:
  job:
    name: a job
    runs-on: ubuntu-24.04
    steps:
      - uses: actions/checkout@v4
      - uses: "actions/setup-python@{COMMIT}"
      - uses: actions/cache@{COMMIT} # v4.2.2
      - uses: ./.github/actions/own
      - run: echo "${{{{ github.event.pull_request.title }}}}"
"""

_FILE = ".github/workflows/faulty.yml"

SEEDS = {
    "zizmor": {_FILE: _WORKFLOW},
    "action-pins": {
        _FILE: _WORKFLOW,
        ".github/actions/own/action.yml": "runs:\n  steps:\n    - uses: docker://alpine:3\n",
    },
    "workflow-schema": {
        _FILE: "name: faulty\non: push\njobs:\n  job:\n    runs-on: ubuntu-24.04\n    step: []\n",
        ".github/workflows/broken.yml": "name: [\n",
    },
}

FAULTS = {
    "zizmor": [
        ("untrusted input in a shell line", "template-injection", _FILE, "pull_request.title"),
        ("trigger that gives forks secrets", "dangerous-triggers", _FILE, "pull_request_target"),
        ("all permissions", "excessive-permissions", _FILE, "write-all"),
        ("unpinned action", "unpinned-uses", _FILE, "checkout@v4"),
        ("credentials left in the checkout", "artipacked", _FILE, "checkout@v4"),
    ],
    "action-pins": [
        ("unpinned action", "unpinned-action", _FILE, "checkout@v4"),
        ("hash that nobody can read", "unnamed-version", _FILE, "setup-python"),
        ("unpinned image", "unpinned-action", ".github/actions/own/action.yml", "alpine:3"),
    ],
    "workflow-schema": [
        ("key that no workflow has", "schema", _FILE),
        ("workflow that is no YAML", "syntax", ".github/workflows/broken.yml"),
    ],
}
