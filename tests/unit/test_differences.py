"""How environments differ, and which differences are explained."""

from __future__ import annotations

import itertools
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from harness.checkout import Checkout, make_checkout
from harness.places import ROOT, environment_names
from infra.differences import Comparison, compare, load_explanations
from infra.environments import load_environment
from infra.errors import EnvironmentFileError, UnknownEnvironmentError, UsageError
from infra.repository import Repository
from infra.values import effective_values

PAIRS = list(itertools.combinations(environment_names(), 2))

EXPLAINED = """\
- path: environment.*
  reason: Each has its own.
- path: backend.*
  reason: Each has its own.
"""


@pytest.fixture
def checkout(tmp_path: Path) -> Checkout:
    """Two environments that differ by account and name alone, which is explained."""
    made = make_checkout(tmp_path, untouched=True)
    (tmp_path / "environments" / "differences.yaml").write_text(EXPLAINED)
    return made


def compared(checkout: Checkout) -> Comparison:
    """dev beside staging."""
    return compare(Repository(checkout.root), "dev", "staging")


def unexplained(checkout: Checkout) -> dict[str, tuple[str, str]]:
    """What differs and nobody explained, by path."""
    return {item.path: (item.left, item.right) for item in compared(checkout).unexplained}


def value(checkout: Checkout, name: str) -> object:
    """What a plan of staging would use."""
    environment = load_environment(Repository(checkout.root), "staging")
    return effective_values(environment)[name].value


@pytest.mark.parametrize("pair", PAIRS, ids="-".join)
def test_the_real_environments_differ_as_explained(pair: tuple[str, str]) -> None:
    found = compare(Repository(ROOT), *pair)
    assert [item.path for item in found.unexplained] == []
    assert found.stale == ()
    assert len(found.differences) > 10


def test_the_order_of_two_environments_only_changes_sides(checkout: Checkout) -> None:
    checkout.file("terraform.tfvars").write_text("size = 4\n")
    there = compare(Repository(checkout.root), "staging", "dev")
    turned = [(item.path, item.right, item.left, item.reason) for item in there.differences]
    here = compared(checkout).differences
    assert turned == [(item.path, item.left, item.right, item.reason) for item in here]


def test_what_is_explained_is_no_surprise(checkout: Checkout) -> None:
    found = compared(checkout)
    assert unexplained(checkout) == {}
    assert {item.reason for item in found.differences} == {"Each has its own."}
    assert found.stale == ()


@pytest.mark.parametrize(
    "text",
    [
        "terraform {\n  backend = 1\n}\n",
        "terraform = 1\n",
        'terraform = [1, "a"]\n',
        'terraform {\n  backend "s3" {\n    bucket = "b"\n  }\n  backend = 2\n}\n',
    ],
)
def test_a_file_that_terraform_would_refuse_differs_all_the_same(
    checkout: Checkout, text: str
) -> None:
    assert "code.backend.tf" not in unexplained(checkout)
    checkout.file("backend.tf").write_text(text)
    assert unexplained(checkout)


def test_files_override_each_other_as_in_terraform(checkout: Checkout) -> None:
    assert value(checkout, "size") == 2
    order = ["terraform.tfvars", "terraform.tfvars.json", "a.auto.tfvars.json", "b.auto.tfvars"]
    for number, name in enumerate(order):
        text = json.dumps({"size": number}) if name.endswith(".json") else f"size = {number}\n"
        checkout.file(name).write_text(text)
        assert value(checkout, "size") == number, name
    # Names alone decide among the automatic ones, not which language they are in.
    checkout.file("c.auto.tfvars.json").write_text('{"//": "a comment", "size": 9}')
    assert value(checkout, "size") == 9
    checkout.file("0.auto.tfvars").write_text("size = 10\n")
    checkout.file("other.tfvars").write_text("size = 11\n")
    assert value(checkout, "size") == 9
    assert unexplained(checkout)["values.size"] == ("2", "9")


def test_an_object_is_replaced_whole_and_compared_by_its_parts(checkout: Checkout) -> None:
    shape = 'variable "shape" {\n  type = object({ a = optional(number), b = optional(number) })\n'
    for name in ("dev", "staging"):
        file = checkout.file("main.tf", name)
        file.write_text(file.read_text() + shape + "  default = {}\n}\n")
    checkout.file("terraform.tfvars").write_text("shape = { a = 1, b = 2 }\n")
    checkout.file("x.auto.tfvars").write_text("shape = { b = 3 }\n")
    checkout.file("terraform.tfvars", "dev").write_text("# why\nshape = { a = null, b = 4 }\n")
    assert unexplained(checkout) == {"values.shape.b": ("4", "3")}


def test_the_order_of_a_set_means_nothing_and_that_of_a_list_does(checkout: Checkout) -> None:
    code = "".join(
        f'variable "{kind}" {{\n  type = {kind}(string)\n}}\n' for kind in ("set", "list")
    )
    for name, order in (("dev", '["a", "b"]'), ("staging", '["b", "a"]')):
        file = checkout.file("main.tf", name)
        file.write_text(file.read_text() + code)
        checkout.file("terraform.tfvars", name).write_text(f"set = {order}\nlist = {order}\n")
    assert unexplained(checkout) == {"values.list": ('["a", "b"]', '["b", "a"]')}


def test_a_sensitive_value_is_told_to_differ_and_never_shown(checkout: Checkout) -> None:
    code = 'variable "token" {\n  type = map(string)\n  sensitive = true\n}\n'
    for name in ("dev", "staging"):
        file = checkout.file("main.tf", name)
        file.write_text(file.read_text() + code)
        checkout.file("terraform.tfvars", name).write_text(f'token = {{ a = "canary-{name}" }}\n')
    assert unexplained(checkout) == {"values.token": ("(sensitive)", "(sensitive)")}
    answer = checkout.infra("diff", "dev", "staging", "--json")
    assert answer.code == 2
    assert "canary" not in answer.out + answer.err + checkout.infra("diff", "dev", "staging").out


def write_code(checkout: Checkout) -> None:
    checkout.file("extra.tf").write_text("locals {\n  a = 1\n}\n")


def write_module(checkout: Checkout) -> None:
    checkout.file("extra.tf").write_text('module "m" {\n  source = "../../modules/m"\n}\n')


def write_lock(checkout: Checkout) -> None:
    file = checkout.file(".terraform.lock.hcl")
    file.write_text(file.read_text().replace('"5.100.0"', '"5.99.0"'))


def write_backend(checkout: Checkout) -> None:
    file = checkout.file("backend.tf")
    file.write_text(file.read_text() + "\nlocals {\n  a = 1\n}\n")


def write_release(checkout: Checkout) -> None:
    text = json.dumps({"release": {"image_digest": "sha256:1"}})
    checkout.file("release.auto.tfvars.json").write_text(text)


@pytest.mark.parametrize(
    ("change", "paths"),
    [
        (write_code, ["code.extra.tf"]),
        (write_module, ["modules.m.source", "code.extra.tf"]),
        (write_lock, ["providers.registry.terraform.io/hashicorp/aws.version"]),
        (write_backend, ["code.backend.tf"]),
        (write_release, ["release.image_digest"]),
    ],
)
def test_each_kind_of_difference_is_found(
    checkout: Checkout, change: Callable[[Checkout], None], paths: list[str]
) -> None:
    change(checkout)
    assert list(unexplained(checkout)) == paths


def test_what_a_run_leaves_behind_is_no_difference(checkout: Checkout) -> None:
    for name in ("errored.tfstate", "raw.tfplan", ".terraform.tfstate.lock.info", "crash.log"):
        checkout.file(name).write_text("{}")
    assert unexplained(checkout) == {}


def explain(checkout: Checkout, text: str) -> None:
    (checkout.root / "environments" / "differences.yaml").write_text(EXPLAINED + text)


def test_a_reason_can_be_kept_to_some_environments(checkout: Checkout) -> None:
    checkout.file("terraform.tfvars").write_text("size = 4\n")
    explain(checkout, "- path: values.size\n  reason: Small.\n  environments: [dev]\n")
    assert unexplained(checkout) == {}
    third = checkout.root / "environments" / "prod"
    third.mkdir()
    for file in (checkout.root / "environments" / "dev").iterdir():
        text = file.read_text().replace("dev", "prod").replace("111111111111", "333333333333")
        (third / file.name).write_text(text)
    found = compare(Repository(checkout.root), "staging", "prod")
    assert [item.path for item in found.unexplained] == ["values.size"]
    assert found.stale == ()


def test_an_explanation_of_nothing_is_stale(checkout: Checkout) -> None:
    explain(checkout, "- path: values.si?e\n  reason: Small.\n")
    assert compared(checkout).stale == ("values.si?e",)
    answer = checkout.infra("diff", "dev", "staging")
    assert answer.code == 0
    assert "values.si?e explains nothing" in answer.out
    checkout.file("terraform.tfvars").write_text("size = 4\n")
    assert compared(checkout).stale == ()


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("- path: values.a\n", "entry 3 needs a text for the key reason"),
        ("- path: values.a\n  reason: ' '\n", "needs a text for the key reason"),
        ("- path: values.a\n  reason: x\n  reasons: y\n", "unknown key: reasons"),
        ("- path: '*'\n  reason: x\n", "path is '*'"),
        ("- path: value.a\n  reason: x\n", "path is 'value.a'"),
        ("- path: values.a\n  reason: x\n  environments: [moon]\n", "environments is ['moon']"),
        ("- path: backend.*\n  reason: x\n", "more than one entry for backend.*"),
        ("- just text\n", "entry 3 has no keys"),
        ("}{", "is not valid YAML at line 5, column 1"),
    ],
)
def test_a_wrong_entry_is_refused(checkout: Checkout, text: str, expected: str) -> None:
    explain(checkout, text)
    with pytest.raises(EnvironmentFileError) as caught:
        load_explanations(Repository(checkout.root))
    assert expected in caught.value.message
    assert "differences.yaml" in caught.value.message


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("terraform.tfvars", "size = {\n"),
        ("release.auto.tfvars.json", "{"),
        ("release.auto.tfvars.json", "[]"),
        ("main.tf", 'variable "size" {\n'),
    ],
)
def test_a_broken_file_is_named(checkout: Checkout, name: str, text: str) -> None:
    checkout.file(name).write_text(text)
    with pytest.raises(EnvironmentFileError) as caught:
        compared(checkout)
    assert f"environments/staging/{name}" in caught.value.message


def test_two_environments_are_needed(checkout: Checkout) -> None:
    with pytest.raises(UsageError):
        compare(Repository(checkout.root), "dev", "dev")
    with pytest.raises(UnknownEnvironmentError):
        compare(Repository(checkout.root), "dev", "moon")


def test_the_command_tells_the_difference_by_its_exit_code(checkout: Checkout) -> None:
    explained = checkout.infra("diff", "dev", "staging")
    assert explained.code == 0, explained.err
    assert "all explained" in explained.out
    checkout.file("terraform.tfvars").write_text("size = 4\n")
    answer = checkout.infra("diff", "dev", "staging")
    assert answer.code == 2, answer.err
    assert answer.out.rstrip().endswith("1 not explained.")
    machine = checkout.infra("diff", "dev", "staging", "--json")
    assert machine.code == 2
    assert machine.err == ""
    result = machine.json["result"]
    assert result["unexplained"] == 1
    (found,) = [item for item in result["differences"] if item["reason"] is None]
    assert found == {
        "path": "values.size",
        "section": "values",
        "name": "size",
        "left": "2",
        "right": "4",
        "reason": None,
    }
    assert not (checkout.root / ".local").exists()
