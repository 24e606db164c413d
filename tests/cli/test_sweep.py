"""infra sweep, as a person and a nightly job run it."""

from __future__ import annotations

from pathlib import Path

import pytest

from harness import leftovers
from harness.accounts import Account, enter
from harness.checkout import Checkout
from harness.inventory import inventory

SANDBOX = "444444444444"
HERE = ("sweep", "--account", SANDBOX, "--target", "local")


@pytest.fixture
def sandbox(checkout: Checkout, tmp_path: Path) -> Account:
    """The sandbox account in the checkout's own local cloud."""
    return enter(SANDBOX, checkout.cloud.ensure_started().endpoint, tmp_path)


def test_a_look_then_a_sweep(checkout: Checkout, sandbox: Account) -> None:
    # given nothing, and the account by its variable
    checkout.variables["INFRA_SANDBOX_ACCOUNT"] = SANDBOX
    empty = checkout.infra("sweep", "--target", "local")
    assert (empty.code, empty.out.splitlines()[-1]) == (0, "Nothing of any live test is here.")
    # when one run is over, and another is not
    run = leftovers.expired_run()
    leftovers.make_signals(sandbox, run.name, run.tags)
    alive = leftovers.expired_run(-1)
    leftovers.make_bucket(sandbox, alive.name, alive.tags)
    # then a look says so
    looked = checkout.infra(*HERE)
    assert looked.code == 2, looked.err
    assert looked.out.startswith(
        f"sandbox · target local (the local cloud) · account {SANDBOX} · eu-west-1\n"
    )
    (line,) = [line for line in looked.out.splitlines() if line.startswith("alarm")]
    for told in (run.name, "eu-west-1", "somebody", "(60 min ago)", "would be removed"):
        assert told in line
    assert "Nothing was removed. To remove what has expired: infra sweep" in looked.out
    assert looked.out.rstrip().endswith(f"--account {SANDBOX} --target local --delete")
    assert len(inventory(sandbox)) == 5
    # and a sweep removes it, and nothing else
    done = checkout.infra(*HERE, "--delete", "--json")
    assert done.code == 0, done.err
    assert done.json["account_id"] == SANDBOX
    result = done.json["result"]
    assert (result["removing"], result["removed"], result["left"]) == (True, 4, 0)
    assert {item["fate"] for item in result["found"]} == {"removed", "stays"}
    assert inventory(sandbox) == [f"bucket: {alive.name}"]
    # What a person must look at is told, and fails.
    tags = {**alive.tags, "live_test_expires": "soon"}
    tagging = {"TagSet": leftovers.listed(tags)}
    sandbox.client("s3").put_bucket_tagging(Bucket=alive.name, Tagging=tagging)
    unclear = checkout.infra(*HERE, "--delete")
    assert unclear.code == 2
    assert "stays: live_test_expires is no time" in unclear.out
    assert "1 must be looked at by a person" in unclear.out
    assert inventory(sandbox) == [f"bucket: {alive.name}"]
