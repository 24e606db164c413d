"""Which resources an example or an environment is expected to have: `make inventories` renews them.

They are planned in a local cloud of their own. The tests compare them with what an apply made.
"""

from __future__ import annotations

import difflib
import sys
import tempfile
from collections.abc import Iterable, Mapping
from pathlib import Path
from typing import Any

from harness.accounts import enter
from harness.checkout import Checkout
from harness.places import ROOT, copy_checkout, environment_names, module_names
from harness.terraform import Root, make_root, readme_example
from infra.local_cloud import LocalCloud

MODULE_INVENTORIES = ROOT / "tests" / "modules" / "inventories"
ENVIRONMENT_INVENTORIES = ROOT / "tests" / "environments" / "inventories"
RENEW = "If this is as it should be, run `make inventories` and look at the difference."


def of_module(addresses: Iterable[str], module: str) -> list[str]:
    """The addresses that belong to the module of an example, and not to what is around it."""
    own = (f"module.{module}.", f"module.{module}[")
    return sorted(address for address in addresses if address.startswith(own))


def assert_module_inventory(root: Root, module: str, without: str | None = None) -> None:
    """Fail unless an applied example has exactly the resources that are expected.

    without: a submodule that the test has switched off.
    """
    found = of_module(root.addresses(), module)
    off = None if without is None else f"module.{module}.module.{without}"
    assert_same(MODULE_INVENTORIES / f"{module}.txt", found, off)


def assert_same(path: Path, found: list[str], without: str | None = None) -> None:
    """Fail, and say what differs and how to renew it, unless a file lists these addresses.

    without: how the addresses begin that are listed, and need not be there.
    """
    name = path.relative_to(ROOT)
    assert path.is_file(), f"{name} is missing. {RENEW}"
    listed = path.read_text(encoding="utf-8").splitlines()
    expected = [item for item in listed if without is None or not item.startswith(without)]
    difference = "\n".join(
        line
        for line in difflib.unified_diff(expected, found, "expected", "found", n=0, lineterm="")
        if not line.startswith("@@")
    )
    assert found == expected, f"{name} differs:\n{difference}\n{RENEW}"


def state_addresses(state: Mapping[str, Any]) -> list[str]:
    """The managed resources in a state file, as Terraform shows their addresses."""
    found = []
    for resource in state["resources"]:
        if resource["mode"] != "managed":
            continue
        module = f"{resource['module']}." if "module" in resource else ""
        for instance in resource["instances"]:
            key = instance.get("index_key")
            index = "" if key is None else f'["{key}"]' if isinstance(key, str) else f"[{key}]"
            found.append(f"{module}{resource['type']}.{resource['name']}{index}")
    return sorted(found)


def planned_addresses(plan: Mapping[str, Any]) -> list[str]:
    """The managed resources that a plan would create."""
    return sorted(
        item["address"]
        for item in plan.get("resource_changes", [])
        if item["change"]["actions"] == ["create"]
    )


def main() -> int:
    """Plan every example and every environment, and write down what they would have."""
    with tempfile.TemporaryDirectory() as folder:
        _modules(Path(folder) / "modules")
        _environments(Path(folder) / "environments")
    return 0


def _modules(folder: Path) -> None:
    folder.mkdir()
    cloud = LocalCloud(folder / "cloud", forget=True)
    try:
        endpoint = cloud.ensure_started().endpoint
        found = {}
        for number, module in enumerate(module_names(), 1):
            print(f"Planning the example of {module} ...", flush=True)  # noqa: T201
            place = folder / module
            place.mkdir()
            account = enter(f"{700_000_000_000 + number}", endpoint, place)
            root = make_root(place, module, readme_example(module), account)
            root.init()
            found[module] = of_module(planned_addresses(root.plan()), module)
    finally:
        cloud.stop()
    _write(MODULE_INVENTORIES, found)


def _environments(folder: Path) -> None:
    folder.mkdir()
    checkout = Checkout(copy_checkout(folder))
    try:
        found = {}
        for name in environment_names():
            print(f"Planning {name} ...", flush=True)  # noqa: T201
            answer = checkout.infra("plan", name, "--json")
            assert answer.code == 2, answer.out + answer.err
            changes = answer.json["result"]["changes"]
            assert {item["action"] for item in changes} == {"create"}
            found[name] = sorted(item["address"] for item in changes)
    finally:
        checkout.close()
    _write(ENVIRONMENT_INVENTORIES, found)


def _write(folder: Path, found: Mapping[str, list[str]]) -> None:
    folder.mkdir(exist_ok=True)
    for stale in folder.glob("*.txt"):
        if stale.stem not in found:
            stale.unlink()
    for name, addresses in found.items():
        (folder / f"{name}.txt").write_text("\n".join(addresses) + "\n", encoding="utf-8")


if __name__ == "__main__":
    sys.exit(main())
