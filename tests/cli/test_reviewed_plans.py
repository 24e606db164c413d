"""A plan is kept, shown again, and applied only if it is still the same plan."""

from __future__ import annotations

import json
import os
import re
import shutil
import signal
import zipfile
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.checkout import Checkout
from harness.waiting import PATIENCE_SECONDS, wait_until
from infra.kept_plans import KEPT_HOURS
from infra.terraform.binary import find_terraform

pytestmark = pytest.mark.terraform

CANARY = "canary-7291-swordfish"
IDENTITY = r"staging(?:-[0-9a-f]{4}){8}"
LOCK = "staging/terraform.tfstate.tflock"
WITH_SECRET = """
variable "password" {
  type      = string
  sensitive = true
}

resource "terraform_data" "secret" {
  input = { user = "x", password = var.password }
}

output "password" {
  value     = terraform_data.secret.output
  sensitive = true
}
"""


def keep(checkout: Checkout, *options: str) -> str:
    """Keep a plan of staging; return its identity."""
    planned = checkout.infra("plan", "staging", "--out", *options)
    assert planned.code == 2, planned.err
    (identity,) = set(re.findall(IDENTITY, planned.out))
    assert f"Next: infra apply staging --plan {identity}" in planned.err
    return str(identity)


def folder_of(checkout: Checkout, identity: str) -> Path:
    """Where a plan is kept."""
    return checkout.root / ".local" / "plans" / "staging" / identity


def changed_values(checkout: Checkout, text: str) -> None:
    """Give the variables of staging other values."""
    checkout.file("terraform.tfvars").write_text(text)


def elsewhere(checkout: Checkout, root: Path) -> Checkout:
    """The same checkout in another place, as another person has it; the cloud is the same."""
    for name in ("modules", "environments"):
        shutil.copytree(checkout.root / name, root / name)
    (root / ".local").mkdir()
    (root / ".local" / "cloud").symlink_to(checkout.root / ".local" / "cloud")
    return Checkout(root)


@pytest.mark.mode(6, "plan-applied")
def test_a_kept_plan_is_shown_again_and_applied_once(checkout: Checkout) -> None:
    identity = keep(checkout)
    plain = checkout.infra("plan", "staging", "--json")
    assert plain.json["result"]["identity"] == identity
    assert plain.json["result"]["kept_in"] is None
    assert identity in checkout.infra("show").out
    shown = checkout.infra("show", identity.removeprefix("staging-")[:9])
    assert shown.code == 0, shown.err
    assert "+ terraform_data.thing" in shown.out
    assert identity in shown.out
    applied = checkout.infra("apply", "staging", "--plan", identity[:12])
    assert applied.code == 0, applied.out + applied.err
    assert "Done: 1 created" in applied.out
    assert checkout.state_objects() == ["staging/terraform.tfstate"]
    before = checkout.state()
    again = checkout.infra("apply", "staging", "--plan", identity, "--json")
    assert again.code == 10
    assert again.json["error"]["reason"] == "plan-applied"
    assert "has been applied already, at 20" in again.json["error"]["message"]
    assert checkout.state() == before


def test_without_changes_there_is_nothing_to_keep(checkout: Checkout) -> None:
    assert checkout.infra("apply", "staging").code == 0
    planned = checkout.infra("plan", "staging", "--out", "--json")
    assert planned.code == 0
    assert planned.json["result"]["identity"] is None
    assert checkout.infra("show", "--json").json["result"] == []


def test_the_files_of_a_kept_plan_are_private(checkout: Checkout) -> None:
    folder = folder_of(checkout, keep(checkout))
    assert {path.name for path in folder.iterdir()} == {
        "manifest.json",
        "plan.json",
        "plan.tfplan",
    }
    assert all(path.stat().st_mode & 0o777 == 0o600 for path in folder.iterdir())
    for path in (folder, *folder.parents[:2]):
        assert path.stat().st_mode & 0o777 == 0o700


@pytest.mark.mode(5, "plan-applied")
@pytest.mark.mode(5, "plan-changed")
def test_a_plan_has_one_identity_wherever_it_is_made_and_can_be_applied_there(
    checkout: Checkout, tmp_path: Path
) -> None:
    identity = keep(checkout)
    other = elsewhere(checkout, tmp_path / "a" / "place")
    assert keep(other) == identity
    shutil.rmtree(folder_of(other, identity))
    part = other.infra("apply", "staging", "--plan", identity[:20], "--json")
    assert (part.code, part.json["error"]["reason"]) == (1, "usage")
    wrong = identity[:-4] + ("0000" if identity[-4:] != "0000" else "1111")
    refused = other.infra("apply", "staging", "--plan", wrong, "--json")
    assert (refused.code, refused.json["error"]["reason"]) == (10, "plan-changed")
    assert identity in refused.json["error"]["message"]
    applied = other.infra("apply", "staging", "--plan", identity)
    assert applied.code == 0, applied.out + applied.err
    # Here nobody wrote down that it was applied.
    late = checkout.infra("apply", "staging", "--plan", identity, "--json")
    assert (late.code, late.json["error"]["reason"]) == (10, "plan-applied")
    assert "Nothing is left of" in late.json["error"]["message"]


@pytest.mark.mode(34, "plan-changed")
def test_a_plan_that_differs_in_a_secret_only_is_another_and_the_secret_is_hidden(
    checkout: Checkout,
) -> None:
    main = checkout.file("main.tf")
    main.write_text(main.read_text() + WITH_SECRET)
    changed_values(checkout, f'password = "{CANARY}"\n')
    report = checkout.root / "report"
    first = keep(checkout, "--report", str(report))
    page = (report / "plan.html").read_text()
    for text in ((report / "plan.md").read_text(), (report / "summary.md").read_text(), page):
        assert first in text
        assert "2 to create" in text
    assert "(sensitive)" in page
    changed_values(checkout, 'password = "another"\n')
    assert keep(checkout) != first
    answers = [
        checkout.infra("show", first),
        checkout.infra("show", first, "--full", "--json"),
        checkout.infra("apply", "staging", "--plan", first),
        checkout.infra("apply", "staging", "--plan", first, "--json"),
    ]
    refused = answers[-1]
    assert refused.code == 10
    assert refused.json["error"]["ingredients"] == ["files of the environment", "plan"]
    assert {
        "terraform_data.secret: input.password: (sensitive, differs)",
        "var.password: (sensitive, differs)",
    } <= set(refused.json["error"]["details"])
    changed_values(checkout, f'password = "{CANARY}"\n')
    answers.append(checkout.infra("apply", "staging", "--plan", first))
    assert answers[-1].code == 0, answers[-1].err
    assert CANARY in checkout.state().decode()
    answers.append(checkout.infra("graph", "staging", "--detail", "--json"))
    labels = [node["label"] for node in answers[-1].json["result"]["nodes"]]
    assert labels == ["terraform_data.secret", "terraform_data.thing"]
    for answer in answers:
        assert CANARY not in answer.out + answer.err
    # What the local cloud keeps is its S3, and so the state.
    saved = checkout.root / ".local" / "cloud" / "saved"
    holders = {
        path.name
        for path in checkout.root.rglob("*")
        if path.is_file() and saved not in path.parents and CANARY.encode() in _content(path)
    }
    assert holders == {"terraform.tfvars", "plan.tfplan"}


def _content(path: Path) -> bytes:
    """A file's bytes, those of a zip unpacked."""
    if not zipfile.is_zipfile(path):
        return path.read_bytes()
    with zipfile.ZipFile(path) as archive:
        return b"".join(archive.read(name) for name in archive.namelist())


def _edit(path: Path, old: str, new: str) -> None:
    text = path.read_text()
    assert old in text
    path.write_text(text.replace(old, new))


def _rewrite_manifest(folder: Path) -> None:
    path = folder / "manifest.json"
    manifest = json.loads(path.read_text())
    manifest["expires_at"] = "2199-01-01T00:00:00+00:00"
    path.write_text(json.dumps(manifest))


def _other_plan(folder: Path) -> None:
    with (folder / "plan.tfplan").open("ab") as file:
        file.write(b"x")


@pytest.mark.parametrize(
    ("edit", "told"),
    [
        (_other_plan, "plan.tfplan was edited"),
        (lambda folder: (folder / "plan.tfplan").unlink(), "plan.tfplan was edited, or is gone"),
        (
            lambda folder: _edit(folder / "plan.json", '"input":2', '"input":4'),
            "plan.json was edited",
        ),
        (_rewrite_manifest, "does not bear the seal"),
        (lambda folder: (folder / "manifest.json").write_text("{"), "no manifest any more"),
    ],
)
@pytest.mark.mode(10, "plan-tampered")
def test_an_edited_plan_is_refused(
    checkout: Checkout, edit: Callable[[Path], None], told: str
) -> None:
    identity = keep(checkout)
    edit(folder_of(checkout, identity))
    for command in (("show", identity), ("apply", "staging", "--plan", identity)):
        refused = checkout.infra(*command, "--json")
        assert (refused.code, refused.json["error"]["reason"]) == (10, "plan-tampered")
        assert told in refused.json["error"]["message"]
    assert checkout.state_objects() == []


def _another_lock(checkout: Checkout) -> None:
    path = checkout.file(".terraform.lock.hcl")
    path.write_text(path.read_text() + "# another\n")


def _another_module(checkout: Checkout) -> None:
    (checkout.root / "modules" / "x").mkdir()
    (checkout.root / "modules" / "x" / "README.md").write_text("not read")
    (checkout.root / "modules" / "x" / "main.tf").write_text("# new\n")


def _another_release(checkout: Checkout) -> None:
    checkout.file("release.auto.tfvars.json").write_text('{"size": 4}')


def _another_terraform(checkout: Checkout) -> None:
    found = find_terraform()
    real = " ".join(f"'{part}'" for part in found.arguments)
    shim = checkout.root / "terraform"
    shim.write_text(
        f'#!/bin/sh\n[ "$1" = version ] && {real} "$@" | sed "s/{found.version}/1.99.0/" && exit\n'
        f'exec {real} "$@"\n'
    )
    shim.chmod(0o755)
    checkout.variables["INFRA_TERRAFORM"] = str(shim)


@pytest.mark.parametrize(
    ("change", "ingredient", "told"),
    [
        (_another_lock, "provider lock", "environments/staging/.terraform.lock.hcl"),
        (_another_module, "modules", "modules/x/main.tf (new)"),
        (_another_release, "release", "environments/staging/release.auto.tfvars.json (new)"),
        (_another_terraform, "Terraform version", "now 1.99.0"),
    ],
)
@pytest.mark.mode(7, "plan-changed")
def test_another_ingredient_is_refused_by_name_and_nothing_changes(
    checkout: Checkout, change: Callable[[Checkout], None], ingredient: str, told: str
) -> None:
    assert checkout.infra("apply", "staging").code == 0
    changed_values(checkout, "size = 4\n")
    identity = keep(checkout)
    before = checkout.state()
    change(checkout)
    refused = checkout.infra("apply", "staging", "--plan", identity, "--json")
    assert refused.code == 10, refused.out
    error = refused.json["error"]
    assert error["reason"] == "plan-changed"
    assert error["ingredients"] == [ingredient]
    (line,) = error["details"]
    assert line.startswith(f"{ingredient}: ") and line.endswith(told)
    assert checkout.state() == before
    assert checkout.state_objects() == ["staging/terraform.tfstate"]


@pytest.mark.mode(8, "plan-tampered")
def test_a_plan_of_another_target_or_state_is_refused_by_name(checkout: Checkout) -> None:
    identity = keep(checkout)
    backend = checkout.file("backend.tf")
    backend.write_text(backend.read_text().replace("staging/terraform", "other/terraform"))
    refused = checkout.infra("apply", "staging", "--plan", identity, "--json")
    # Another state has another key, so the plan is not even one of its environment.
    assert (refused.code, refused.json["error"]["reason"]) == (10, "plan-tampered")


@pytest.mark.mode(12, "plan-changed")
def test_drift_after_the_plan_is_refused_with_the_attribute(checkout: Checkout) -> None:
    main = checkout.file("main.tf")
    topic = (
        'resource "aws_sns_topic" "news" {\n  name         = "news"\n  display_name = "News"\n}\n'
    )
    provider = 'provider "aws" {\n  region = "eu-west-1"\n}\n'
    main.write_text(main.read_text() + topic + provider)
    assert checkout.infra("apply", "staging").code == 0
    changed_values(checkout, "size = 4\n")
    identity = keep(checkout)
    # Once more: what the provider reads must not make another plan of it.
    assert keep(checkout) == identity
    sns = checkout.client("sns")
    (arn,) = [item["TopicArn"] for item in sns.list_topics()["Topics"]]
    sns.set_topic_attributes(
        TopicArn=arn, AttributeName="DisplayName", AttributeValue="Out of band"
    )
    before = checkout.state()
    refused = checkout.infra("apply", "staging", "--plan", identity, "--json")
    assert refused.code == 10, refused.out
    assert refused.json["error"]["ingredients"] == ["plan"]
    assert refused.json["error"]["details"][:2] == [
        "aws_sns_topic.news: was no-op, now update",
        "aws_sns_topic.news: display_name before the apply: was News, now Out of band",
    ]
    assert checkout.state() == before
    sns.set_topic_attributes(TopicArn=arn, AttributeName="DisplayName", AttributeValue="News")
    assert checkout.infra("apply", "staging", "--plan", identity).code == 0


def test_an_old_plan_is_refused_and_then_swept(checkout: Checkout) -> None:
    identity = keep(checkout)
    folder = folder_of(checkout, identity)
    old = folder.stat().st_mtime - KEPT_HOURS * 3600 - 60
    os.utime(folder, (old, old))
    assert checkout.infra("plan", "staging").code == 2
    assert not folder.exists()
    gone = checkout.infra("apply", "staging", "--plan", identity[:12])
    assert gone.code == 1
    assert "No kept plan has an identity that begins with" in gone.err


def test_a_plan_that_trusts_the_state_can_not_be_kept(checkout: Checkout) -> None:
    answer = checkout.infra("plan", "staging", "--out", "--no-refresh", "--json")
    assert (answer.code, answer.json["error"]["reason"]) == (1, "usage")


def _held(checkout: Checkout) -> str:
    checkout.hold_applies()
    return keep(checkout)


def test_the_state_is_locked_from_the_new_plan_to_the_end(checkout: Checkout) -> None:
    identity = _held(checkout)
    first = checkout.start("apply", "staging", "--plan", identity)
    checkout.wait_for_apply()
    # Terraform itself reads the lock.
    second = checkout.infra("plan", "staging", "--lock-timeout", "0", "--json")
    assert second.json["error"]["reason"] == "state-locked"
    details = second.json["error"]["details"]
    assert any(re.fullmatch(r"Who: +\S+@\S+", line) for line in details)
    assert any(re.fullmatch(r"ID: +[0-9a-f-]{36}", line) for line in details)
    third = checkout.infra("apply", "staging", "--plan", identity, "--lock-timeout", "0", "--json")
    assert (third.code, third.json["error"]["reason"]) == (1, "state-locked")
    # The same holder; only the time reads differently in Terraform's own message.
    assert third.json["error"]["details"][:3] == details[:3]
    checkout.let_go()
    out, err = first.communicate(timeout=PATIENCE_SECONDS)
    assert first.returncode == 0, out + err
    assert checkout.state_objects() == ["staging/terraform.tfstate"]


def test_ctrl_c_during_a_reviewed_apply_gives_the_lock_back(checkout: Checkout) -> None:
    identity = _held(checkout)
    process = checkout.start("apply", "staging", "--plan", identity)
    checkout.wait_for_apply()
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, out + err
    assert checkout.state_objects() == ["staging/terraform.tfstate"]


def test_a_killed_reviewed_apply_gives_the_lock_back_after_its_terraform(
    checkout: Checkout,
) -> None:
    identity = _held(checkout)
    process = checkout.start("apply", "staging", "--plan", identity)
    checkout.wait_for_apply()
    process.kill()
    process.communicate(timeout=PATIENCE_SECONDS)
    checkout.let_go()
    assert wait_until(lambda: LOCK not in checkout.state_objects())
    assert checkout.infra("apply", "staging").code == 0
