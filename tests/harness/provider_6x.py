"""`make provider-schema`: write down what the newest 6.x provider knows of the types that we use.

The provider itself is pinned to 5.100 and nothing of 6.x is installed. The PyPI package
cdktn-provider-aws is generated from the schema of a 6.x provider, so its Python says which
arguments there are; it is read here as text and never imported.
"""

from __future__ import annotations

import ast
import json
import re
import sys
import zipfile
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from harness.provider_schema import META_ARGUMENTS, NEWER, Use, files, uses

PACKAGE = "cdktn_provider_aws"
# What every construct takes beside the provider's own arguments.
CONSTRUCT = META_ARGUMENTS | {"id", "provisioners", "scope", "id_"}


class Bindings:
    """The generated classes of one type."""

    def __init__(self, source: str, kind: str) -> None:
        tree = ast.parse(source)
        self.classes = {node.name: node for node in tree.body if isinstance(node, ast.ClassDef)}
        base = {"resource": "TerraformResource", "data": "TerraformDataSource"}.get(kind)
        base = base or "TerraformProvider"
        (self.top,) = [
            node
            for node in self.classes.values()
            if any(ast.unparse(parent).endswith(f".{base}") for parent in node.bases)
        ]

    def block(
        self, node: ast.ClassDef, wanted: Mapping[str, Any], leave_out: set[str]
    ) -> dict[str, Any]:
        """All arguments of a class; of its nested blocks, those that we use.

        opaque: blocks that we use and for which nothing was generated, because they nest without
        end, such as the statements of a web ACL.
        """
        arguments, blocks, opaque = [], {}, []
        for name, nested in self._arguments(node):
            if name in leave_out:
                continue
            if nested and name in wanted:
                blocks[name] = self.block(self.classes[nested], wanted[name], set())
            else:
                arguments.append(name)
                if wanted.get(name):
                    opaque.append(name)
        found: dict[str, Any] = {"arguments": sorted(arguments)}
        if opaque:
            found["opaque"] = sorted(opaque)
        if blocks:
            found["blocks"] = dict(sorted(blocks.items()))
        return found

    def attributes(self) -> list[str]:
        """What can be read of the type."""
        return sorted(
            item.name
            for item in self.top.body
            if isinstance(item, ast.FunctionDef)
            and any(ast.unparse(d) == "builtins.property" for d in item.decorator_list)
            and not item.name.endswith("_input")
        )

    def _arguments(self, node: ast.ClassDef) -> Iterator[tuple[str, str | None]]:
        (init,) = [
            item
            for item in node.body
            if isinstance(item, ast.FunctionDef) and item.name == "__init__"
        ]
        documented = dict(
            re.findall(r":param (\w+):[^\n]*?docs[\w/-]*#(\w+) ", ast.get_docstring(init) or "")
        )
        for argument in init.args.kwonlyargs:
            annotation = ast.unparse(argument.annotation) if argument.annotation else ""
            named = re.findall(r"['\"](\w+)['\"]", annotation)
            nested = next((name for name in named if name in self.classes), None)
            yield documented.get(argument.arg, argument.arg), nested


def tree(found: list[Use]) -> dict[tuple[str, str], dict[str, Any]]:
    """The nested blocks that we use, by kind and type."""
    made: dict[tuple[str, str], dict[str, Any]] = {}
    for use in found:
        inner = made.setdefault((use.kind, use.type), {})
        for step in () if use.read else use.path:
            inner = inner.setdefault(step, {})
    return made


def main() -> int:
    """Read the package named on the command line, and write tests/static/provider_6x.json."""
    (wheel,) = [Path(argument) for argument in sys.argv[1:]]
    types: dict[str, dict[str, Any]] = {"data": {}, "provider": {}, "resource": {}}
    with zipfile.ZipFile(wheel) as package:
        (metadata,) = [name for name in package.namelist() if name.endswith(".dist-info/METADATA")]
        about = package.read(metadata).decode()
        found = re.search(r"hashicorp/aws provider version ([\d.]+)", about)
        assert found is not None, "the package does not say which provider it was made from"
        for (kind, name), wanted in sorted(tree(uses(files())).items()):
            places = {"data": f"data_{name}", "provider": "provider"}
            place = f"{PACKAGE}/{places.get(kind, name.removeprefix('aws_'))}/__init__.py"
            if place not in package.namelist():
                continue
            bindings = Bindings(package.read(place).decode(), kind)
            types[kind][name] = {
                **bindings.block(bindings.top, wanted, CONSTRUCT - set(wanted)),
                "attributes": bindings.attributes(),
            }
    document = {"provider": found.group(1), "types": types}
    NEWER.write_text(json.dumps(document, indent=1) + "\n", encoding="utf-8")
    print(f"Wrote {NEWER.name} from provider {found.group(1)}.")  # noqa: T201
    return 0


if __name__ == "__main__":
    sys.exit(main())
