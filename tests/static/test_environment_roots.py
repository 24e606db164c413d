"""What the root modules say, and no apply of theirs would notice."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import hcl
from harness.places import BOOTSTRAP, ENVIRONMENTS, environment_names

NAMES = environment_names()
ROOTS = [*(ENVIRONMENTS / name for name in NAMES), BOOTSTRAP]


@pytest.mark.parametrize("folder", ROOTS, ids=lambda folder: folder.name)
def test_the_provider_refuses_credentials_of_another_account(folder: Path) -> None:
    ((_label, provider),) = hcl.blocks(folder / "providers.tf", "provider")
    assert provider["allowed_account_ids"] == ["${local.environment.account_id}"]
    assert provider["max_retries"] <= 10, "a service that is down keeps a run for too long"
    assert provider["region"] == "${local.environment.region}"


@pytest.mark.parametrize("name", NAMES)
def test_everything_is_tagged_with_its_environment_and_who_pays(name: str) -> None:
    ((_label, provider),) = hcl.blocks(ENVIRONMENTS / name / "providers.tf", "provider")
    (default,) = provider["default_tags"]
    tags = {key: value for key, value in default["tags"].items() if not key.startswith("__")}
    assert {"cost_centre", "environment", "owner"} <= tags.keys()
    # The apply role knows the environment's keys by this tag (modules/deployment_roles).
    assert tags["environment"] == "${local.environment.name}"


def test_the_key_of_the_state_does_not_bear_the_tag_of_the_environments_keys() -> None:
    ((_label, provider),) = hcl.blocks(BOOTSTRAP / "providers.tf", "provider")
    (default,) = provider["default_tags"]
    assert hcl.text(default["tags"]["environment"]) == "${local.environment.name}-bootstrap"


def test_the_whole_account_blocks_public_access() -> None:
    resources = dict(hcl.blocks(BOOTSTRAP / "main.tf", "resource"))
    ((_name, block),) = resources["aws_s3_account_public_access_block"].items()
    switches = {key: value for key, value in block.items() if not key.startswith("__")}
    assert len(switches) == 4
    assert set(switches.values()) == {True}
