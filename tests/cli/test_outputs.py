"""Outputs for machines that no other test reads; each is compared with its schema."""

from __future__ import annotations

import pytest

from harness import schemas
from harness.checkout import Checkout
from infra.cli import run

pytestmark = pytest.mark.terraform

LINES = (
    "apply staging",
    "output staging",
    "graph staging",
    "drift staging",
    "ledger show staging 1",
    "ledger export staging --out {root}/export.jsonl",
    "ledger verify staging",
    "local env staging",
    "local snapshot save one",
    "local snapshot load one --yes",
    "local snapshot remove one",
    "destroy staging",
    "doctor",
    "local status",
    "local reset",
    "local stop",
    "local status",
)


def test_each_is_as_its_schema_says(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    for name, value in checkout.shell().items():
        monkeypatch.setenv(name, value)
    for line in LINES:
        words = line.format(root=checkout.root).split()
        code = run(["-C", str(checkout.root), *words, "--json"])
        printed = capfd.readouterr()
        document = schemas.parsed(printed.out)
        assert code == 0, f"{line}: {printed.out}{printed.err}"
        assert line.startswith(document["command"])
