"""Faults in Python."""

from __future__ import annotations

_FAULTY = '''\
"""Faults."""

import os
import subprocess
import urllib.request

PASSWORD = "not-a-real-one"


def run(command: str) -> None:
    """Run it."""
    subprocess.run(command, shell=True, check=True)
    urllib.request.urlopen(command)
    print(missing)
'''

_TYPES = '''\
"""Faults of types."""


def add(a, b):
    return a + b


def name() -> str:
    """The name."""
    return 1
'''

SEEDS = {
    "ruff": {"scripts/infra/faulty.py": _FAULTY},
    "ruff-format": {"scripts/infra/untidy.py": "x = {  'a':1 }\n"},
    "mypy": {
        "policies/terraform/app_runner_role.py": _TYPES,
        "scripts/infra/__init__.py": "",
        "scripts/infra/types.py": _TYPES,
        "scripts/local_aws/__init__.py": "",
    },
}

_FILE = "scripts/infra/faulty.py"

FAULTS = {
    "ruff": [
        ("unused import", "F401", _FILE, "import os"),
        ("undefined name", "F821", _FILE, "missing"),
        ("plain-text secret", "S105", _FILE, "PASSWORD"),
        ("shell string", "S602", _FILE, "shell=True"),
        ("opener that keeps old proxies", "TID251", _FILE, "urlopen"),
        ("print past the console", "T201", _FILE, "print("),
    ],
    "ruff-format": [("unformatted file", "unformatted", "scripts/infra/untidy.py", "x = ")],
    "mypy": [
        ("untyped function", "no-untyped-def", "scripts/infra/types.py", "def add"),
        ("untyped policy", "no-untyped-def", "policies/terraform/app_runner_role.py", "def add"),
        ("wrong type", "return-value", "scripts/infra/types.py", "return 1"),
    ],
}
