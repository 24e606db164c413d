"""Plans that were kept for a review: private files, and what proves that nobody edited them.

    .local/plans/ENV/IDENTITY/plan.tfplan     what Terraform wrote; it holds secrets, and code
                              plan.json       the canonical plan, secrets hashed
                              manifest.json   what the identity is made of, sealed with the key
                              applied.json    that it was applied, and when

The plan file is kept for whoever must look into it. It is never applied: it could be edited, names
a state of its own and says nothing of the world having moved on since.
"""

from __future__ import annotations

import hashlib
import hmac
import json
import os
import shutil
import tempfile
import zipfile
from collections.abc import Mapping
from dataclasses import asdict, dataclass
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from infra import json_text
from infra.errors import PlanAppliedError, PlanExpiredError, PlanTamperedError, UsageError
from infra.identity import Key, encoded, identify
from infra.repository import Repository, private_folder

FORMAT_VERSION = 1
KEPT_HOURS = 24
SKEW = timedelta(minutes=15)
"""How far the clocks of two machines may be apart."""

MANIFEST = "manifest.json"
PLAN_FILE = "plan.tfplan"
PLAN_JSON = "plan.json"
APPLIED = "applied.json"


@dataclass(frozen=True)
class Manifest:
    """What a kept plan is.

    ingredients: by name, the digests that the identity is made of. files: by group, the digest of
    each file (see `trees`). artifacts: the SHA-256 of each file beside the manifest. state: lineage
    and serial of the state that was planned on, empty for none.
    """

    identity: str
    hash: str
    environment: str
    target: str
    account_id: str
    region: str
    backend: Mapping[str, str]
    ingredients: Mapping[str, str]
    files: Mapping[str, Mapping[str, str]]
    artifacts: Mapping[str, str]
    counts: Mapping[str, int]
    created_at: str
    expires_at: str
    who: str
    versions: Mapping[str, str]
    state: Mapping[str, Any]
    format_version: int = FORMAT_VERSION


@dataclass(frozen=True)
class KeptPlan:
    """A kept plan whose files were found to be what was written. plan: in canonical form."""

    folder: Path
    manifest: Manifest
    plan: Mapping[str, Any]


def keep(repository: Repository, manifest: Manifest, path: Path, plan: bytes, key: Key) -> Path:
    """Keep a plan, in place of an earlier one with the same identity. Returns its folder.

    path: the file that Terraform wrote. plan: its canonical form.
    """
    parent = private_folder(private_folder(_parent(repository)) / manifest.environment)
    folder = parent / manifest.identity
    # Complete or not at all: a reader never finds half of it.
    fresh = Path(tempfile.mkdtemp(prefix=".", dir=parent))
    try:
        _write(fresh / PLAN_FILE, path.read_bytes())
        _write(fresh / PLAN_JSON, plan)
        body = asdict(manifest)
        sealed = {**body, "seal": key.digest("manifest", encoded(body))}
        _write(fresh / MANIFEST, json.dumps(sealed, indent=2, sort_keys=True).encode() + b"\n")
        shutil.rmtree(folder, ignore_errors=True)
        fresh.rename(folder)
    except BaseException:
        shutil.rmtree(fresh, ignore_errors=True)
        raise
    return folder


def artifacts(path: Path, plan: bytes) -> dict[str, str]:
    """The SHA-256 of the two files that stand beside a manifest."""
    return {
        PLAN_FILE: hashlib.sha256(path.read_bytes()).hexdigest(),
        PLAN_JSON: hashlib.sha256(plan).hexdigest(),
    }


def state_of(path: Path) -> dict[str, Any]:
    """Lineage and serial of the state in a plan file, which is a zip; empty where it has none."""
    try:
        with zipfile.ZipFile(path) as archive:
            state = json_text.load(archive.read("tfstate"))
    except (KeyError, ValueError, zipfile.BadZipFile):
        return {}
    return {"lineage": state.get("lineage", ""), "serial": state.get("serial", 0)}


def lifetime(now: datetime) -> tuple[str, str]:
    """When a plan was made and when it expires, as a manifest says it."""
    until = now + timedelta(hours=KEPT_HOURS)
    return now.isoformat(timespec="seconds"), until.isoformat(timespec="seconds")


def find(repository: Repository, wanted: str, environment: str | None = None) -> Path:
    """The folder of the kept plan whose identity begins like this, also without its environment.

    Raises UsageError when there is none, or more than one.
    """
    text = wanted.strip().lower()
    folders = [
        folder
        for folder in kept(repository)
        if environment in (None, folder.parent.name)
        and text
        and (
            folder.name.startswith(text)
            or folder.name.removeprefix(f"{folder.parent.name}-").startswith(text)
        )
    ]
    if len(folders) == 1:
        return folders[0]
    names = ", ".join(folder.name for folder in folders)
    if folders:
        raise UsageError(
            f"{wanted!r} is the beginning of several identities.", hint=f"One of: {names}"
        )
    raise UsageError(
        f"No kept plan has an identity that begins with {wanted!r}. Nothing was changed.",
        hint=f"`infra show` lists them; they are removed after {KEPT_HOURS} hours."
        f"\nKeep one: infra plan {environment or 'ENV'} --out",
    )


def kept(repository: Repository) -> list[Path]:
    """The folders of all kept plans, the newest last."""
    found = [path.parent for path in _parent(repository).glob(f"*/[!.]*/{MANIFEST}")]
    return sorted(found, key=lambda folder: (folder / MANIFEST).stat().st_mtime)


def read_manifest(folder: Path) -> Manifest:
    """What a manifest says, which nobody has checked yet. Raises PlanTamperedError."""
    return _parsed(folder)[0]


def load(folder: Path, key: Key) -> KeptPlan:
    """Read a kept plan, and see that none of its files was edited. Raises PlanTamperedError."""
    manifest, seal = _parsed(folder)
    expected = key.digest("manifest", encoded(asdict(manifest)))
    if not hmac.compare_digest(seal.encode("utf-8", "replace"), expected.encode()):
        raise _tampered(folder, "manifest.json does not bear the seal of the environment's key")
    for name, digest in manifest.artifacts.items():
        path = folder / name
        if not path.is_file() or hashlib.sha256(path.read_bytes()).hexdigest() != digest:
            raise _tampered(folder, f"{name} was edited, or is gone")
    content = (folder / PLAN_JSON).read_bytes()
    made, _ = identify(manifest.environment, manifest.ingredients, key)
    if manifest.ingredients.get("plan") != key.digest("plan", content) or not (
        made == manifest.identity == folder.name
    ):
        raise _tampered(folder, "its files belong to another plan")
    return KeptPlan(folder, manifest, json_text.load(content))


def refuse_unless_fit(plan: KeptPlan, now: datetime) -> None:
    """Raise PlanAppliedError or PlanExpiredError where a kept plan can't be applied (any more)."""
    name = plan.manifest.identity
    again = f"Make a new one: infra plan {plan.manifest.environment} --out"
    applied = plan.folder / APPLIED
    if applied.is_file():
        raise PlanAppliedError(
            f"{name} has been applied already, {_applied_at(applied)};"
            " an identity is good for one apply. Nothing was changed.",
            hint=again,
        )
    if datetime.fromisoformat(plan.manifest.created_at) > now + SKEW:
        raise PlanExpiredError(
            f"{name} was made at {plan.manifest.created_at}, which is in the future. Nothing was"
            " changed.",
            hint=f"Put the clock of this machine right, or that of whoever made it. {again}",
        )
    if datetime.fromisoformat(plan.manifest.expires_at) <= now:
        raise PlanExpiredError(
            f"{name} was made at {plan.manifest.created_at}, more than {KEPT_HOURS} hours ago."
            " Nothing was changed.",
            hint=again,
        )


def mark_applied(folder: Path, now: datetime, who: str) -> None:
    """Remember that a kept plan was applied."""
    said = {"applied_at": now.isoformat(timespec="seconds"), "who": who}
    _write(folder / APPLIED, json.dumps(said).encode())


def sweep(repository: Repository, now: datetime) -> int:
    """Remove what has expired, and what a killed command left. Returns how many plans went."""
    count = 0
    for folder in _parent(repository).glob("[a-z]*/*"):
        age = now - datetime.fromtimestamp(folder.stat().st_mtime, UTC)
        if age > timedelta(hours=KEPT_HOURS):
            shutil.rmtree(folder, ignore_errors=True)
            count += not folder.name.startswith(".")
    return count


def _parent(repository: Repository) -> Path:
    return repository.private / "plans"


def _parsed(folder: Path) -> tuple[Manifest, str]:
    try:
        body = json_text.load((folder / MANIFEST).read_bytes())
        manifest = json_text.fill(Manifest, {k: v for k, v in body.items() if k != "seal"})
        return manifest, str(body["seal"])
    except (OSError, ValueError, KeyError, AttributeError) as error:
        raise _tampered(folder, "manifest.json is no manifest any more") from error


def _applied_at(path: Path) -> str:
    try:
        said = json_text.load(path.read_bytes())
        return f"at {said['applied_at']} by {said['who']}"
    except (OSError, ValueError, KeyError, TypeError):
        return "at a time that is not known any more"


def _tampered(folder: Path, what: str) -> PlanTamperedError:
    return PlanTamperedError(
        f"{folder.name} is not what `infra plan` kept: {what}. Nothing was changed.",
        details=(f"It is in {folder}.",),
        hint=f"Find out who edited it, and plan again: infra plan {folder.parent.name} --out"
        "\nIn the local cloud this also happens when the cloud was started anew: its key is gone.",
    )


def _write(path: Path, content: bytes) -> None:
    descriptor = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_TRUNC, 0o600)
    with os.fdopen(descriptor, "wb") as file:
        file.write(content)
