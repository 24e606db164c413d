"""plan, apply, output and destroy, as a user meets them."""

from __future__ import annotations

import os
import signal
import subprocess
import sys

import pytest

from harness.checkout import Answer, Checkout, line_with, terraform_of
from harness.modes import told
from harness.waiting import PATIENCE_SECONDS, wait_until
from infra.cli import EXIT_NO_READER

pytestmark = pytest.mark.terraform

THREE = """
resource "terraform_data" "first" {}

resource "terraform_data" "second" {
  input = terraform_data.first.id
  provisioner "local-exec" {
    command = "test -e '%(mended)s'"
  }
}

resource "terraform_data" "third" {
  input = terraform_data.second.id
}
"""
"""The second fails until somebody has mended something."""


def test_exit_codes_tell_changes_from_none(checkout: Checkout) -> None:
    planned = checkout.infra("plan", "staging")
    assert planned.code == 2, planned.err
    assert "terraform_data.thing" in planned.out
    *_, counts, identity = planned.out.rstrip().splitlines()
    assert counts == "Plan: 1 to create."
    assert identity.startswith("Identity: staging-")
    assert "staging · target local" in planned.out.splitlines()[0]
    applied = checkout.infra("apply", "staging")
    assert applied.code == 0, applied.err
    assert "Done: 1 created, 0 changed, 0 destroyed." in applied.out
    again = checkout.infra("plan", "staging")
    assert again.code == 0, again.err
    assert "No changes" in again.out
    assert checkout.infra("output", "staging", "size").out == "2\n"
    destroyed = checkout.infra("destroy", "staging")
    assert destroyed.code == 0, destroyed.err
    assert "1 destroyed" in destroyed.out
    assert checkout.infra("output", "staging").code == 1


def test_json_is_one_document_and_progress_stays_silent(checkout: Checkout) -> None:
    planned = checkout.infra("plan", "staging", "--json")
    assert planned.code == 2
    assert planned.err == ""
    assert planned.json["format_version"] == 1
    assert planned.json["environment"] == "staging"
    assert planned.json["account_id"] == "222222222222"
    assert planned.json["result"]["counts"] == {"create": 1}
    assert planned.json["refused_requests"] == {}
    applied = checkout.infra("apply", "staging", "--json")
    assert applied.json["result"]["outputs"]["size"]["value"] == 2
    assert applied.json["result"]["applied"]["add"] == 1


def test_a_pipe_gets_no_colours_and_every_long_step_is_told(new_checkout: Checkout) -> None:
    planned = new_checkout.infra("plan", "staging")
    assert "\x1b" not in planned.out + planned.err
    for step in ("Starting the local cloud", "Initialising Terraform", "Planning"):
        assert step in planned.err


def test_nothing_that_holds_secrets_is_left_behind_or_readable(checkout: Checkout) -> None:
    assert checkout.infra("plan", "staging").code == 2
    private = checkout.root / ".local"
    assert not list(private.rglob("*.tfplan"))
    assert (private / "accounts" / "staging.json").stat().st_mode & 0o077 == 0
    assert private.joinpath("plans").stat().st_mode & 0o077 == 0


@pytest.mark.mode(26)
def test_a_run_proves_that_nothing_left_the_machine(checkout: Checkout) -> None:
    assert "0 requests left this machine." in checkout.infra("plan", "staging").err
    url = "http://leak.example.com/x"
    fetch = f"import urllib.request; urllib.request.urlopen('{url}')"
    leak = f"""input = var.size

  provisioner "local-exec" {{
    command    = "{sys.executable} -c \\"{fetch}\\""
    on_failure = continue
  }}"""
    main = checkout.file("main.tf")
    main.write_text(main.read_text().replace("input = var.size", leak))
    applied = checkout.infra("apply", "staging", "--json")
    assert applied.code == 0, applied.out
    assert applied.json["refused_requests"] == {"leak.example.com": 1}
    checkout.expected_leaks = {"leak.example.com"}
    status = checkout.infra("local", "status")
    assert "1 tried and were refused: leak.example.com" in status.out
    told(line_with(status, "leak.example.com"))


@pytest.mark.mode(27)
def test_the_shells_variables_change_nothing(checkout: Checkout) -> None:
    assert checkout.infra("apply", "staging").code == 0
    checkout.variables = {
        "TF_CLI_ARGS_plan": "-destroy",
        "TF_VAR_size": "4",
        "TF_WORKSPACE": "other",
        "AWS_PROFILE": "nobody",
        "AWS_ACCESS_KEY_ID": "AKIAEXAMPLE",
        "AWS_CA_BUNDLE": "/nowhere.pem",
        "AWS_ENDPOINT_URL": "http://127.0.0.1:1",
    }
    planned = checkout.infra("plan", "staging")
    assert planned.code == 0, planned.out + planned.err
    assert "Ignored from your shell: TF_CLI_ARGS_plan, TF_VAR_size, TF_WORKSPACE" in planned.out
    told(line_with(planned, "Ignored from your shell"))


def test_two_environments_can_be_planned_at_once(checkout: Checkout) -> None:
    running = [checkout.start("plan", name, "--json") for name in ("dev", "staging")]
    texts = [process.communicate(timeout=PATIENCE_SECONDS) for process in running]
    assert [process.returncode for process in running] == [2, 2], texts
    assert '"account_id": "111111111111"' in texts[0][0]
    assert '"account_id": "222222222222"' in texts[1][0]


def test_an_invalid_value_is_told_with_its_file_and_line(checkout: Checkout) -> None:
    checkout.file("terraform.tfvars").write_text("size = 3\n")
    planned = checkout.infra("plan", "staging")
    assert planned.code == 1
    assert "Invalid value for variable" in planned.err
    assert "main.tf:" in planned.err
    assert "size must be even, for example 2." in planned.err
    assert "Traceback" not in planned.err
    machine = checkout.infra("plan", "staging", "--json").json["error"]
    assert machine["reason"] == "terraform-failed"
    assert machine["diagnostics"][0]["line"] > 0


def test_broken_terraform_is_told_with_its_file_and_line(checkout: Checkout) -> None:
    checkout.file("broken.tf").write_text('resource "terraform_data" {\n}\n')
    planned = checkout.infra("plan", "staging")
    assert planned.code == 1
    assert "broken.tf:1" in planned.err
    assert "nothing was changed" in planned.err


@pytest.mark.mode(14, "apply-failed")
def test_an_apply_that_fails_half_way_says_what_is_done_and_goes_on_from_there(
    checkout: Checkout,
) -> None:
    mended = checkout.root / "mended"
    checkout.file("three.tf").write_text(THREE % {"mended": mended})
    failed = checkout.infra("apply", "staging", "--json")
    assert failed.code == 20, failed.out + failed.err
    error = failed.json["error"]
    assert error["reason"] == "apply-failed"
    assert "Failed: terraform_data.second" in error["details"]
    assert "Every other planned change was not begun." in error["details"]
    (finished,) = [line for line in error["details"] if line.startswith("Finished: ")]
    assert "terraform_data.first" in finished
    assert "terraform_data.third" not in "".join(error["details"])
    # What was done is in the state; what failed is made again, and what was done is not.
    assert not checkout.file("errored.tfstate").exists()
    assert checkout.state_objects() == ["staging/terraform.tfstate"]
    planned = checkout.infra("plan", "staging", "--json").json["result"]["changes"]
    assert {item["address"]: item["action"] for item in planned} == {
        "terraform_data.second": "replace",
        "terraform_data.third": "create",
    }
    mended.touch()
    assert checkout.infra("apply", "staging").code == 0
    assert checkout.infra("plan", "staging").code == 0


@pytest.mark.mode(15, "interrupted")
def test_ctrl_c_during_apply_keeps_the_state_and_releases_the_lock(checkout: Checkout) -> None:
    checkout.hold_applies()
    process = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert Answer(process.returncode, out, err).code == 130, out + err
    assert "The state is saved and its lock is released" in err
    assert "Traceback" not in err
    assert checkout.state_objects() == ["staging/terraform.tfstate"]
    newest = checkout.infra("history", "staging", "--limit", "1", "--json").json["result"]
    assert newest["records"][0]["kind"] == "apply-failed"
    assert newest["records"][0]["result"] == "interrupted"
    checkout.let_go()
    again = checkout.infra("apply", "staging")
    assert again.code == 0, again.err


def test_ctrl_c_while_planning_ends_the_command_and_applies_nothing(checkout: Checkout) -> None:
    assert checkout.infra("local", "start").code == 0
    process = checkout.start("apply", "staging")
    assert process.stderr is not None
    for line in process.stderr:
        if line.startswith("Planning"):
            break
    assert wait_until(lambda: any("plan" in p.cmdline() for p in terraform_of(checkout)))
    os.kill(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE_SECONDS)
    assert process.returncode == 130, out + err
    assert "nothing was changed" in err
    assert "Done:" not in out
    assert checkout.infra("plan", "staging", "--json").json["result"]["counts"] == {"create": 1}


IMPORTS_SLOWLY = """
import importlib.abc, os, signal, sys, time

class Slow(importlib.abc.MetaPathFinder):
    def find_spec(self, name, path, target=None):
        if name == "infra.cli":
            os.kill(os.getpid(), signal.SIGINT)
            time.sleep(3600)

sys.meta_path.insert(0, Slow())
from infra.__main__ import main
main()
"""


def test_ctrl_c_while_the_command_is_being_loaded_shows_no_traceback() -> None:
    done = subprocess.run(
        [sys.executable, "-c", IMPORTS_SLOWLY],
        capture_output=True,
        text=True,
        timeout=PATIENCE_SECONDS,
        check=False,
    )
    assert done.returncode == -signal.SIGINT
    assert done.stderr == ""


@pytest.mark.mode(16)
def test_a_killed_apply_releases_the_lock_and_its_plan_is_swept(checkout: Checkout) -> None:
    checkout.hold_applies()
    process = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    process.kill()
    process.communicate(timeout=PATIENCE_SECONDS)
    # Whether Terraform still wrote a state depends on how far it had come.
    lock = "staging/terraform.tfstate.tflock"
    assert wait_until(lambda: lock not in checkout.state_objects())
    checkout.let_go()
    assert checkout.infra("apply", "staging").code == 0
    assert list((checkout.root / ".local" / "plans").iterdir()) == []


@pytest.mark.mode(19, "state-unsaved")
def test_a_state_that_could_not_be_saved_is_never_overrun(checkout: Checkout) -> None:
    unsaved = checkout.file("errored.tfstate")
    unsaved.write_text('{"precious": true}')
    for command in ("plan", "apply", "destroy"):
        answer = checkout.infra(command, "staging", "--json")
        assert answer.code == 1
        assert answer.json["error"]["reason"] == "state-unsaved"
    assert unsaved.read_text() == '{"precious": true}'


def test_a_reader_that_goes_away_does_not_cut_an_apply_short(checkout: Checkout) -> None:
    checkout.hold_applies()
    process = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    assert process.stdout is not None and process.stderr is not None
    process.stdout.close()
    process.stderr.close()
    checkout.let_go()
    assert process.wait(timeout=PATIENCE_SECONDS) == EXIT_NO_READER
    assert checkout.state_objects() == ["staging/terraform.tfstate"]
    checkout.file("main.tf").write_text(checkout.file("main.tf", "dev").read_text())
    assert checkout.infra("plan", "staging").code == 0


@pytest.mark.mode(1, "state-locked")
def test_a_second_apply_is_told_who_holds_the_lock(checkout: Checkout) -> None:
    checkout.hold_applies()
    first = checkout.start("apply", "staging")
    checkout.wait_for_apply()
    second = checkout.infra("plan", "staging", "--lock-timeout", "0", "--json")
    assert second.code == 1
    assert second.json["error"]["reason"] == "state-locked"
    assert any(line.startswith("Who:") for line in second.json["error"]["details"])
    checkout.let_go()
    first.communicate(timeout=PATIENCE_SECONDS)
    assert first.returncode == 0
    assert checkout.infra("plan", "staging").code == 0
