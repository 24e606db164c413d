"""What our Terraform uses of the AWS provider, and what versions of the provider know."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from harness import hcl
from harness.places import ROOT
from harness.terraform import LOCK_FILE, provider_mirror
from infra import processes
from infra.targets import local_run
from infra.terraform.binary import find_terraform
from infra.terraform.provider import cli_configuration

META_ARGUMENTS = {"connection", "count", "depends_on", "for_each", "lifecycle", "provider"}
META_ARGUMENTS |= {"provisioner"}
NEWER = ROOT / "tests" / "static" / "provider_6x.json"
SOURCE = "registry.terraform.io/hashicorp/aws"

_REFERENCE = re.compile(
    r"(?<![\w.])(data\.)?(aws_\w+)\.\w+(?:\[(?:\*|[^\[\]]*(?:\[[^\[\]]*\])?[^\[\]]*)\])?\.(\w+)"
)


@dataclass(frozen=True, order=True)
class Use:
    """Something of a type that a file sets or reads.

    kind: "resource", "data" or "provider". path: the nested blocks, and then the argument or block;
    empty for the type itself. read: an attribute that an expression reads.
    """

    kind: str
    type: str
    path: tuple[str, ...]
    read: bool
    file: str

    def __str__(self) -> str:
        prefix = {"data": "data ", "provider": "provider "}.get(self.kind, "")
        return f"{self.file}: {prefix}{'.'.join((self.type, *self.path))}"


class UnknownError(Exception):
    """The provider has no such thing, or does not want it any more."""


@dataclass(frozen=True)
class Block:
    """What a block takes. arguments: nested blocks by name, or None for a plain argument.

    opaque: arguments of which it is not known what is in them.
    """

    arguments: Mapping[str, Block | None]
    attributes: frozenset[str]
    deprecated: frozenset[str] = frozenset()
    opaque: frozenset[str] = frozenset()

    def check(self, use: Use) -> None:
        """Raise UnknownError unless this type has what is used."""
        block: Block | None = self
        for step in use.path:
            assert block is not None
            known = block.attributes | block.arguments.keys() if use.read else block.arguments
            if step not in known:
                raise UnknownError(f"{use}: {step} is not known")
            if step in block.deprecated:
                raise UnknownError(f"{use}: {step} is deprecated")
            if step in block.opaque:
                return
            block = block.arguments.get(step) or Block({}, frozenset())


Schemas = Mapping[tuple[str, str], Block]
"""Blocks by kind and type."""


def check(schemas: Schemas, use: Use) -> None:
    """Raise UnknownError unless a version of the provider has what is used."""
    if (use.kind, use.type) not in schemas:
        raise UnknownError(f"{use}: the type is not known")
    schemas[use.kind, use.type].check(use)


def files() -> list[Path]:
    """All Terraform files of this checkout that make something."""
    found = (path for part in ("modules", "environments", "bootstrap") for path in _in(ROOT / part))
    return sorted(found)


def _in(folder: Path) -> Iterator[Path]:
    yield from (path for path in folder.rglob("*.tf") if ".terraform" not in path.parts)


def uses(paths: list[Path]) -> list[Use]:
    """All that files use of the AWS provider."""
    return sorted({use for path in paths for use in _uses(path)})


def _uses(path: Path) -> Iterator[Use]:
    file = str(path.relative_to(ROOT)) if path.is_relative_to(ROOT) else path.name
    document = hcl.parsed(path)
    for kind in ("resource", "data"):
        for block in document.get(kind, []):
            for label, named in block.items():
                if not hcl.text(label).startswith("aws_"):
                    continue
                yield Use(kind, hcl.text(label), (), False, file)
                for body in named.values():
                    for steps in _paths(body):
                        if steps[0] not in META_ARGUMENTS:
                            yield Use(kind, hcl.text(label), steps, False, file)
    for block in document.get("provider", []):
        for label, body in block.items():
            if hcl.text(label) == "aws":
                yield from (Use("provider", "aws", s, False, file) for s in _paths(body))
    code = re.sub(r"^\s*#.*$", "", path.read_text(encoding="utf-8"), flags=re.MULTILINE)
    for data, kind, attribute in _REFERENCE.findall(code):
        yield Use("data" if data else "resource", kind, (attribute,), True, file)


def _paths(body: Mapping[str, Any]) -> Iterator[tuple[str, ...]]:
    """The arguments and blocks in a block, with the blocks that they are nested in."""
    for name, value in body.items():
        if name.startswith("__"):
            continue
        if name == "dynamic":
            for dynamic in value:
                for label, made in dynamic.items():
                    if not label.startswith("__"):
                        yield from _nested(hcl.text(label), made["content"])
        elif isinstance(value, list) and value and _is_block(value[0]):
            yield from _nested(name, value)
        else:
            yield (name,)


def _nested(name: str, bodies: list[Mapping[str, Any]]) -> Iterator[tuple[str, ...]]:
    yield (name,)
    for body in bodies:
        yield from ((name, *steps) for steps in _paths(body))


def _is_block(value: Any) -> bool:
    return isinstance(value, dict) and "__is_block__" in value


def locked(folder: Path) -> Schemas:
    """What the locked provider says of itself. It takes some seconds."""
    mirror = provider_mirror()
    (folder / "main.tf").write_text(
        'terraform {\n  required_providers {\n    aws = { source = "hashicorp/aws" }\n  }\n}\n',
        encoding="utf-8",
    )
    shutil.copy(LOCK_FILE, folder / ".terraform.lock.hcl")
    (folder / "cli.tfrc").write_text(cli_configuration(mirror), encoding="utf-8")
    local = {"CHECKPOINT_DISABLE": "1", "TF_CLI_CONFIG_FILE": str(folder / "cli.tfrc")}
    variables = {"PATH": os.environ["PATH"], **local_run(local).variables}
    terraform = [*find_terraform().arguments, f"-chdir={folder}"]
    done = processes.run([*terraform, "init", "-input=false"], environment=variables)
    assert done.returncode == 0, done.stdout + done.stderr
    done = processes.run([*terraform, "providers", "schema", "-json"], environment=variables)
    assert done.returncode == 0, done.stderr
    provider = json.loads(done.stdout)["provider_schemas"][SOURCE]
    found = {("provider", "aws"): _locked_block(provider["provider"]["block"])}
    for kind, key in (("resource", "resource_schemas"), ("data", "data_source_schemas")):
        for name, schema in provider[key].items():
            found[kind, name] = _locked_block(schema["block"])
    return found


def _locked_block(block: Mapping[str, Any]) -> Block:
    arguments: dict[str, Block | None] = {}
    deprecated = set()
    attributes = block.get("attributes", {})
    for name, attribute in attributes.items():
        if attribute.get("optional") or attribute.get("required"):
            nested = attribute.get("nested_type")
            arguments[name] = _locked_block(nested) if nested else _object(attribute.get("type"))
        if attribute.get("deprecated"):
            deprecated.add(name)
    for name, kind in block.get("block_types", {}).items():
        arguments[name] = _locked_block(kind["block"])
        if kind["block"].get("deprecated"):
            deprecated.add(name)
    return Block(arguments, frozenset(attributes), frozenset(deprecated))


def _object(kind: Any) -> Block | None:
    """The members of an argument that may be written as a block, such as ["list", ["object", m]]"""
    while isinstance(kind, list) and kind[0] in ("list", "set"):
        kind = kind[1]
    if not isinstance(kind, list) or kind[0] != "object":
        return None
    return Block({name: _object(member) for name, member in kind[1].items()}, frozenset())


def newer() -> tuple[str, Schemas]:
    """The version of the 6.x provider that was looked at, and what it knows of the types we use."""
    document = json.loads(NEWER.read_text(encoding="utf-8"))
    schemas = {
        (kind, name): _newer_block(block)
        for kind, types in document["types"].items()
        for name, block in types.items()
    }
    return document["provider"], schemas


def _newer_block(block: Mapping[str, Any]) -> Block:
    arguments: dict[str, Block | None] = dict.fromkeys(block.get("arguments", []))
    arguments |= {name: _newer_block(inner) for name, inner in block.get("blocks", {}).items()}
    return Block(
        arguments,
        frozenset(block.get("attributes", [])),
        opaque=frozenset(block.get("opaque", [])),
    )
