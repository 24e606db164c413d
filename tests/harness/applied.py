"""A module applied once for all tests of a file, and looked at from all sides."""

from __future__ import annotations

import contextlib
import json
from collections.abc import Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from harness.accounts import Account
from harness.inventories import assert_module_inventory
from harness.inventory import inventory
from harness.places import ROOT
from harness.plan_text import Changes, read_changes
from harness.terraform import Root, make_root, provider_mirror, readme_example
from infra.terraform.provider import executable
from infra.terraform.resident import Attachable, resident_provider

SCHEMAS = ROOT / ".local" / "terraform" / "schemas"
PLAN = ("plan", "-input=false", "-no-color", "-refresh=false")


@dataclass(frozen=True)
class Applied:
    """An applied root module. Tests only look and plan, so they may run in any order."""

    root: Root
    account: Account
    outputs: Mapping[str, Any]

    def client(self, service: str) -> Any:
        """A boto3 client in the account of this root."""
        return self.account.client(service)

    def resources(self, kind: str) -> list[Mapping[str, Any]]:
        """The managed resources of a type in the state, with their address and values."""
        state = json.loads(self.root.succeed("show", "-json").stdout)
        return [item for item in _resources(state["values"]["root_module"]) if item["type"] == kind]

    def planned_changes(self, override: str) -> Changes:
        """What would happen if the root were overridden so. The root stays as it was."""
        return planned_changes(self.root, override)


@contextlib.contextmanager
def resident(root: Root) -> Iterator[Root]:
    """Keep one provider for all runs in a root: starting it takes longer than most plans.

    An init in the block installs none, which saves hashing some hundred megabytes.
    """
    mirror = provider_mirror()
    program = executable(mirror.directory, mirror.provider)
    assert program is not None, "the mirror holds the provider packed"
    kept_up = Attachable(program, root.directory, root.directory / ".terraform", SCHEMAS)
    with resident_provider(kept_up, root.variables) as attach:
        yield replace(root, variables={**root.variables, **attach().variables})


@contextlib.contextmanager
def example_root(module: str, account: Account, folder: Path, extra: str = "") -> Iterator[Root]:
    """The README's example, ready for an apply. extra: what the test adds in a file of its own."""
    root = make_root(folder, module, readme_example(module), account)
    if extra:
        (root.directory / "extra.tf").write_text(extra, encoding="utf-8")
    with resident(root) as attached:
        attached.init()
        yield attached


@contextlib.contextmanager
def applied_example(
    module: str, account: Account, folder: Path, extra: str = ""
) -> Iterator[Applied]:
    """Apply the README's example; at the end destroy it, and see that nothing is left."""
    with example_root(module, account, folder, extra) as root:
        root.apply()
        assert_module_inventory(root, module)
        yield Applied(root, account, root.outputs())
        destroy_to_nothing(root, account)


def destroy_to_nothing(root: Root, account: Account) -> None:
    """Destroy; neither the state nor boto3 may know of anything after it."""
    assert inventory(account) != [], "nothing was there before, so nothing would be proved"
    root.destroy()
    assert root.addresses() == []
    assert inventory(account) == []


def planned_changes(root: Root, override: str = "") -> Changes:
    """What would happen if the root were overridden so. The root stays as it was."""
    with _overridden(root, override):
        return read_changes(root.succeed(*PLAN).stdout)


def planned(root: Root, override: str) -> Mapping[str, Any]:
    """The plan of a root that is overridden so, without a refresh, as JSON."""
    plan = root.directory / "test_override.tfplan"
    try:
        with _overridden(root, override):
            root.succeed(*PLAN, f"-out={plan}")
        document = json.loads(root.succeed("show", "-json", str(plan)).stdout)
    finally:
        plan.unlink(missing_ok=True)
    assert isinstance(document, dict)
    return document


@contextlib.contextmanager
def _overridden(root: Root, override: str) -> Iterator[None]:
    overriding = root.directory / "test_override.tf"
    overriding.write_text(override, encoding="utf-8")
    try:
        yield
    finally:
        overriding.unlink()


def changes(plan: Mapping[str, Any]) -> Changes:
    """The same of a plan in JSON; what it only reads, or leaves alone, is left out."""
    return {
        item["address"]: item["change"]["actions"]
        for item in plan.get("resource_changes", [])
        if item["change"]["actions"] not in (["no-op"], ["read"])
    }


def _resources(module: Mapping[str, Any]) -> Iterator[Mapping[str, Any]]:
    yield from (item for item in module.get("resources", []) if item["mode"] == "managed")
    for child in module.get("child_modules", []):
        yield from _resources(child)


def statements(policy_json: str) -> Mapping[str, Mapping[str, Any]]:
    """The statements of a policy by Sid, with single values and lists written alike."""
    document = json.loads(policy_json)
    assert document["Version"] == "2012-10-17"
    return {item["Sid"]: _listed(item) for item in document["Statement"]}


def _listed(statement: Mapping[str, Any]) -> Mapping[str, Any]:
    """Lists, sorted, for what IAM allows to be one value or several."""
    shown: dict[str, Any] = {"Effect": statement["Effect"]}
    for key in ("Action", "NotAction", "Resource", "NotResource"):
        if key in statement:
            shown[key] = _values(statement[key])
    for key in ("Principal", "NotPrincipal"):
        if key in statement:
            principal = statement[key]
            shown[key] = (
                principal
                if isinstance(principal, str)
                else {kind: _values(values) for kind, values in principal.items()}
            )
    if "Condition" in statement:
        shown["Condition"] = {
            test: {name: _values(values) for name, values in keys.items()}
            for test, keys in statement["Condition"].items()
        }
    return shown


def _values(value: Any) -> list[str]:
    return sorted(value) if isinstance(value, list) else [value]
