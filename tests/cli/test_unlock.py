"""Who holds the state lock, and how the lock of a dead run is broken."""

from __future__ import annotations

import json
import os
import pty
import re
import signal
import subprocess
import sys
from collections.abc import Mapping
from typing import Any

import pytest

from harness.checkout import Answer, Checkout, terraform_of
from harness.waiting import PATIENCE_SECONDS, wait_until
from infra import accounts
from infra.environments import load_environment
from infra.repository import Repository
from infra.state_lock import who

pytestmark = pytest.mark.terraform

BUCKET = "state-222222222222"
KEY = "staging/terraform.tfstate"
LOCK = f"{KEY}.tflock"
ID = "6f2b4c1e-0000-4000-8000-000000000000"


def leave_lock(checkout: Checkout, key: str = KEY, suffix: str = ".tflock") -> None:
    """Let the process that holds locks take one, and kill it."""
    described = load_environment(Repository(checkout.root), "staging")
    endpoint = checkout.cloud.running()
    assert endpoint is not None
    credentials = accounts.assume_role(described, endpoint)
    info = {
        "ID": ID,
        "Operation": "OperationTypeApply",
        "Info": "",
        "Who": who(),
        "Version": "1.11.4",
        "Created": "2026-11-25T08:00:00.000000Z",
        "Path": f"{BUCKET}/{key}",
    }
    order = {"bucket": BUCKET, "key": f"{key}{suffix}", "timeout": 0, "info": info}
    process = subprocess.Popen(
        [sys.executable, "-m", "infra.state_lock", json.dumps(order)],
        env={
            **checkout.shell(),
            "AWS_ACCESS_KEY_ID": credentials.access_key_id,
            "AWS_SECRET_ACCESS_KEY": credentials.secret_access_key,
            "AWS_SESSION_TOKEN": credentials.session_token,
            "AWS_REGION": described.region,
            "AWS_ENDPOINT_URL": endpoint.url,
        },
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )
    assert process.stdout is not None
    assert json.loads(process.stdout.readline()) == {"held": True}
    process.kill()
    process.communicate(timeout=PATIENCE_SECONDS)


def failure(answer: Answer, reason: str) -> Mapping[str, Any]:
    """A refusal of this kind."""
    assert answer.code == 1, answer.out + answer.err
    error: Mapping[str, Any] = answer.json["error"]
    assert error["reason"] == reason, error
    return error


def is_locked(checkout: Checkout, lock: str = LOCK) -> bool:
    """Whether the lock is there."""
    return lock in checkout.state_objects()


def typed(checkout: Checkout, words: str) -> tuple[int, str]:
    """Run unlock on a terminal where somebody types this."""
    ours, theirs = pty.openpty()
    process = subprocess.Popen(
        checkout.command("unlock", "staging"),
        env=checkout.shell(),
        stdin=theirs,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
    )
    os.close(theirs)
    os.write(ours, f"{words}\n".encode())
    out, _ = process.communicate(timeout=PATIENCE_SECONDS)
    os.close(ours)
    return process.returncode, out


def test_no_lock_is_a_clear_answer(checkout: Checkout) -> None:
    found = checkout.infra("unlock", "staging")
    assert found.code == 0, found.err
    assert "Nobody holds the state lock of staging." in found.out
    machine = checkout.infra("unlock", "staging", "--json")
    assert machine.json["result"] == {"lock": None, "broken": False}


@pytest.mark.mode(2, "state-locked")
@pytest.mark.mode(4, "usage")
def test_the_lock_of_a_dead_run_is_shown_and_broken_by_its_id(checkout: Checkout) -> None:
    assert checkout.infra("plan", "staging").code == 2
    leave_lock(checkout)
    locked = checkout.infra("plan", "staging", "--lock-timeout", "0", "--json")
    assert "infra unlock staging" in failure(locked, "state-locked")["hint"]

    asked = failure(checkout.infra("unlock", "staging", "--json"), "not-confirmed")
    assert f"ID:        {ID}" in asked["details"]
    assert any(line.startswith("Since:") and "hours ago" in line for line in asked["details"])
    assert any(line == f"Who:       {who()}" for line in asked["details"])
    assert f"infra unlock staging --yes --id {ID}" in asked["hint"]
    failure(checkout.infra("unlock", "staging", "--yes", "--json"), "not-confirmed")
    another = ID.replace("6f", "7a")
    failure(checkout.infra("unlock", "staging", "--yes", "--id", another, "--json"), "usage")
    assert is_locked(checkout)

    broken = checkout.infra("unlock", "staging", "--yes", "--id", ID, "--json")
    assert broken.code == 0, broken.out + broken.err
    assert broken.json["result"]["broken"] is True
    assert broken.json["result"]["lock"]["id"] == ID
    assert not is_locked(checkout)
    records = checkout.infra("history", "staging", "--json").json["result"]["records"]
    assert [(r["kind"], r["result"]) for r in records] == [
        ("unlocked", "succeeded"),
        ("unlocked", "started"),
    ]
    assert records[0]["details"]["lock"]["id"] == ID
    assert checkout.infra("ledger", "verify", "staging").code == 0
    assert checkout.infra("plan", "staging", "--lock-timeout", "0").code == 2


def test_terraform_itself_can_break_a_lock_of_ours(checkout: Checkout) -> None:
    assert checkout.infra("plan", "staging").code == 2
    leave_lock(checkout)
    locked = checkout.infra("plan", "staging", "--lock-timeout", "0", "--json")
    hint = failure(locked, "state-locked")["hint"]
    (command,) = [line for line in hint.splitlines() if "force-unlock" in line]
    done = checkout.as_hinted("staging", command.replace("force-unlock", "force-unlock -force"))
    assert done.code == 0, done.out + done.err
    assert not is_locked(checkout)


def test_on_a_terminal_a_person_types_what_is_meant(checkout: Checkout) -> None:
    assert checkout.infra("plan", "staging").code == 2
    leave_lock(checkout)
    code, out = typed(checkout, "dev")
    assert code == 1, out
    assert ID in out and "the lock is still there" in out
    assert is_locked(checkout)
    code, out = typed(checkout, "staging")
    assert code == 0, out
    assert "The lock is broken." in out
    assert not is_locked(checkout)


def test_the_lock_of_a_bootstrap_is_another_one(checkout: Checkout) -> None:
    assert checkout.infra("plan", "staging").code == 2
    leave_lock(checkout, "bootstrap/terraform.tfstate")
    assert "Nobody holds" in checkout.infra("unlock", "staging").out
    broken = checkout.infra("unlock", "staging", "--bootstrap", "--yes", "--id", ID)
    assert broken.code == 0, broken.err
    assert not is_locked(checkout, "bootstrap/terraform.tfstate.tflock")


def test_the_lock_of_promotions_is_another_one_too(checkout: Checkout) -> None:
    assert checkout.infra("plan", "staging").code == 2
    leave_lock(checkout, "staging/terraform.tfstate", ".promotion-lock")
    assert "Nobody holds the state lock" in checkout.infra("unlock", "staging").out
    asked = failure(checkout.infra("unlock", "staging", "--promotion", "--json"), "not-confirmed")
    assert f"infra unlock staging --promotion --yes --id {ID}" in asked["hint"]
    broken = checkout.infra("unlock", "staging", "--promotion", "--yes", "--id", ID)
    assert broken.code == 0, broken.err
    assert not is_locked(checkout, "staging/terraform.tfstate.promotion-lock")
    both = checkout.infra("unlock", "staging", "--promotion", "--bootstrap", "--json")
    failure(both, "usage")


@pytest.mark.mode(3, "state-locked")
def test_a_holder_that_is_at_work_keeps_its_lock(checkout: Checkout) -> None:
    checkout.hold_applies()
    process = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    body = checkout.client("s3").get_object(Bucket=BUCKET, Key=LOCK)["Body"].read()
    command = ("unlock", "staging", "--yes", "--id", json.loads(body)["ID"], "--json")
    refused = failure(checkout.infra(*command), "state-locked")
    (number,) = re.findall(r"at work on this machine: process (\d+)", refused["message"])
    assert int(number) in [item.pid for item in terraform_of(checkout)]
    assert is_locked(checkout)
    checkout.let_go()
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 0, out + err


def test_a_lock_of_ours_names_the_process_that_holds_it(checkout: Checkout) -> None:
    checkout.hold_applies()
    kept = checkout.infra("plan", "staging", "--out", "--json")
    assert kept.code == 2, kept.out
    identity = kept.json["result"]["identity"]
    process = checkout.start("apply", "staging", "--plan", identity)
    checkout.wait_for_apply()
    found = json.loads(checkout.client("s3").get_object(Bucket=BUCKET, Key=LOCK)["Body"].read())
    command = ("unlock", "staging", "--yes", "--id", found["ID"], "--json")
    (number,) = re.findall(r"held by process (\d+)", found["Info"])
    assert f"process {number}" in failure(checkout.infra(*command), "state-locked")["message"]

    # Now everything of it dies at once.
    for pid in (process.pid, int(number)):
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_SECONDS)
    checkout.let_go()
    checkout.end_terraform()
    assert wait_until(lambda: is_locked(checkout))
    broken = checkout.infra(*command)
    assert broken.code == 0, broken.out + broken.err
    assert not is_locked(checkout)
