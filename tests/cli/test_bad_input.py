"""Bad input: a clear sentence, the right exit code, and nothing changed."""

from __future__ import annotations

import contextlib
import json
import os
import socket
from collections.abc import Callable, Iterator
from dataclasses import asdict
from pathlib import Path

import pytest

from harness import schemas
from harness.checkout import Answer, Checkout, make_checkout
from harness.waiting import wait_until
from infra.cli import COMMANDS
from infra.targets import DEAD_END


@pytest.fixture
def untouched(tmp_path: Path) -> Iterator[Checkout]:
    """A checkout in which no command has written anything yet."""
    made = make_checkout(tmp_path / "untouched", untouched=True)
    yield made
    made.close()


def assert_refused(answer: Answer, *expected: str) -> None:
    """It ended with 1, said what was expected, and said what to do next."""
    assert answer.code == 1, answer.out + answer.err
    for text in expected:
        assert text in answer.err
    assert "Next: " in answer.err
    assert "Traceback" not in answer.err
    assert answer.out == ""


@pytest.mark.parametrize("command", ["plan", "apply", "destroy", "output"])
@pytest.mark.mode(29, "environment-unknown")
def test_an_unknown_environment_lists_the_right_ones(untouched: Checkout, command: str) -> None:
    answer = untouched.infra(command, "stagin")
    assert_refused(answer, "no environment named 'stagin'", "Did you mean staging?", "dev, staging")
    assert not (untouched.root / ".local").exists()


@pytest.mark.parametrize(
    ("break_it", "expected"),
    [
        (lambda text: text.replace("region: eu-west-1", "region: here"), "region is 'here'"),
        (lambda text: text.replace("target: local\n", ""), "lacks the key target"),
        (lambda text: text + "colour: blue\n", "unknown key: colour"),
        (lambda text: text.replace("name:", "name"), "not valid YAML"),
    ],
)
def test_a_malformed_environment_file_says_which_key(
    untouched: Checkout, break_it: Callable[[str], str], expected: str
) -> None:
    file = untouched.file("environment.yaml")
    file.write_text(break_it(file.read_text()))
    assert_refused(untouched.infra("apply", "staging"), expected, "environment.yaml")
    assert not (untouched.root / ".local").exists()


def test_json_errors_have_a_stable_reason(checkout: Checkout) -> None:
    answer = checkout.infra("plan", "nowhere", "--json")
    assert answer.code == 1
    assert answer.err == ""
    assert answer.json["error"]["reason"] == "environment-unknown"
    assert answer.json["error"]["hint"]


def test_an_unusable_terraform_is_named(untouched: Checkout) -> None:
    untouched.variables["INFRA_TERRAFORM"] = "/nowhere/terraform"
    assert_refused(
        untouched.infra("plan", "staging"), "INFRA_TERRAFORM is /nowhere/terraform", "1.11.0"
    )
    assert not (untouched.root / ".local").exists()


def test_a_program_that_is_no_terraform_is_refused(checkout: Checkout) -> None:
    checkout.variables["INFRA_TERRAFORM"] = "true"
    assert_refused(checkout.infra("plan", "staging"), "does not answer `version -json`")


def test_a_terraform_that_is_too_old_is_refused(checkout: Checkout) -> None:
    old = checkout.root / "terraform"
    old.write_text('#!/bin/sh\necho \'{"terraform_version": "1.10.5"}\'\n')
    old.chmod(0o755)
    checkout.variables["INFRA_TERRAFORM"] = str(old)
    assert_refused(checkout.infra("plan", "staging"), "is version 1.10.5", "needs 1.11.0 or newer")


@pytest.mark.terraform
def test_a_provider_that_is_nowhere_says_how_to_bring_it(new_checkout: Checkout) -> None:
    lock = new_checkout.file(".terraform.lock.hcl")
    lock.write_text(lock.read_text().replace('"5.100.0"', '"5.100.99"'))
    new_checkout.variables["HTTPS_PROXY"] = (
        DEAD_END  # set-up is the one step that asks the registry
    )
    answer = new_checkout.infra("plan", "staging")
    assert_refused(
        answer, "5.100.99 is in no mirror", "terraform providers mirror", "TF_PLUGIN_CACHE_DIR"
    )
    assert new_checkout.cloud.running() is None


def test_a_port_that_is_taken_is_named(new_checkout: Checkout) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = other.getsockname()[1]
        answer = new_checkout.infra("local", "start", "--port", str(port))
    assert_refused(answer, f"can't start on port {port}: another program has it", "--port 0")
    assert new_checkout.cloud.running() is None


def test_a_port_that_was_only_remembered_is_given_up(checkout: Checkout) -> None:
    first = checkout.infra("local", "start", "--json").json["result"]
    endpoint = checkout.cloud.running()
    assert endpoint is not None
    os.kill(endpoint.pid, 9)
    assert wait_until(lambda: checkout.cloud.running() is None)
    with socket.socket() as other:
        other.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        # Where another test's program has got it meanwhile, the port is as much taken.
        with contextlib.suppress(OSError):
            other.bind(("127.0.0.1", first["port"]))
            other.listen()
        second = checkout.infra("local", "start", "--json")
    assert second.code == 0, second.out
    assert second.json["result"]["port"] != first["port"]


def test_something_else_that_answers_on_the_port_is_not_taken_for_the_local_cloud(
    new_checkout: Checkout,
) -> None:
    folder = new_checkout.root / ".local" / "cloud"
    folder.mkdir(parents=True)
    other = new_checkout.root / "other"
    other.mkdir()
    from infra.local_cloud import LocalCloud

    stranger = LocalCloud(other)
    endpoint = stranger.ensure_started().endpoint
    document = {**asdict(endpoint), "instance": "another"}
    (folder / "endpoint.json").write_text(json.dumps(document))
    answer = new_checkout.infra("local", "status")
    stopped = new_checkout.infra("local", "stop")
    still_there = stranger.running()
    stranger.stop()
    assert "is not running" in answer.out
    assert "It was not running" in stopped.out
    assert still_there == endpoint


def test_target_aws_without_credentials_is_refused(checkout: Checkout) -> None:
    checkout.variables |= {
        "HOME": str(checkout.root),
        "AWS_CONFIG_FILE": os.devnull,
        "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
    }
    answer = checkout.infra("plan", "staging", "--target", "aws")
    assert_refused(answer, "no usable AWS credentials", "aws sso login")


@pytest.mark.mode(26, "usage")
def test_target_aws_with_an_endpoint_in_the_shell_is_refused(checkout: Checkout) -> None:
    checkout.variables["AWS_ENDPOINT_URL"] = "http://127.0.0.1:1"
    answer = checkout.infra("apply", "staging", "--target", "aws")
    assert_refused(answer, "AWS_ENDPOINT_URL is set")


@pytest.mark.parametrize(
    ("arguments", "expected"),
    [
        (["plan"], "Missing argument 'ENV'"),
        (["plann", "staging"], "No such command 'plann'"),
        (["plan", "staging", "--target", "moon"], "no target named 'moon'"),
        (["plan", "staging", "--nonsense"], "No such option"),
        (["local", "start", "--port", "99999"], "99999"),
        (["local", "reset"], "nothing to reset"),
    ],
)
def test_a_wrong_command_line_is_no_plan_with_changes(
    new_checkout: Checkout, arguments: list[str], expected: str
) -> None:
    """Click's own exit code for it is 2, which here means that a plan has changes."""
    assert_refused(new_checkout.infra(*arguments), expected)


def test_a_folder_that_is_no_checkout_is_refused(checkout: Checkout) -> None:
    outside = Checkout(checkout.root / "environments" / "dev" / "nothing")
    outside.root.mkdir()
    elsewhere = Checkout(outside.root)
    # The folder is inside of a checkout, so the search upwards finds it ...
    assert elsewhere.infra("plan", "nowhere").code == 1
    # ... and one that is not is told.
    assert_refused(Checkout(checkout.root.parent).infra("doctor"), "not inside a checkout")


@pytest.mark.parametrize("command", [*COMMANDS, "local start", "local env", "local reset"])
def test_every_command_has_help_with_an_example(checkout: Checkout, command: str) -> None:
    answer = checkout.infra(*command.split(), "--help")
    assert answer.code == 0
    if command != "local":
        assert "Example" in answer.out
        assert f"infra {command}" in answer.out


@pytest.mark.mode(35, "internal")
def test_a_bug_is_told_without_a_traceback(
    checkout: Checkout, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    from infra import cli
    from infra.commands import doctor

    def broken(_repository: object) -> None:
        raise ZeroDivisionError("canary")

    monkeypatch.setattr(doctor.library, "examine", broken)
    assert cli.run(["-C", str(checkout.root), "doctor", "--json"]) == cli.EXIT_BUG
    told = schemas.parsed(capsys.readouterr().out)["error"]
    assert (told["reason"], told["exit_code"]) == ("internal", cli.EXIT_BUG)
    for path in (checkout.root / ".local" / "crashes").iterdir():
        path.unlink()
    code = cli.run(["-C", str(checkout.root), "doctor"])
    captured = capsys.readouterr()
    assert code == cli.EXIT_BUG
    assert "Traceback" not in captured.err
    assert "canary" not in captured.err
    (report,) = (checkout.root / ".local" / "crashes").iterdir()
    assert "ZeroDivisionError: canary" in report.read_text()
    assert report.stat().st_mode & 0o077 == 0
