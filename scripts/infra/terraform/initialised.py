"""What a folder of Terraform's own data (TF_DATA_DIR) has been initialised for.

Terraform's init reads all of the provider, 700 MB, to compare it with the published checksums. It
need not do so again for the same file because a resource was edited: then the provider that is
attached serves (see `resident`), and init brings modules and backend up to date alone.
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import asdict, dataclass
from pathlib import Path

from infra.repository import private_folder

RECORD = "infra-init.json"
_REQUIRED = re.compile(r"\brequired_providers\s*\{")


@dataclass(frozen=True)
class Inputs:
    """Hashes over what `terraform init` reads. provider: what decides which one is installed.

    inputs: all of it.
    """

    provider: str
    inputs: str


def inputs(directory: Path, modules: Path, extra: Mapping[str, str]) -> Inputs:
    """What init would read now: configuration, lock file, and what is in `extra`.

    directory: of the root module. Paths are taken from there, so that a checkout may be moved.
    """
    lock = directory / ".terraform.lock.hcl"
    texts = {
        os.path.relpath(path, directory): path.read_bytes()
        for path in sorted([*directory.glob("*.tf"), *modules.rglob("*.tf")])
    }
    provider = hashlib.sha256(json.dumps(dict(extra), sort_keys=True).encode())
    provider.update(lock.read_bytes() if lock.is_file() else b"")
    for name, text in texts.items():
        for block in required_providers(text.decode("utf-8", "replace")):
            provider.update(f"{name}\0{block}\0".encode())
    whole = hashlib.sha256(provider.digest())
    for name, content in texts.items():
        whole.update(f"{name}\0".encode() + content)
    return Inputs(provider.hexdigest(), whole.hexdigest())


def required_providers(text: str) -> Iterable[str]:
    """The blocks in which a file says which providers it needs."""
    for found in _REQUIRED.finditer(text):
        depth = 0
        for at in range(found.start(), len(text)):
            depth += {"{": 1, "}": -1}.get(text[at], 0)
            if depth == 0 and text[at] == "}":
                yield text[found.start() : at + 1]
                break


def forget(data: Path) -> None:
    """What is begun now may end halfway."""
    (data / RECORD).unlink(missing_ok=True)


def record(data: Path, now: Inputs) -> None:
    """Remember that init has ended well."""
    path = private_folder(data) / RECORD
    path.write_text(json.dumps(asdict(now)), encoding="utf-8")


def recorded(data: Path) -> Inputs | None:
    """What the last init saw; None where there was none, or where its provider is gone."""
    try:
        found = json.loads((data / RECORD).read_text(encoding="utf-8"))
        seen = Inputs(str(found["provider"]), str(found["inputs"]))
    except (OSError, ValueError, KeyError, TypeError):
        return None
    return seen if (data / "providers").is_dir() else None
