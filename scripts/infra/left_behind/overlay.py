"""The configuration of a root module with import blocks that are in none of its files.

`terraform import` takes one resource at a time, starts anew for each, and fails where a `for_each`
needs what only a plan reads. A plan takes import blocks in, shows them to whoever approves it, and
keeps the configuration for its apply. So it is made in a folder that stands in for the root module:
all files are links, and one more is there.
"""

from __future__ import annotations

import contextlib
import json
import os
import tempfile
from collections.abc import Iterator, Mapping
from pathlib import Path

from infra.repository import Repository, private_folder

IMPORTS = "left_behind.tf.json"


@contextlib.contextmanager
def with_imports(
    repository: Repository, directory: Path, found: Mapping[str, str]
) -> Iterator[Path]:
    """The folder to plan in, for the block. directory: of the root module, in the repository.

    found: import ids by address.
    """
    parent = private_folder(repository.private / "plans")
    relative = directory.relative_to(repository.root)
    with tempfile.TemporaryDirectory(prefix=f"{os.getpid()}-", dir=parent) as name:
        stand_in = Path(name)
        # Modules and other environments are named by paths that lead out of the folder.
        for part in relative.parts:
            _link(repository.root / stand_in.relative_to(name), stand_in, part)
            stand_in /= part
            stand_in.mkdir()
        _link(directory, stand_in, "")
        (stand_in / IMPORTS).write_text(imports(found), encoding="utf-8")
        yield stand_in


def imports(found: Mapping[str, str]) -> str:
    """Import blocks in Terraform's JSON."""
    blocks = [{"to": address, "id": _literal(name)} for address, name in sorted(found.items())]
    return json.dumps({"import": blocks}, indent=2)


def _link(source: Path, target: Path, but: str) -> None:
    """Link all that a folder of the repository has into another one, but for one name."""
    for item in source.iterdir():
        if item.name != but and not item.name.startswith(".local"):
            (target / item.name).symlink_to(item)


def _literal(text: str) -> str:
    """A text that Terraform takes as it is: in its JSON all strings are templates."""
    return text.replace("${", "$${").replace("%{", "%%{")
