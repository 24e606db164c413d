"""What a stop, a crash and a reboot leave of the local cloud, as a user meets it."""

from __future__ import annotations

import json
import os
import signal
import socket

import pytest

from harness.checkout import Answer, Checkout
from harness.waiting import PATIENCE_SECONDS, wait_until
from infra.local_cloud import Endpoint

pytestmark = pytest.mark.terraform


def running(checkout: Checkout) -> Endpoint:
    """The local cloud, which must be running."""
    endpoint = checkout.cloud.running()
    assert endpoint is not None
    return endpoint


def wait_until_saved(checkout: Checkout) -> None:
    """Wait for what it does by itself within about a second of a change."""

    def done() -> bool:
        found = checkout.cloud.health()
        assert found is not None
        return bool(found[1]["saved"]["saved_at"]) and not found[1]["saved"]["behind"]

    assert wait_until(done)


def crash(checkout: Checkout) -> None:
    """End the local cloud as a crash does, with all that is saved."""
    wait_until_saved(checkout)
    os.kill(running(checkout).pid, signal.SIGKILL)
    assert wait_until(lambda: checkout.cloud.running() is None)


def test_a_stop_keeps_what_was_applied(checkout: Checkout) -> None:
    assert checkout.infra("apply", "staging").code == 0
    stopped = checkout.infra("local", "stop")
    assert "What was applied in it is kept: saved at 20" in stopped.out
    status = checkout.infra("local", "status")
    assert "is not running" in status.out
    assert "It will hold what was saved at 20" in status.out
    started = checkout.infra("local", "start")
    assert "It holds what was saved at 20" in started.out
    planned = checkout.infra("plan", "staging")
    assert planned.code == 0, planned.out + planned.err
    assert "No changes" in planned.out
    assert "stopped by itself" not in planned.err


def test_the_address_stays_through_a_stop_where_it_is_free(checkout: Checkout) -> None:
    assert checkout.infra("local", "start").code == 0
    port = running(checkout).port
    assert checkout.infra("local", "stop").code == 0
    assert checkout.infra("local", "start").code == 0
    assert running(checkout).port == port
    assert checkout.infra("local", "stop").code == 0
    with socket.create_server(("127.0.0.1", port)):
        assert checkout.infra("local", "start").code == 0
        assert running(checkout).port != port


def test_a_crash_keeps_what_was_applied_and_is_told(checkout: Checkout) -> None:
    assert checkout.infra("apply", "staging").code == 0
    crash(checkout)
    planned = checkout.infra("plan", "staging")
    assert planned.code == 0, planned.out + planned.err
    assert "No changes" in planned.out
    assert "The local cloud had stopped by itself. Started it again with what it held at 20" in (
        planned.err
    )
    again = checkout.infra("plan", "staging", "--json")
    assert again.json["notes"] == []


def test_a_crash_before_anything_was_saved_is_told(new_checkout: Checkout) -> None:
    assert new_checkout.infra("local", "start").code == 0
    os.kill(running(new_checkout).pid, signal.SIGKILL)
    started = new_checkout.infra("local", "start", "--json")
    assert started.json["result"]["restored"] == ""
    os.kill(running(new_checkout).pid, signal.SIGKILL)
    assert (
        "had saved nothing yet; started a new, empty one"
        in new_checkout.infra("local", "start").err
    )


@pytest.mark.parametrize("how", ["damaged", "other version"])
def test_what_can_not_be_brought_back_is_told_and_not_loaded(checkout: Checkout, how: str) -> None:
    assert checkout.infra("apply", "staging").code == 0
    assert checkout.infra("local", "stop").code == 0
    current = checkout.root / ".local" / "cloud" / "saved" / "current"
    data = current.read_bytes()
    if how == "damaged":
        current.write_bytes(data[:-1])
        expected = "is damaged"
    else:
        head, _, memory = data.partition(b"\n")
        header = json.loads(head)
        header["made_by"]["local_aws"] = "0" * 12
        current.write_bytes(json.dumps(header).encode() + b"\n" + memory)
        expected = "was saved by another version (local_aws 000000000000, not "
    planned = checkout.infra("plan", "staging")
    assert planned.code == 2, planned.err
    assert f"The local cloud is empty: what it kept {expected}" in planned.err
    assert ".local/cloud/saved/unread" in planned.err
    assert "Plan: 1 to create." in planned.out


def test_a_reset_forgets_and_says_so(checkout: Checkout) -> None:
    assert checkout.infra("apply", "staging").code == 0
    answer = checkout.infra("local", "reset")
    assert "What was saved of them is forgotten too, but for the snapshots." in answer.out
    crash(checkout)
    planned = checkout.infra("plan", "staging")
    assert planned.code == 2, planned.err
    assert "Plan: 1 to create." in planned.out


def test_a_reset_forgets_what_a_stopped_local_cloud_had_saved(checkout: Checkout) -> None:
    assert checkout.infra("apply", "staging").code == 0
    assert checkout.infra("local", "stop").code == 0
    answer = checkout.infra("local", "reset")
    assert answer.code == 0, answer.err
    assert checkout.infra("plan", "staging").code == 2


@pytest.mark.mode(18, "local-cloud-lost")
def test_a_crash_during_an_apply_is_told_and_going_on_works(checkout: Checkout) -> None:
    checkout.hold_applies()
    process = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    crash(checkout)
    checkout.let_go()
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert Answer(process.returncode, out, err).code == 20, out + err
    assert "The local cloud stopped while Terraform was at work" in err
    assert "Run the command again" in err
    assert "Traceback" not in err
    assert checkout.file("errored.tfstate").exists()
    planned = checkout.infra("plan", "staging", "--lock-timeout", "0")
    assert planned.code == 0, planned.out + planned.err
    assert "The local cloud had stopped by itself" in planned.err
    assert "An earlier run had lost the local cloud: released its state lock and saved its" in (
        " ".join(planned.err.split())
    )
    assert not checkout.file("errored.tfstate").exists()
    assert checkout.state_objects() == ["staging/terraform.tfstate"]


def test_a_lock_that_a_reboot_leaves_behind_can_be_released(checkout: Checkout) -> None:
    checkout.hold_applies()
    process = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    wait_until_saved(checkout)
    for pid in (running(checkout).pid, process.pid):
        os.kill(pid, signal.SIGKILL)
    process.communicate(timeout=PATIENCE_SECONDS)
    checkout.let_go()
    checkout.end_terraform()
    locked = checkout.infra("plan", "staging", "--lock-timeout", "0", "--json")
    assert locked.json["error"]["reason"] == "state-locked"
    hint = locked.json["error"]["hint"]
    assert 'eval "$(infra local env staging)"' in hint
    (command,) = [line for line in hint.splitlines() if "force-unlock" in line]
    done = checkout.as_hinted("staging", command.replace("force-unlock", "force-unlock -force"))
    assert done.code == 0, done.out + done.err
    planned = checkout.infra("plan", "staging", "--lock-timeout", "0")
    assert planned.code == 2, planned.out + planned.err


def test_snapshots_are_saved_listed_loaded_and_removed(checkout: Checkout) -> None:
    assert "There are no snapshots" in checkout.infra("local", "snapshot", "list").out
    assert checkout.infra("apply", "staging").code == 0
    saved = checkout.infra("local", "snapshot", "save", "applied")
    assert "applied is saved at 20" in saved.out, saved.err
    assert checkout.infra("destroy", "staging").code == 0
    listed = checkout.infra("local", "snapshot", "list", "--json").json["result"]
    assert [item["name"] for item in listed] == ["applied"]
    asked = checkout.infra("local", "snapshot", "load", "applied")
    assert asked.code == 1
    assert "infra local snapshot load applied --yes" in asked.err
    assert checkout.infra("plan", "staging").code == 2
    loaded = checkout.infra("local", "snapshot", "load", "applied", "--yes")
    assert loaded.code == 0, loaded.err
    assert "What was in the local cloud (saved at 20" in loaded.out
    planned = checkout.infra("plan", "staging")
    assert planned.code == 0, planned.out + planned.err
    assert checkout.infra("local", "stop").code == 0
    assert checkout.infra("plan", "staging").code == 0
    removed = checkout.infra("local", "snapshot", "remove", "applied")
    assert "Removed applied" in removed.out
    missing = checkout.infra("local", "snapshot", "load", "applied", "--yes")
    assert missing.code == 1
    assert "There is no snapshot named 'applied'" in missing.err


def test_a_snapshot_has_a_name_that_is_safe(checkout: Checkout) -> None:
    answer = checkout.infra("local", "snapshot", "save", "../current")
    assert answer.code == 1
    assert "a snapshot's name has up to 63 lower case letters" in answer.err


def test_a_local_cloud_that_can_not_save_is_not_stopped(checkout: Checkout) -> None:
    assert checkout.infra("apply", "staging").code == 0
    wait_until_saved(checkout)
    current = checkout.root / ".local" / "cloud" / "saved" / "current"
    current.rename(current.with_name("aside"))
    current.mkdir()
    stopped = checkout.infra("local", "stop")
    assert stopped.code == 1
    assert "can't save what was applied in it" in stopped.err
    assert "It was not stopped" in stopped.err
    status = checkout.infra("local", "status")
    assert "It can't save what is in it: IsADirectoryError" in status.err
    current.rmdir()
    assert checkout.infra("local", "stop").code == 0
    assert checkout.infra("plan", "staging").code == 0
