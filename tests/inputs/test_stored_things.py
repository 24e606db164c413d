"""What is read from buckets, registries, services and private files: never believed to be whole."""

from __future__ import annotations

import contextlib
import hashlib
import json
from collections.abc import Iterator
from dataclasses import asdict
from datetime import UTC, datetime
from io import BytesIO
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from harness import hostile
from harness.harmless import is_harmless, judge, printed
from harness.ledgers import Key, Memory, add, event
from infra import accounts, broken_locks, graphs, images, kept_plans, registries, reports
from infra.backend import Backend
from infra.environments import Environment
from infra.errors import InfraError
from infra.guards.state import facts_from, facts_of, wrong
from infra.identity import Key as IdentityKey
from infra.ledger import export, rendering
from infra.ledger.store import Stored
from infra.ledger.verification import verify
from infra.ledger.witness import Seen, Witness
from infra.plans import PlanSummary
from infra.promotion import approvals
from infra.promotion.approvals import Person, Question
from infra.promotion.journal import Journal, Note
from infra.recovering.unsaved import find_unsaved
from infra.releases.collection import check_image
from infra.rendering import kept_plans as shown_plans
from infra.repository import Repository
from infra.service_url import Answered
from infra.state_lock import who
from infra.states import rendering as state_rendering
from infra.states.comparison import addresses, compare
from infra.states.versions import Version, with_serial
from infra.stored_state import StateObject, StoredState, parsed_state
from infra.terraform.runner import UNSAVED_STATE
from infra.verification.health import wrong as unhealthy
from inputs.valid import CANARY

pytestmark = pytest.mark.filterwarnings("ignore:Generating overly large repr")

NOW = datetime(2026, 11, 25, 10, tzinfo=UTC)
DIGEST = "sha256:" + "a" * 64
STAGING = Environment(
    "staging", "222222222222", "eu-west-1", "local", "dev", Path("environments/staging")
)
STATE = {
    "version": 4,
    "terraform_version": "1.11.4",
    "serial": 7,
    "lineage": "a-b-c",
    "outputs": {"url": {"value": "https://a", "type": "string"}},
    "resources": [
        {
            "module": "module.app",
            "mode": "managed",
            "type": "aws_s3_bucket",
            "name": "this",
            "instances": [
                {
                    "index_key": "a",
                    "attributes": {"bucket": CANARY, "tags": {"c": "d"}, "rule": [{"id": 1}]},
                    "dependencies": ["module.app.aws_kms_key.this"],
                }
            ],
        }
    ],
}
KEY = Key()
RECORD = json.loads(
    add(
        Memory(), KEY, event(release={"model_version": "m"}, details={"applied": {"add": 2}})
    ).text()
)
MANIFEST = {
    "identity": "staging-7f3a-91c2-0b5d-11aa-9e8c-42f0-6d6d-c0de",
    "hash": "7f3a",
    "environment": "staging",
    "target": "local",
    "account_id": "222222222222",
    "region": "eu-west-1",
    "backend": {"bucket": "b", "key": "k"},
    "ingredients": {"plan": "a"},
    "files": {"code": {"main.tf": "b"}},
    "artifacts": {"plan.json": "c"},
    "counts": {"create": 2},
    "created_at": "2026-11-25T10:00:00+00:00",
    "expires_at": "2026-11-26T10:00:00+00:00",
    "who": "ada",
    "versions": {"terraform": "1.11.4"},
    "state": {"lineage": "a", "serial": 7},
    "format_version": 1,
    "seal": "0" * 64,
}
APPROVAL = {
    **asdict(approvals.make(STAGING, MANIFEST["identity"], Person("arn:a", "ada"), NOW)),
    "signature": "AAAA",
}
LOCK = {
    "ID": "7f3a91c2",
    "Operation": "OperationTypeApply",
    "Info": "held by process 1",
    "Who": "ada@laptop",
    "Version": "1.11.4",
    "Created": "2026-11-25T08:36:31.343487376Z",
    "Path": "b/k",
}
IMAGE = {
    "schemaVersion": 2,
    "mediaType": images.MANIFESTS[0],
    "config": {"digest": DIGEST, "size": 2},
    "layers": [{"digest": DIGEST, "size": 3}],
}


class Bucket:
    """S3 with one object."""

    class exceptions:  # noqa: N801
        NoSuchKey = KeyError
        NoSuchBucket = KeyError

    def __init__(self, body: bytes) -> None:
        self._body = body

    def get_object(self, **_where: str) -> dict[str, Any]:
        """The object."""
        return {"Body": BytesIO(self._body), "ETag": '"etag"'}


class Registry:
    """ECR that gives one manifest, and has none of what it names."""

    def __init__(self, text: str) -> None:
        self._text = text

    def batch_get_image(self, **asked: Any) -> dict[str, Any]:
        """The manifest, for its own digest."""
        digest = "sha256:" + hashlib.sha256(self._text.encode()).hexdigest()
        if asked["imageIds"][0].get("imageDigest") != digest:
            return {"images": []}
        return {"images": [{"imageManifest": self._text, "imageManifestMediaType": ""}]}

    def put_image(self, **_asked: Any) -> dict[str, Any]:
        """Take nothing."""
        raise AssertionError("a manifest that refers to nothing was put")

    def describe_repositories(self, **_asked: Any) -> dict[str, Any]:
        """One, whatever it is asked for."""
        return {"repositories": [{"repositoryName": "bed"}]}

    def get_paginator(self, _name: str) -> Any:
        """The same as the only page."""
        return SimpleNamespace(paginate=lambda: [self.describe_repositories()])


@contextlib.contextmanager
def holding(path: Path, content: bytes) -> Iterator[None]:
    """A file with this content, for a moment."""
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    yield
    path.unlink(missing_ok=True)


@given(hostile.json_files(STATE))
@example(b'{"lineage": "a", "serial": 1e999}')
@example(b'{"lineage": "a", "serial": true}')
@example(b'{"lineage": "a", "b": "\\ud800"}')
@example(b'{"lineage": "a", "resources": [{"mode": "managed", "instances": 5}]}')
@example(b'{"lineage": "a", "resources": [{"mode": "managed", "instances": [5]}]}')
@example(b'{"lineage": "a", "outputs": {"a": 5}}')
def test_a_stored_state(content: bytes) -> None:
    read: list[StoredState] = []
    judge(lambda: read.append(parsed_state(content, "s3://b/k")))
    found = facts_from(json.loads(json.dumps(facts_of(StateObject(content, "e"), None).document())))
    error = wrong(found, "staging", "1.11.4")
    if error is not None:
        judge(lambda: _raise(error))
    for state in read:
        good = parsed_state(hostile.as_json(STATE), "")
        for difference in (compare(good, state), compare(state, good)):
            told = printed(state_rendering.difference(difference))
            is_harmless(told)
            assert CANARY not in told
        assert CANARY not in " ".join(addresses(state))
        state.output("url"), list(state.managed("aws_s3_bucket"))
        graphs.state_graph(state), graphs.state_graph(state, detail=True)
        is_harmless(reports.text(Version("v", "w", 1, True, state=state, body=content).document()))
        if content:
            parsed_state(with_serial(content, 8), "")


@given(hostile.json_files(STATE))
def test_an_unsaved_state(scratch: Path, content: bytes) -> None:
    with holding(scratch / UNSAVED_STATE, content):
        judge(lambda: find_unsaved(scratch))
        assert (scratch / UNSAVED_STATE).stat().st_mode & 0o077 == 0


@given(hostile.json_files(RECORD))
@example(b'{"record": [], "hash": "", "signature": {"key": "", "value": "", "algorithm": ""}}')
@example(b'{"record": {"schema": 1, "sequence": 1e999}}')
@example(hostile.as_json({**RECORD, "record": {**RECORD["record"], "user": "a\u202e\x7f"}}))
def test_a_record_of_the_ledger(scratch: Path, content: bytes) -> None:
    stored = Stored("ledger/staging/1.json", 1, content.decode("utf-8", "replace"), "")
    found = verify([stored], KEY.checker.signed, "staging", "222222222222")
    is_harmless(printed(rendering.verification(found, signatures=True)))
    is_harmless(printed(rendering.history([stored])))
    is_harmless(printed(rendering.record(stored)))
    is_harmless(reports.text(reports.history([stored])))
    facts_of(StateObject(), stored.text)
    path = scratch / "export.jsonl"
    with holding(path, content):
        judge(lambda: verify(export.read(path), lambda _entry: True, "staging", None))


@given(hostile.json_files(MANIFEST))
@example(hostile.as_json({**MANIFEST, "seal": "\u00e9"}))
def test_the_manifest_of_a_kept_plan(scratch: Path, content: bytes) -> None:
    folder = scratch / ".local" / "plans" / "staging" / MANIFEST["identity"]
    with holding(folder / "manifest.json", content):
        read: list[kept_plans.Manifest] = []
        judge(lambda: read.append(kept_plans.read_manifest(folder)))
        is_harmless(printed(shown_plans(read)))
        is_harmless(reports.text({"plans": reports.kept_plans(read)}))
        failure = judge(lambda: kept_plans.load(folder, IdentityKey(b"k" * 32)))
        assert failure is not None and failure.reason == "plan-tampered"


@given(hostile.texts())
def test_the_beginning_of_an_identity(scratch: Path, text: str) -> None:
    assert judge(lambda: kept_plans.find(Repository(scratch), text)) is not None


@given(hostile.json_files(APPROVAL), st.booleans())
def test_an_approval(scratch: Path, content: bytes, signed: bool) -> None:
    """Also under a true signature: whoever may sign may not break who reads it."""
    path = scratch / "an.approval.json"
    asker = Person("arn:b", "grace")
    question = Question(STAGING, "local", MANIFEST["identity"], PlanSummary(), asker)
    approve = approvals.file_approver(path, lambda _signature, _content: signed)
    with holding(path, content):
        failure = judge(lambda: approve(question))
    assert signed or failure is not None


@given(hostile.json_files(asdict(Seen(3, "a" * 64, "here"))))
def test_what_a_checkout_saw_of_a_ledger(scratch: Path, content: bytes) -> None:
    entry = add(Memory(), KEY)
    with holding(scratch / "staging-local.json", content):
        judge(lambda: Witness(scratch, "staging", "local", "here").remember(entry))


@given(hostile.json_files(asdict(Note("c", None, "w", "i"))))
def test_the_journal_of_a_promotion(scratch: Path, content: bytes) -> None:
    journal = Journal(Repository(scratch), "staging", "local")
    with holding(scratch / ".local" / "promotions" / "staging-local.json", content):
        judge(journal.read)
        judge(lambda: journal.identified("another"))


@given(
    hostile.json_files(
        dict.fromkeys(("access_key_id", "secret_access_key", "session_token", "instance"), "x")
        | {"expires_at": "2026-11-25T10:00:00+00:00", "state_bucket": "b"}
    )
)
def test_kept_credentials(scratch: Path, content: bytes) -> None:
    path = scratch / "staging.json"
    with holding(path, content):
        judge(lambda: accounts._kept(path))


@given(hostile.json_files(LOCK))
@example(hostile.as_json({**LOCK, "Who": who(), "Info": "held by process " + "9" * 5000}))
def test_a_state_lock(scratch: Path, content: bytes) -> None:
    backend = Backend("b", "k", "eu-west-1", ("1",))

    def look() -> None:
        lock = broken_locks.read_lock(lambda _service: Bucket(content), backend)
        assert lock is not None
        broken_locks.holder(lock, scratch, "local")
        raise InfraError("The state is locked.", details=broken_locks.described(lock))

    judge(look)


@given(hostile.json_files(IMAGE))
@example(hostile.as_json({**IMAGE, "manifests": 5}))
@example(b"[]")
def test_the_manifest_of_an_image(content: bytes) -> None:
    text = content.decode("utf-8", "replace")
    digest = "sha256:" + hashlib.sha256(text.encode()).hexdigest()
    source, target = Registry(text), Registry("")

    def copy() -> None:
        images.find(source, "bed", digest)
        parts = images._Copy(source, "bed", None, target, "bed")
        manifest = images.find(source, "bed", digest)
        assert manifest is not None
        for one in (manifest.document.get("manifests"), manifest.document.get("layers")):
            images._digests(manifest, one)
        assert parts.source == "bed"

    judge(copy)


@given(hostile.texts())
def test_a_reference_to_an_image(text: str) -> None:
    failure = judge(lambda: check_image(text))
    assert (failure is None) == (images.DIGEST.fullmatch(text) is not None)
    judge(lambda: registries.choose(Registry(""), STAGING, text))


@given(hostile.json_files({"image_digest": DIGEST, "release": {"id": "r-0123456789abcdef"}}))
def test_what_a_service_says_of_itself(content: bytes) -> None:
    said = unhealthy(Answered(200, content.decode("utf-8", "replace")), {"image_digest": DIGEST})
    assert len(said) < 100


def _raise(error: InfraError) -> None:
    raise error
