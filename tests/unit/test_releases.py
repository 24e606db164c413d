"""Releases: what may be in one, that nobody edits one, and what pins one."""

from __future__ import annotations

import hashlib
import json
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest

from infra.environments import Environment, load_environment
from infra.errors import (
    EnvironmentFileError,
    ReleaseError,
    ReleaseUnknownError,
    RepositoryError,
)
from infra.releases import (
    Release,
    all_releases,
    clear_pin,
    load_release,
    pinned_release,
    pinned_release_id,
    save_release,
    write_pin,
)
from infra.releases.collection import Wanted, check_image, collect
from infra.releases.comparison import differences
from infra.releases.creation import first_environment
from infra.repository import Repository

DIGEST = "sha256:" + "a" * 64
COMMIT = "b" * 40
VERSIONS_TF = 'terraform {\n  required_version = ">= 1.11"\n}\n'


@pytest.fixture
def checkout(repository: Repository) -> Repository:
    """A checkout with locks and a required version."""
    for name in ("dev", "staging"):
        folder = repository.environments / name
        (folder / "versions.tf").write_text(VERSIONS_TF)
        (folder / ".terraform.lock.hcl").write_text(f"# of {name}\n")
    (repository.root / "requirements").mkdir()
    (repository.root / "requirements" / "infra.txt").write_text("boto3==1\n")
    return repository


@pytest.fixture
def staging(checkout: Repository) -> Environment:
    return load_environment(checkout, "staging")


def wanted(**members: Any) -> Wanted:
    return Wanted(**{"image": DIGEST, "model": "ranker-1", "data": "trends-1", **members})


def made(checkout: Repository, **members: Any) -> Release:
    return Release.of(collect(checkout, wanted(**members), COMMIT))


def edited(release: Release, place: str, value: Any) -> dict[str, Any]:
    """The document with another value at a place such as `data.version`."""
    document: dict[str, Any] = json.loads(release.content)
    *outer, last = place.split(".")
    section = document
    for name in outer:
        section = section[name]
    section[last] = value
    return document


def sha256(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def test_a_release_lists_the_image_and_the_seven_artifacts(checkout: Repository) -> None:
    lock, app, metrics = (checkout.root / name for name in ("dvc.lock", "app.toml", "metrics.json"))
    lock.write_text("outs: []\n")
    app.write_text("a = 1\n")
    metrics.write_text('{"auc": 0.91, "split": {"seed": 7, "stratified": true}}')
    lineage = {"training_commit": "c" * 40, "pipeline_run": "run 7", "parent_model": "ranker-0"}
    release = made(
        checkout,
        dvc_lock=lock,
        configuration=(app,),
        metrics=metrics,
        thresholds=("auc>=0.9", "split.seed == 7"),
        lineage=lineage,
    )
    document = release.document
    assert document["image"] == {"digest": DIGEST}
    assert document["code"] == {"git_sha": COMMIT}
    assert document["data"] == {"version": "trends-1", "dvc_lock": sha256("outs: []\n")}
    assert document["model"] == {"version": "ranker-1"}
    assert document["configuration"] == {"files": {"app.toml": sha256("a = 1\n")}}
    assert document["metrics"] == {
        "values": {"auc": 0.91, "split.seed": 7, "split.stratified": True},
        "thresholds": {"auc": ">= 0.9", "split.seed": "== 7"},
    }
    assert document["environment"] == {
        "python": {"requirements/infra.txt": sha256("boto3==1\n")},
        "providers": {
            f"environments/{name}/.terraform.lock.hcl": sha256(f"# of {name}\n")
            for name in ("dev", "staging")
        },
        "terraform": ">= 1.11",
    }
    assert document["lineage"] == lineage
    assert release.pin() == {
        "id": release.id,
        "image_digest": DIGEST,
        "git_sha": COMMIT,
        "data_version": "trends-1",
        "model_version": "ranker-1",
    }


def test_the_id_is_the_hash_of_the_file(checkout: Repository) -> None:
    release = made(checkout)
    path, new = save_release(checkout, release)
    assert new
    digest = hashlib.sha256(path.read_bytes()).hexdigest()
    assert (release.id, release.sha256) == (f"r-{digest[:16]}", digest)
    assert load_release(checkout, release.id) == release


def test_the_same_content_is_the_same_file(checkout: Repository) -> None:
    path, _ = save_release(checkout, made(checkout))
    before = path.stat()
    assert save_release(checkout, made(checkout)) == (path, False)
    assert path.stat().st_mtime_ns == before.st_mtime_ns
    other = made(checkout, model="ranker-2")
    save_release(checkout, other)
    assert {item.id for item in all_releases(checkout)} == {path.stem, other.id}


@pytest.mark.parametrize(
    "change",
    [
        lambda text: text.replace("ranker-1", "ranker-9"),
        lambda text: text + "\n",
        lambda text: json.dumps(json.loads(text)),
        lambda text: text.replace('"model"', '"model": {"version": "x"},\n  "model"'),
        lambda text: text.replace('"format_version": 1', '"format_version": 2'),
        lambda text: text.replace('"lineage": {}', '"lineage": {"note": "x"}'),
        lambda text: text.replace('"lineage": {}', '"lineage": ' + "[" * 100_000),
        lambda text: text[:-10],
        lambda _: "[" * 1000 + "]" * 1000,
        lambda _: '{"a": ' + "1" * 300_000 + "}",
        lambda _: "",
    ],
)
def test_an_edited_file_is_refused(checkout: Repository, change: Callable[[str], str]) -> None:
    path, _ = save_release(checkout, made(checkout))
    text = path.read_text()
    assert change(text) != text
    path.write_text(change(text))
    for use in (
        lambda: load_release(checkout, path.stem),
        lambda: all_releases(checkout),
        lambda: save_release(checkout, made(checkout)),
    ):
        with pytest.raises(ReleaseError) as caught:
            use()
        assert caught.value.reason == "release-invalid"
        assert path.name in caught.value.message
        assert "git checkout" in caught.value.hint


def test_a_file_under_the_name_of_another_release_is_refused(checkout: Repository) -> None:
    one, _ = save_release(checkout, made(checkout))
    two, _ = save_release(checkout, made(checkout, model="ranker-2"))
    one.write_bytes(two.read_bytes())
    with pytest.raises(ReleaseError) as caught:
        load_release(checkout, one.stem)
    assert two.stem in caught.value.message


@pytest.mark.parametrize(
    ("place", "value"),
    [
        ("image.digest", "latest"),
        ("image.digest", DIGEST.upper()),
        ("code.git_sha", COMMIT[:39]),
        ("code.git_sha", 7),
        ("data.version", "-rf"),
        ("data.version", "x" * 129),
        ("data.version", "a\n"),
        ("data.dvc_lock", "x"),
        ("model.version", "a b"),
        ("configuration.files", {"../etc/passwd": "a" * 64}),
        ("configuration.files", {"/etc/passwd": "a" * 64}),
        ("configuration.files", {"a": "a"}),
        ("configuration.files", {f"f{n}": "a" * 64 for n in range(201)}),
        ("metrics.values", {"auc": [1]}),
        ("metrics.values", {"auc": None}),
        ("metrics.values", {"auc": "x" * 201}),
        ("metrics.values", {"auc": 10**30}),
        ("metrics.thresholds", {"auc": "about 1"}),
        ("environment.terraform", "\x1b[31m"),
        ("environment.terraform", "\ud800"),
        ("lineage.pipeline_run", "a\u202eb"),
        ("lineage.parent_release", "r-1"),
        ("lineage", []),
        ("unknown", {}),
    ],
)
def test_a_value_that_no_release_has_is_refused(
    checkout: Repository, place: str, value: Any
) -> None:
    document = edited(made(checkout), place, value)
    with pytest.raises(ReleaseError) as caught:
        Release.of(document)
    assert place in caught.value.message
    assert caught.value.message.isprintable()
    assert len(caught.value.message) < 200


def test_a_tag_is_no_digest(checkout: Repository) -> None:
    for image in ("latest", "trending-now-dev:release-1", "\x1b[2Jv1", "x" * 5000):
        with pytest.raises(ReleaseError) as caught:
            check_image(image)
        assert "a tag can be moved" in caught.value.message
        assert caught.value.message.isprintable()
    with pytest.raises(ReleaseError) as caught:
        collect(checkout, wanted(image=f"host/app@{DIGEST}"), COMMIT)
    assert "is not a digest" in caught.value.message


@pytest.mark.parametrize(
    ("content", "told"),
    [
        ('{"auc": NaN}', "not valid JSON"),
        ('{"auc": 1e999}', "not valid JSON"),
        ('{"auc": [0.9]}', "'auc' is [0.9]"),
        ('{"auc": null}', "'auc' is None"),
        ('{"a\\u001bb": 1}', r"a\x1bb"),
        ('{"auc": 1, "auc": 2}', "not valid JSON"),
        ("[1]", "one JSON object"),
        ('{"a":' * 20 + "1" + "}" * 20, "more than 8 levels"),
        ('{"a":' * 50_000, "not valid JSON"),
        ('{"a": "' + "x" * 300_000 + '"}', "larger than 256 KB"),
        (json.dumps({f"m{n}": n for n in range(201)}), "metrics.values"),
    ],
)
def test_metrics_are_few_plain_values(checkout: Repository, content: str, told: str) -> None:
    path = checkout.root / "metrics.json"
    path.write_text(content)
    with pytest.raises(ReleaseError) as caught:
        made(checkout, metrics=path)
    assert told in caught.value.message
    assert caught.value.message.isprintable()


@pytest.mark.parametrize(
    ("threshold", "told"),
    [
        ("auc>=0.92", "it is not good enough"),
        ("auc<0.91", "it is not good enough"),
        ("auc==1", "it is not good enough"),
        ("f1>=0.9", "no such number"),
        ("name>=0.9", "no such number"),
        ("auc~0.9", "can't be read"),
        ("auc>=", "can't be read"),
        ("auc>=--1", "can't be read"),
        (">=0.9", "can't be read"),
    ],
)
def test_metrics_must_be_good_enough(checkout: Repository, threshold: str, told: str) -> None:
    path = checkout.root / "metrics.json"
    path.write_text('{"auc": 0.91, "name": "x"}')
    with pytest.raises(ReleaseError) as caught:
        made(checkout, metrics=path, thresholds=(threshold,))
    assert told in caught.value.message


def test_the_code_is_what_the_image_says(checkout: Repository) -> None:
    assert made(checkout, code=COMMIT).document["code"] == {"git_sha": COMMIT}
    with pytest.raises(ReleaseError) as caught:
        made(checkout, code="c" * 40)
    assert COMMIT in caught.value.message
    with pytest.raises(ReleaseError) as caught:
        collect(checkout, wanted(), None)
    assert "--code" in caught.value.hint


def test_data_is_named_by_its_version_or_its_lock(checkout: Repository, tmp_path: Path) -> None:
    lock = tmp_path / "dvc.lock"
    lock.write_text("x")
    release = made(checkout, data=None, dvc_lock=lock)
    assert release.pin()["data_version"] == f"dvc-lock:{sha256('x')}"
    with pytest.raises(ReleaseError):
        made(checkout, data=None)
    with pytest.raises(ReleaseError) as caught:
        made(checkout, data=None, dvc_lock=tmp_path / "none")
    assert "can't be read" in caught.value.message


def test_environments_must_require_one_terraform(checkout: Repository) -> None:
    path = checkout.environments / "dev" / "versions.tf"
    path.write_text(VERSIONS_TF.replace("1.11", "1.12"))
    with pytest.raises(ReleaseError) as caught:
        made(checkout)
    assert caught.value.details == ("'>= 1.12': dev", "'>= 1.11': staging")


def test_a_difference_is_told_by_artifact(checkout: Repository) -> None:
    path = checkout.root / "metrics.json"
    path.write_text('{"auc": 1}')
    before = made(checkout, metrics=path)
    path.write_text('{"auc": true, "f1": 0.5}')
    after = made(checkout, metrics=path, model="ranker-2")
    found = [
        (item.artifact, item.name, item.before, item.after) for item in differences(before, after)
    ]
    assert found == [
        ("model", "version", "ranker-1", "ranker-2"),
        ("metrics", "auc", 1, True),
        ("metrics", "f1", None, 0.5),
    ]
    assert differences(before, before) == ()


@pytest.mark.parametrize("name", ["r-0", "../dev", "r-" + "A" * 16, "", "\x1b[2J", "r-" + "0" * 16])
def test_a_release_that_is_not_there_is_unknown(checkout: Repository, name: str) -> None:
    with pytest.raises(ReleaseUnknownError) as caught:
        load_release(checkout, name)
    assert caught.value.reason == "release-unknown"
    assert caught.value.message.isprintable()


def test_a_pin_is_what_terraform_reads(checkout: Repository, staging: Environment) -> None:
    release = made(checkout)
    save_release(checkout, release)
    assert pinned_release_id(checkout, staging) is None
    write_pin(checkout, staging, release)
    file = staging.directory / "release.auto.tfvars.json"
    assert json.loads(file.read_text()) == {"release": release.pin()}
    assert pinned_release_id(checkout, staging) == release.id
    assert pinned_release(checkout, staging) == release
    assert [path.name for path in staging.directory.glob(".*.new")] == []
    clear_pin(checkout, staging)
    assert json.loads(file.read_text()) == {"release": None}
    assert pinned_release(checkout, staging) is None


def test_a_pin_from_before_there_were_ids_pins_no_release(
    checkout: Repository, staging: Environment
) -> None:
    file = staging.directory / "release.auto.tfvars.json"
    file.write_text(json.dumps({"release": {"image_digest": DIGEST}}))
    assert pinned_release_id(checkout, staging) is None


def test_a_pin_that_says_something_else_than_its_release_is_refused(
    checkout: Repository, staging: Environment
) -> None:
    release = made(checkout)
    save_release(checkout, release)
    file = staging.directory / "release.auto.tfvars.json"
    for change in ({"image_digest": "sha256:" + "c" * 64}, {"model_version": None}, {"more": "x"}):
        file.write_text(json.dumps({"release": {**release.pin(), **change}}))
        with pytest.raises(ReleaseError) as caught:
            pinned_release(checkout, staging)
        assert next(iter(change)) in caught.value.message


@pytest.mark.parametrize("text", ["{", "[]", '{"release": 7}', '{"release": {"id": "\\u001b"}}'])
def test_a_pin_that_is_none_is_told(checkout: Repository, staging: Environment, text: str) -> None:
    (staging.directory / "release.auto.tfvars.json").write_text(text)
    with pytest.raises(EnvironmentFileError) as caught:
        pinned_release_id(checkout, staging)
    assert "environments/staging/release.auto.tfvars.json" in caught.value.message
    assert caught.value.message.isprintable()


def test_a_pin_that_cannot_be_written_leaves_the_old_one(
    checkout: Repository, staging: Environment, monkeypatch: pytest.MonkeyPatch
) -> None:
    release = made(checkout)
    write_pin(checkout, staging, release)

    def full(_descriptor: int) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr("os.fsync", full)
    with pytest.raises(RepositoryError):
        write_pin(checkout, staging, made(checkout, model="ranker-2"))
    assert pinned_release_id(checkout, staging) == release.id
    assert list(staging.directory.glob(".*.new")) == []


def test_releases_begin_where_the_chain_does(
    repository: Repository, edit: Callable[[str, str, str], None]
) -> None:
    with pytest.raises(ReleaseError) as caught:
        first_environment(repository)
    assert "--registry" in caught.value.hint
    edit("environment.yaml", "promotes_from: null", "promotes_from: dev")
    assert first_environment(repository).name == "dev"
