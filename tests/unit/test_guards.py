"""What must hold before a run, guard by guard."""

from __future__ import annotations

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest

from harness.ledgers import Key, Memory, add, event
from infra.errors import CheckoutError, InfraError
from infra.guards import files
from infra.guards.files import Place
from infra.guards.state import Facts, facts_from, facts_of, wrong
from infra.ledger.records import Mark
from infra.stored_state import StateObject

MARK = Mark("a", 7, 41)


@pytest.fixture
def place(tmp_path: Path) -> Place:
    """A root module with the files that belong into it, and one module."""
    directory, data = tmp_path / "environments" / "dev", tmp_path / ".local" / "dev-local"
    for folder in (directory, data, tmp_path / "modules" / "one"):
        folder.mkdir(parents=True)
    for name in ("main.tf", "terraform.tfvars", "release.auto.tfvars.json", files.LOCK_FILE):
        (directory / name).write_text("")
    (data / "environment").write_text("default")
    return Place(tmp_path, directory, data)


def reason(place: Place) -> str:
    """Why a run is refused, "" where it is not."""
    try:
        files.refuse(place)
    except CheckoutError as error:
        assert error.exit_code == 10 and error.hint and "Nothing was changed" in error.message
        return error.reason
    return ""


def test_the_files_of_an_environment_are_in_nobodys_way(place: Place) -> None:
    assert reason(place) == ""


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("z.auto.tfvars", "stray-input"),
        ("z.auto.tfvars.json", "stray-input"),
        ("terraform.tfvars.json", "stray-input"),
        ("release.auto.tfvars", "stray-input"),
        ("override.tf", "stray-input"),
        ("main_override.tf", "stray-input"),
        ("override.tf.json", "stray-input"),
        ("../../modules/one/x_override.tf", "stray-input"),
        ("terraform.tfstate", "local-state"),
        ("terraform.tfstate.d", "local-state"),
        # Terraform reads none of these by itself.
        ("z.tfvars", ""),
        ("z.auto.tfvars.bak", ""),
        ("overrides.tf", ""),
        ("terraform.tfstate.backup", ""),
    ],
)
def test_what_terraform_would_read_unasked_is_refused(
    place: Place, name: str, expected: str
) -> None:
    (place.directory / name).write_text("")
    assert reason(place) == expected


def test_a_name_with_control_characters_is_not_echoed(place: Place) -> None:
    (place.directory / "z\x1b[2J.auto.tfvars").write_text("")
    with pytest.raises(CheckoutError) as caught:
        files.refuse(place)
    assert "\x1b" not in caught.value.message and "z␛[2J.auto.tfvars" in caught.value.message


@pytest.mark.mode(9, "workspace")
def test_another_workspace_is_refused(place: Place) -> None:
    for selected, expected in (("staging", "workspace"), ("default\n", ""), ("", "")):
        (place.data / "environment").write_text(selected)
        assert reason(place) == expected
    (place.data / "environment").unlink()
    assert reason(place) == ""


@pytest.mark.mode(36, "lock-file-changed")
def test_only_a_protected_environment_needs_its_lock_file_as_committed(place: Place) -> None:
    protected = Place(place.root, place.directory, place.data, protected=True)
    # Without git nobody can say.
    assert reason(protected) == ""

    def git(*arguments: str) -> None:
        subprocess.run(["git", "-C", str(place.root), *arguments], check=True, capture_output=True)

    git("init", "-q")
    assert reason(protected) == "lock-file-changed"
    git("add", "-A")
    git("-c", "user.name=a", "-c", "user.email=a@b", "commit", "-qm", "all")
    assert reason(protected) == ""
    (place.directory / files.LOCK_FILE).write_text("another")
    assert reason(protected) == "lock-file-changed"
    assert reason(place) == ""
    assert "environments/dev/.terraform.lock.hcl" in files.changed_lock_file(place)


def stored(**more: Any) -> StateObject:
    """A state as it is stored."""
    resource = {"mode": "managed", "type": "x", "name": "y", "instances": [{}]}
    document = {"lineage": "a", "serial": 7, "terraform_version": "1.11.4", "resources": [resource]}
    return StateObject(json.dumps({**document, **more}).encode(), "etag")


def judged(there: StateObject, mark: Mark | None = MARK, terraform: str = "1.11.4") -> str:
    """What is wrong, by its reason."""
    document = {**facts_of(there, None).document(), "mark": mark.document() if mark else None}
    error: InfraError | None = wrong(facts_from(document), "prod", terraform)
    if error is None:
        return ""
    assert (
        error.exit_code == 10
        and error.hint
        and "Nothing was changed" in error.message.replace("\n", " ")
    )
    return error.reason


@pytest.mark.parametrize(
    ("there", "mark", "expected"),
    [
        (stored(), MARK, ""),
        (stored(serial=8), MARK, ""),
        (stored(serial=6), MARK, "state-rewound"),
        (stored(lineage="b", serial=99), MARK, "state-foreign"),
        (StateObject(), MARK, "state-missing"),
        (StateObject(b"", "etag"), MARK, "state-missing"),
        (StateObject(b"", "etag"), None, "state-missing"),
        (StateObject(b"{}", "etag"), None, "state-missing"),
        (StateObject(stored().body[:-9], "etag"), MARK, "state-corrupt"),
        (StateObject(b"null", "etag"), None, "state-corrupt"),
        pytest.param(
            stored(terraform_version="1.12.0"),
            MARK,
            "state-newer",
            marks=pytest.mark.mode(23, "state-newer"),
        ),
        (stored(terraform_version="2.0.0"), None, "state-newer"),
        (stored(terraform_version="1.11.5"), MARK, ""),
        (stored(terraform_version="1.9.9"), MARK, ""),
        (stored(terraform_version=7), MARK, ""),
        # The first apply, an old ledger, and one after a destroy.
        (StateObject(), None, ""),
        (stored(serial=1), None, ""),
        (StateObject(), Mark("a", 9, 0), ""),
    ],
)
def test_the_state_must_be_the_one_that_the_ledger_knows_or_go_on_from_it(
    there: StateObject, mark: Mark | None, expected: str
) -> None:
    assert judged(there, mark) == expected


def test_the_newest_record_tells_the_mark_unless_it_was_edited() -> None:
    places, key = Memory(), Key()
    text = add(places, key, event(details={})).text()
    document = json.loads(text)
    assert facts_of(stored(), text) == Facts(
        exists=True,
        size=len(stored().body),
        lineage="a",
        serial=7,
        resources=1,
        terraform="1.11.4",
        record=1,
    )
    document["record"]["state"] = Mark("a", 99, 1).document()
    assert facts_of(stored(), json.dumps(document)).mark is None
    for nonsense in ("", "{", "[]", None):
        assert facts_of(stored(), nonsense).record == 0
