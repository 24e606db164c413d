"""When Terraform must be initialised again, and when with the provider that is there already."""

from pathlib import Path

import pytest

from infra.terraform import initialised
from infra.terraform.initialised import Inputs

MAIN = """
terraform {
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 5.100"
    }
  }
}

module "app" {
  source = "../../modules/app"
}
"""
EXTRA = {"terraform": "1.11.4", "mirror": "/mirror"}


@pytest.fixture
def root(tmp_path):
    directory = tmp_path / "checkout" / "environments" / "dev"
    directory.mkdir(parents=True)
    module = tmp_path / "checkout" / "modules" / "app"
    module.mkdir(parents=True)
    (module / "main.tf").write_text('resource "aws_sqs_queue" "this" {}\n')
    (directory / "main.tf").write_text(MAIN)
    (directory / ".terraform.lock.hcl").write_text('provider "aws" {}\n')
    return directory


def seen(root: Path, **extra: str) -> Inputs:
    return initialised.inputs(root, root.parents[1] / "modules", {**EXTRA, **extra})


def test_a_checkout_that_was_moved_is_the_same(root, tmp_path):
    before = seen(root)
    (tmp_path / "checkout").rename(tmp_path / "elsewhere")
    assert seen(tmp_path / "elsewhere" / "environments" / "dev") == before


@pytest.mark.parametrize("name", ["main.tf", "../../modules/app/main.tf", "new.tf"])
def test_another_resource_needs_an_init_but_no_look_at_the_provider(root, name):
    before = seen(root)
    path = root / name
    path.write_text((path.read_text() if path.exists() else "") + 'output "x" { value = 1 }\n')
    assert seen(root).inputs != before.inputs
    assert seen(root).provider == before.provider


def test_what_decides_on_the_provider_needs_both(root):
    before = seen(root)
    changed = [seen(root, terraform="1.12.0"), seen(root, mirror="/other")]
    (root / "main.tf").write_text(MAIN.replace("5.100", "6.0"))
    changed.append(seen(root))
    (root / "main.tf").write_text(MAIN)
    (root / ".terraform.lock.hcl").write_text('provider "aws" { version = "6" }\n')
    changed.append(seen(root))
    assert all(now.provider != before.provider and now.inputs != before.inputs for now in changed)


def test_a_module_may_ask_for_another_provider(root):
    before = seen(root)
    module = root / "../../modules/app/versions.tf"
    module.write_text("terraform {\n  required_providers {\n    x = {}\n  }\n}\n")
    assert seen(root).provider != before.provider


def test_the_record_is_of_an_init_that_ended_well_and_whose_provider_is_there(root, tmp_path):
    data = tmp_path / "data"
    now = seen(root)
    assert initialised.recorded(data) is None
    initialised.record(data, now)
    assert initialised.recorded(data) is None
    (data / "providers").mkdir()
    assert initialised.recorded(data) == now
    (data / initialised.RECORD).write_text('{"fingerprint": "of an older version"}')
    assert initialised.recorded(data) is None
    initialised.record(data, now)
    initialised.forget(data)
    assert initialised.recorded(data) is None
