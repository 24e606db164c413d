"""What an environment proves of a release, by its ledger, its state and what runs in it.

The causes for which there is no proof have stable codes:

    ledger       a record was edited, dropped, reordered, forged ...
    never        no record says that the release was verified
    digest       the record is of another image
    modules, root, lock, terraform
                 the checkout has another one than what was verified
    unhealthy    it was found unhealthy since
    moved-on     another release was applied since, or everything was destroyed
    unfinished   an apply began since, and nobody knows how it ended
    state        the state is another one, or moved on
    running      something else runs there now
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from infra.errors import NotVerifiedError
from infra.ledger.records import Entry, Kind
from infra.promotion.chains import Chain, details, release_id, result
from infra.releases import Release
from infra.stored_state import StoredState

PROOF: Mapping[str, str] = {
    "modules": "The modules of this checkout are not those that were verified in {source}.",
    "root": "The code of the environments in this checkout is not what was verified in {source}.",
    "lock": "The provider lock of this checkout is not the one that was verified in {source}.",
    "terraform": "{source} was verified with Terraform {was}, and this is Terraform {now}.",
}
"""What is said of each part of a proof that differs (see `infra.trees.proof`)."""

BEGUN = (Kind.APPLY_STARTED, Kind.DESTROY_STARTED)
FAILED = (Kind.APPLY_FAILED, Kind.DESTROY_FAILED)


@dataclass(frozen=True)
class Evidence:
    """The record that proves a release. environment: whose ledger it is in."""

    environment: str
    release: str
    sequence: int
    hash: str
    time: str

    @property
    def text(self) -> str:
        """One sentence for a person."""
        when = self.time.replace("T", " ").removesuffix("Z")
        return f"verified in {self.environment} at {when} UTC (record {self.sequence})"


def evidence_of(
    chain: Chain,
    environment: str,
    release: Release,
    proof: Mapping[str, str],
    state: StoredState,
    running: str | None,
) -> Evidence:
    """The evidence that an environment has of a release, as things are now.

    chain: its ledger. proof: of this checkout (`infra.trees.proof`). state: as it is stored now.
    running: the digest of the image that runs, None for none.
    Raises NotVerifiedError with a sentence for each thing that is missing.
    """
    found = verified_record(chain, release.id)
    if found is None:
        raise _refused(
            environment,
            release,
            {"never": f"No record of {environment} says that it was verified there."},
        )
    problems = {
        **_of_record(found, environment, release, proof),
        **_since(chain, found, environment, release),
        **_now(found, environment, release, state, running),
    }
    if problems:
        raise _refused(environment, release, problems)
    return evidence(environment, release.id, found)


def evidence(environment: str, release: str, entry: Entry) -> Evidence:
    """What a record proves."""
    record = entry.record
    return Evidence(environment, release, record.sequence, record.hash, record.time)


def proves(verified: Entry, proof: Mapping[str, str]) -> bool:
    """Whether a verification was of the same code. proof: as in `evidence_of`."""
    said = _proof(details(verified))
    return all(str(said.get(part)) == proof[part] for part in PROOF)


def verified_record(chain: Chain, release: str) -> Entry | None:
    """The newest record by which a release was verified."""
    for entry in reversed(chain):
        if entry.record.kind == Kind.VERIFIED and details(entry).get("release") == release:
            return entry
    return None


def _of_record(
    entry: Entry, environment: str, release: Release, proof: Mapping[str, str]
) -> dict[str, str]:
    said = details(entry)
    problems = {}
    if said.get("digest") != release.image_digest:
        problems["digest"] = (
            f"{environment} verified image {said.get('digest')}, and the release has"
            f" {release.image_digest}."
        )
    for part, sentence in PROOF.items():
        was, now = str(_proof(said).get(part)), proof[part]
        if was != now:
            problems[part] = sentence.format(source=environment, was=was, now=now)
    return problems


def _since(chain: Chain, verified: Entry, environment: str, release: Release) -> dict[str, str]:
    """What was done after the verification that took the proof away."""
    problems: dict[str, str] = {}
    begun = False
    for entry in chain[verified.record.sequence :]:
        kind, number, other = entry.record.kind, entry.record.sequence, release_id(entry)
        if kind in BEGUN:
            begun = True
        elif kind in FAILED:
            begun = False
            problems["unfinished"] = f"An apply in {environment} failed since (record {number})."
        elif kind == Kind.APPLIED:
            begun = False
            if other != release.id and result(entry) != "unchanged":
                problems["moved-on"] = (
                    f"{environment} moved on: {other or 'no release'} was applied since"
                    f" (record {number})."
                )
        elif kind == Kind.DESTROYED:
            begun = False
            problems["moved-on"] = f"{environment} was destroyed since (record {number})."
        elif kind == Kind.UNHEALTHY:
            problems["unhealthy"] = f"{environment} was found unhealthy since (record {number})."
        elif kind == Kind.ROLLED_BACK and other != release.id:
            problems["moved-on"] = f"{environment} was rolled back since (record {number})."
    if begun:
        problems["unfinished"] = (
            f"An apply in {environment} began since, and no record says how it ended."
        )
    return problems


def _now(
    verified: Entry, environment: str, release: Release, state: StoredState, running: str | None
) -> dict[str, str]:
    said = _state(details(verified))
    problems = {}
    if said.get("lineage") != state.lineage:
        problems["state"] = f"The state of {environment} is not the one that was verified."
    elif said.get("serial") != state.serial:
        problems["state"] = (
            f"The state of {environment} moved on: serial {said.get('serial')} was verified,"
            f" now it is {state.serial}."
        )
    if running != release.image_digest:
        problems["running"] = (
            f"{environment} runs {running or 'nothing'} now, and the release has"
            f" {release.image_digest}."
        )
    return problems


def _proof(said: Mapping[str, Any]) -> Mapping[str, Any]:
    found = said.get("proof")
    return found if isinstance(found, Mapping) else said


def _state(said: Mapping[str, Any]) -> Mapping[str, Any]:
    found = said.get("state")
    return found if isinstance(found, Mapping) else said


def _refused(environment: str, release: Release, problems: Mapping[str, str]) -> NotVerifiedError:
    return NotVerifiedError(
        f"{environment} does not prove {release.id}. Nothing was changed.",
        details=tuple(problems.values()),
        hint=f"Apply the release in {environment} as it is now, and verify it:"
        f" infra verify {environment}",
        causes=tuple(problems),
    )
