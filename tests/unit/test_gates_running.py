"""How gates are declared and run: trouble is a refusal, and a mistake in the file is named."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Mapping
from typing import Any

import pytest
from click.testing import CliRunner

from harness import schemas
from harness.gates import context
from harness.places import ROOT, environment_names
from infra.cli import cli
from infra.environments import load_environment
from infra.errors import EnvironmentFileError, LocalCloudError
from infra.gates import GATES, Gate, GateResult, Outcome, Status, declared, run_gates
from infra.repository import Repository


def passes(_context: object, _settings: object) -> Outcome:
    return Outcome(True, "Fine.", {"measured": 3})


def fails(_context: object, _settings: object) -> Outcome:
    return Outcome(False, "Not fine.", {"findings": ["a thing"]})


def raising(error: Exception) -> Callable[[object, object], Outcome]:
    def check(_context: object, _settings: object) -> Outcome:
        raise error

    return check


def run(**checks: Callable[[object, object], Outcome]) -> list[GateResult]:
    gates = {name: Gate(name, "It holds.", check) for name, check in checks.items()}
    return run_gates(context(gates=dict.fromkeys(gates)), gates=gates)


def refusal(gates: Mapping[str, Any]) -> EnvironmentFileError:
    with pytest.raises(EnvironmentFileError) as caught:
        run_gates(context(gates=gates))
    return caught.value


def test_all_gates_run_in_the_order_of_the_file_also_after_one_that_refused() -> None:
    found = run(z=fails, a=passes)
    assert [(item.name, item.status, item.refused) for item in found] == [
        ("z", Status.FAILED, True),
        ("a", Status.PASSED, False),
    ]
    assert found[0].text == "Not fine."
    assert found[1].details == {"measured": 3}


def test_each_result_is_told_at_once() -> None:
    heard: list[str] = []

    def sees(_context: object, _settings: object) -> Outcome:
        return Outcome(heard == ["first"], "It is told before the next one runs.")

    gates = {"first": Gate("first", "", passes), "second": Gate("second", "", sees)}
    promotion = context(gates=dict.fromkeys(gates))
    found = run_gates(promotion, lambda item: heard.append(item.name), gates)
    assert found[1].status is Status.PASSED
    assert heard == ["first", "second"]


@pytest.mark.parametrize(
    "error",
    [
        ValueError("canary"),
        KeyError("canary"),
        RecursionError("canary"),
        AssertionError("canary"),
        subprocess.TimeoutExpired(["canary"], 3),
    ],
)
def test_a_gate_that_raises_is_refused_and_quotes_nothing(error: Exception) -> None:
    (found, other) = run(broken=raising(error), after=passes)
    assert (found.status, found.refused) == (Status.ERROR, True)
    assert type(error).__name__ in found.text
    assert "canary" not in json.dumps(found.document())
    assert other.status is Status.PASSED


def test_an_error_of_our_own_keeps_its_words() -> None:
    (found,) = run(broken=raising(LocalCloudError("It is gone.", hint="Start it.")))
    assert found.status is Status.ERROR
    assert found.text == "It could not be checked: It is gone."
    assert found.details == {"reason": "local-cloud", "hint": "Start it."}


def test_ctrl_c_is_no_result() -> None:
    def interrupted(_context: object, _settings: object) -> Outcome:
        raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        run(broken=interrupted)


def test_a_result_is_fit_for_json_and_says_how_long_it_took() -> None:
    (found,) = run(gate=passes)
    document = json.loads(json.dumps(found.document()))
    assert document.pop("seconds") >= 0
    assert document == {
        "name": "gate",
        "status": "passed",
        "text": "Fine.",
        "details": {"measured": 3},
    }


def test_an_unknown_gate_is_named_with_what_was_meant() -> None:
    error = refusal({"clean-tre": None})
    assert error.message == (
        "environments/prod/environment.yaml: gates has an unknown gate: clean-tre."
    )
    assert "Did you mean clean-tree?" in error.hint
    assert all(name in error.hint for name in GATES)


def test_a_mistake_in_a_later_gate_stops_all_before_the_first_runs() -> None:
    ran: list[str] = []

    def remembers(_context: object, _settings: object) -> Outcome:
        ran.append("first")
        return Outcome(True, "")

    with pytest.raises(EnvironmentFileError):
        run_gates(
            context(gates={"first": None, "wrong": None}),
            gates={"first": Gate("first", "", remembers)},
        )
    assert ran == []


@pytest.mark.parametrize(
    ("gate", "settings", "message", "hint"),
    [
        ("policy", {"max_delete": 1}, "gates.policy has an unknown setting: max_delete.", "s?"),
        ("policy", {1: 1}, "gates.policy has an unknown setting: 1.", "It has protected_types"),
        ("clean-tree", {"a": 1}, "gates.clean-tree has an unknown setting: a.", "It has none."),
        ("policy", {"max_deletes": -1}, "gates.policy.max_deletes is -1.", "from 0, or null"),
        ("policy", {"max_deletes": 1.5}, "gates.policy.max_deletes is 1.5.", "a whole number"),
        ("policy", {"max_deletes": True}, "gates.policy.max_deletes is True.", "a whole number"),
        ("policy", {"max_monthly_increase_usd": "9"}, "usd is '9'.", "an amount in US dollars"),
        ("policy", {"protected_types": "aws_s3_bucket"}, "is 'aws_s3_bucket'.", "resource types"),
        ("policy", {"protected_types": ["s3"]}, "is ['s3'].", "resource types"),
        ("policy", ["max_deletes"], "gates.policy is ['max_deletes'].", "keys and values"),
        ("policy", False, "gates.policy is False.", "keys and values"),
        ("pushed", {"branches": [3]}, "gates.pushed.branches is [3].", "names of remote branches"),
        ("load-test", {"users": 0}, "gates.load-test.users is 0.", "from 1 to 1000"),
        ("load-test", {"at": "moon"}, "gates.load-test.at is 'moon'.", "source or target"),
        ("load-test", {"paths": ["health"]}, "is ['health'].", "a list of paths"),
        ("load-test", {"paths": []}, "can't be used: paths is empty", ""),
        ("load-test", {"failure_ratio": 2}, "gates.load-test.failure_ratio is 2.", "from 0 to 1"),
        ("load-test", {"seconds": 2, "minimum_requests": 41}, "at most 40 can be made", ""),
        ("change-window", {"from": "9:00"}, "gates.change-window.from is '9:00'.", "in quotes"),
        ("change-window", {"until": 1020}, "until is 1020.", "in quotes"),
        ("change-window", {"from": "24:00"}, "from is '24:00'.", "in quotes"),
        ("change-window", {"timezone": "Mars/Base"}, "'Mars/Base'.", "IANA"),
        ("change-window", {"timezone": "../etc"}, "'../etc'.", "IANA"),
        ("change-window", {"days": ["monday"]}, "is ['monday'].", "mon, tue"),
        ("change-window", {"days": []}, "days is empty", ""),
        ("change-window", {"freeze": ["24.12."]}, "is ['24.12.'].", "2026-12-24"),
        ("change-window", {"freeze": ["2026-12-24/2026-12-01"]}, "freeze is", "2026-12-24"),
        ("change-window", {"from": "09:00", "until": "09:00"}, "the window is never open", ""),
    ],
)
def test_a_wrong_setting_is_named_with_what_was_expected(
    gate: str, settings: Any, message: str, hint: str
) -> None:
    error = refusal({gate: settings})
    assert error.message.startswith("environments/prod/environment.yaml: gates.")
    assert message in error.message
    assert hint in error.hint


def test_a_misspelt_setting_gets_a_suggestion() -> None:
    assert "Did you mean max_deletes?" in refusal({"policy": {"max_delete": 1}}).hint


@pytest.mark.parametrize("raw", [None, {}])
def test_no_settings_are_the_defaults(raw: Any) -> None:
    (found,) = declared(context(gates={"policy": raw}).target)
    assert found.settings["max_deletes"] == 10
    assert "aws_s3_bucket" in found.settings["protected_types"]


def test_what_the_file_says_stands_over_the_defaults() -> None:
    (found,) = declared(context(gates={"load-test": {"users": 7}}).target)
    assert (found.settings["users"], found.settings["seconds"]) == (7, 30)


@pytest.mark.parametrize("name", GATES)
def test_the_defaults_of_each_gate_are_settings_that_it_accepts(name: str) -> None:
    section = GATES[name].section
    defaults = {key: item.default for key, item in section.settings.items()}
    assert section.read(name, defaults) == defaults


def test_the_shipped_environments_declare_gates_that_exist() -> None:
    names = {
        name: [item.gate.name for item in declared(load_environment(Repository(ROOT), name))]
        for name in environment_names()
    }
    assert names["dev"] == []
    assert {"policy", "equivalence"} <= set(names["staging"])
    assert set(names["prod"]) == set(GATES)


def test_every_gate_is_a_module_that_the_registry_names() -> None:
    folder = ROOT / "scripts" / "infra" / "gates"
    made = {
        path.stem.replace("_", "-")
        for path in folder.glob("*.py")
        if "\nGATE = Gate(" in path.read_text(encoding="utf-8")
    }
    assert made == set(GATES)


def test_the_command_shows_gates_and_their_settings() -> None:
    text = CliRunner().invoke(cli, ["-C", str(ROOT), "gates", "prod"]).output
    assert "max_monthly_increase_usd: 400" in text
    assert 'branches: ["*"] (default)' in text
    answer = CliRunner().invoke(cli, ["-C", str(ROOT), "gates", "staging", "--json"])
    result = schemas.parsed(answer.output)["result"]
    assert [item["name"] for item in result["declared"]] == ["clean-tree", "policy", "equivalence"]
    assert result["declared"][1]["settings"]["max_deletes"] is None
    assert "load-test" in [item["name"] for item in result["not_declared"]]
